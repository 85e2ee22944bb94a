"""What the tasks share that write a text for each input."""

import abc
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.decoding import Greedy, Strategy, get
from rnn_zoo.decoding.strategy import resolve_seed
from rnn_zoo.errors import ConfigError
from rnn_zoo.export.saved_model import Serving
from rnn_zoo.export.tensors import TensorModel, specs_of
from rnn_zoo.losses import SmoothedCrossEntropy
from rnn_zoo.metrics.over_steps import TokenAccuracy
from rnn_zoo.metrics.perplexity import BitsPerCharacter, Perplexity
from rnn_zoo.pipeline import RawExamples, pad, read_examples
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.preprocessing.vocabulary import END_ID, PADDING_ID, START_ID, UNKNOWN_ID
from rnn_zoo.tasks.arguments import check_counts
from rnn_zoo.tasks.base_task import requires_network
from rnn_zoo.tasks.search import Search, seeded, streaming
from rnn_zoo.tasks.task import BATCH_SIZE, Task

SUPPRESSED = [PADDING_ID, UNKNOWN_ID, START_ID]
"""Tokens that are never decoded."""
BY_STEP = {keras.metrics.SparseCategoricalAccuracy, TokenAccuracy, Perplexity, BitsPerCharacter}
"""Metrics that are means over steps, each by itself."""
Scored = list[tuple[str, float]]
"""Texts with their scores, the best first."""


