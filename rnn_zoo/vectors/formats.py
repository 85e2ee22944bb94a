"""Files of word vectors, recognized by what they hold and read a block at a time."""

import io
import re
import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from rnn_zoo.errors import DataError, shortened

BLOCK = 2**24
"""Bytes that are parsed together."""
MAX_LINE = 2**20
"""Bytes of the first line, and of a word of a binary file, at the most."""
MAX_DIM = 8192
NUMBER = re.compile(rb"[-+0-9.eE]{1,40}|[-+]?(nan|inf)")
Block = tuple[list[bytes], np.ndarray]
"""Words and their vectors `(words, dim)`."""


def read_blocks(file: io.BufferedReader, where: str) -> Iterator[Block]:
    """Words and vectors of a file, a block after the other.

    A file that begins with a line `COUNT DIM` is one of word2vec or fastText, as text or in binary;
    one without is GloVe's text.

    Args:
        file: the open file, unpacked.
        where: what to call it in an error.

    Raises:
        DataError: it is none of these, is cut off, or a vector has another width than the first.
    """
    first = file.readline(MAX_LINE)
    header = re.fullmatch(rb"\s*(\d{1,12}) (\d{1,6})\s*", first)
    if header is None:
        yield from _text_blocks(file, where, _dim(first, where), [first])
        return
    count, dim = int(header[1]), int(header[2])
    if not 0 < dim <= MAX_DIM:
        raise DataError(f"{where}: its first line says that a vector has {dim} numbers.")
    blocks = (
        _text_blocks(file, where, dim, line=2)
        if _goes_on_as_text(file)
        else _binary_blocks(file, where, count, dim)
    )
    total = 0
    for words, matrix in blocks:
        total += len(words)
        yield words, matrix
    if total != count:
        raise DataError(
            f"{where}: its first line says {count:,} words and it has {total:,}: it was cut off or "
            "changed. Fetch it again."
        )


def _dim(line: bytes, where: str) -> int:
    """How many numbers follow the word in a line of text."""
    numbers = line.split()[1:]
    if not (0 < len(numbers) <= MAX_DIM and all(map(NUMBER.fullmatch, numbers))):
        raise DataError(
            f"{where}: is no file of word vectors: it begins with {shortened(line[:60])}. A text "
            "has a word and its numbers in each line, divided by spaces."
        )
    return len(numbers)


def _goes_on_as_text(file: io.BufferedReader) -> bool:
    """Whether numbers are written in digits; the last one that can be seen may be cut off."""
    numbers = file.peek(4096)[:4096].partition(b"\n")[0].split()[1:]
    return all(map(NUMBER.fullmatch, numbers[:-1] or numbers))


def _text_blocks(
    file: io.BufferedReader, where: str, dim: int, start: Sequence[bytes] = (), line: int = 1
) -> Iterator[Block]:
    """Blocks of a text, whose lines `start` have been read; the first of all has this number."""
    lines = [*start, *file.readlines(BLOCK)]
    while lines:
        texts = [text.strip(b" \t\r\n") for text in lines]
        numbers = _parse_fast(texts, dim)
        if numbers is not None:
            yield [text.split(b" ", 1)[0] for text in texts], numbers
        else:
            numbered = [(i, text) for i, text in enumerate(texts, line) if text]
            pairs = [_parse_line(text, dim, f"{where}, line {i}") for i, text in numbered]
            if pairs:
                yield [word for word, _ in pairs], np.stack([vector for _, vector in pairs])
        line += len(lines)
        lines = file.readlines(BLOCK)


def _parse_fast(texts: list[bytes], dim: int) -> np.ndarray | None:
    """The vectors of lines with one space between all fields; None where one is otherwise."""
    if any(text.count(b" ") != dim for text in texts):
        return None
    joined = b" ".join(text.split(b" ", 1)[1] for text in texts)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # of NumPy before 2.3
            numbers = np.fromstring(joined, "float32", sep=" ")
    except (ValueError, DeprecationWarning):  # something is no number
        return None
    if numbers.size != dim * len(texts) or not np.isfinite(numbers).all():
        return None
    return numbers.reshape(-1, dim)


def _parse_line(text: bytes, dim: int, where: str) -> tuple[bytes, np.ndarray]:
    """A word, which may hold spaces, and its vector."""
    fields = text.rsplit(maxsplit=dim)
    if len(fields) != dim + 1 or not all(map(NUMBER.fullmatch, fields[1:])):
        raise DataError(
            f"{where}: {len(text.split()) - 1} numbers follow the word, and {dim} in the lines "
            f"before: {shortened(text[:60])}."
        )
    try:
        with np.errstate(over="ignore"):
            vector = np.array(fields[1:], "float32")
    except ValueError:  # such as 1-2
        vector = np.array([np.nan], "float32")
    if not np.isfinite(vector).all():
        raise DataError(f"{where}: what follows the word is not all finite numbers.")
    return fields[0], vector


def _binary_blocks(
    file: io.BufferedReader, where: str, count: int, dim: int, rows: int = 4096
) -> Iterator[Block]:
    """Blocks of word2vec's binary format: a word, a space, float32s, perhaps the end of a line."""
    size = 4 * dim
    for begin in range(0, count, rows):
        words, vectors = [], []
        for row in range(begin, min(begin + rows, count)):
            word = _word(file)
            vector = file.read(size)
            if word is None or len(vector) < size:
                raise DataError(
                    f"{where}: ends within word {row + 1:,} of {count:,}: it was cut off. Fetch it "
                    "again."
                )
            words.append(word)
            vectors.append(vector)
        matrix = np.frombuffer(b"".join(vectors), "<f4").reshape(-1, dim)
        if not np.isfinite(matrix).all():
            raise DataError(
                f"{where}: the words after the first {begin:,} have numbers that are not finite."
            )
        yield words, matrix
    if file.read(2) not in (b"", b"\n"):
        raise DataError(f"{where}: goes on after the {count:,} words that its first line says.")


def _word(file: io.BufferedReader) -> bytes | None:
    """The bytes before the next space; None where there is none."""
    word = bytearray()
    while len(word) < MAX_LINE:
        byte = file.read(1)
        if not byte:
            return None
        if byte == b" ":
            return bytes(word.lstrip(b"\n"))
        word += byte
    return None
