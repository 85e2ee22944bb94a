"""Many to one: which class a text belongs to."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from rnn_zoo.export.clients.client import classes
from rnn_zoo.export.saved_model import Serving
from rnn_zoo.export.tensors import TensorModel, specs_of
from rnn_zoo.losses import CrossEntropy
from rnn_zoo.models.classifier import ClassifierConfig, classifier
from rnn_zoo.pipeline import pad
from rnn_zoo.preprocessing.labels import Label
from rnn_zoo.preprocessing.text_classification import TextClassificationPreprocessor, TextConfig
from rnn_zoo.tasks.base_task import requires_network
from rnn_zoo.tasks.task import Task


@keras.saving.register_keras_serializable(package="rnn_zoo")
class TextClassifier(Task):
    """Text in, the probabilities of any number of classes out.

    The network reads the words `w_1 ... w_T` and gives logits `z`; training minimizes the mean
    cross-entropy `-log softmax(z)_y` over the examples.

    Args:
        network: settings of the network, a `ClassifierConfig` or a mapping.
        preprocessing: settings of the preprocessing, a `TextConfig` or a mapping.
        vocabulary_size: number of token ids, where the user brings token ids; else None, and `fit`
            finds it out.
        num_classes: number of classes, given together with `vocabulary_size`.
        labels: the label set; by default, with sizes, the integers below `num_classes`.
        **kwargs: see `BaseTask`.

    Raises:
        ConfigError: a setting is unknown or ill-typed, only one of the sizes is given, or they do
            not fit the labels.

    Example:
        >>> model = TextClassifier(network={"units": 4}, preprocessing={"max_length": 20})
        >>> model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0))
        >>> texts, labels = ["a good film", "a bad film"], ["positive", "negative"]
        >>> history = model.fit(texts, labels, verbose=0)
        >>> model.predict(texts, verbose=0).shape
        (2, 2)
        >>> model.labels
        ['negative', 'positive']
    """

    NETWORK = ClassifierConfig
    PREPROCESSING = TextConfig
    EXAMPLES = "labeled_texts"
    SIZES = ("vocabulary_size", "num_classes")
    TAKES_OVER = HANDS_ON = True
    network_config: ClassifierConfig
    preprocessing_config: TextConfig
    preprocessor: TextClassificationPreprocessor

    def build_preprocessor(self) -> TextClassificationPreprocessor:
        """See `TextClassificationPreprocessor`."""
        return TextClassificationPreprocessor(self.preprocessing_config)

    @property
    def labels(self) -> list[Label] | None:
        """The label set in the order of the classes; None before the first fit."""
        label_set = self.preprocessor.label_set
        return None if label_set is None else label_set.labels

    @requires_network
    def classify(self, x: Any, batch_size: int | None = None) -> list[tuple[Label, float]]:
        """The most probable label of each text, with its probability.

        Example:
            `model.classify(["a joyless , idiotic bore"])` gives `[("negative", 0.98)]`.
        """
        probabilities = self.predict(x, batch_size=batch_size, verbose=0)
        labels = self.preprocessor.known_labels.labels
        return [(labels[row.argmax()], float(row.max())) for row in probabilities]

    def tokens(self, x: Any) -> list[str] | None:
        """The tokens of the text, cut as the network reads it."""
        tokenizer = self.preprocessor.tokenizer
        if tokenizer.vocabulary is None:
            return None
        return tokenizer.tokens(self.preprocessor.encode_inputs(tf.constant([x])))

    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """See `rnn_zoo.models.classifier`."""
        return classifier(self.network_config, **sizes, dtype=self.dtype_policy)

    def default_compile(self) -> dict[str, Any]:
        """Cross-entropy and accuracy."""
        return {
            "loss": CrossEntropy(),
            "weighted_metrics": [keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        }

    def build_predictor(self) -> keras.Model:
        """Token ids to probabilities `(batch, num_classes)`."""
        return keras.Model(self.network.inputs, keras.ops.softmax(self.network.output))

    def answers(self, x: Any) -> list[dict[str, Any]]:
        """The most probable label of each text, its probability, and those of all labels.

        Example:
            `model.answers(["a witty joy"])` gives `[{"label": "positive", "probability": 0.98,
            "probabilities": {"negative": 0.02, "positive": 0.98}}]`.
        """
        probabilities = self.predict(x, verbose=0)
        return classes({"probabilities": probabilities}, self.preprocessor.known_labels.labels)

    def tensor_model(self) -> TensorModel:
        """Token ids `(batch, time)` to probabilities `(batch, classes)`."""
        predictor = self._predictor()

        def model(tokens: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"probabilities": predictor([tokens], training=False)}

        labels = self.preprocessor.known_labels.labels
        inputs = self.preprocessor.client_settings(["tokens"])
        settings = {"inputs": inputs, "outputs": {"kind": "classes", "labels": list(labels)}}
        return TensorModel({"model": (model, specs_of(predictor.inputs))}, settings)

    def serving(self) -> Serving:
        """Texts `(batch,)` to label, probabilities and, for each probability, its class."""
        predictor = self._predictor()
        classes = tf.constant([str(label) for label in self.preprocessor.known_labels.labels])

        def serve(text: tf.Tensor) -> dict[str, tf.Tensor]:
            # Padded to a bucket: a scan over no steps at all fails.
            tokens = pad(self.preprocessor.encode_inputs(text))  # (batch, time)
            probabilities = predictor(tokens, training=False)
            batch = tf.shape(text)[0]
            return {
                "label": tf.gather(classes, tf.argmax(probabilities, axis=-1)),  # (batch,)
                "probabilities": probabilities,  # (batch, classes)
                "classes": tf.tile(classes[None], [batch, 1]),  # (batch, classes)
            }

        return Serving(
            signatures={
                "serving_default": (serve, [tf.TensorSpec([None], tf.string, name="text")])
            },
            network=self.network,
            tables=self.preprocessor.tables(),
        )
