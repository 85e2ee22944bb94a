"""Many to many, aligned: a tag for every word."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from rnn_zoo.export.saved_model import Serving
from rnn_zoo.export.tensors import TensorModel, specs_of
from rnn_zoo.layers import CRFAccuracy, CRFLoss, viterbi
from rnn_zoo.losses import CrossEntropy
from rnn_zoo.metrics.over_steps import TokenAccuracy
from rnn_zoo.metrics.spans import are_bio, span_scores
from rnn_zoo.models.tagger import TaggerConfig, tagger
from rnn_zoo.pipeline import RawExamples, pad
from rnn_zoo.preprocessing.labels import Label, read_labels
from rnn_zoo.preprocessing.tagging import TaggingPreprocessor, WordsConfig
from rnn_zoo.tasks.base_task import requires_network
from rnn_zoo.tasks.task import Task


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Tagger(Task):
    """Words in, a tag for each word out.

    The network reads the words `w_1 ... w_T` and gives logits `z_t`, or the potentials of a CRF.
    Training minimizes the mean over the words of `-log softmax(z_t)_y`, or `-log p(y | w)` of the
    CRF divided by the number of words. `evaluate` reports the accuracy over words and, where the
    tags are BIO, precision, recall and F1 of the spans.

    Args:
        network: settings of the network, a `TaggerConfig` or a mapping.
        preprocessing: settings of the preprocessing, a `WordsConfig` or a mapping.
        vocabulary_size: number of word ids, where the user brings word ids; else None, and `fit`
            finds it out.
        num_tags: number of tags, given together with `vocabulary_size`.
        labels: the tags; by default, with sizes, the integers below `num_tags`.
        **kwargs: see `BaseTask`.

    Raises:
        ConfigError: a setting is unknown or ill-typed, only one of the sizes is given, or they do
            not fit the labels.

    Example:
        >>> model = Tagger(network={"units": 4}, preprocessing={"min_count": 1})
        >>> model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0))
        >>> words, tags = [["EU", "rejects"], ["no"]], [["B-ORG", "O"], ["O"]]
        >>> history = model.fit(words, tags, verbose=0)
        >>> [len(sentence) for sentence in model.tag(words)]
        [2, 1]
        >>> model.labels
        ['B-ORG', 'O']
    """

    NETWORK = TaggerConfig
    PREPROCESSING = WordsConfig
    EXAMPLES = "tagged_words"
    SIZES = ("vocabulary_size", "num_tags")
    TAKES_OVER = HANDS_ON = True
    network_config: TaggerConfig
    preprocessing_config: WordsConfig
    preprocessor: TaggingPreprocessor

    def build_preprocessor(self) -> TaggingPreprocessor:
        """See `TaggingPreprocessor`."""
        characters = self.network_config.characters is not None
        return TaggingPreprocessor(self.preprocessing_config, characters)

    @property
    def labels(self) -> list[Label] | None:
        """The tags in the order of their ids; None before the first fit."""
        label_set = self.preprocessor.label_set
        return None if label_set is None else label_set.labels

    @requires_network
    def tag(self, x: Any, batch_size: int | None = None) -> list[list[Label]]:
        """The tags of each sentence, one a word.

        Example:
            `model.tag([["EU", "rejects", "German", "call"]])` gives
            `[["B-ORG", "O", "B-MISC", "O"]]`.
        """
        labels = self.preprocessor.known_labels.labels
        ids = self.predict(x, batch_size=batch_size, verbose=0)
        return [[labels[i] for i in row if i >= 0] for row in ids]

    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """See `rnn_zoo.models.tagger`."""
        return tagger(self.network_config, **sizes, dtype=self.dtype_policy)

    def build_predictor(self) -> keras.Model:
        """To tag ids `(batch, time)`, -1 at padding."""
        scores = self.network.output
        best = _BestPath()(scores) if self.network_config.crf else ops.top_k(scores, 1)[1][..., 0]
        real = ops.not_equal(self.network.inputs[0], 0)
        return keras.Model(self.network.inputs, ops.where(real, ops.cast(best, "int32"), -1))

    def default_compile(self) -> dict[str, Any]:
        """Cross-entropy or the CRF's negative log-likelihood, and accuracy."""
        if self.network_config.crf:
            return {"loss": CRFLoss(), "weighted_metrics": [CRFAccuracy()]}
        return {
            "loss": CrossEntropy(),
            "weighted_metrics": [TokenAccuracy()],
        }

    def has_corpus_metrics(self, raw: RawExamples) -> bool:  # noqa: ARG002 - the labels decide
        """Whether the tags are BIO."""
        return are_bio([str(label) for label in self.preprocessor.known_labels.labels])

    def corpus_metrics(self, raw: RawExamples, batch_size: int) -> dict[str, float]:
        """Scores of the spans."""
        labels = [str(label) for label in self.preprocessor.known_labels.labels]
        true: list[list[str]] = []
        for words, tags, *_ in raw.batches:
            _, aligned = self.preprocessor.align(words, tags)
            # A tag that training lacks stands for itself: its span is missed.
            true += [list(map(str, read_labels(row.numpy()))) for row in aligned]
        rows = self._run(self._predict_function(), raw, batch_size)
        return span_scores(true, [[labels[i] for i in row if i >= 0] for row in rows])

    def answers(self, x: Any) -> list[list[Label]]:
        """The tags of each sentence, one a word."""
        return self.tag(x)

    def tensor_model(self) -> TensorModel:
        """Word ids `(batch, time)`, and characters if it reads them, to tag ids `(batch, time)`."""
        predictor = self._predictor()

        def model(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"tags": predictor(list(inputs), training=False)}

        specs = specs_of(predictor.inputs)
        labels = self.preprocessor.known_labels.labels
        inputs = self.preprocessor.client_settings([spec.name for spec in specs])
        settings = {"inputs": inputs, "outputs": {"kind": "tags", "labels": list(labels)}}
        return TensorModel({"model": (model, specs)}, settings)

    def serving(self) -> Serving:
        """Sentences `(batch,)`, white space between their words, to words and tags."""
        predictor = self._predictor()
        names = [str(label) for label in self.preprocessor.known_labels.labels]
        classes = tf.constant([*names, ""])  # -1 gives the last: nothing at padding

        def serve(text: tf.Tensor) -> dict[str, tf.Tensor]:
            words = tf.strings.split(text)
            inputs = tf.nest.map_structure(pad, self.preprocessor.encode_inputs(words))
            ids = predictor(inputs, training=False)
            tags = tf.gather(classes, tf.where(ids < 0, len(names), ids))  # (batch, bucket)
            shown = words.to_tensor()  # (batch, time)
            return {"words": shown, "tags": tags[:, : tf.shape(shown)[1]]}

        return Serving(
            signatures={
                "serving_default": (serve, [tf.TensorSpec([None], tf.string, name="text")])
            },
            network=self.network,
            tables=self.preprocessor.tables(),
        )


class _BestPath(keras.layers.Layer):
    """`viterbi` as a layer: its loops know their number of steps only when they run."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, potentials: Any) -> Any:
        return viterbi(potentials)

    def compute_output_spec(self, potentials: Any) -> Any:
        return keras.KerasTensor(potentials.shape[:2], dtype="int32")
