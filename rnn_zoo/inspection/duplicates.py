"""Which examples are equal, by 64 bits for each input."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def content_hashes(inputs: Sequence[Any]) -> np.ndarray:
    """64 bits for each image or series: the same for the same content.

    Example:
        >>> a, b, c = content_hashes([np.zeros(3), np.ones(3), np.zeros(3)])
        >>> bool(a == c), bool(a == b)
        (True, False)
    """
    return np.array([_hash(value) for value in inputs], "int64")


def _hash(value: Any) -> int:
    if isinstance(value, Path):
        value = value.read_bytes()
    elif not isinstance(value, bytes):
        array = np.asarray(value)
        value = repr((array.shape, array.dtype.str)).encode() + array.tobytes()
    digest = hashlib.blake2b(value, digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def target_codes(targets: Iterable[Any]) -> np.ndarray:
    """A number for each label, or list of tags: the same for the same one.

    Example:
        >>> target_codes(["pos", "neg", "pos"])
        array([0, 1, 0])
    """
    codes: dict[Any, int] = {}
    keys = (tuple(target) if isinstance(target, list) else target for target in targets)
    return np.array([codes.setdefault(key, len(codes)) for key in keys], "int64")


def count_repeated(hashes: np.ndarray) -> int:
    """How many stand earlier.

    Example:
        >>> count_repeated(np.array([7, 8, 7, 7]))
        2
    """
    ordered = np.sort(hashes)  # a tenth of the time of np.unique
    return int((ordered[1:] == ordered[:-1]).sum())


def count_shared(hashes: np.ndarray, others: np.ndarray) -> int:
    """How many stand among the others.

    Example:
        >>> count_shared(np.array([7, 8, 7]), np.array([7, 9]))
        2
    """
    if not len(others):
        return 0
    ordered = np.sort(others)  # a tenth of the time of np.isin
    nearest = np.searchsorted(ordered, hashes).clip(max=len(ordered) - 1)
    return int((ordered[nearest] == hashes).sum())


def conflicting(hashes: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The inputs that have several targets.

    Example:
        >>> conflicting(np.array([7, 8, 7, 8]), np.array([0, 1, 1, 1]))
        array([7])
    """
    order = np.lexsort((codes, hashes))
    hashes, codes = hashes[order], codes[order]
    differs = (hashes[1:] == hashes[:-1]) & (codes[1:] != codes[:-1])
    return np.unique(hashes[1:][differs])
