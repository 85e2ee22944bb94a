"""One to many: an image into a text that says what can be seen."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.config import section
from rnn_zoo.errors import ConfigError
from rnn_zoo.metrics.texts import caption_scores
from rnn_zoo.models.captioner import Captioner, CaptionerConfig
from rnn_zoo.models.image_encoder import measure_features
from rnn_zoo.preprocessing.batching import pad
from rnn_zoo.preprocessing.captions import CaptionsConfig, CaptionsPreprocessor
from rnn_zoo.preprocessing.epoch_order import EpochOrder
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.tasks.generator import Generator
from rnn_zoo.tasks.task import RAW_BATCH, requires_network


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
        **kwargs: `name`, `dtype` and `trainable` of `keras.Model`.

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

    def __init__(
        self,
        network: CaptionerConfig | Mapping[str, object] | None = None,
        preprocessing: CaptionsConfig | Mapping[str, object] | None = None,
        vocabulary_size: int | None = None,
        **kwargs: Any,
    ):
        self.preprocessing_config = section(CaptionsConfig, preprocessing, "preprocessing")
        super().__init__(
            section(CaptionerConfig, network, "network"),
            CaptionsPreprocessor(self.preprocessing_config, vocabulary_size),
            self._checked_sizes(vocabulary_size=vocabulary_size),
            **kwargs,
        )

    @property
    def written(self) -> Tokenizer:
        """Tokens of the captions."""
        return self.preprocessor.tokenizer

    @property
    def longest(self) -> int:
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
        words = self.written.tokens(after)
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

    def field_metrics(self, raw: tf.data.Dataset, batch_size: int | None) -> dict[str, float]:
        """What is decoded greedily, against all captions of each image."""
        if self.written.vocabulary is None:  # token ids: there are no texts
            return {}
        generated: list[str] = []
        references: list[list[str]] = []
        for images, captions, *_ in raw:
            if captions.dtype != tf.string:
                return {}
            generated += self.generate(images, batch_size=batch_size)
            rows, texts, _ = self.preprocessor.pairs(tf.range(len(images)), captions)
            of_images: list[list[str]] = [[] for _ in range(len(images))]
            for row, text in zip(rows.numpy(), self.written.normalized(texts), strict=True):
                of_images[row].append(text)
            references += of_images
        return caption_scores(generated, references)

    def get_config(self) -> dict[str, Any]:
        """Settings and sizes; pretrained weights are in the file, not to be fetched again."""
        config = super().get_config()
        config["network"] |= {"encoder_weights": None} if self.network is not None else {}
        return config

    def _adapt(self, raw: tf.data.Dataset) -> None:
        super()._adapt(raw)
        assert self.network is not None, "adapting builds it"
        if self.preprocessor.has_images:
            images = (self.preprocessor.encode_inputs(x).numpy() for x, *_ in raw)
            measure_features(self.network, images)

    def _is_raw(self, x: Any) -> bool:
        """Arrays may be images: what the network takes is one of them and one of token ids."""
        if super()._is_raw(x) or self.network is None:
            return True
        return [len(part.shape) for part in x] != [len(part.shape) for part in self.network.inputs]

    def _encode(self, class_weights: Any, x: Any, y: Any, weight: Any = None) -> tuple:
        return super()._encode(class_weights, *self.preprocessor.pairs(x, y, weight))

    def _batches(
        self,
        raw: tf.data.Dataset,
        batch_size: int | None,
        order: EpochOrder | None = None,
        class_weight: Mapping[Any, float] | None = None,
    ) -> tf.data.Dataset:
        """As every task's; images are looked up at the end, by number, where they are in memory.

        So shuffling and sorting the pairs copies numbers, and not an image for each caption.
        """
        images = None
        if raw.cardinality() >= 0:
            images = tf.concat([x for x, *_ in raw], axis=0)
            raw = raw.enumerate().map(
                lambda i, columns: (
                    i * RAW_BATCH + tf.range(tf.shape(columns[0], tf.int64)[0]),
                    *columns[1:],
                )
            )

        @tf.autograph.experimental.do_not_convert  # so that errors reach the user as they are
        def complete(inputs: Any, *rest: Any) -> Any:
            x, before = inputs
            x = x if images is None else tf.gather(images, x)
            return (self.preprocessor.encode_inputs(x), before), *rest

        batches = super()._batches(raw, batch_size, order, class_weight)
        return batches.map(complete, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)
