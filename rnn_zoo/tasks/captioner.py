"""One to many: an image into a text that says what can be seen."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.decoding import Strategy
from rnn_zoo.errors import ConfigError
from rnn_zoo.export.saved_model import Serving
from rnn_zoo.metrics.texts import caption_scores
from rnn_zoo.models.captioner import Captioner, CaptionerConfig
from rnn_zoo.models.image_encoder import measure_features
from rnn_zoo.pipeline import EpochOrder, RawExamples, pad
from rnn_zoo.pipeline.batches import plain
from rnn_zoo.pipeline.examples import from_columns
from rnn_zoo.preprocessing.captions import CaptionsConfig, CaptionsPreprocessor
from rnn_zoo.preprocessing.checks import graph_errors
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.tasks.base_task import requires_network
from rnn_zoo.tasks.generator import Generator


@keras.saving.register_keras_serializable(package="rnn_zoo")
class ImageCaptioner(Generator):
    """An image in, a text that describes it out.

    An image may have several captions: training sees each with it. It minimizes the mean over the
    captions' tokens, their ends counted, of `-log p(y_t | y_<t, image)`, with the true tokens
    before each as the decoder's input (teacher forcing). `evaluate` reports token accuracy and
    perplexity under teacher forcing, and of what is decoded greedily `exact`, the share that equals
    one of the image's captions, and `bleu1` to `bleu4` against all of them.

    Images are arrays `(height, width)` or `(height, width, channels)` with numbers in [0, 255],
    paths of JPEG, PNG, GIF or BMP files, or the bytes of such files; files are read at once and
    kept in the size that the setting `shape` has. Where `shape` has fewer than three numbers,
    inputs are features that were computed elsewhere.

    Args:
        network: settings of the network, a `CaptionerConfig` or a mapping.
        preprocessing: settings of the preprocessing, a `CaptionsConfig` or a mapping; `shape` has
            to be among them.
        vocabulary_size: number of token ids, where the user brings token ids; else None, and `fit`
            finds it out.
        **kwargs: see `BaseTask`.

    Raises:
        ConfigError: a setting is unknown or ill-typed, or settings do not fit the shape.

    Example:
        >>> model = ImageCaptioner({"units": 8, "filters": [4]}, {"shape": [8, 8, 1]})
        >>> model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0))
        >>> images = [np.zeros((8, 8)), np.full((8, 8), 255)]
        >>> history = model.fit(images, [["night", "a black cat"], "snow"], verbose=0)
        >>> len(model.generate(images))
        2
    """

    NETWORK = CaptionerConfig
    PREPROCESSING = CaptionsConfig
    EXAMPLES = "captioned_images"
    SIZES = ("vocabulary_size",)
    network_config: CaptionerConfig
    preprocessing_config: CaptionsConfig
    preprocessor: CaptionsPreprocessor

    def build_preprocessor(self) -> CaptionsPreprocessor:
        """See `CaptionsPreprocessor`."""
        return CaptionsPreprocessor(self.preprocessing_config)

    @property
    def target_tokenizer(self) -> Tokenizer:
        """The tokenizer of the captions."""
        return self.preprocessor.tokenizer

    @property
    def max_new_tokens(self) -> int:
        """See `CaptionsConfig`."""
        return self.preprocessing_config.max_length

    def raw_input(self) -> tf.TensorSpec:
        """Encoded images, or features."""
        if self.preprocessor.has_images:
            return tf.TensorSpec([None], tf.string, name="image")
        return tf.TensorSpec([None, *self.preprocessing_config.shape], tf.float32, name="features")

    @requires_network
    def attention(self, image: Any, caption: str) -> tuple[np.ndarray, list[str], np.ndarray]:
        """Where the decoder looks while it writes `caption`.

        Returns:
            The image `(height, width, channels)` as the network sees it, the tokens of the caption,
            and the weights `(tokens, rows, columns)`, those of a token summing to 1; of features,
            the grid and weights `(tokens, positions)`.

        Raises:
            ConfigError: the model has no attention.
        """
        if self.network.alignment is None:
            raise ConfigError("This model has no attention: its entry sets attention: null.")
        raw = self.preprocessor
        images = raw.read_inputs([image])
        (_, before), after = raw.encode(images, tf.constant([caption]))
        weights = np.asarray(
            self.network.alignment([images.numpy(), pad(before).numpy()], training=False)
        )[0]
        words = self.target_tokenizer.tokens(after)
        weights = weights[: len(words)]  # (tokens, positions)
        if self.network.grid is not None:
            weights = weights.reshape(-1, *self.network.grid)
        return images.numpy()[0], words, weights

    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """See `rnn_zoo.models.Captioner`."""
        return Captioner(
            self.network_config,
            self.preprocessing_config.shape,
            **sizes,
            dtype=self.dtype_policy,
        )

    def serving(
        self, decoding: Strategy | str | None = None, max_new_tokens: int | None = None
    ) -> Serving:
        """As every generator's. A batch may be empty."""
        serving = super().serving(decoding, max_new_tokens)
        if not self.preprocessor.has_images:
            return serving
        signatures = {
            name: (function if name == "step" else _with_one_image(function), signature)
            for name, (function, signature) in serving.signatures.items()
        }
        return replace(serving, signatures=signatures)

    def corpus_metrics(self, raw: RawExamples, batch_size: int) -> dict[str, float]:
        """What is decoded greedily, against all captions of each image."""
        generated, _ = self._decode(self.decoder_for("greedy"), raw, batch_size)
        references: list[list[str]] = []
        for images, captions, *_ in raw.batches:
            rows, texts, _ = self.preprocessor.pairs(tf.range(tf.shape(images)[0]), captions)
            of_images: list[list[str]] = [[] for _ in range(len(images))]
            for row, text in zip(
                rows.numpy(), self.target_tokenizer.normalized(texts), strict=True
            ):
                of_images[row].append(text)
            references += of_images
        return caption_scores(list(generated[:, 0]), references)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ImageCaptioner":
        """With sizes, of a model whose weights are in a file: no pretrained ones are fetched."""
        if config.get("vocabulary_size") is not None:
            config = config | {"network": config["network"] | {"encoder_weights": None}}
        return super().from_config(config)

    def _adapt(self, raw: RawExamples) -> None:
        super()._adapt(raw)
        assert self.network is not None, "adapting builds it"
        if self.preprocessor.has_images:
            images = (self.preprocessor.encode_inputs(x).numpy() for x, *_ in raw.batches)
            with graph_errors():
                measure_features(self.network, images)

    def _batches(
        self,
        raw: RawExamples,
        batch_size: int | None,
        order: EpochOrder | None = None,
        class_weight: Mapping[Any, float] | None = None,
        epoch_steps: int | None = None,
        strict: bool = True,
    ) -> tf.data.Dataset:
        """As every task's; images are looked up at the end, by number, where they are in memory.

        So shuffling and sorting the pairs copies numbers, and not an image for each caption.
        """
        images = None
        if raw.is_finite and not raw.is_batched:
            images, *rest = raw.columns()
            raw = from_columns((tf.range(images.shape[0]), *rest))

        @plain
        def complete(inputs: Any, *rest: Any) -> Any:
            x, before = inputs
            x = x if images is None else tf.gather(images, x)
            return (self.preprocessor.encode_inputs(x), before), *rest

        batches = super()._batches(raw, batch_size, order, class_weight, epoch_steps, strict)
        return batches.map(complete, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)


def _with_one_image(function: Callable[..., dict[str, tf.Tensor]]) -> Callable[..., Any]:
    """The function without an image, by that of a blank one: oneDNN cannot convolve none."""
    blank = tf.io.encode_png(np.zeros((1, 1, 1), "uint8")).numpy()

    def answer(images: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = tf.shape(images)[0]
        added = tf.repeat([blank], tf.cast(rows == 0, tf.int32))
        outputs = function(tf.concat([images, added], axis=0))
        return {name: output[:rows] for name, output in outputs.items()}

    return answer
