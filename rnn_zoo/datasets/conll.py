"""Words with a tag each in columns: CoNLL and CoNLL-U files."""

import re

from rnn_zoo.datasets.columns import TAGGED_WORDS, find_columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.paths import Columns, listing, visible
from rnn_zoo.datasets.text import AnyPath, read_text
from rnn_zoo.errors import DataError

CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
"""The columns of CoNLL-U, https://universaldependencies.org/format.html."""

TABLES = (".csv", ".json", ".jsonl")


def read_tagged(source: AnyPath, columns: Columns, encoding: str) -> tuple[Examples, Columns]:
    """Read sentences from a file with a word a line and a blank line after each sentence.

    A .conllu file has ten columns with names; comments, multiword tokens and empty nodes are
    skipped. Any other file has columns divided by tabs, or by spaces where there is no tab, which
    are numbered from 0 on, as many in every line; lines with -DOCSTART- are skipped.

    Args:
        source: the file, or a folder that holds just one.
        columns: of words and tags. None: `form` and `upos`; the first and the last column.
        encoding: how the file is written.

    Returns:
        A list of words and a list of tags for each sentence, and the two columns.

    Raises:
        DataError: a column is missing, a line has more or fewer than the first, there are no
            sentences, or the file is a table.
    """
    if source.is_dir():
        entries = visible(source)
        if len(entries) != 1 or entries[0].is_dir():
            raise DataError(
                f"{source}: holds {listing(entries)}. Tagged words are read from one CoNLL file, "
                "or from one each for train, dev and test."
            )
        return read_tagged(entries[0], columns, encoding)
    if source.suffix.lower() in TABLES:
        raise DataError(
            f"{source}: tagged words are read from CoNLL columns, not from {source.suffix}."
        )
    has_names = source.suffix.lower() == ".conllu"
    # Not splitlines, which would also cut at characters that stand within words.
    lines = read_text(source, encoding).replace("\r\n", "\n").split("\n")
    rows = [
        # Words may hold other white space, such as a no-break space.
        (number, re.split("\t" if "\t" in line else " +", line.rstrip("\r\t ")))
        for number, line in enumerate(lines, start=1)
    ]
    rows = [(number, cells) for number, cells in rows if not _skipped(cells[0], has_names)]
    first = next((cells for _, cells in rows if any(cells)), None)
    if first is None:
        raise DataError(f"{source}: no sentences in this file.")
    names = list(CONLLU) if has_names else [str(column) for column in range(len(first))]
    if not has_names:
        columns = (columns[0] or names[0], columns[1] or names[-1])
    word_name, tag_name = find_columns(TAGGED_WORDS, names, *columns, str(source))
    word, tag = names.index(word_name), names.index(tag_name)
    words: list[list[str]] = [[]]
    tags: list[list[str]] = [[]]
    for number, cells in rows:
        if not any(cells):
            if words[-1]:
                words.append([])
                tags.append([])
            continue
        if len(cells) != len(names):
            raise DataError(
                f"{source}, line {number}: {len(cells)} columns, but "
                f"{'CoNLL-U' if has_names else 'the first line of words'} has {len(names)}."
            )
        words[-1].append(cells[word])
        tags[-1].append(cells[tag])
    sentences = len(words) if words[-1] else len(words) - 1
    return Examples(words[:sentences], tags[:sentences]), (word_name, tag_name)


def _skipped(first: str, is_conllu: bool) -> bool:
    """Whether a line that begins so is neither a word nor the end of a sentence."""
    if is_conllu:  # comments, multiword tokens "1-2" and empty nodes "2.1"
        return first != "" and not first.isdecimal()
    return first == "-DOCSTART-"
