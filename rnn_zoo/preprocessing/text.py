"""Raw text to words and characters, with core TensorFlow operations, so that an export holds it."""

import functools

import numpy as np
import tensorflow as tf

END_OF_LINE = "[EOL]"
"""The token that stands for the end of a line where white space divides tokens."""


def normalize(texts: tf.Tensor, lowercase: bool) -> tf.Tensor:
    """Texts as UTF-8, U+FFFD for NUL and for bytes that are not, in lower case if asked for."""
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    # TensorFlow's lower case would end at a NUL.
    texts = tf.strings.regex_replace(texts, r"\x00", "\N{REPLACEMENT CHARACTER}")
    return tf.strings.lower(texts, encoding="utf-8") if lowercase else texts


def split_words(texts: tf.Tensor, lowercase: bool = True) -> tf.RaggedTensor:
    """Split texts `(batch,)` into words `(batch, words)`.

    Letters, digits, marks and apostrophes make words; every other character that is not white space
    is a word of its own. Bytes that are not UTF-8 become U+FFFD. An empty text has no words.

    Example:
        >>> split_words(tf.constant(["It's GREAT!"])).to_list()
        [[b"it's", b'great', b'!']]
    """
    texts = normalize(texts, lowercase)
    spaced = tf.strings.regex_replace(texts, r"[^\p{L}\p{M}\p{N}'’_\s]", r" \0 ")
    return tf.strings.split(spaced)


@functools.cache
def word_characters() -> list[tuple[int, int]]:
    """Ranges of code points, first and last, that `split_words` takes for letters, marks or digits.

    Every version of Unicode has more of them, and TensorFlow's is not Python's.
    """
    points = np.array([i for i in range(0x110000) if not 0xD800 <= i < 0xE000])
    characters = tf.constant(np.array([chr(i).encode() for i in points], object))
    found = points[tf.strings.regex_full_match(characters, r"[\p{L}\p{M}\p{N}]").numpy()]
    first = np.flatnonzero(np.diff(found, prepend=-2) > 1)
    last = np.append(first[1:] - 1, len(found) - 1)
    return [(int(a), int(b)) for a, b in zip(found[first], found[last], strict=True)]


def split_characters(texts: tf.Tensor, lowercase: bool = False) -> tf.RaggedTensor:
    """Split texts `(batch,)` into characters `(batch, characters)`; invalid bytes become U+FFFD.

    Example:
        >>> split_characters(tf.constant(["Ab c"])).to_list()
        [[b'A', b'b', b' ', b'c']]
    """
    return tf.strings.unicode_split(normalize(texts, lowercase), "UTF-8")


def split_whitespace(texts: tf.Tensor, lowercase: bool = False) -> tf.RaggedTensor:
    r"""Split texts `(batch,)` that are tokenized already into tokens `(batch, tokens)`.

    The end of a line is a token of its own.

    Example:
        >>> split_whitespace(tf.constant(["mr. <unk> said\nno ."])).to_list()
        [[b'mr.', b'<unk>', b'said', b'[EOL]', b'no', b'.']]
    """
    texts = normalize(texts, lowercase)
    return tf.strings.split(tf.strings.regex_replace(texts, r"\r?\n", f" {END_OF_LINE} "))


def join_lines(joined: tf.Tensor) -> tf.Tensor:
    """Texts of tokens joined by spaces, with the ends of lines as such."""
    return tf.strings.regex_replace(joined, r" ?\[EOL\] ?", "\n")
