"""Cells by their names."""

import difflib
import inspect
from collections.abc import Callable
from typing import TypeVar

import keras

Cell = TypeVar("Cell", bound=type[keras.layers.Layer])
_CELLS: dict[str, type[keras.layers.Layer]] = {}


def register(name: str, package: str | None = None) -> Callable[[Cell], Cell]:
    """A decorator that gives a class of cells its name.

    `rnn_zoo.cells.get` and every setting `cell` know the cell by this name, Keras saves and loads
    it, and the tests that run over all cells run over it.

    Args:
        name: The name, such as `"lstm"`.
        package: What Keras' files call the package of the class. Default: the module's first name,
            `"rnn_zoo"` for a cell of the zoo.

    Returns:
        A decorator, which returns the class.

    Raises:
        ValueError: If another class has that name.

    >>> from rnn_zoo import cells
    >>> @cells.register("plain", package="example")
    ... class PlainCell(cells.SimpleRNNCell):
    ...     pass
    >>> cells.get("plain") is PlainCell
    True
    >>> cells.registry.unregister("plain")  # so that the name is free again
    """

    def decorate(cell: Cell) -> Cell:
        taken = _CELLS.get(name)
        # A class of the same module and name is the same one, made anew, as in a notebook.
        if taken is not None and _path(taken) != _path(cell):
            raise ValueError(
                f"There is a cell named {name!r} already, {_path(taken)}: give {_path(cell)} "
                "another name."
            )
        of_keras = keras.saving.register_keras_serializable(
            package=package or cell.__module__.partition(".")[0]
        )
        _CELLS[name] = of_keras(cell)
        return cell

    return decorate


def unregister(name: str) -> None:
    """Takes a name back."""
    del _CELLS[name]


def names() -> list[str]:
    """The names of all cells.

    >>> from rnn_zoo import cells
    >>> {"gru", "irnn", "lstm", "simple_rnn"} <= set(cells.names())
    True
    """
    return sorted(_CELLS)


def get(identifier: str) -> type[keras.layers.Layer]:
    """The class of a cell, by its name.

    Args:
        identifier: A name such as `"lstm"`, see `names`; or the name under which a layer class was
            registered with `keras.saving.register_keras_serializable`: `"package>ClassName"`.

    Returns:
        The class.

    Raises:
        ValueError: If no layer class has that name. The message offers the nearest names.

    >>> from rnn_zoo import cells
    >>> cells.get("lstm")(8).units
    8
    >>> cells.get("lstn")
    Traceback (most recent call last):
        ...
    ValueError: Unknown cell 'lstn'. Did you mean 'lstm' or ...
    """
    of_keras = {
        name: value
        for name, value in keras.saving.get_custom_objects().items()
        if inspect.isclass(value) and issubclass(value, keras.layers.Layer)
    }
    classes = of_keras | _CELLS
    if isinstance(identifier, str) and identifier in classes:
        return classes[identifier]
    by_lower_case = {name.lower(): name for name in classes if not name.startswith("rnn_zoo>")}
    typed = identifier.lower() if isinstance(identifier, str) else ""
    close = [typed] if typed in by_lower_case else difflib.get_close_matches(typed, by_lower_case)
    nearest = [by_lower_case[name] for name in close]
    hint = f" Did you mean {' or '.join(map(repr, nearest))}?" if nearest else ""
    raise ValueError(
        f"Unknown cell {identifier!r}.{hint} Cells are {', '.join(map(repr, names()))}, and every "
        "layer class registered with Keras under 'package>ClassName'."
    )


def _path(cell: type) -> str:
    return f"{cell.__module__}.{cell.__qualname__}"
