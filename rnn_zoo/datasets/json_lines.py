"""JSON lines: one JSON object a line."""

import json
from typing import Any

from rnn_zoo.datasets.columns import Roles, find_columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.paths import Columns
from rnn_zoo.datasets.text import AnyPath, numbered_lines, read_text
from rnn_zoo.errors import DataError


def read_json_lines(
    path: AnyPath, roles: Roles, columns: Columns, encoding: str
) -> tuple[Examples, tuple[str, str]]:
    """Read a .jsonl or .json file; number labels stay integers.

    Args:
        path: the file.
        roles: what an example consists of.
        columns: keys of input and target; None looks for the usual names among the keys of the
            first object.
        encoding: how the file is written.

    Returns:
        The examples, and the two keys.

    Raises:
        DataError: a line is no JSON object, lacks a key, or has an input or a target that is none.
    """
    records = [
        (f"{path}, line {number}", _parse(line, f"{path}, line {number}"))
        for number, line in numbered_lines(read_text(path, encoding))
    ]
    if not records:
        raise DataError(f"{path}: no examples in this file.")
    input, target = find_columns(roles, list(records[0][1]), *columns, str(path))
    inputs: list[str] = []
    targets: list[Any] = []
    for where, record in records:
        if input not in record:
            raise DataError(f"{where}: there is no {input!r}, only {', '.join(record)}.")
        if not isinstance(record[input], str):
            raise DataError(f"{where}: {input!r} should be a string, got {record[input]!r}.")
        inputs.append(record[input])
        targets.append(roles.clean(record.get(target), where))
        if type(targets[-1]) is not type(targets[0]):
            raise DataError(
                f"{where}: the label is {targets[-1]!r}, the first is {targets[0]!r}: "
                "labels are all strings or all whole numbers."
            )
    return Examples(inputs, targets), (input, target)


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
