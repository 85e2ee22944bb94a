"""One way from the name of a data set to examples."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from rnn_zoo.datasets.columns import Columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.files import read_files
from rnn_zoo.datasets.formats import FORMATS
from rnn_zoo.datasets.schema import ExampleSchema
from rnn_zoo.datasets.schemas import EMBEDDED, SCHEMAS
from rnn_zoo.datasets.splits import Splits
from rnn_zoo.datasets.tfds import read_tfds, tfds_names
from rnn_zoo.errors import DataError

OTHER_FILES = {".zip", ".conll", ".conllu", ".txt"}
TFDS_NAME = re.compile(r"[a-z]\w*(/[\w.+-]+)?(:[\w.*]+)?", re.IGNORECASE)


def load(
    data: str | Path,
    schema: str = "labeled_texts",
    *,
    input: str | int | None = None,
    target: str | int | None = None,
    encoding: str = "utf-8",
    data_dir: str | Path | None = None,
) -> Splits:
    r"""Load examples by the name of an embedded set, a path, or a TFDS name.

    | schema | example | files beside tables |
    |---|---|---|
    | `"labeled_texts"` | a text and its label | a folder or a file a class; a label a line |
    | `"text_pairs"` | a source and a target | .txt with tabs; two aligned files |
    | `"tagged_words"` | words and a tag for each | CoNLL columns, .conllu; `seq.in`, `seq.out` |
    | `"texts"` | a text | .txt, .md, .rst |
    | `"series"` | a series and a number or more | |
    | `"captioned_images"` | an image and its captions | a folder with `captions.json` |

    A table, .csv, .tsv, .jsonl, .json, .npz or .parquet, may hold any of them: a text in a cell,
    words and series in a list or divided by spaces. Files may end in .gz.

    Args:
        data: an embedded set (`"synthetic_reviews"`); else a path that exists: a file, a folder or
            a .zip file, with parts named after train, dev (validation) and test where it has any;
            else any TFDS name (`"name"`, `"name/config"`, `"name:version"`). A folder with the name
            of an embedded set is written `"./synthetic_reviews"`.
        schema: what an example is; a task's `EXAMPLES` names what it learns from.
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
    columns = (None if input is None else str(input), None if target is None else str(target))
    if schema not in SCHEMAS:
        raise DataError(f"There are no examples {schema!r}, but {', '.join(SCHEMAS)}.")
    example_schema = SCHEMAS[schema]
    if data_dir is None and name in EMBEDDED:
        return _embedded(name, schema, columns != (None, None))
    if data_dir is None and (splits := _from_path(name, example_schema, columns, encoding)):
        return splits
    return _by_tfds_name(name, example_schema, columns, encoding, data_dir)


def _from_path(
    name: str, example_schema: ExampleSchema, columns: Columns, encoding: str
) -> Splits | None:
    """The examples of a file or folder; None where nothing has this name."""
    path = Path(name).expanduser()
    try:
        if not name or not path.exists():  # Path("") would be the current folder
            return None
        read = example_schema.read_folder or read_files
        return read(path, example_schema, columns, encoding)
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror or error}.") from None


def _by_tfds_name(
    name: str,
    example_schema: ExampleSchema,
    columns: Columns,
    encoding: str,
    data_dir: str | Path | None,
) -> Splits:
    """A data set of TFDS, or the error that nothing has this name."""
    if may_be_of_tfds(name):
        if not example_schema.is_text and re.split("[/:]", name)[0] in tfds_names():
            raise DataError(
                f"{name}: {example_schema.roles} are not read from TFDS. Save them to a folder, or "
                "pass a tf.data.Dataset of pairs to fit."
            )
        splits = read_tfds(name, example_schema, columns, encoding, data_dir)
        if splits is not None:
            return splits
    raise nothing_called(name, example_schema.embedded)


def may_be_of_tfds(name: str) -> bool:
    """Whether TFDS could call a data set so; else it is the name of a file."""
    suffix = Path(name).suffix.lower()
    return bool(TFDS_NAME.fullmatch(name)) and suffix not in OTHER_FILES | FORMATS.keys()


def nothing_called(name: str, embedded: Iterable[str]) -> DataError:
    """The error for a name that nothing has; `embedded` has names that may have been meant."""
    names = [*embedded, *tfds_names()]
    close = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.6)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    return DataError(
        f"{name or 'no name'}: there is no such file or folder, and neither an embedded data set "
        f"nor one of TFDS has that name.{hint}"
    )


def _embedded(name: str, schema: str, has_columns: bool) -> Splits:
    """A set that needs neither a file nor a network."""
    example_schema = SCHEMAS[schema]
    if name not in example_schema.embedded:
        raise DataError(
            f"{name} holds {SCHEMAS[EMBEDDED[name]].roles}; this task learns from "
            f"{example_schema.roles}, as {' or '.join(example_schema.embedded)} has."
        )
    if has_columns:
        raise DataError(f"{name} is embedded: it has no columns to name.")
    make = example_schema.embedded[name]
    train, validation, test = (Examples(*make(part)) for part in ("train", "validation", "test"))
    return Splits(train, validation, test)
