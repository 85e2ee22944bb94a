"""Words with a tag each in columns: CoNLL and CoNLL-U files."""

from rnn_zoo.datasets.aligned import aligned_table
from rnn_zoo.datasets.columns import Columns, find_columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.paths import listing, suffix_of, visible
from rnn_zoo.datasets.reading import AnyPath
from rnn_zoo.datasets.schema import ExampleSchema, Part
from rnn_zoo.datasets.text import read_text
from rnn_zoo.errors import DataError, shortened

CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
"""The columns of CoNLL-U, https://universaldependencies.org/format.html."""

Row = tuple[int, list[str]]
"""The number of a line and its cells; an empty line, which ends a sentence, has none."""


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
    rows = _divided_lines(read_text(source, encoding), is_conllu, str(source))
    first = next((cells for _, cells in rows if cells), None)
    if first is None:
        raise DataError(f"{source}: no sentences in this file.")
    names = list(CONLLU) if is_conllu else [str(column) for column in range(len(first))]
    if not is_conllu:
        columns = (columns[0] or names[0], columns[1] or names[-1])
    word, tag = find_columns(schema.input, schema.target, names, columns, str(source))
    sentences = _sentences(rows, len(names), str(source))
    words, tags = (
        [[_cell(row, names.index(name), str(source)) for row in sentence] for sentence in sentences]
        for name in (word, str(tag))
    )
    lines = [sentence[0][0] for sentence in sentences]
    return Part(Examples(words, tags), (word, tag), lambda i: f"{source}, line {lines[i]}")


def _divided_lines(content: str, is_conllu: bool, source: str) -> list[Row]:
    # Not splitlines, which would also cut at characters that stand within words.
    lines = enumerate(content.replace("\r\n", "\n").split("\n"), start=1)
    kept = [(number, line) for number, line in lines if not _is_skipped(line, is_conllu)]
    tabs = is_conllu or "\t" in next((line for _, line in kept if line.strip()), "")
    rows: list[Row] = []
    for number, line in kept:
        if not line.strip("\r\t "):
            rows.append((number, []))
            continue
        if not tabs and "\t" in line:
            raise DataError(
                f"{source}, line {number}: a tab in {shortened(line)}, but spaces divide the "
                "columns of the first line. A file has one delimiter."
            )
        # Words may hold other white space, such as a no-break space.
        cells = line.rstrip("\r\t ").split("\t") if tabs else line.strip("\r ").split(" ")
        cells = [cell for cell in cells if cell] if not tabs else cells
        rows.append((number, cells))
    return rows


def _is_skipped(line: str, is_conllu: bool) -> bool:
    """Whether a line is neither a word nor the end of a sentence."""
    if is_conllu:  # comments, multiword tokens "1-2" and empty nodes "2.1"
        first = line.split("\t", 1)[0].strip()
        return first != "" and not first.isdecimal()
    return line.startswith("-DOCSTART-")


def _sentences(rows: list[Row], width: int, source: str) -> list[list[Row]]:
    sentences: list[list[Row]] = [[]]
    for number, cells in rows:
        if not cells and sentences[-1]:
            sentences.append([])
        if not cells:
            continue
        if len(cells) != width:
            kind = "CoNLL-U" if width == len(CONLLU) else "the first line of words"
            raise DataError(
                f"{source}, line {number}: {len(cells)} columns, but {kind} has {width}."
            )
        sentences[-1].append((number, cells))
    return sentences if sentences[-1] else sentences[:-1]


def _cell(row: Row, column: int, source: str) -> str:
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