class Generator(Task, abc.ABC):
    """A task whose network has an encoder of the input and a decoder of words.

    Training minimizes the mean over the target's tokens, its end counted, of `-log p(y_t | y_<t,
    x)`, with the true tokens before each as the decoder's input (teacher forcing). A subclass
    defines, besides what `Task` asks for, `target_tokenizer`, `max_new_tokens` and `raw_input`.

    Attributes:
        default_decoding: the strategy of `generate` and `export` where none is given.
    """

    READS_TARGETS = True
    default_decoding: ClassVar[Strategy] = Greedy()

    @property
    @abc.abstractmethod
    def target_tokenizer(self) -> Tokenizer:
        """What turns the decoder's token ids into text."""

    @property
    @abc.abstractmethod
    def max_new_tokens(self) -> int:
        """The maximum number of tokens to decode where none is given."""

    @property
    def label_smoothing(self) -> float:
        """The network's setting; 0 where it has none."""
        return getattr(self.network_config, "label_smoothing", 0.0)

    @abc.abstractmethod
    def raw_input(self) -> tf.TensorSpec:
        """Name and form of a batch of raw inputs that is served."""

    @requires_network
    def generate(
        self,
        x: Any,
        decoding: Strategy | str | None = None,
        *,
        max_new_tokens: int | None = None,
        batch_size: int | None = None,
        seed: int | None = None,
    ) -> str | Scored | list[str] | list[Scored]:
        """Write a text for each input.

        Args:
            x: the raw inputs. A language model takes texts to continue, where an empty text begins
                a new one. A bare text, path or encoded image is one input; an array is a batch.
            decoding: a strategy of `rnn_zoo.decoding`, or the name of one with its default
                settings. None is the task's `default_decoding`: a language model samples, other
                tasks decode greedily.
            max_new_tokens: maximum number of tokens to decode. None is the task's `max_new_tokens`.
            batch_size: number of inputs that are decoded together, 32 by default.
            seed: for a strategy that draws at random; the same seed draws the same texts, in any
                thread. None takes a seed by chance.

        Returns:
            A list with a text for each input, or the text alone for one bare input. A language
            model returns the prompt with its continuation. If the strategy sets `n_best`, each text
            is replaced by a list of at most `n_best` pairs of text and score, the best first.

        Raises:
            ConfigError: there is no such strategy, a number is out of range, or a seed is given to
                a strategy that does not use one.
            DataError: the inputs cannot be read, or cannot be continued.

        Example:
            `model.generate(["a man rides a horse ."], decoding=Beam(width=5, n_best=3))`
        """
        check_counts(batch_size=batch_size)
        search = self.decoder_for(decoding, max_new_tokens)
        seed = resolve_seed(search.strategy, seed)
        is_bare = isinstance(x, (str, bytes, Path))
        raw = read_examples(self.preprocessor, [x] if is_bare else x)
        raw.check_ends("a finite dataset")
        raw = raw.repeatable(in_order=True)
        self.check_inputs(raw)
        texts, scores = self._decode(search, raw, batch_size or BATCH_SIZE, seed)  # (inputs, n)
        texts = self.finish_texts(raw, texts)
        results: Any = [
            # A row may have fewer hypotheses than were asked for.
            [(text, float(score)) for text, score in zip(*row, strict=True) if score != -np.inf]
            for row in zip(texts, scores, strict=True)
        ]
        if search.strategy.n_best is None:
            results = list(texts[:, 0])
        return results[0] if is_bare else results

    def check_inputs(self, raw: RawExamples) -> None:
        """Raise where raw inputs can be read, but nothing can be written for them."""

    def finish_texts(self, raw: RawExamples, texts: np.ndarray) -> np.ndarray:  # noqa: ARG002 - of a prompt
        """The texts `(inputs, n)` that `generate` returns, made of those that were decoded."""
        return texts

    def has_corpus_metrics(self, raw: RawExamples) -> bool:
        """Whether there are targets that are texts, with which what is decoded is compared."""
        if not self.HAS_TARGETS or self.target_tokenizer.vocabulary is None:
            return False
        return bool(raw.batches.element_spec[1].dtype == tf.string)

    def _decode(
        self, search: Search, raw: RawExamples, batch_size: int, seed: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The texts that a search decodes for raw inputs, and their scores, `(inputs, n)` each."""
        function = self._inference.function(search)
        decoded = self._run(function if seed is None else seeded(function, seed), raw, batch_size)
        tokens = decoded["tokens"]  # (inputs, n, length)
        flat = self.target_tokenizer.text(tf.constant(tokens.reshape(-1, tokens.shape[-1])))
        texts = np.array([text.decode() for text in flat.numpy()], object)
        return texts.reshape(tokens.shape[:-1]), decoded["scores"]

    @requires_network
    def decoder_for(
        self, decoding: Strategy | str | None = None, max_new_tokens: int | None = None
    ) -> Search:
        """The model that decodes with a strategy, from token ids to token ids.

        Equal strategies and numbers of tokens have the same model, which is traced once.

        Args:
            decoding: see `generate`.
            max_new_tokens: see `generate`.

        Raises:
            ConfigError: there is no such strategy, or it does not fit the model.
        """
        strategy = get(self.default_decoding if decoding is None else decoding)
        max_length = self.max_new_tokens if max_new_tokens is None else max_new_tokens
        attends = self.network.decoder.attention is not None
        strategy.check(max_length=max_length, has_coverage=attends)
        try:
            hash(strategy)
        except TypeError:
            raise ConfigError(
                f"{type(strategy).__name__} cannot be hashed: make the strategy a frozen dataclass "
                "with settings that can be hashed."
            ) from None

        def make() -> Search:
            return Search(
                self.network,
                strategy,
                start_id=START_ID,
                end_id=END_ID,
                suppress_tokens=SUPPRESSED,
                max_length=max_length,
            )

        return self._inference.model((strategy, max_length), make)

    def build_predictor(self) -> keras.Model:
        """To token ids `(batch, max_new_tokens)`, decoded greedily."""
        x = self.network.inputs[0]
        return keras.Model(x, self.decoder_for("greedy")(x)["tokens"][:, 0])

    def default_compile(self) -> dict[str, Any]:
        """Cross-entropy with label smoothing; token accuracy and perplexity."""
        return {
            "loss": SmoothedCrossEntropy(self.label_smoothing),
            "weighted_metrics": [
                TokenAccuracy(),
                Perplexity(),
            ],
        }

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Any = "auto",
        weighted_metrics: Any = "auto",
        jit_compile: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        """As every task's; notes whether loss and metrics are means over steps."""
        super().compile(optimizer, loss, weighted_metrics, jit_compile, **kwargs)
        by_step = weighted_metrics == "auto" or (
            isinstance(weighted_metrics, list) and {*map(type, weighted_metrics)} <= BY_STEP
        )
        averages = type(self.loss) is SmoothedCrossEntropy and (
            self.loss.reduction == "mean_with_sample_weight"
        )
        self._by_step = averages and by_step and not kwargs.get("metrics")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Logits of the network's inputs; with a target mask after them, at those steps alone."""
        has_mask = self._has_target_mask(inputs, [tensor.name for tensor in self.network.inputs])
        network = self.network.at_targets if has_mask else self.network
        return network(inputs, training=training)

    def _has_target_mask(self, inputs: Any, names: Sequence[str]) -> bool:
        """Whether a target mask comes after the inputs of these names."""
        count = len(inputs) if isinstance(inputs, (list, tuple)) else 1
        if count not in (len(names), len(names) + 1):
            raise ValueError(
                f"The network of a {type(self).__name__} takes [{', '.join(names)}], as "
                f"model.tensors(x, y)[0] makes them; got {count} tensor(s)."
            )
        return count > len(names)

    def train_step(self, *arguments: Any) -> Any:
        """One step of training, as Keras calls it."""
        *state, data = arguments
        return super().train_step(*state, self._targets_alone(data))

    def test_step(self, *arguments: Any) -> Any:
        """One step of evaluation, as Keras calls it."""
        *state, data = arguments
        return super().test_step(*state, self._targets_alone(data))

    def _targets_alone(self, data: Any) -> Any:
        """The data of a step, with targets and weights `(steps,)` where the weight is not zero.

        There alone logits are computed, in a graph of TensorFlow without XLA, if loss and metrics
        are those of the task: means over steps, to which the others add nothing.
        """
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        # Outside of a graph Keras makes NaN of a mean over no steps.
        graph = keras.backend.backend() == "tensorflow" and not tf.executing_eagerly()
        dynamic = graph and not self.jit_compile
        if not (dynamic and self._by_step) or weights is None or len(weights.shape) != 2:
            return data
        target_mask = weights != 0
        return (
            (*x, target_mask),
            tf.boolean_mask(y, target_mask),
            tf.boolean_mask(weights, target_mask),
        )

    def answers(self, x: Any, **options: Any) -> list[Any]:
        """A text for each input, or where the strategy sets `n_best` pairs of text and score.

        Args:
            x: a list of raw inputs.
            **options: those of `generate`.
        """
        written: Any = self.generate(x, **options)
        return [text if isinstance(text, str) else [[*pair] for pair in text] for text in written]

    def tensor_model(
        self, decoding: Strategy | str | None = None, max_new_tokens: int | None = None
    ) -> TensorModel:
        """The encoder's inputs to token ids `(batch, n, length)` and scores `(batch, n)`.

        Raises:
            ConfigError: the strategy draws at random.
        """
        strategy = get(self.default_decoding if decoding is None else decoding)
        if strategy.uses_seed:
            raise ConfigError(
                f"{type(strategy).__name__} draws at random, which this format cannot: choose "
                "decoding='greedy' or 'beam', or let a program of your own draw, with `encode` and "
                "`step`."
            )
        search = self.decoder_for(strategy, max_new_tokens)

        def model(x: tf.Tensor) -> dict[str, tf.Tensor]:
            return dict(search(x, training=False))

        specs = specs_of(search.network.encoder.inputs)
        functions = {"model": (model, specs), **streaming(search, lambda x: x, specs)}
        target = self.target_tokenizer.settings()
        outputs = {
            "kind": "texts",
            "tokens": target["tokens"],
            "vocabulary": target["vocabulary"],
            "n_best": strategy.n_best,
            "continues": not self.HAS_TARGETS,
        }
        inputs = self.preprocessor.client_settings([spec.name for spec in specs])
        return TensorModel(functions, {"inputs": inputs, "outputs": outputs})

    def serving(
        self, decoding: Strategy | str | None = None, max_new_tokens: int | None = None
    ) -> Serving:
        """Raw inputs to texts and scores; `encode` and `step` for a server that streams.

        The texts are those that are decoded, `(batch,)` or, if the strategy sets `n_best`,
        `(batch, n_best)`; a missing one is empty and has the score -inf. Every call of a strategy
        that draws at random draws anew.
        """
        search = self.decoder_for(decoding, max_new_tokens)
        signature = [self.raw_input()]

        def encode(x: tf.Tensor) -> tf.Tensor:
            return pad(self.preprocessor.encode_inputs(x))

        def serve(x: tf.Tensor) -> dict[str, tf.Tensor]:
            inputs: Any = encode(x)
            if search.strategy.uses_seed:
                inputs = (inputs, _seed_by_chance())
            decoded = search(inputs, training=False)
            tokens, scores = decoded["tokens"], decoded["scores"]
            if search.strategy.n_best is None:
                return {"text": self.target_tokenizer.text(tokens[:, 0]), "score": scores[:, 0]}
            flat = self.target_tokenizer.text(tf.reshape(tokens, (-1, tf.shape(tokens)[-1])))
            return {"text": tf.reshape(flat, tf.shape(scores)), "score": scores}

        return Serving(
            signatures={
                "serving_default": (serve, signature),
                **streaming(search, encode, signature),
            },
            network=search,
            tables=self.preprocessor.tables(),
        )


def _seed_by_chance() -> tf.Tensor:
    """A seed `(2,)` that is another one at every run of a graph.

    The operation's own seeds are 0, whatever `tf.random.set_seed` says: TensorFlow then takes them
    by chance wherever the graph is loaded.
    """
    seed = tf.raw_ops.RandomUniformInt(shape=[2], minval=0, maxval=tf.int32.max, seed=0, seed2=0)
    return tf.cast(seed, tf.uint32)
