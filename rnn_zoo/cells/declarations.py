"""What a subclass of `RecurrentCell` says about the methods that it replaces."""

from typing import Any

DECLARATIONS = {
    "call": "is_divided",
    "step": "is_scannable",
    "recur": "is_scannable",
    "preactivate": "is_scannable",
    "project": "projects_each_step",
}
OF_LINEAR_CELLS = {"update": "is_linear"}


def holds(cell: Any, declaration: str) -> bool:
    """Whether a cell is what it declares, which says nothing about methods of the instance."""
    own = vars(cell)
    every = DECLARATIONS | OF_LINEAR_CELLS
    methods = (method for method, name in every.items() if name == declaration)
    return bool(getattr(cell, declaration)) and not any(method in own for method in methods)
