"""What a subclass of `RecurrentCell` says about the methods that it replaces."""

from itertools import takewhile
from typing import Any

DECLARATIONS = {
    "call": "is_divided",
    "step": "is_scannable",
    "recur": "is_scannable",
    "preactivate": "is_scannable",
    "project": "projects_each_step",
}


def check_declarations(cls: type, base: type) -> None:
    """Raise where a method of `base` is replaced and nothing is declared there or after that.

    A mixin counts as well: what a class inherits before `base` replaces what `base` has.

    Args:
        cls: the new class.
        base: the class that has the methods.

    Raises:
        TypeError: a class before `base` has a method, and neither it nor one before it declares
            what that changes.
    """
    replaced_by = list(takewhile(lambda parent: parent is not base, cls.__mro__))
    for method, declaration in DECLARATIONS.items():
        for parent in replaced_by:
            if declaration in vars(parent):
                break
            if method in vars(parent):
                raise TypeError(
                    f"{parent.__name__} replaces `{method}`: declare `{declaration}` as a class "
                    f"attribute of {cls.__name__}, see rnn_zoo.cells.RecurrentCell."
                )


def holds(cell: Any, declaration: str) -> bool:
    """Whether a cell is what it declares, which says nothing about methods of the instance."""
    own = vars(cell)
    methods = (method for method, name in DECLARATIONS.items() if name == declaration)
    return bool(getattr(cell, declaration)) and not any(method in own for method in methods)
