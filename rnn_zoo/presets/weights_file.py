"""`model.weights.h5`: the weights of a network, in single or in half precision."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from rnn_zoo.errors import ConfigError, PresetError, shortened

DTYPES = (None, "float16")
LARGEST_HALF = float(np.finfo("float16").max)
COMPRESSED = 1024
"""Values from which on a weight in half precision is compressed."""


def check_dtype(dtype: str | None) -> None:
    """Make sure that weights can be stored so.

    Raises:
        ConfigError: they cannot.
    """
    if dtype not in DTYPES:
        raise ConfigError(
            f"dtype should be None, for the weights as they are, or 'float16'; got "
            f"{shortened(dtype)}."
        )


def write_weights(network: keras.Model, path: Path, dtype: str | None) -> None:
    """Write all weights of a network, those among them that are not trained.

    Args:
        network: the network.
        path: the file; its name ends in `.weights.h5`.
        dtype: `"float16"` stores every weight with two axes or more in half precision, if its
            values fit. Vectors, such as biases and the moments of data, stay as they are: they are
            few, and may be large. Default: None, all weights as they are.
    """
    network.save_weights(path)
    if dtype is not None:
        _halve(path)


def read_weights(network: keras.Model, path: Path) -> None:
    """Read weights into a network of the same shapes; half precision becomes the network's.

    Raises:
        PresetError: the file is damaged, belongs to another network, refers to other files or
            holds a weight that is not finite.
    """
    with _damage(path):
        import h5py

        with h5py.File(path, "r") as file:
            shapes = Counter(tuple(dataset.shape) for _, dataset in _datasets(file, path))
    expected = Counter(tuple(weight.shape) for weight in network.weights)
    if shapes != expected:
        raise PresetError(
            f"{path} does not hold the weights of this network: {_difference(shapes, expected)} "
            "It belongs to another config.json."
        )
    with _damage(path):
        network.load_weights(path)
    for weight in network.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(keras.ops.cast(weight, "float32"))).all():
            raise PresetError(f"{path} is damaged: the weight {weight.path} is NaN or infinite.")


def _halve(path: Path) -> None:
    import h5py

    single = path.with_name(f"single.{path.name}")
    path.replace(single)
    with h5py.File(single, "r") as source, h5py.File(path, "w") as target:
        for name, dataset in _datasets(source, single):
            values = dataset[()]
            fits = np.abs(values).max(initial=0) <= LARGEST_HALF
            if values.dtype.kind == "f" and values.ndim > 1 and fits:
                values = values.astype("float16")
            how: Any = {"compression": "gzip", "shuffle": True} if values.size >= COMPRESSED else {}
            copy = target.create_dataset(name, data=values, track_times=False, **how)
            copy.attrs.update(dataset.attrs)
    single.unlink()


def _datasets(group: Any, path: Path, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The datasets of a file by name; none of them may stand in another file."""
    import h5py

    for key in group:
        name = f"{prefix}{key}"
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise PresetError(f"{path}: {name} is a link, and weights are read from no other file.")
        item = group[key]
        if isinstance(item, h5py.Group):
            yield from _datasets(item, path, f"{name}/")
        elif not isinstance(item, h5py.Dataset):
            raise PresetError(f"{path}: {name} is no weight.")
        elif item.external or item.is_virtual:
            raise PresetError(f"{path}: the values of {name} stand in another file.")
        else:
            yield name, item


def _difference(shapes: Counter[Any], expected: Counter[Any]) -> str:
    missing, more = list(expected - shapes), list(shapes - expected)
    lacks = f"it has no weight of the shape {missing[0]}" if missing else ""
    has = f"it has one too many of the shape {more[0]}" if more else ""
    return " and ".join(filter(None, (lacks, has))) + "."


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    try:
        yield
    except PresetError:
        raise
    # Keras and h5py raise any class of error for content that they do not expect.
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise PresetError(f"{path} is damaged: {lines[0]}") from error
