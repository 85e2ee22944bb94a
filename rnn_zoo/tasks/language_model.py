"""Many to many, aligned with the next symbol: text that goes on."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo import layers
from rnn_zoo.errors import DataError
from rnn_zoo.export.saved_model import Serving
from rnn_zoo.metrics.perplexity import BitsPerCharacter
from rnn_zoo.models.language_model import LanguageModelConfig, NextToken
from rnn_zoo.pipeline import EpochOrder, RawExamples, pad, read_columns, read_examples
from rnn_zoo.preprocessing.documents import DocumentsConfig, DocumentsPreprocessor
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.preprocessing.vocabulary import START_ID
from rnn_zoo.streams import stream_windows
from rnn_zoo.tasks.base_task import requires_network
from rnn_zoo.tasks.generator import Generator
from rnn_zoo.tasks.task import BATCH_SIZE


@keras.saving.register_keras_serializable(package="rnn_zoo")
class LanguageModel(Generator):
    """A text in, what comes next out.

    Training minimizes the mean over all tokens of `-log p(w_t | w_<t)` on parallel streams of the
    texts: the state goes from window to window, the gradient reaches back to the beginning of a
    window (truncated backpropagation through time), and a text begins with a state of zeros; see
    `rnn_zoo.streams`. `evaluate` reports token accuracy, perplexity and, of characters, the bits
    that one takes, all from total nats over total tokens.

    Args:
        network: settings of the network, a `LanguageModelConfig` or a mapping.
        preprocessing: settings of the preprocessing, a `DocumentsConfig` or a mapping.
        vocabulary_size: number of token ids, where the user brings token ids; else None, and `fit`
            finds it out.
        **kwargs: see `BaseTask`.

    Raises:
        ConfigError: a setting is unknown or ill-typed.

    Example:
        >>> model = LanguageModel(network={"units": 8}, preprocessing={"window": 16})
        >>> model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0))
        >>> text = "to be , or not to be , that is the question"
        >>> history = model.fit(text, batch_size=2, verbose=0)
        >>> model.generate("to be", 10, temperature=0.8, seed=1).startswith("to be")
        True
    """

    NETWORK = LanguageModelConfig
    PREPROCESSING = DocumentsConfig
    EXAMPLES = "texts"
    SIZES = ("vocabulary_size",)
    HAS_TARGETS = False
    KEEPS_BATCHES = False
    network_config: LanguageModelConfig
    preprocessing_config: DocumentsConfig
    preprocessor: DocumentsPreprocessor

    def build_preprocessor(self) -> DocumentsPreprocessor:
        """See `DocumentsPreprocessor`."""
        return DocumentsPreprocessor(self.preprocessing_config)

    @property
    def written(self) -> Tokenizer:
        """Tokens of the texts."""
        return self.preprocessor.tokenizer

    longest = 100
    """How many tokens are added where nothing else is asked for."""

    def raw_input(self) -> tf.TensorSpec:
        """Texts."""
        return tf.TensorSpec([None], tf.string, name="text")

    @requires_network
    def generate(
        self,
        prompt: Any = "",
        max_new_tokens: int = longest,
        decoding: str = "sample",
        *,
        batch_size: int | None = None,
        seed: int | None = None,
        **settings: Any,
    ) -> str | list[str]:
        """Go on from a text.

        Args:
            prompt: a text, or a list of them; an empty one begins a new text.
            max_new_tokens: how many tokens to add at the most; a text may end before.
            decoding: `"sample"`, `"greedy"` or `"beam"`.
            batch_size: prompts that are continued together; 32 by default.
            seed: of a sample; the same seed draws the same texts.
            **settings: of the search, see `rnn_zoo.decoding`: `temperature`, `top_k` and `top_p` of
                a sample; `width` of a beam.

        Returns:
            The prompt with its continuation; a list for a list.

        Raises:
            ConfigError: there is no such way of decoding, or a setting is unknown or out of range.
            DataError: a prompt is no text, or has tokens that training has never shown.

        Example:
            `model.generate("ROMEO:", 200, temperature=0.8, seed=1)`
        """
        prompts = self.preprocessor.read_inputs(prompt)
        if prompts.dtype != tf.string:
            raise DataError("A prompt is a text; token ids go through task.searching(...).")
        self.preprocessor.check_prompts(prompts)
        search = self.searching(decoding, max_new_tokens, **settings)
        added, _ = self._written(
            search, read_examples(self.preprocessor, prompts), batch_size or BATCH_SIZE, seed
        )
        given = [text.decode("utf-8", "surrogateescape") for text in prompts.numpy()]
        texts = [
            self.written.separator.join(filter(None, pair))
            for pair in zip(given, added[:, 0], strict=True)
        ]
        return texts[0] if isinstance(prompt, (str, bytes)) else texts

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Logits `(batch, time, vocabulary_size)` of `(tokens, resets)`, `(batch, time)` each.

        Rows go on from the states that the batch before has left; in raw texts each begins with a
        reset.
        """
        self._check_built("calling")
        tokens, resets = map(keras.ops.convert_to_tensor, inputs)
        states = self.carry.read(keras.ops.shape(tokens)[0])
        outputs = self.network([tokens, resets, *states], training=training)
        self.carry.write(outputs["states"])
        return outputs["logits"]

    def tokens(self, x: Any) -> list[str] | None:
        """The token that starts the text, and its tokens."""
        if self.written.vocabulary is None:
            return None
        return self.written.tokens(
            self.preprocessor.encode_inputs(self.preprocessor.read_inputs(x))
        )

    def network_inputs(self, x: Any) -> Any:
        """Tokens and resets of raw texts."""
        return self.tensors(x)[0]

    @requires_network
    def tensors(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[Any, float] | None = None,
    ) -> tuple[Any, ...]:
        """`(tokens, resets)`, the tokens to say and their weights, `(batch, time)` each.

        Each text is a row of its own, however long: windows are what `fit` makes.
        """
        self._class_weights(class_weight)
        columns = read_columns(self.preprocessor, x, y, sample_weight)
        given, said = (pad(part).numpy() for part in self.preprocessor.encode(columns[0]))
        weights = (said != 0).astype(keras.config.floatx())
        if sample_weight is not None:
            weights *= columns[1].numpy()[:, None]
        return (given, given == START_ID), said, weights

    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """See `rnn_zoo.models.NextToken`."""
        network = NextToken(self.network_config, **sizes, dtype=self.dtype_policy)
        self.carry = layers.Carry(network.decoder.state_sizes, dtype=self.dtype_policy)
        return network

    def build_predictor(self) -> keras.Model:
        """To the probabilities `(batch, vocabulary_size)` of the token after each text."""
        encoded = self.network.encoder.output
        next_ = self.network.decoder(encoded["start"][:, None], encoded["states"])
        return keras.Model(
            self.network.encoder.inputs, keras.ops.softmax(next_["logits"][:, 0], axis=-1)
        )

    def default_compile(self) -> dict[str, Any]:
        """Cross-entropy; token accuracy, perplexity and, of characters, bits."""
        default = super().default_compile()
        if self.preprocessing_config.tokens == "characters":
            default["weighted_metrics"].append(BitsPerCharacter())
        return default

    def format_predictions(self, x: Any) -> list[tuple[str, ...]]:
        """The text with its continuation, on one line."""
        return [(text.replace("\n", " "),) for text in self.generate(list(x), seed=0)]

    def serving(
        self, decoding: str = "sample", max_new_tokens: int = longest, **settings: Any
    ) -> Serving:
        """Texts `(batch,)` to their continuations; `encode` and `step` to stream tokens."""
        return super().serving(decoding, max_length=max_new_tokens, **settings)

    def _batches(
        self,
        raw: RawExamples,
        batch_size: int | None,
        order: EpochOrder | None = None,
        class_weight: Mapping[Any, float] | None = None,
        epoch_steps: int | None = None,  # noqa: ARG002 - all texts are read
    ) -> tf.data.Dataset:
        """Windows of parallel streams, in their order."""
        self._class_weights(class_weight)
        documents = [
            (given, said, np.full(len(given), weight, "float32"))
            for texts, *weights in raw.batches
            for given, said, weight in zip(
                *map(_rows, self.preprocessor.encode(texts)),
                weights[0].numpy() if weights else np.ones(texts.shape[0]),
                strict=True,
            )
        ]
        steps = sum(len(given) for given, *_ in documents)
        streams, window = batch_size or 32, self.preprocessing_config.window
        if order is None and steps:  # to be scored: as many streams as have a window to fill
            window = min(window, steps)
            streams = min(streams, steps // window)
        windows = stream_windows(documents, batch_size=streams, window=window)
        if self.carry.make_room(streams):
            self.train_function = self.test_function = None  # traced with less room
        return windows


def _rows(ragged: tf.RaggedTensor) -> list[np.ndarray]:
    return np.split(ragged.flat_values.numpy(), ragged.row_starts().numpy()[1:])
