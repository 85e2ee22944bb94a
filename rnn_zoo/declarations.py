"""What a subclass has to say of the methods that it replaces."""

from collections.abc import Mapping
from itertools import takewhile


def check_declarations(cls: type, base: type, declarations: Mapping[str, str]) -> None:
    """Raise where a method of `base` is replaced and nothing is declared there or after that.

    A mixin counts as well: what a class inherits before `base` replaces what `base` has.

    Args:
        cls: the new class.
        base: the class that has the methods.
        declarations: by the name of a method, the class attribute that says what changes with it.

    Raises:
        TypeError: a class before `base` has a method, and neither it nor one before it declares
            what that changes.
    """
    replaced_by = list(takewhile(lambda parent: parent is not base, cls.__mro__))
    for method, declaration in declarations.items():
        for parent in replaced_by:
            if declaration in vars(parent):
                break
            if method in vars(parent):
                raise TypeError(
                    f"{parent.__name__} replaces `{method}`: declare `{declaration}` as a class "
                    f"attribute of {cls.__name__}, see {base.__name__}."
                )
