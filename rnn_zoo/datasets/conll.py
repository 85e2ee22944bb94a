"""Words with a tag each in columns: CoNLL and CoNLL-U files."""

from collections.abc import Iterable, Iterator

from rnn_zoo.datasets.aligned import aligned_table
from rnn_zoo.datasets.columns import Columns, find_columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.origin import Origin
from rnn_zoo.datasets.paths import listing, suffix_of, visible
from rnn_zoo.datasets.reading import AnyPath
from rnn_zoo.datasets.schema import ExampleSchema, Part
from rnn_zoo.datasets.text import read_text
from rnn_zoo.errors import DataError, shortened

CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
"""The columns of CoNLL-U, https://universaldependencies.org/format.html."""

Row = tuple[int, list[str]]
"""The number of a line and its cells."""


def read_tagged(
    files: list[AnyPath], schema: ExampleSchema, columns: Columns, encoding: str
) -> Part:
    """Read sentences from a file with a word a line and a blank line after each sentence.

    A .conllu file has ten columns with names; comments, multiword tokens and empty nodes are
    skipped. Any other file has columns divided by tabs, or by spaces where its first word's line
    has no tab, which are numbered from 0 on, as many in every line; lines with -DOCSTART- are
    skipped. Two or more files that are aligned line by line (`seq.in`, `seq.out`) hold a sentence
    a line.

    Args:
        files: the file, a folder that holds just one, or those that are aligned.
        schema: of tagged words.
        columns: of words and tags. None: `form` and `upos`; the first and the last column.
        encoding: how the file is written.

    Raises:
        DataError: a column is missing, a line has more or fewer than the first or another
            delimiter, or there are no sentences.
    """
    if len(files) == 1 and files[0].is_dir():
        entries = visible(files[0])
        if not entries or any(entry.is_dir() for entry in entries):
            raise _unreadable(files[0], entries)
        files = entries
    if len(files) > 1:
        table = aligned_table(files, schema, encoding)
        if table is None:
            raise _unreadable(files[0].parent, files)  # type: ignore[arg-type]  # in a .zip file the parent is typed PathLike
        return schema.read(table, columns)
    source = files[0]
    is_conllu = suffix_of(source) == ".conllu"
    # Not splitlines, which would also cut at characters that stand within words.
    lines = read_text(source, encoding).replace("\r\n", "\n").split("\n")
    sentences = list(sentences_of(lines, is_conllu, str(source)))
    if not sentences:
        raise DataError(f"{source}: no sentences in this file.")
    names = column_names(sentences[0], is_conllu)
    if not is_conllu:
        columns = (columns[0] or names[0], columns[1] or names[-1])
    word, tag = find_columns(schema.input, schema.target, names, columns, str(source))
    words, tags = (
        [
            [cell_of(row, names.index(name), str(source)) for row in sentence]
            for sentence in sentences
        ]
        for name in (word, str(tag))
    )
    numbers = [sentence[0][0] for sentence in sentences]
    others = tuple(name for name in names if name not in (word, tag))
    tabs = "\t" in lines[numbers[0] - 1]
    origin = Origin(others, delimiter="\t" if tabs else " ", encoding=encoding)
    return Part(
        Examples(words, tags), (word, tag), lambda i: f"{source}, line {numbers[i]}", origin
    )


def column_names(sentence: list[Row], is_conllu: bool) -> list[str]:
    """The columns of a sentence's lines: those of CoNLL-U, or numbers from 0 on."""
    return list(CONLLU) if is_conllu else list(map(str, range(len(sentence[0][1]))))


def sentences_of(lines: Iterable[str], is_conllu: bool, source: str) -> Iterator[list[Row]]:
    """The sentences of a file, as rows of cells with the numbers of their lines.

    Args:
        lines: those of the file.
        is_conllu: whether they have the columns of CoNLL-U.
        source: what to call the file in an error.

    Raises:
        DataError: a line has more or fewer columns than the first, or another delimiter.
    """
    sentence: list[Row] = []
    tabs, width = is_conllu, len(CONLLU) if is_conllu else 0
    for number, line in enumerate(lines, start=1):
        if _is_skipped(line, is_conllu):
            continue
        if not line.strip("\r\n\t "):
            if sentence:
                yield sentence
            sentence = []
            continue
        if not width:
            tabs = "\t" in line
        cells = _cells(line, tabs, f"{source}, line {number}")
        width = width or len(cells)
        if len(cells) != width:
            kind = "CoNLL-U" if is_conllu else "the first line of words"
            raise DataError(
                f"{source}, line {number}: {len(cells)} columns, but {kind} has {width}."
            )
        sentence.append((number, cells))
    if sentence:
        yield sentence


def _cells(line: str, tabs: bool, where: str) -> list[str]:
    if tabs:  # words may hold other white space, such as a no-break space
        return line.rstrip("\r\n\t ").split("\t")
    if "\t" in line:
        raise DataError(
            f"{where}: a tab in {shortened(line)}, but spaces divide the columns of the first "
            "line. A file has one delimiter."
        )
    return [cell for cell in line.strip("\r\n ").split(" ") if cell]


def _is_skipped(line: str, is_conllu: bool) -> bool:
    """Whether a line is neither a word nor the end of a sentence."""
    if is_conllu:  # comments, multiword tokens "1-2" and empty nodes "2.1"
        first = line.split("\t", 1)[0].strip()
        return first != "" and not first.isdecimal()
    return line.startswith("-DOCSTART-")


def cell_of(row: Row, column: int, source: str) -> str:
    """A cell that is not blank.

    Raises:
        DataError: it is.
    """
    number, cells = row
    if not cells[column].strip():
        raise DataError(f"{source}, line {number}: column {column} is empty.")
    return cells[column]


def _unreadable(folder: AnyPath, entries: list[AnyPath]) -> DataError:
    return DataError(
        f"{folder}: holds {listing(entries)}. Tagged words are read from one CoNLL file, one "
        "table, or files seq.in and seq.out, or from one of these each for train, dev and test; "
        "of several test sets keep one."
    )
