"""Texts to next-token examples, and prompts to what a language model continues."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import tensorflow as tf
from pydantic import Field

from rnn_zoo.config import Section
from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.raw import read_texts, read_token_ids
from rnn_zoo.preprocessing.text import split_characters, split_words
from rnn_zoo.preprocessing.vocabulary import START, START_ID, Vocabulary

UNKNOWN_ID = 1


class DocumentsConfig(Section):
    """Settings of `DocumentsPreprocessor`.

    Attributes:
        tokens: what a token is: a character, or a word (or a punctuation mark).
        lowercase: whether case is folded.
        max_vocabulary: number of token ids at the most, the special ones counted.
        min_count: a token seen less often while adapting is unknown.
        window: steps of a window; gradients reach no further back (truncated backpropagation
            through time).
    """

    tokens: Literal["characters", "words"] = "characters"
    lowercase: bool = False
    max_vocabulary: Annotated[int, Field(gt=3)] = 20_000
    min_count: Annotated[int, Field(gt=0)] = 1
    window: Annotated[int, Field(gt=0)] = 64


class DocumentsPreprocessor:
    """The `Preprocessor` of language models.

    A text is a document. The network is given a token that starts it and all its tokens but the
    last, and is to say all its tokens. Documents may also be given as token ids `(batch, time)`,
    with 0 as padding.

    Args:
        config: how texts become tokens.
        vocabulary_size: number of token ids, where that is known already.
    """

    def __init__(self, config: DocumentsConfig, vocabulary_size: int | None = None):
        self.config = config
        self.vocabulary_size = vocabulary_size
        self.vocabulary: Vocabulary | None = None
        self.separator = " " if config.tokens == "words" else ""

    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Fix the vocabulary from raw batches `(texts, ...)`."""
        counts: Counter[bytes] = Counter()
        for texts, *_ in batches:
            if texts.dtype != tf.string:
                raise DataError(
                    "Token ids do not say how large their vocabulary is: give rnn_zoo.get "
                    "vocabulary_size, or pass raw texts."
                )
            counts.update(self.split(texts).flat_values.numpy())
        if not counts:
            raise DataError("The data are empty: there is not one token.")
        self.vocabulary = Vocabulary.from_counts(
            Counter({token.decode(): count for token, count in counts.items()}),
            self.config.max_vocabulary,
            self.config.min_count,
            (START,),
        )
        self.vocabulary_size = len(self.vocabulary)
        return {"vocabulary_size": self.vocabulary_size}

    def split(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Tokens `(batch, tokens)` of texts `(batch,)`."""
        split = split_words if self.config.tokens == "words" else split_characters
        return split(texts, self.config.lowercase)

    def read_inputs(self, x: Any) -> Any:
        """Texts as a string tensor `(batch,)`, token ids as a ragged `(batch, tokens)`.

        One bare string is one text.
        """
        if isinstance(x, (str, bytes)):
            x = [x]
        ids = read_token_ids(x, self.vocabulary_size)
        return read_texts(x) if ids is None else ids

    def read_targets(self, y: Any, inputs: Any) -> Any:  # noqa: ARG002 - the protocol's
        """There are none.

        Raises:
            DataError: always.
        """
        raise DataError("A language model learns from texts alone, whose tokens it predicts: no y.")

    def rank(self, dtype: tf.DType) -> int:
        """A text is a scalar, token ids are a vector."""
        return 0 if dtype == tf.string else 1

    def encode_inputs(self, x: Any) -> tf.RaggedTensor:
        """Token ids `(batch, tokens)` of texts, the token that starts them first."""
        ids = self._ids(x)
        return tf.concat([tf.fill([ids.nrows(), 1], START_ID), ids], axis=1)

    def encode(self, x: Any, y: Any = None) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:  # noqa: ARG002 - the protocol's
        """What the network is given and what it should say, `(batch, tokens)` each."""
        ids = self.encode_inputs(x)
        return ids[:, :-1], ids[:, 1:]

    def check_prompts(self, texts: tf.Tensor) -> None:
        """Make sure that the model can go on from these texts.

        Raises:
            DataError: a text has a token that is not in the vocabulary, and no such token was seen
                in training: the model would go on from noise.
        """
        if self.config.min_count > 1 or texts.dtype != tf.string or self.vocabulary is None:
            return
        if self.vocabulary_size == self.config.max_vocabulary:  # the rest was unknown in training
            return
        tokens = self.split(texts)
        ids = self.vocabulary.ids(tokens)
        for i, (row, found) in enumerate(zip(tokens, ids, strict=True)):
            unknown = row.numpy()[found.numpy() == UNKNOWN_ID]
            if len(unknown):
                shown = ", ".join(repr(token.decode()) for token in unknown[:5])
                raise DataError(
                    f"Prompt {i} has {self.config.tokens} that the model has never seen: {shown}. "
                    "It was trained on texts without them: leave them out."
                )

    def text(self, ids: tf.Tensor) -> tf.Tensor:
        """Texts `(batch,)` of decoded ids `(batch, time)`."""
        if self.vocabulary is None:
            raise ValueError("There is no vocabulary to write text with: it was built for ids.")
        return self.vocabulary.texts(tf.RaggedTensor.from_tensor(ids), self.separator)

    def class_weights(self, weights: Mapping[Any, float]) -> tf.Tensor:  # noqa: ARG002 - none fit
        """There are no classes."""
        raise DataError("class_weight: a language model predicts tokens, which are no classes.")

    def tables(self) -> list[Any]:
        """The vocabulary's table, where there is one."""
        return [] if self.vocabulary is None else [self.vocabulary.table]

    def save_assets(self, folder: Path) -> None:
        """Write the vocabulary, where there is one."""
        if self.vocabulary is not None:
            self.vocabulary.save(folder / "vocabulary.json")

    def load_assets(self, folder: Path) -> None:
        """Read the vocabulary, where there is one."""
        if (folder / "vocabulary.json").is_file():
            self.vocabulary = Vocabulary.load(folder / "vocabulary.json")

    def _ids(self, texts: Any) -> tf.RaggedTensor:
        if texts.dtype != tf.string:
            ids = (
                texts if isinstance(texts, tf.RaggedTensor) else tf.RaggedTensor.from_tensor(texts)
            )
            return tf.ragged.boolean_mask(tf.cast(ids, tf.int32), ids != 0)
        if self.vocabulary is None:
            raise ValueError(
                "There is no vocabulary to read text with: it was built for token ids. Pass token "
                "ids, or start from an entry without sizes and let fit build the vocabulary."
            )
        return self.vocabulary.ids(self.split(texts))
