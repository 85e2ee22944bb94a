"""`rnn-zoo train`."""

from pathlib import Path
from typing import Any

import click

from rnn_zoo import registry
from rnn_zoo.cli.data import (
    as_recorded,
    format_scores,
    load_data,
    report_baseline,
    report_case,
)
from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.inspect import inspected
from rnn_zoo.cli.options import (
    column_options,
    out_option,
    overwrite_option,
    quiet_option,
    set_options,
    settings_option,
)
from rnn_zoo.cli.runs import find_entry, load_entry, open_run
from rnn_zoo.cli.types import COUNT, SEED, Folder, Name
from rnn_zoo.config import parse_override
from rnn_zoo.datasets import Splits
from rnn_zoo.errors import RunError
from rnn_zoo.inspection import as_lines
from rnn_zoo.tasks import Task
from rnn_zoo.training.run_folder import RunFolder
from rnn_zoo.training.train import resume, train

OF_NEW_RUNS = {"name", "out", "settings", "weights", "seed", "overwrite", "checkpoint_every"}
"""Parameters of runs that begin; a run that is resumed has recorded them."""


@click.command("train")
@click.argument("name", required=False, type=Name())
@click.option("--data", type=Name(), help="Embedded set, file, folder, .zip, or TFDS name.")
@out_option(help="Run folder to make.")
@settings_option
@click.option(
    "--weights",
    type=Name(),
    metavar="WEIGHTS",
    help="Begin with trained weights: their name in the package, a preset, a run folder, a .keras "
    "file, hf://owner/name.",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Same as --set epochs=N.")
@click.option(
    "--seed", type=SEED, help="Seed of weights, order of the examples and dropout [default: 0]."
)
@overwrite_option
@click.option(
    "--checkpoint-every",
    type=COUNT,
    metavar="STEPS",
    help="Also write what --resume needs after every STEPS steps [default: every epoch].",
)
@click.option(
    "--resume",
    "run",
    type=Folder(),
    metavar="RUN",
    help="Resume a run that was killed, interrupted or ran out of disk space.",
)
@quiet_option
@column_options()
@import_option
def train_command(
    name: str | None,
    data: str | None,
    out: Path | None,
    settings: tuple[str, ...],
    weights: str | None,
    epochs: int | None,
    seed: int | None,
    overwrite: bool,
    checkpoint_every: int | None,
    run: Path | None,
    quiet: bool,
    **columns: Any,
) -> None:
    r"""Train the entry NAME (or a YAML file) and leave a run folder.

    The folder holds the resolved config, the data's fingerprint, history.csv, curves.png, a
    TensorBoard log, best.keras, last.keras, metrics.json and a SavedModel in export/. Where the
    data have no validation or test part, a part of the training examples is held out.

    \b
    rnn-zoo train sentiment_lstm --data synthetic_reviews --out runs/first
    rnn-zoo train sentiment_gru --data movie_rationales --out runs/movies --set max_length=1000
    rnn-zoo train sentiment_bilstm --data reviews.csv --input review --target stars --out runs/mine

    An interrupted run resumes from its last checkpoint with its own config and data (give --data if
    they have moved), and ends with the weights of an uninterrupted run. A finished run is trained
    further to a greater number of epochs. A new run can begin with weights of the same entry (for
    other labels the last layer is new) or with the words and layers of a language model:

    \b
    rnn-zoo train --resume runs/mine [--epochs 20]
    rnn-zoo train sentiment_lstm --weights runs/first --data reviews.csv --out runs/more
    rnn-zoo train sentiment_lstm --weights runs/lm --data reviews.csv --out runs/from_lm

    Cells and entries of your own come from a module or a .py file:

    \b
    rnn-zoo train my_lstm --import my_cells.py --data reviews.csv --out runs/mine
    """
    verbose = 0 if quiet else "auto"
    if run is not None:
        return _resume(run, data, columns, epochs, verbose)
    if name is None or data is None or out is None:
        raise click.UsageError("What to train, on what, and where to keep it: NAME, --data, --out.")
    entry, start = _beginning(name, weights, settings, epochs)
    RunFolder(out).check_free(overwrite)  # before data are read, which may take minutes
    metrics = train(
        entry,
        _load_splits(entry, data, columns, quiet),
        out,
        start=start,
        source=data,
        options=set_options(columns),
        seed=seed or 0,
        overwrite=overwrite,
        checkpoint_every=checkpoint_every,
        verbose=verbose,
    )
    return _report(out, metrics)


def _beginning(
    name: str, weights: str | None, settings: tuple[str, ...], epochs: int | None
) -> tuple[registry.Entry, Task | None]:
    """The entry with its overrides, and the model that training begins with, if it has weights."""
    overrides = dict(parse_override(setting) for setting in settings)
    overrides |= set_options({"epochs": epochs})
    entry = find_entry(name)
    if weights is None:
        return registry.override(entry, overrides), None
    return registry.trained(entry, weights, overrides)


def _check_nothing_beside_resume(ctx: click.Context) -> None:
    for parameter in ctx.command.params:
        if parameter.name in OF_NEW_RUNS and ctx.params[parameter.name] not in (None, False, ()):
            option = parameter.opts[0] if isinstance(parameter, click.Option) else "NAME"
            raise RunError(f"--resume continues the run as it began: leave out {option}.")


def _load_splits(entry: registry.Entry, data: str, columns: dict[str, Any], quiet: bool) -> Splits:
    """All parts of the data, and on the screen what they are like."""
    splits = load_data(entry, data, columns).complete(entry.recipe.held_out)
    found = inspected(splits, entry, data, quiet)
    if not quiet:
        for line in as_lines(found):
            echo(line)
    for warning in found.warnings:
        echo(f"Warning: {warning}", err=True)
    return splits


def _resume(
    run: Path, data: str | None, columns: dict[str, Any], epochs: int | None, verbose: str | int
) -> None:
    """Go on with a run that was ended, or train a finished one further."""
    _check_nothing_beside_resume(click.get_current_context())
    folder = open_run(run, begun=True)
    begun = folder.read_json(folder.data)
    entry, source = load_entry(folder), data or begun["source"]
    splits = load_data(entry, source, as_recorded(folder, source, columns))
    splits = splits.complete(entry.recipe.held_out)
    _report(run, resume(run, splits, epochs=epochs, source=source, verbose=verbose))


def _report(out: Path, metrics: dict[str, Any]) -> None:
    folder = RunFolder(out)
    report_case(folder.entry())
    for part in ("validation", "test"):
        echo(f"{part:<11} {format_scores(metrics[part])}")
    report_baseline(folder.read_json(folder.data)["source"])
    echo(f"best epoch  {metrics['best_epoch']}, everything is in {out}")
