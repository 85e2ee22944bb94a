"""How the examples of a data set are written."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    r"""How the file that examples were read from is written.

    Attributes:
        others: columns that were not taken, each of which could be named in place of one that was.
        delimiter: what divides the cells of a row, `","` or `"\t"`; None where nothing does.
        encoding: how a text file is written; None where it is no text, as .parquet or .npz.
    """

    others: tuple[str, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None
