"""What the tasks share that write a text for each input."""

import abc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.export.saved_model import Serving
from rnn_zoo.losses import SmoothedCrossEntropy
from rnn_zoo.metrics.perplexity import BitsPerCharacter, Perplexity
from rnn_zoo.pipeline import RawExamples, pad, read_examples
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.preprocessing.vocabulary import END_ID, PADDING_ID, START_ID, UNKNOWN_ID
from rnn_zoo.tasks.base_task import requires_network
from rnn_zoo.tasks.search import Search, streaming
from rnn_zoo.tasks.task import BATCH_SIZE, Task

BANNED = [PADDING_ID, UNKNOWN_ID, START_ID]
BY_STEP = {keras.metrics.SparseCategoricalAccuracy, Perplexity, BitsPerCharacter}
"""Metrics that are means over steps, each by itself."""


class Generator(Task, abc.ABC):
    """A task whose network has an encoder of the input and a decoder of words.

    Training minimizes the mean over the target's tokens, its end counted, of `-log p(y_t | y_<t,
    x)`, with the true tokens before each as the decoder's input (teacher forcing). A new one
    writes, beside what `Task` asks for, `written`, `longest` and `raw_input`.
    """

    @property
    @abc.abstractmethod
    def written(self) -> Tokenizer:
        """What makes text of the decoder's token ids."""

    @property
    @abc.abstractmethod
    def longest(self) -> int:
        """How many tokens are decoded at the most."""

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
        decoding: str = "greedy",
        *,
        batch_size: int | None = None,
        seed: int | None = None,
        n_best: int | None = None,
        **settings: Any,
    ) -> list[str] | list[list[tuple[str, float]]]:
        """Write a text for each input.

        Args:
            x: the raw inputs.
            decoding: `"greedy"`, `"beam"` or `"sample"`.
            batch_size: inputs that are decoded together; 32 by default.
            seed: of a sample; the same seed draws the same texts.
            n_best: how many texts of a beam to return, with their scores.
            **settings: of the search, see `rnn_zoo.decoding`: `width`, `length_penalty` and
                `coverage_penalty` of a beam; `temperature`, `top_k` and `top_p` of a sample.

        Returns:
            A text for each input; with `n_best` a list of pairs of text and score, best first.

        Raises:
            ConfigError: there is no such way of decoding, or a setting is unknown or out of range.

        Example:
            `model.generate(["a man rides a horse ."], decoding="beam", width=5)`
        """
        if n_best is not None:
            settings["n_best"] = n_best
        texts, scores = self._written(
            self.searching(decoding, **settings),
            read_examples(self.preprocessor, x),
            batch_size or BATCH_SIZE,
            seed,
        )
        if n_best is None:
            return list(texts[:, 0])
        return [
            [(text, float(score)) for text, score in zip(*row, strict=True)]
            for row in zip(texts, scores, strict=True)
        ]

    def _written(
        self, search: Search, raw: RawExamples, batch_size: int, seed: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The texts that a search finds for raw inputs, and their scores, `(inputs, n)` each."""
        search.reseed(seed)
        found = self._run(self._inference.function(search, lambda: search), raw, batch_size)
        tokens, scores = found["tokens"], found["scores"]  # (rows, n, length), (rows, n)
        rows, count, length = tokens.shape
        flat = self.written.text(tf.constant(tokens.reshape(-1, length))).numpy()
        texts = np.array([text.decode() for text in flat], object).reshape(rows, count)
        return texts, scores

    @requires_network
    def searching(
        self, decoding: str = "greedy", max_length: int | None = None, **settings: Any
    ) -> Search:
        """The model that decodes so; the same settings give the same one, traced once.

        Raises:
            ConfigError: there is no such way of decoding, or a setting is unknown or out of range.
        """
        key = (decoding, max_length, *sorted(settings.items()))

        def make() -> Search:
            return Search(
                self.network,
                decoding,
                settings,
                start_id=START_ID,
                end_id=END_ID,
                banned=BANNED,
                max_length=self.longest if max_length is None else max_length,
            )

        return self._inference.model(key, make)

    def network_inputs(self, x: Any) -> Any:  # noqa: ARG002 - whatever it is, it is not enough
        """Logits need a target too.

        Raises:
            ValueError: always.
        """
        first, second = (tensor.name for tensor in self.network.inputs)
        raise ValueError(
            f"Logits of a {type(self).__name__} need the target too: call it on [{first}, "
            f"{second}] as its network takes them, or generate."
        )

    def build_predictor(self) -> keras.Model:
        """To token ids `(batch, longest)`, decoded greedily."""
        x = self.network.inputs[0]
        return keras.Model(x, self.searching()(x)["tokens"][:, 0])

    def default_compile(self) -> dict[str, Any]:
        """Cross-entropy with label smoothing; token accuracy and perplexity."""
        return {
            "loss": SmoothedCrossEntropy(self.label_smoothing),
            "weighted_metrics": [
                keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
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
        known = weighted_metrics == "auto" or (
            isinstance(weighted_metrics, list) and {*map(type, weighted_metrics)} <= BY_STEP
        )
        averages = type(self.loss) is SmoothedCrossEntropy and (
            self.loss.reduction == "mean_with_sample_weight"
        )
        self._by_step = averages and known and not kwargs.get("metrics")

    def train_step(self, *given: Any) -> Any:
        """One step of training, as Keras calls it."""
        *state, data = given
        with self._targets_alone(data) as data:
            return super().train_step(*state, data)

    def test_step(self, *given: Any) -> Any:
        """One step of evaluation, as Keras calls it."""
        *state, data = given
        with self._targets_alone(data) as data:
            return super().test_step(*state, data)

    @contextmanager
    def _targets_alone(self, data: Any) -> Iterator[Any]:
        """The data of a step, with targets and weights `(steps,)` where the weight is not zero.

        There alone logits are computed, in a graph of TensorFlow without XLA, if loss and metrics
        are those of the task: means over steps, to which the others add nothing.
        """
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        # Outside of a graph Keras makes NaN of a mean over no steps.
        graph = keras.backend.backend() == "tensorflow" and not tf.executing_eagerly()
        dynamic = graph and not self.jit_compile
        if not (dynamic and self._by_step) or weights is None or len(weights.shape) != 2:
            yield data
            return
        wanted = weights != 0
        with self.network.decoder.logits_at(wanted):
            yield x, tf.boolean_mask(y, wanted), tf.boolean_mask(weights, wanted)

    def format_predictions(self, x: Any) -> list[tuple[str, ...]]:
        """The text, decoded greedily."""
        return [(str(text),) for text in self.generate(x)]

    def serving(self, decoding: str = "greedy", **settings: Any) -> Serving:
        """Raw inputs to texts and scores; `encode` and `step` for a server that streams."""
        search = self.searching(decoding, **settings)
        signature = [self.raw_input()]

        def encode(x: tf.Tensor) -> tf.Tensor:
            return pad(self.preprocessor.encode_inputs(x))

        def serve(x: tf.Tensor) -> dict[str, tf.Tensor]:
            found = search(encode(x), training=False)
            return {
                "text": self.written.text(found["tokens"][:, 0]),
                "score": found["scores"][:, 0],
            }

        return Serving(
            signatures={
                "serving_default": (serve, signature),
                **streaming(search, encode, signature),
            },
            network=search,
            tables=self.preprocessor.tables(),
        )
