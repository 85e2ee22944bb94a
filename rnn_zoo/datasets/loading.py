"""One way from the name of a data set to labeled texts."""

import difflib
import re
from pathlib import Path

from rnn_zoo.datasets.embedded import EMBEDDED
from rnn_zoo.datasets.files import READERS, read_files
from rnn_zoo.datasets.splits import Splits
from rnn_zoo.datasets.tfds import read_tfds, tfds_names
from rnn_zoo.errors import DataError

TFDS_NAME = re.compile(r"[a-z]\w*(/[\w.+-]+)?(:[\w.*]+)?", re.IGNORECASE)


def load(
    data: str | Path,
    *,
    text: str | int | None = None,
    label: str | int | None = None,
    encoding: str = "utf-8",
    data_dir: str | Path | None = None,
) -> Splits:
    r"""Load labeled texts by the name of an embedded set, a path, or a TFDS name.

    Args:
        data: an embedded set (`"synthetic_reviews"`); else a path that exists: a .csv, .tsv,
            .jsonl or .json file, a folder of labeled files, or a .zip file of either; else any
            TFDS name (`"name"`, `"name/config"`, `"name:version"`). A folder with the name of an
            embedded set is written `"./synthetic_reviews"`.
        text: the column that holds the text, by name, or by its number from 0 on in a table
            without a header; None finds it.
        label: the column that holds the label; None finds it.
        encoding: how text files are written.
        data_dir: where TFDS keeps its data; if given, `data` is a TFDS name.

    Returns:
        The parts that the source has; `Splits.complete` holds out the others.

    Raises:
        DataError: nothing has that name, or it cannot be read as labeled texts; the message says
            where and what to do.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "reviews.csv"
        >>> _ = path.write_text("review,stars\n" '"a joy, all of it",5\n')
        >>> load(path).train
        LabeledTexts(texts=['a joy, all of it'], labels=['5'])
    """
    name = str(data)
    path = Path(data).expanduser()
    text = None if text is None else str(text)
    label = None if label is None else str(label)
    if data_dir is None and name in EMBEDDED:
        if text is not None or label is not None:
            raise DataError(f"{name} is embedded: it has no columns to name.")
        return EMBEDDED[name]()
    try:
        if data_dir is None and name and path.exists():  # Path("") would be the current folder
            return read_files(path, text, label, encoding)
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror or error}.") from None
    if TFDS_NAME.fullmatch(name) and path.suffix.lower() not in (*READERS, ".zip"):
        splits = read_tfds(name, text, label, encoding, data_dir)
        if splits is not None:
            return splits
    known = [*EMBEDDED, *tfds_names()]
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.6)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise DataError(
        f"{name or 'no name'}: there is no such file or folder, and neither an embedded data set "
        f"nor one of TFDS has that name.{hint}"
    )
