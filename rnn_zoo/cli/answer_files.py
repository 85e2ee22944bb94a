"""Files of answers: a line, a row or an object for each input, in the order of the inputs."""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rnn_zoo.datasets.paths import suffix_of
from rnn_zoo.errors import RunError
from rnn_zoo.export.clients.client import split_white_space
from rnn_zoo.metrics.spans import are_bio, spans

Write = Callable[[Any, Any], None]
"""Writes a raw input and its answer, which is one of `Task.answers`."""


@dataclass(frozen=True)
class AnswerFormat:
    """How answers are written.

    Attributes:
        column: what the inputs are called.
        probabilities: whether those of all labels are written.
        n_best: how many texts an input may have; None: one, without its score.
    """

    column: str
    probabilities: bool = False
    n_best: int | None = None


@contextmanager
def answer_file(path: Path, suffix: str, form: AnswerFormat) -> Iterator[Write]:
    """A new file of answers.

    | suffix | for an input |
    |---|---|
    | `.csv`, `.tsv` | a row; several words, tags or values are divided by spaces |
    | `.jsonl` | an object, tags with their spans |
    | `.conll` | a word and its tag a line, and a blank line |
    | `.txt` | the text that was written, on a line |

    Args:
        path: the file to write, with .gz at its end it is packed.
        suffix: which of these.
        form: what is written.

    Raises:
        RunError: answers are not of the kind that the file holds.
    """
    opened: Any = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        yield WRITERS[suffix](file, form)


def check_suffix(path: Path) -> str:
    """The suffix of a file of answers.

    Raises:
        RunError: there is no such kind of file.
    """
    suffix = suffix_of(path)
    if suffix not in WRITERS:
        raise RunError(f"{path}: answers are written to {', '.join(WRITERS)} (.gz too).")
    return suffix


def _json_lines(file: TextIO, form: AnswerFormat) -> Write:
    def write(raw: Any, answer: Any) -> None:
        record = _beside(_input(raw, form), _answer(answer, form))
        file.write(json.dumps(record, ensure_ascii=False) + "\n")

    return write


def _table(file: TextIO, form: AnswerFormat) -> Write:
    return _rows(csv.writer(file, lineterminator="\n").writerow, form)


def _plain_table(file: TextIO, form: AnswerFormat) -> Write:
    def write(cells: Sequence[Any]) -> None:
        file.write("\t".join(re.sub(r"[\t\r\n]+", " ", str(cell)) for cell in cells) + "\n")

    return _rows(write, form)


def _rows(write_row: Callable[[Sequence[Any]], Any], form: AnswerFormat) -> Write:
    header: list[str] = []

    def write(raw: Any, answer: Any) -> None:
        cells = _beside(_input(raw, form), _cells(_answer(answer, form), form))
        if not header:
            header.extend(cells)
            write_row(header)
        write_row([_cell(value) for value in cells.values()])

    return write


def _conll(file: TextIO, form: AnswerFormat) -> Write:  # noqa: ARG001 - there is one form
    def write(raw: Any, answer: Any) -> None:
        if not isinstance(answer, list) or any(isinstance(tag, (float, list)) for tag in answer):
            raise RunError("A .conll file holds tags: write these answers to .csv or .jsonl.")
        words = split_white_space(raw) if isinstance(raw, str) else raw
        file.writelines(f"{word}\t{tag}\n" for word, tag in zip(words, answer, strict=True))
        file.write("\n")

    return write


def _lines(file: TextIO, form: AnswerFormat) -> Write:  # noqa: ARG001 - there is one form
    def write(_: Any, answer: Any) -> None:
        if not isinstance(answer, str):
            raise RunError("A .txt file holds a text a line: write these to .csv or .jsonl.")
        file.write(re.sub(r"[\r\n]+", " ", answer) + "\n")

    return write


WRITERS: dict[str, Callable[[TextIO, AnswerFormat], Write]] = {
    ".csv": _table,
    ".tsv": _plain_table,
    ".jsonl": _json_lines,
    ".conll": _conll,
    ".txt": _lines,
}


def _input(raw: Any, form: AnswerFormat) -> dict[str, Any]:
    """What stands beside an answer: a text, a path or words, but no series and no image."""
    if isinstance(raw, (str, Path)):
        return {form.column: str(raw)}
    if isinstance(raw, list) and all(isinstance(word, str) for word in raw):
        return {form.column: raw}
    return {}


def _beside(raw: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """An input and its answer; a column that is called like a part of the answer is the input."""
    return {"input" if name in answer else name: value for name, value in raw.items()} | answer


def _answer(answer: Any, form: AnswerFormat) -> dict[str, Any]:
    """An answer with names for its parts."""
    if isinstance(answer, dict):
        return {
            name: value
            for name, value in answer.items()
            if form.probabilities or name != "probabilities"
        }
    if isinstance(answer, str):
        return {"generated_text": answer}
    if form.n_best is not None:
        return {"generated_texts": [{"text": text, "score": score} for text, score in answer]}
    if answer and isinstance(answer[0], float):
        return {"values": answer}
    tags = [str(tag) for tag in answer]
    if not are_bio([*tags, "B-"]):  # a sentence of O alone has spans too: none
        return {"tags": answer}
    marked = [{"label": kind, "start": start, "end": end} for kind, start, end in spans(tags)]
    return {"tags": answer, "spans": marked}


def _cells(answer: dict[str, Any], form: AnswerFormat) -> dict[str, Any]:
    """The same as cells of a row."""
    cells = dict(answer)
    cells.pop("spans", None)
    for label, probability in cells.pop("probabilities", {}).items():
        cells[f"probability_{label}"] = probability
    if (texts := cells.pop("generated_texts", None)) is not None:
        for i in range(form.n_best or 0):
            text = texts[i] if i < len(texts) else {"text": "", "score": ""}
            cells |= {f"generated_text_{i + 1}": text["text"], f"score_{i + 1}": text["score"]}
    return cells


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_cell, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
