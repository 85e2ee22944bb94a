"""`rnn-zoo predict`."""

import itertools
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.cli.answer_files import AnswerFormat, answer_file, check_suffix
from rnn_zoo.cli.data import as_recorded
from rnn_zoo.cli.group import echo, echo_fields
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.models import open_model, open_task
from rnn_zoo.cli.options import (
    decoding_arguments,
    decoding_options,
    quiet_option,
    run_argument,
    seed_option,
    set_options,
)
from rnn_zoo.cli.texts import check_texts, standard_input
from rnn_zoo.cli.types import Encoding, Folder, Name
from rnn_zoo.datasets import read_inputs
from rnn_zoo.errors import RunError
from rnn_zoo.export.clients.client import fields
from rnn_zoo.tasks import Generator, Task

LINES = 4096
"""Lines that are predicted together."""
STEPS = 1000
"""Those of a progress bar."""
Answer = Callable[[list[Any]], list[Any]]


@click.command("predict")
@run_argument
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@click.option(
    "--data", type=Name(), help="Answer what stands in a file: what --data names elsewhere."
)
@click.option(
    "--out",
    type=Folder(),
    metavar="FILE",
    help="With --data: the .csv, .tsv, .jsonl, .conll or .txt file to make (.gz too).",
)
@click.option("--input", type=Name(), metavar="COLUMN", help="Column of DATA to read.")
@click.option("--encoding", type=Encoding(), help="Encoding of DATA [default: as in training].")
@click.option("--probabilities", is_flag=True, help="With --out: those of all labels.")
@click.option("--overwrite", is_flag=True, help="Replace FILE.")
@quiet_option
@seed_option
@decoding_options
@import_option
def predict_command(
    run: str,
    texts: tuple[str, ...],
    data: str | None,
    out: Path | None,
    quiet: bool,
    seed: int | None,
    **options: Any,
) -> None:
    r"""Label, tag or translate each TEXT, or each line of standard input where there is none.

    Writes a line for each text: the prediction (a label and its probability, tags, or another text)
    and the text, divided by tabs. To caption images, pass the paths of image files. RUN is a run
    folder, a preset, a .keras file, or weights in the package (rnn-zoo list --pretrained).

    \b
    rnn-zoo predict sentiment_lstm@synthetic_reviews 'a witty joy'
    rnn-zoo predict runs/first 'not a single dull minute' 'a joyless bore'
    rnn-zoo predict runs/first < reviews.txt > labels.tsv
    rnn-zoo predict runs/captions harbor.jpg beach.png

    With --data and --out, the inputs in a file of any size are answered in their order: a table
    (.csv, .tsv, .jsonl, .json, .parquet), words in CoNLL columns, or a text a line.

    \b
    rnn-zoo predict runs/first --data reviews.csv --out answers.csv --probabilities
    rnn-zoo predict runs/upos --data test.conllu --out tagged.conll
    rnn-zoo predict runs/en --data de.txt --out en.jsonl --decoding beam --width 5 --n-best 5
    """
    of_file = {
        name: options.pop(name) for name in ("input", "encoding", "probabilities", "overwrite")
    }
    if data is not None:
        if texts:
            raise RunError("Give texts, or a file of them with --data.")
        if out is None:
            raise RunError("--data needs --out, the file to make, such as --out answers.csv.")
        _answer_file(run, data, out, of_file, quiet, options | {"seed": seed})
        return
    if out is not None or any(of_file.values()):
        raise RunError("--out, --input, --encoding, --probabilities and --overwrite need --data.")
    task = open_task(run)
    check_texts(task, texts)
    answer = _answers(run, task, options | {"seed": seed})
    lines: Iterator[str] = iter(texts) if texts else standard_input()
    is_empty = True
    while chunk := list(itertools.islice(lines, LINES)):
        is_empty = False
        for text, answered in zip(chunk, answer(chunk), strict=True):
            echo_fields(re.sub(r"[\r\n]+", " ", field) for field in (*fields(answered), text))
    if is_empty:
        raise RunError("No text: give one as an argument, or lines on standard input.")


def _answers(run: str, task: Task, options: Mapping[str, Any]) -> Answer:
    """What answers raw inputs; a language model that draws at random draws by the seed 0.

    Raises:
        RunError: the options are for a task that writes text, and this does not.
    """
    options = dict(options)
    seed = options.pop("seed")
    if not isinstance(task, Generator):
        if seed is not None or set_options(options):
            raise RunError(f"{run}: a {type(task).__name__} writes no text: nothing is decoded.")
        return task.answers
    arguments = decoding_arguments(task, options)
    if seed is None and arguments["decoding"].uses_seed:
        seed = 0
    return partial(task.answers, seed=seed, **arguments)


def _answer_file(
    run: str,
    data: str,
    out: Path,
    of_file: Mapping[str, Any],
    quiet: bool,
    options: Mapping[str, Any],
) -> None:
    """Answer what stands in a file, a piece at a time."""
    suffix = check_suffix(out)
    if out.exists() and not of_file["overwrite"]:
        raise RunError(f"{out} exists: choose another file, or add --overwrite.")
    model = open_model(run)
    answer = _answers(run, model.task, options)
    columns = as_recorded(
        model.folder, data, {"input": of_file["input"], "encoding": of_file["encoding"]}
    )
    pieces = read_inputs(data, model.task.EXAMPLES, **columns)
    first = next(pieces)
    form = AnswerFormat(first.column, of_file["probabilities"], options["n_best"])
    count = 0
    with (
        atomic_write(out) as draft,
        answer_file(draft, suffix, form) as write,
        _progress_bar(quiet) as bar,
    ):
        for piece in itertools.chain([first], pieces):
            for raw, answered in zip(piece.inputs, answer(piece.inputs), strict=True):
                write(raw, answered)
            count += len(piece.inputs)
            bar.update(round(STEPS * piece.share) - bar.pos)
    echo(f"{out}: {count:,} answers to {first.column!r} of {data}")


def _progress_bar(quiet: bool) -> Any:
    """A bar on standard error, where that is a terminal."""
    hidden = quiet or not sys.stderr.isatty()
    return click.progressbar(length=STEPS, label="Answering", file=sys.stderr, hidden=hidden)
