"""One way from the name of a data set to examples."""

import difflib
import re
from pathlib import Path

from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.kinds import EMBEDDED, KINDS
from rnn_zoo.datasets.splits import Splits
from rnn_zoo.datasets.tfds import read_tfds, tfds_names
from rnn_zoo.errors import DataError

FILES = (".csv", ".tsv", ".jsonl", ".json", ".zip", ".conll", ".conllu", ".txt", ".npz")
TFDS_NAME = re.compile(r"[a-z]\w*(/[\w.+-]+)?(:[\w.*]+)?", re.IGNORECASE)


def load(
    data: str | Path,
    kind: str = "labeled_texts",
    *,
    input: str | int | None = None,
    target: str | int | None = None,
    encoding: str = "utf-8",
    data_dir: str | Path | None = None,
) -> Splits:
    r"""Load examples by the name of an embedded set, a path, or a TFDS name.

    | kind | example | files |
    |---|---|---|
    | `"labeled_texts"` | a text and its label | .csv, .tsv, .jsonl, .json; one a class |
    | `"text_pairs"` | a source and a target | .csv, .tsv, .txt, .jsonl, .json; two aligned files |
    | `"tagged_words"` | words and a tag for each | CoNLL columns, .conllu |
    | `"texts"` | a text | .txt, .md, .rst |
    | `"series"` | a series and a number or more | .npz |
    | `"captioned_images"` | an image and its captions | a folder with `captions.json` |

    Args:
        data: an embedded set (`"synthetic_reviews"`); else a path that exists: a file, a folder or
            a .zip file, with parts named after train, dev (validation) and test where it has any;
            else any TFDS name (`"name"`, `"name/config"`, `"name:version"`). A folder with the name
            of an embedded set is written `"./synthetic_reviews"`.
        kind: what an example is; a task's `EXAMPLES` names what it learns from.
        input: the column that holds the input (text, words), by name, or by its number from 0 on
            in a file without a header; None finds it.
        target: the column that holds the target (label, tags); None finds it.
        encoding: how text files are written.
        data_dir: where TFDS keeps its data; if given, `data` is a TFDS name.

    Returns:
        The parts that the source has; `Splits.complete` holds out the others.

    Raises:
        DataError: nothing has that name, or it cannot be read as such examples; the message
            says where and what to do.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "reviews.csv"
        >>> _ = path.write_text("review,stars\n" '"a joy, all of it",5\n')
        >>> load(path).train
        Examples(inputs=['a joy, all of it'], targets=['5'])
    """
    name = str(data)
    path = Path(data).expanduser()
    columns = (None if input is None else str(input), None if target is None else str(target))
    if kind not in KINDS:
        raise DataError(f"There is no kind {kind!r} of examples, but {', '.join(KINDS)}.")
    found = KINDS[kind]
    if data_dir is None and name in EMBEDDED:
        return _embedded(name, kind, columns != (None, None))
    try:
        if data_dir is None and name and path.exists():  # Path("") would be the current folder
            return found.read(path, columns, encoding)
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror or error}.") from None
    if TFDS_NAME.fullmatch(name) and path.suffix.lower() not in FILES:
        if not found.tfds and re.split("[/:]", name)[0] in tfds_names():
            raise DataError(
                f"{name}: {found.roles.input} and {found.roles.target} are not read from TFDS. "
                "Save them to a folder, or pass a tf.data.Dataset of pairs to fit."
            )
        splits = read_tfds(name, found.roles, columns, encoding, data_dir)
        if splits is not None:
            return splits
    known = [*found.embedded, *tfds_names()]
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.6)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise DataError(
        f"{name or 'no name'}: there is no such file or folder, and neither an embedded data set "
        f"nor one of TFDS has that name.{hint}"
    )


def _embedded(name: str, kind: str, has_columns: bool) -> Splits:
    """A set that needs neither a file nor a network."""
    found = KINDS[kind]
    if name not in found.embedded:
        theirs, ours = (
            " and ".join(filter(None, roles[:2]))
            for roles in (KINDS[EMBEDDED[name]].roles, found.roles)
        )
        raise DataError(
            f"{name} holds {theirs}; this task learns from {ours}, as "
            f"{' or '.join(found.embedded)} has."
        )
    if has_columns:
        raise DataError(f"{name} is embedded: it has no columns to name.")
    make = found.embedded[name]
    train, validation, test = (Examples(*make(part)) for part in ("train", "validation", "test"))
    return Splits(train, validation, test)
