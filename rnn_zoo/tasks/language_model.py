"""Many to many, aligned with the next symbol: text that goes on."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo._keras_private import forget_layer
from rnn_zoo.decoding import Sample
from rnn_zoo.errors import DataError
from rnn_zoo.metrics.perplexity import BitsPerCharacter
from rnn_zoo.models.language_model import LanguageModelConfig, NextToken
from rnn_zoo.models.stateful import Stateful
from rnn_zoo.pipeline import EpochOrder, RawExamples, pad, read_columns
from rnn_zoo.pipeline.batches import plain
from rnn_zoo.preprocessing.checks import graph_errors
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
    `rnn_zoo.streams`. Windows follow their texts in order, so `fit` shuffles nothing, whatever its
    `shuffle` says. `evaluate` reports token accuracy, perplexity and, of characters, the bits
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
        >>> model.generate("to be", max_new_tokens=10, seed=1).startswith("to be")
        True
    """

    NETWORK = LanguageModelConfig
    PREPROCESSING = DocumentsConfig
    EXAMPLES = "texts"
    SIZES = ("vocabulary_size",)
    HAS_TARGETS = False
    HANDS_ON = True
    KEEPS_BATCHES = False
    network_config: LanguageModelConfig
    preprocessing_config: DocumentsConfig
    preprocessor: DocumentsPreprocessor
    stateful: Any = None  # the network with the states that batches leave

    def build_preprocessor(self) -> DocumentsPreprocessor:
        """See `DocumentsPreprocessor`."""
        return DocumentsPreprocessor(self.preprocessing_config)

    default_decoding = Sample()
    max_new_tokens = 100

    @property
    def target_tokenizer(self) -> Tokenizer:
        """The tokenizer of the texts."""
        return self.preprocessor.tokenizer

    def raw_input(self) -> tf.TensorSpec:
        """Texts."""
        return tf.TensorSpec([None], tf.string, name="text")

    def check_inputs(self, raw: RawExamples) -> None:
        """Make sure that these are texts which the model can continue.

        Raises:
            DataError: a prompt is no text, or has tokens that training has never shown.
        """
        if raw.batches.element_spec[0].dtype != tf.string:
            raise DataError("A prompt is a text; token ids go through task.decoder_for(...).")
        for texts, *_ in raw.batches:
            self.preprocessor.check_prompts(texts)

    def finish_texts(self, raw: RawExamples, texts: np.ndarray) -> np.ndarray:
        """The prompts, each with its continuations."""
        separator = self.target_tokenizer.separator
        prompts = [
            prompt.decode("utf-8", "surrogateescape")
            for batch, *_ in raw.batches
            for prompt in batch.numpy()
        ]
        finished = [
            [separator.join(filter(None, (prompt, text))) for text in continuations]
            for prompt, continuations in zip(prompts, texts, strict=True)
        ]
        return np.array(finished, object)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Logits `(batch, time, vocabulary_size)` of `(tokens, resets)`, `(batch, time)` each.

        With a target mask `(batch, time)` after them, logits at those steps alone. Rows go on from
        the states that the batch before has left; in raw texts each begins with a reset.
        """
        self._has_target_mask(inputs, ["tokens", "resets"])
        return self.stateful(inputs, training=training)

    def tokens(self, x: Any) -> list[str] | None:
        """The token that starts the text, and its tokens."""
        if self.target_tokenizer.vocabulary is None:
            return None
        return self.target_tokenizer.tokens(
            self.preprocessor.encode_inputs(self.preprocessor.read_inputs(x))
        )

    @requires_network
    def tensors(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[Any, float] | None = None,
    ) -> tuple[Any, ...]:
        """`(tokens, resets)`, the tokens that follow and their weights, `(batch, time)` each.

        Each text is a row of its own, however long: windows are what `fit` makes.
        """
        self._class_weights(class_weight)
        columns = read_columns(self.preprocessor, x, y, sample_weight)
        inputs, targets = (pad(part).numpy() for part in self.preprocessor.encode(columns[0]))
        weights = (targets != 0).astype(keras.config.floatx())
        if sample_weight is not None:
            weights *= columns[1].numpy()[:, None]
        return (inputs, inputs == START_ID), targets, weights

    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """See `rnn_zoo.models.NextToken`."""
        return NextToken(self.network_config, **sizes, dtype=self.dtype_policy)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "network" and value is not None:
            if self.stateful is not None:
                forget_layer(self, self.stateful)
            self.stateful = Stateful(value, dtype=self.dtype_policy)

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

    def _batches(
        self,
        raw: RawExamples,
        batch_size: int | None,
        order: EpochOrder | None = None,
        class_weight: Mapping[Any, float] | None = None,
        epoch_steps: int | None = None,  # noqa: ARG002 - all texts are read
        strict: bool = True,  # noqa: ARG002 - there are no labels
    ) -> tf.data.Dataset:
        """Windows of parallel streams, in their order."""
        self._class_weights(class_weight)
        if raw.is_endless:
            raise ValueError("A language model reads all texts before it cuts them: they must end.")
        with graph_errors():
            documents = [
                (inputs, targets, np.full(len(inputs), weight, "float32"))
                for batch in raw.batches.map(plain(self.preprocessor.encode_documents))
                for inputs, targets, weight in zip(*map(_rows, batch), strict=True)
            ]
        steps = sum(len(inputs) for inputs, *_ in documents)
        streams, window = batch_size or BATCH_SIZE, self.preprocessing_config.window
        if order is None and steps:  # to be scored: as many streams as have a window to fill
            window = min(window, steps)
            streams = min(streams, steps // window)
        windows = stream_windows(documents, batch_size=streams, window=window)
        if self.stateful.carry.make_room(streams):
            self.train_function = self.test_function = None  # traced with less room
        return windows


def _rows(column: tf.Tensor | tf.RaggedTensor) -> list[np.ndarray] | np.ndarray:
    if isinstance(column, tf.Tensor):
        return column.numpy()
    return np.split(column.flat_values.numpy(), column.row_starts().numpy()[1:])
