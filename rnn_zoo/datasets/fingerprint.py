"""What a run folder records of its data."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from rnn_zoo.datasets.splits import Splits


def fingerprint(splits: Splits) -> dict[str, Any]:
    """Identify the content and the order of the examples.

    Returns:
        A mapping that JSON can hold: `sha256` over every part, input and target in order, and
        for each of `splits` the number of `examples` and whether it was `held_out` of the training
        part.

    Example:
        >>> from rnn_zoo.datasets import Examples
        >>> found = fingerprint(Splits(train=Examples(["fun", "dull"], ["pos", "neg"])))
        >>> found["sha256"][:12]
        'c063e9a095d5'
        >>> found["splits"]
        {'train': {'examples': 2, 'held_out': False}}
    """
    digest = hashlib.sha256()
    for name, part in splits.parts.items():
        columns = [part.inputs] if part.targets is None else [part.inputs, part.targets]
        for example in zip(*columns, strict=True):
            digest.update(
                json.dumps([name, *example], default=_content).encode()
            )  # keeps 1 and "1" apart
    return {
        "sha256": digest.hexdigest(),
        "splits": {
            name: {"examples": len(part), "held_out": name in splits.held_out}
            for name, part in splits.parts.items()
        },
    }


def _content(value: Any) -> str:
    """What identifies an example that JSON cannot hold: an array, a file, the bytes of one."""
    if isinstance(value, np.ndarray):
        value = repr((value.shape, value.dtype.str)).encode() + value.tobytes()
    elif isinstance(value, Path):
        value = value.read_bytes()
    return hashlib.sha256(value).hexdigest()
