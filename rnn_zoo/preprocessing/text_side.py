"""Which texts of an example are divided into tokens."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TextSide:
    """The inputs, or the targets, that a tokenizer reads.

    Attributes:
        tokenizer: the name of the tokenizer among those of its preprocessor.
        of_targets: whether it reads targets, else inputs.
        setting: the setting that bounds the number of tokens; empty if no text is cut.
        framing: how many of those tokens are not the text's own but say where it ends.
    """

    tokenizer: str
    of_targets: bool = False
    setting: str = ""
    framing: int = 0
