"""Word vectors that are read from their file once, and from a cache after that."""

import hashlib
import json
import os
import shutil
import tempfile
import time
import warnings
from pathlib import Path

import keras
import numpy as np

from rnn_zoo._keras_private import keras_home
from rnn_zoo.errors import DataError, shortened
from rnn_zoo.vectors.formats import read_blocks
from rnn_zoo.vectors.source import find_file, opened
from rnn_zoo.vectors.word_vectors import WordVectors

FORMAT = 1
"""Changes with what is written to the cache."""
MATRIX, WORDS, ABOUT = "vectors.f4", "words.txt", "about.json"


def load(path: str | Path, verbose: str | int = "auto") -> WordVectors:
    r"""Read a file of word vectors.

    It is recognized by what it holds: GloVe's text, word2vec's text or binary, or fastText's
    `.vec`, as it is, in gzip or in a .zip file; of a .zip file with several write the name of the
    one after it, `glove.6B.zip/glove.6B.100d.txt`. The first time it is read a block at a time and
    kept in Keras' cache (`~/.keras`, or `$KERAS_HOME`) as float32; after that, until it changes,
    what is looked up is read from there.

    Args:
        path: the file.
        verbose: whether a progress bar is shown, as in `keras.Model.fit`.

    Raises:
        DataError: there is no such file, it is no file of word vectors, it is damaged or cut off,
            or a vector has another width than the first. The message names the line.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "tiny.txt"
        >>> _ = path.write_text("good 1.0 0.5\nbad -1.0 0.5\n")
        >>> load(path, verbose=0).matrix[1].tolist()
        [-1.0, 0.5]
    """
    file, member = find_file(path)
    folder = _cache_folder(file, member)
    if not (folder / ABOUT).is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=folder.parent))
        try:
            _convert(file, member, draft, verbose)
            try:
                draft.rename(folder)
            except OSError:  # another process was faster
                if not (folder / ABOUT).is_file():
                    raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    about = json.loads((folder / ABOUT).read_text())
    words = (folder / WORDS).read_text(encoding="utf-8").split("\n")
    shape = (len(words), about["dim"])
    return WordVectors(words, np.memmap(folder / MATRIX, "<f4", "r", shape=shape))


def _cache_folder(file: Path, member: str | None) -> Path:
    """Where the words and vectors of a file stand once it is read; another one if it changes."""
    status = file.stat()
    identity = [FORMAT, str(file.resolve()), member, status.st_size, status.st_mtime_ns]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    return Path(keras_home()) / "rnn_zoo" / "vectors" / digest


def _convert(file: Path, member: str | None, folder: Path, verbose: str | int) -> None:
    """Write words, one a line, and vectors of a file into a folder."""
    where = str(file) if member is None else f"{file}/{member}"
    rows: dict[str, int] = {}
    total = dim = 0
    with file.open("rb") as raw, (folder / MATRIX).open("wb") as out:
        progress = _Progress(os.fstat(raw.fileno()).st_size, where, verbose)
        with opened(raw, str(file), member) as unpacked:
            for encoded, matrix in read_blocks(unpacked, where):
                words = [_decoded(word, where, total + i) for i, word in enumerate(encoded, 1)]
                new = [i for i, word in enumerate(words) if _add(word, rows)]
                out.write(np.ascontiguousarray(matrix[new], "<f4").data)
                total += len(words)
                dim = matrix.shape[1]
                progress.update(raw.tell())
        progress.end()
    if len(rows) < total:
        warnings.warn(
            f"{where}: {total - len(rows):,} of {total:,} words stand there twice; the first "
            "vector of each counts.",
            stacklevel=4,
        )
    (folder / WORDS).write_text("\n".join(rows), encoding="utf-8")
    (folder / ABOUT).write_text(json.dumps({"source": where, "dim": dim}))


def _add(word: str, rows: dict[str, int]) -> bool:
    """Number a word that is new; whether it is."""
    is_new = word not in rows
    if is_new:
        rows[word] = len(rows)
    return is_new


def _decoded(word: bytes, where: str, number: int) -> str:
    try:
        text = word.decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(f"{where}: word {number:,} is not UTF-8: {shortened(word)}.") from None
    if not text or "\n" in text:
        raise DataError(f"{where}: word {number:,} is {shortened(text)}.")
    return text


class _Progress:
    """A progress bar over the bytes of a file, of one that takes more than a moment."""

    def __init__(self, size: int, where: str, verbose: str | int, patience: float = 1.0):
        self.size, self.where = size, where
        self.shows_from = time.monotonic() + patience if verbose else float("inf")
        self.bar: keras.utils.Progbar | None = None

    def update(self, position: int) -> None:
        if self.bar is None and time.monotonic() > self.shows_from:
            print(f"Reading {self.where}")
            self.bar = keras.utils.Progbar(self.size, unit_name="byte")
        if self.bar is not None:
            self.bar.update(min(position, self.size - 1))

    def end(self) -> None:
        if self.bar is not None:
            self.bar.update(self.size, finalize=True)
