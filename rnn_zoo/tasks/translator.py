"""Many to one, then one to many: a text into another text."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.config import section
from rnn_zoo.errors import ConfigError
from rnn_zoo.export.saved_model import Serving
from rnn_zoo.losses import SmoothedCrossEntropy
from rnn_zoo.metrics.perplexity import Perplexity
from rnn_zoo.metrics.texts import text_scores
from rnn_zoo.models.seq2seq import Seq2Seq, Seq2SeqConfig
from rnn_zoo.preprocessing.batching import pad
from rnn_zoo.preprocessing.text_pairs import TextPairsConfig, TextPairsPreprocessor
from rnn_zoo.preprocessing.vocabulary import END_ID, START_ID
from rnn_zoo.tasks.search import Search, streaming
from rnn_zoo.tasks.task import Task, requires_network

BANNED = [0, 1, START_ID]  # padding, unknown, start


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Translator(Task):
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
        **kwargs: `name`, `dtype` and `trainable` of `keras.Model`.

    Raises:
        ConfigError: a setting is unknown or ill-typed, or only one of the sizes is given.

    Example:
        >>> model = Translator(network={"units": 8, "embedding_dim": 8})
        >>> model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0))
        >>> english, german = ["a man .", "a dog ."], ["ein mann .", "ein hund ."]
        >>> history = model.fit(english, german, verbose=0)
        >>> len(model.generate(english, decoding="beam", width=2))
        2
    """

    NETWORK = Seq2SeqConfig
    PREPROCESSING = TextPairsConfig
    EXAMPLES = "text_pairs"
    SIZES = ("source_vocabulary_size", "target_vocabulary_size")
    network_config: Seq2SeqConfig
    preprocessor: TextPairsPreprocessor

    def __init__(
        self,
        network: Seq2SeqConfig | Mapping[str, object] | None = None,
        preprocessing: TextPairsConfig | Mapping[str, object] | None = None,
        source_vocabulary_size: int | None = None,
        target_vocabulary_size: int | None = None,
        **kwargs: Any,
    ):
        sizes = self._checked_sizes(
            source_vocabulary_size=source_vocabulary_size,
            target_vocabulary_size=target_vocabulary_size,
        )
        self.preprocessing_config = section(TextPairsConfig, preprocessing, "preprocessing")
        super().__init__(
            section(Seq2SeqConfig, network, "network"),
            TextPairsPreprocessor(
                self.preprocessing_config, source_vocabulary_size, target_vocabulary_size
            ),
            sizes,
            **kwargs,
        )

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
        """Decode a target for each source.

        Args:
            x: the sources.
            decoding: `"greedy"`, `"beam"` or `"sample"`.
            batch_size: sources that are decoded together; 32 by default.
            seed: of a sample; the same seed draws the same texts.
            n_best: how many texts of a beam to return, with their scores.
            **settings: of the search, see `rnn_zoo.decoding`: `width`, `length_penalty` and
                `coverage_penalty` of a beam; `temperature`, `top_k` and `top_p` of a sample.

        Returns:
            A text for each source; with `n_best` a list of pairs of text and score, best first.

        Raises:
            ConfigError: there is no such way of decoding, or a setting is unknown or out of range.

        Example:
            `model.generate(["a man rides a horse ."], decoding="beam", width=5)`
        """
        if n_best is not None:
            settings["n_best"] = n_best
        search = self.searching(decoding, **settings)
        search.reseed(seed)
        found = self._run(search, x, batch_size)
        tokens, scores = found["tokens"], found["scores"]  # (rows, n, length), (rows, n)
        rows, count, length = tokens.shape
        flat = self.preprocessor.text(tf.constant(tokens.reshape(-1, length))).numpy()
        texts = np.array([text.decode() for text in flat], object).reshape(rows, count)
        if n_best is None:
            return list(texts[:, 0])
        return [
            [(text, float(score)) for text, score in zip(*row, strict=True)]
            for row in zip(texts, scores, strict=True)
        ]

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
        read = [raw.source.tokens[i] for i in ids.to_list()[0]]  # type: ignore[union-attr]
        written = [raw.target.tokens[i] for i in after.to_list()[0]]  # type: ignore[union-attr]
        return read, written, weights[: len(written), : len(read)]

    @requires_network
    def searching(self, decoding: str = "greedy", **settings: Any) -> Search:
        """The model that decodes so; the same settings give the same one, traced once."""
        key = (decoding, *sorted(settings.items()))
        if key not in self._made.searches:
            self._made.searches[key] = Search(
                self.network,
                decoding,
                settings,
                start_id=START_ID,
                end_id=END_ID,
                banned=BANNED,
                max_length=self.preprocessing_config.max_target_length,
            )
        return self._made.searches[key]

    def raw_call(self, x: Any) -> Any:  # noqa: ARG002 - whatever it is, it is not enough
        """Logits need a target too.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            "Logits of a translator need the target too: call it on [source, target] token ids, or "
            "generate on texts."
        )

    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """See `rnn_zoo.models.Seq2Seq`."""
        return Seq2Seq(self.network_config, **sizes, dtype=self.dtype_policy)

    def build_predictor(self) -> keras.Model:
        """To token ids `(batch, max_target_length)`, decoded greedily."""
        search = self.searching()
        source = self.network.inputs[0]
        return keras.Model(source, search(source)["tokens"][:, 0])

    def default_compile(self) -> dict[str, Any]:
        """Cross-entropy with label smoothing; token accuracy and perplexity."""
        return {
            "loss": SmoothedCrossEntropy(self.network_config.label_smoothing),
            "weighted_metrics": [
                keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
                Perplexity(),
            ],
        }

    def field_metrics(self, raw: tf.data.Dataset, batch_size: int | None) -> dict[str, float]:
        """What is decoded greedily, against the targets."""
        if self.preprocessor.target is None:  # token ids: there are no texts
            return {}
        generated: list[str] = []
        references: list[str] = []
        for sources, targets, *_ in raw:
            if targets.dtype != tf.string:
                return {}
            generated += self.generate(sources, batch_size=batch_size)
            texts = self.preprocessor.normalized(targets).numpy()
            references += [text.decode() for text in texts]
        words = self.preprocessing_config.tokens == "words"
        return text_scores(generated, references, words)

    def answers(self, x: Any) -> list[tuple[str, ...]]:
        """The decoded text."""
        return [(str(text),) for text in self.generate(x)]

    def serving(self, decoding: str = "greedy", **settings: Any) -> Serving:
        """Texts `(batch,)` to texts and scores; `encode` and `step` for a server that streams."""
        search = self.searching(decoding, **settings)
        raw = self.preprocessor

        def encode(text: tf.Tensor) -> tf.Tensor:
            return pad(raw.encode_inputs(text))

        def serve(text: tf.Tensor) -> dict[str, tf.Tensor]:
            found = search(encode(text), training=False)
            return {"text": raw.text(found["tokens"][:, 0]), "score": found["scores"][:, 0]}

        return Serving(
            signatures={
                "serving_default": (serve, [tf.TensorSpec([None], tf.string, name="text")]),
                **streaming(search, encode, [tf.TensorSpec([None], tf.string, name="text")]),
            },
            network=search,
            tables=raw.tables(),
        )

    def get_config(self) -> dict[str, Any]:
        """Settings and sizes."""
        return super().get_config() | {"preprocessing": self.preprocessing_config.model_dump()}
