"""JSON lines: one JSON object a line."""

import json
from typing import Any

from rnn_zoo.datasets.columns import LABELED_TEXTS, find_columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.labels import clean_label
from rnn_zoo.datasets.text import AnyPath, numbered_lines, read_text
from rnn_zoo.errors import DataError


def read_json_lines(
    path: AnyPath, text: str | None, label: str | None, encoding: str
) -> tuple[Examples, tuple[str, str]]:
    """Read a .jsonl or .json file; number labels stay integers.

    Args:
        path: the file.
        text, label: keys; None looks for the usual names among the keys of the first object.
        encoding: how the file is written.

    Returns:
        The examples, and the two keys.

    Raises:
        DataError: a line is no JSON object, lacks a key, or has a text or a label that is none.
    """
    records = [
        (f"{path}, line {number}", _parse(line, f"{path}, line {number}"))
        for number, line in numbered_lines(read_text(path, encoding))
    ]
    if not records:
        raise DataError(f"{path}: no examples in this file.")
    text, label = find_columns(LABELED_TEXTS, list(records[0][1]), text, label, str(path))
    texts: list[str] = []
    labels: list[Any] = []
    for where, record in records:
        if text not in record:
            raise DataError(f"{where}: there is no {text!r}, only {', '.join(record)}.")
        if not isinstance(record[text], str):
            raise DataError(f"{where}: {text!r} should be a string, got {record[text]!r}.")
        texts.append(record[text])
        labels.append(clean_label(record.get(label), where))
        if type(labels[-1]) is not type(labels[0]):
            raise DataError(
                f"{where}: the label is {labels[-1]!r}, the first is {labels[0]!r}: "
                "labels are all strings or all whole numbers."
            )
    return Examples(texts, labels), (text, label)


def _parse(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{where}: not JSON: {error.msg}. Each line should be one object, with its braces."
        ) from None
    if not isinstance(record, dict):
        raise DataError(f"{where}: each line should be one JSON object, this is {line[:40]!r}.")
    return record
