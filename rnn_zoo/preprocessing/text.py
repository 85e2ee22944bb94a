"""Raw text to token ids, with core TensorFlow operations only, so that an export can hold it."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import tensorflow as tf
from pydantic import Field

from rnn_zoo.config import Section
from rnn_zoo.preprocessing.vocabulary import Vocabulary


class TextConfig(Section):
    """Settings of `TextPreprocessor`.

    Attributes:
        lowercase: whether case is folded.
        max_vocabulary: number of token ids at the most, padding and unknown counted.
        min_count: a word seen less often while adapting is unknown.
        max_length: a longer text is cut to so many tokens.
        truncate: which side of a text that is too long is cut off.
    """

    lowercase: bool = True
    max_vocabulary: Annotated[int, Field(gt=2)] = 20_000
    min_count: Annotated[int, Field(gt=0)] = 1
    max_length: Annotated[int, Field(gt=0)] = 256
    truncate: Literal["end", "start"] = "end"


def split_words(texts: tf.Tensor, lowercase: bool = True) -> tf.RaggedTensor:
    """Split texts `(batch,)` into words `(batch, words)`.

    Letters, digits, marks and apostrophes make words; every other character that is not white space
    is a word of its own. Bytes that are not UTF-8 become U+FFFD. An empty text has no words.

    Example:
        >>> split_words(tf.constant(["It's GREAT!"])).to_list()
        [[b"it's", b'great', b'!']]
    """
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    if lowercase:
        texts = tf.strings.lower(texts, encoding="utf-8")
    spaced = tf.strings.regex_replace(texts, r"[^\p{L}\p{M}\p{N}'’_\s]", r" \0 ")
    return tf.strings.split(spaced)


def split_characters(texts: tf.Tensor, lowercase: bool = False) -> tf.RaggedTensor:
    """Split texts `(batch,)` into characters `(batch, characters)`; invalid bytes become U+FFFD.

    Example:
        >>> split_characters(tf.constant(["Ab c"])).to_list()
        [[b'A', b'b', b' ', b'c']]
    """
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    if lowercase:
        texts = tf.strings.lower(texts, encoding="utf-8")
    return tf.strings.unicode_split(texts, "UTF-8")


class TextPreprocessor:
    """Words to ids over a vocabulary that `adapt` fixes.

    Args:
        config: the settings.

    Example:
        >>> text = TextPreprocessor(TextConfig(max_length=4))
        >>> vocabulary = text.adapt([tf.constant(["good film", "bad film"])])
        >>> text(tf.constant(["Good film!", ""])).to_list()
        [[4, 2, 1], []]
    """

    def __init__(self, config: TextConfig):
        self.config = config
        self.vocabulary: Vocabulary | None = None

    def adapt(self, batches: Iterable[tf.Tensor]) -> Vocabulary:
        """Fix the vocabulary from batches of texts."""
        counts: Counter[str] = Counter()
        for texts in batches:
            words = split_words(texts, self.config.lowercase).flat_values.numpy()
            counts.update(word.decode("utf-8") for word in words)
        self.vocabulary = Vocabulary.from_counts(
            counts, self.config.max_vocabulary, self.config.min_count
        )
        return self.vocabulary

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Texts `(batch,)` to token ids `(batch, tokens)`, cut to `max_length`.

        Raises:
            ValueError: there is no vocabulary yet.
        """
        if self.vocabulary is None:
            raise ValueError(
                "There is no vocabulary to read text with: it was built for token ids. Pass token "
                "ids, or start from an entry without sizes and let fit build the vocabulary."
            )
        return self.cut(self.vocabulary.ids(split_words(texts, self.config.lowercase)))

    def cut(self, tokens: tf.RaggedTensor) -> tf.RaggedTensor:
        """Keep `max_length` tokens of each row."""
        if self.config.truncate == "end":
            return tokens[:, : self.config.max_length]
        return tokens[:, -self.config.max_length :]

    def save_assets(self, folder: Path) -> None:
        """Write the vocabulary, where there is one."""
        if self.vocabulary is not None:
            self.vocabulary.save(folder / "vocabulary.json")

    def load_assets(self, folder: Path) -> None:
        """Read the vocabulary that `save_assets` wrote."""
        self.vocabulary = Vocabulary.load(folder / "vocabulary.json")
