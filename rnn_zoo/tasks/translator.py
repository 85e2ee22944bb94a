"""Many to one, then one to many: a text into another text."""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.errors import ConfigError
from rnn_zoo.metrics.texts import text_scores
from rnn_zoo.models.seq2seq import Seq2Seq, Seq2SeqConfig
from rnn_zoo.pipeline import RawExamples, pad
from rnn_zoo.preprocessing.text_pairs import TextPairsConfig, TextPairsPreprocessor
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.tasks.base_task import requires_network
from rnn_zoo.tasks.generator import Generator


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Translator(Generator):
    """A text in, another text out.

    Training minimizes the mean over the target's tokens, its end counted, of `-log p(y_t | y_<t,
    x)`, with the true tokens before each as the decoder's input (teacher forcing). `evaluate`
    reports token accuracy and perplexity under teacher forcing, and of what is decoded greedily
    `exact`, `chrf` and, of words, `bleu`.

    Args:
        network: settings of the network, a `Seq2SeqConfig` or a mapping.
        preprocessing: settings of the preprocessing, a `TextPairsConfig` or a mapping.
        source_vocabulary_size: number of token ids of the source, where the user brings token ids;
            else None, and `fit` finds it out.
        target_vocabulary_size: number of token ids of the target, given together with it.
        **kwargs: see `BaseTask`.

    Raises:
        ConfigError: a setting is unknown or ill-typed, or only one of the sizes is given.

    Example:
        >>> model = Translator(network={"units": 8, "embedding_dim": 8})
        >>> model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0))
        >>> english, german = ["a man .", "a dog ."], ["ein mann .", "ein hund ."]
        >>> history = model.fit(english, german, verbose=0)
        >>> len(model.generate(english, decoding="beam"))
        2
    """

    NETWORK = Seq2SeqConfig
    PREPROCESSING = TextPairsConfig
    EXAMPLES = "text_pairs"
    SIZES = ("source_vocabulary_size", "target_vocabulary_size")
    network_config: Seq2SeqConfig
    preprocessing_config: TextPairsConfig
    preprocessor: TextPairsPreprocessor

    def build_preprocessor(self) -> TextPairsPreprocessor:
        """See `TextPairsPreprocessor`."""
        return TextPairsPreprocessor(self.preprocessing_config)

    @property
    def target_tokenizer(self) -> Tokenizer:
        """The tokenizer of the targets."""
        return self.preprocessor.target

    @property
    def max_new_tokens(self) -> int:
        """See `TextPairsConfig`."""
        return self.preprocessing_config.max_target_length

    def raw_input(self) -> tf.TensorSpec:
        """Texts."""
        return tf.TensorSpec([None], tf.string, name="text")

    @requires_network
    def attention(self, source: str, target: str) -> tuple[list[str], list[str], np.ndarray]:
        """Where the decoder looks while it writes `target`.

        Returns:
            The tokens of the source as they are read, the tokens of the target, and the weights
            `(target tokens, source tokens)`, each row of which sums to 1.

        Raises:
            ConfigError: the model has no attention.
        """
        if self.network.alignment is None:
            raise ConfigError("This model has no attention: its entry sets attention: null.")
        raw = self.preprocessor
        (ids, before), after = raw.encode(tf.constant([source]), tf.constant([target]))
        weights = np.asarray(
            self.network.alignment([pad(ids).numpy(), pad(before).numpy()], training=False)
        )[0]
        source_tokens, target_tokens = raw.source.tokens(ids), raw.target.tokens(after)
        return source_tokens, target_tokens, weights[: len(target_tokens), : len(source_tokens)]

    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """See `rnn_zoo.models.Seq2Seq`."""
        return Seq2Seq(self.network_config, **sizes, dtype=self.dtype_policy)

    def corpus_metrics(self, raw: RawExamples, batch_size: int) -> dict[str, float]:
        """What is decoded greedily, against the targets."""
        generated, _ = self._decode(self.decoder_for("greedy"), raw, batch_size)
        references = [
            text for _, y, *_ in raw.batches for text in self.target_tokenizer.normalized(y)
        ]
        return text_scores(
            list(generated[:, 0]), references, self.target_tokenizer.kind != "characters"
        )
