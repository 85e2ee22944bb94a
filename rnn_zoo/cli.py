"""The `rnn-zoo` command."""

import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from rnn_zoo import __version__, datasets, decoding, registry
from rnn_zoo.config import parse_override, read_yaml
from rnn_zoo.diagnostics import REPORT_FILES, write_report
from rnn_zoo.errors import ConfigError, DataError, RunError, UserError
from rnn_zoo.tasks import Generator, LanguageModel, Task
from rnn_zoo.training.checkpoint import whole
from rnn_zoo.training.demo import demo
from rnn_zoo.training.run_folder import RunFolder, check_free
from rnn_zoo.training.train import evaluate, resume, train

SAVED_MODEL = {"saved_model.pb", "fingerprint.pb", "variables", "assets"}
PREDICT_LINES = 4096  # lines of standard input that are predicted together
NO_TEXT = "No text: give one as an argument, or lines on standard input."


class UserFacing(click.Group):
    """Commands that answer a mistake with a line on standard error and exit status 2."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command; of its docstring, which is raw, examples keep their lines."""
        cmd.help = (cmd.help or "").replace("\\b", "\b")  # click's sign for that is a backspace
        super().add_command(cmd, name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            message = str(error)
        except BrokenPipeError:  # whoever reads has read enough: click ends without a word
            raise
        except OSError as error:
            message = f"{error.filename or 'input or output'}: {error.strerror or error}"
        click.echo(f"Error: {message}", err=True)
        return ctx.exit(2)


def data_options(command: Any) -> Any:
    """What says where examples are."""
    for option in (
        click.option("--data-dir", metavar="DIR", help="Where TFDS keeps its data."),
        click.option("--encoding", default="utf-8", show_default=True, help="Of text files."),
        click.option("--target", metavar="COLUMN", help="Column of the target [default: found]."),
        click.option("--input", metavar="COLUMN", help="Column of the input [default: found]."),
    ):
        command = option(command)
    return command


def decoding_options(command: Any) -> Any:
    """How a text is decoded; those that are not given are not passed on."""
    for option in (
        click.option("--max-new-tokens", type=int, help="Tokens to decode at the most."),
        click.option("--coverage-penalty", type=float, help="Of a beam, with attention."),
        click.option("--length-penalty", type=float, help="Of a beam; 0 prefers short texts."),
        click.option("--width", type=int, help="Of a beam: number of hypotheses."),
        click.option("--top-p", type=float, help="Of a sample: draw among this probability."),
        click.option("--top-k", type=int, help="Of a sample: draw among so many tokens."),
        click.option("--temperature", type=float, help="Of a sample; below 1 is more careful."),
        click.option(
            "--decoding",
            type=click.Choice(["greedy", "sample", "beam"]),
            help="How to search [default: a language model samples, others are greedy].",
        ),
    ):
        command = option(command)
    return command


@click.group(
    cls=UserFacing,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="A first run:  rnn-zoo train sentiment_lstm --data synthetic_reviews --out runs/first",
)
@click.version_option(__version__)
def main() -> None:
    """Recurrent networks on Keras 3: train, evaluate, predict, generate, export, diagnose."""


@main.command("list")
@click.argument("pattern", default="*")
@click.option("--task", help="Only entries of this task, such as sentiment.")
@click.option("--cell", help="Only entries with this cell, such as lstm.")
def list_command(pattern: str, task: str | None, cell: str | None) -> None:
    r"""List the zoo's entries that match PATTERN.

    \b
    rnn-zoo list
    rnn-zoo list '*lstm*' --task sentiment
    """
    names = registry.list_models(pattern, task=task, cell=cell)
    if not names:
        raise ConfigError("No entry of the zoo is like that: rnn-zoo list shows all.")
    for name in names:
        click.echo(f"{name:<20} {registry.find(name).description}")


@main.command("describe")
@click.argument("name")
def describe_command(name: str) -> None:
    r"""Show weights, shapes, recipe, scores and source of the entry NAME (or of a YAML file).

    \b
    rnn-zoo describe sentiment_lstm
    rnn-zoo describe my_entry.yaml
    """
    click.echo(registry.describe(_entry(name)))


@main.command("train")
@click.argument("name", required=False)
@click.option("--data", help="Embedded set, file, folder, .zip, or TFDS name.")
@click.option("--out", type=click.Path(path_type=Path), help="Run folder to make.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override; may be repeated."
)
@click.option("--epochs", type=click.IntRange(min=1), help="Same as --set epochs=N.")
@click.option("--seed", type=int, help="Of weights, order, dropout [default: 0].")
@click.option("--overwrite", is_flag=True, help="Replace the run folder if it exists.")
@click.option(
    "--checkpoint-every",
    type=click.IntRange(min=1),
    metavar="STEPS",
    help="Write all that --resume needs after so many steps too [default: every epoch].",
)
@click.option(
    "--resume",
    "run",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Go on with a run that was ended: killed, interrupted, out of room.",
)
@data_options
def train_command(
    name: str | None,
    data: str | None,
    out: Path | None,
    settings: tuple[str, ...],
    epochs: int | None,
    seed: int | None,
    overwrite: bool,
    checkpoint_every: int | None,
    run: Path | None,
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

    A run that was ended goes on with its own config and data from where it was last written (give
    --data where they have moved), to the weights of a run that was never ended:

    \b
    rnn-zoo train --resume runs/mine
    """
    if run is not None:
        given = {
            "NAME": name,
            "--out": out,
            "--set": settings,
            "--epochs": epochs,
            "--seed": seed,
            "--overwrite": overwrite,
            "--checkpoint-every": checkpoint_every,
        }
        for option, value in given.items():
            if value not in (None, False, ()):
                raise RunError(f"--resume goes on as the run was begun: leave out {option}.")
        _report(run, _resume(run, data, columns))
        return
    if name is None or data is None or out is None:
        raise click.UsageError("What to train, on what, and where to keep it: NAME, --data, --out.")
    overrides = dict(parse_override(setting) for setting in settings)
    if epochs is not None:
        overrides["epochs"] = epochs
    entry = registry.override(_entry(name), overrides)
    RunFolder(out).check_free(overwrite)  # before data are read, which may take minutes
    splits = _load(entry, data, columns).complete(entry.recipe.held_out)
    for part in splits.held_out:
        click.echo(f"{data} has no {part} part: {len(splits.parts[part])} examples are held out.")
    sizes = ", ".join(f"{len(part)} {name}" for name, part in splits.parts.items())
    click.echo(f"{entry.name} on {data}: {sizes} examples")
    metrics = train(
        entry,
        splits,
        out,
        source=data,
        options=_given(columns),
        seed=seed or 0,
        overwrite=overwrite,
        checkpoint_every=checkpoint_every,
    )
    _report(out, metrics)


@main.command("evaluate")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", required=True, help="Embedded set, file, folder, .zip, or TFDS name.")
@data_options
def evaluate_command(run: Path, data: str, **columns: Any) -> None:
    r"""Score the best model of the run folder RUN on the test part of DATA.

    Where DATA have no test part, all examples are scored; but of the data that the model was
    trained on, only those that were held out then.

    \b
    rnn-zoo evaluate runs/first --data synthetic_reviews
    rnn-zoo evaluate runs/mine --data new_reviews.csv --input review --target stars
    """
    folder = RunFolder.open(run)
    entry = folder.entry()
    part_name, part = _test_part(folder, _load(entry, data, columns), entry.recipe.held_out)
    scores = evaluate(folder.load(), part, entry.recipe.batch_size, verbose="auto")
    click.echo(f"{len(part)} examples ({part_name} part): {_scores(scores)}")
    _report_trivial(data)


@main.command("predict")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
def predict_command(run: Path, texts: tuple[str, ...]) -> None:
    r"""Label, tag or translate each TEXT, or each line of standard input where there is none.

    Writes a line a text: what the model says (a label and its probability; tags; another text) and
    the text, with tabs between. To caption images, give the paths of their files for texts.

    \b
    rnn-zoo predict runs/first 'not a single dull minute' 'a joyless bore'
    rnn-zoo predict runs/first < reviews.txt > labels.tsv
    rnn-zoo predict runs/captions harbor.jpg beach.png
    """
    task = RunFolder.open(run).load()
    lines: Iterator[str] = iter(texts) if texts else (line.rstrip("\r\n") for line in _stdin())
    found = False
    while chunk := list(itertools.islice(lines, PREDICT_LINES)):
        found = True
        for text, answer in zip(chunk, task.format_predictions(chunk), strict=True):
            shown = re.sub(r"[\r\n]+", " ", text)  # a line a text, whatever it holds
            click.echo("\t".join([*answer, shown]).encode("utf-8", "surrogateescape"))
    if not found:
        raise RunError(NO_TEXT)


@main.command("generate")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option("--seed", type=int, help="Of a sample; the same seed draws the same texts.")
@decoding_options
def generate_command(run: Path, inputs: tuple[str, ...], seed: int | None, **given: Any) -> None:
    r"""Write a text for each INPUT with the best model of the run folder RUN.

    A language model goes on from a prompt, or begins a text where there is none; a translator takes
    a source text, a captioner the path of an image.

    \b
    rnn-zoo generate runs/shakespeare 'ROMEO:' --max-new-tokens 300 --temperature 0.8 --seed 1
    rnn-zoo generate runs/en 'ein mann reitet ein pferd .' --decoding beam --width 5
    """
    task = RunFolder.open(run).load()
    if not isinstance(task, Generator):
        raise RunError(f"{run}: a {type(task).__name__} writes no text: use rnn-zoo predict.")
    texts: Any = list(inputs)
    if not texts:
        if task.HAS_TARGETS:
            raise RunError("No input: give one as an argument.")
        texts = [""]
    for text in task.generate(texts, seed=seed, **_decoding(task, given)):
        click.echo(text)


@main.command("export")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--overwrite", is_flag=True, help="Replace the SavedModel there if there is one.")
@decoding_options
def export_command(run: Path, out: Path, overwrite: bool, **given: Any) -> None:
    r"""Write the best model of the run folder RUN as a SavedModel that serves raw inputs.

    \b
    rnn-zoo export runs/first --out serving/1
    rnn-zoo export runs/en --out serving/2 --decoding beam --width 5
    """
    folder = RunFolder.open(run)
    check_free(out, overwrite, SAVED_MODEL, signs={"saved_model.pb"})
    task = folder.load()
    if isinstance(task, Generator):
        options = _decoding(task, given)
    elif options := _given(given):
        raise RunError(f"{run}: a {type(task).__name__} writes no text: nothing is decoded.")
    with whole(out) as draft:
        task.export(draft, **options)
    click.echo(f"{out}: signature serving_default takes a batch of raw inputs")


@main.command("diagnose")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", required=True, help="Embedded set, file, folder, .zip, or TFDS name.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="How many to look at.",
)
@click.option("--overwrite", is_flag=True, help="Replace the diagnostics there if there are any.")
@data_options
def diagnose_command(
    run: Path, data: str, out: Path, examples: int, overwrite: bool, **columns: Any
) -> None:
    r"""Look into the recurrent layers of the best model of the run folder RUN.

    Says of each layer whether its gradient vanishes, explodes or is healthy, over how many steps,
    and what usually helps. The folder holds verdict.txt, and as numbers and figures the gradient by
    step (gradient_flow), how open the gates are (gates), and the states (hidden_states), all on the
    first examples of the test part of DATA; of a language model, on pieces as long as its window.

    \b
    rnn-zoo diagnose runs/first --data synthetic_reviews --out diagnostics/first
    rnn-zoo diagnose runs/book --data book.txt --out diagnostics/book --examples 4
    """
    folder = RunFolder.open(run)
    check_free(out, overwrite, REPORT_FILES, signs={"verdict.txt"})
    entry = folder.entry()
    _, part = _test_part(folder, _load(entry, data, columns), entry.recipe.held_out)
    task = folder.load()
    part = _pieces(task, part, examples)
    tokens = task.tokens(part.inputs[0])
    separator = " "
    if isinstance(task, LanguageModel):
        separator = task.target_tokenizer.separator
    with whole(out) as draft:
        flow = write_report(
            task, part.inputs, part.targets, draft, tokens=tokens, separator=separator
        )
    click.echo(flow.verdict)
    click.echo(f"{len(part)} examples, everything is in {out}")


@main.command("demo")
@click.option(
    "--out", default="runs/demo", show_default=True, type=click.Path(path_type=Path), help="Folder."
)
@click.option("--overwrite", is_flag=True, help="Replace the folder if it holds a run.")
def demo_command(out: Path, overwrite: bool) -> None:
    r"""Train, evaluate, export and serve sentiment_lstm on the embedded synthetic reviews.

    \b
    rnn-zoo demo --out runs/demo
    """
    demo(out, overwrite)


def _resume(run: Path, data: str | None, columns: dict[str, Any]) -> dict[str, Any]:
    folder = RunFolder.open(run, begun=True)
    begun = folder.read_json(folder.data)
    entry, source = folder.entry(), data or begun["source"]
    asked = click.get_current_context().get_parameter_source
    typed = {
        name: value
        for name, value in columns.items()
        if asked(name) is click.core.ParameterSource.COMMANDLINE
    }
    splits = _load(entry, source, columns | begun["options"] | typed)
    return resume(run, splits.complete(entry.recipe.held_out), source=source)


def _report(out: Path, metrics: dict[str, Any]) -> None:
    for part in ("validation", "test"):
        click.echo(f"{part:<11} {_scores(metrics[part])}")
    folder = RunFolder(out)
    _report_trivial(folder.read_json(folder.data)["source"])
    click.echo(f"best epoch  {metrics['best_epoch']}, everything is in {out}")


def _report_trivial(data: str) -> None:
    if data in datasets.TRIVIAL:
        click.echo(f"{'trivial':<11} {datasets.TRIVIAL[data]}")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Those that are not None, as options are that were not given."""
    return {name: value for name, value in options.items() if value is not None}


def _decoding(task: Generator, options: dict[str, Any]) -> dict[str, Any]:
    """The strategy and the number of tokens that the options of the command line ask for."""
    name, max_new_tokens = options.pop("decoding"), options.pop("max_new_tokens")
    strategy = decoding.from_options(name or task.default_decoding, **options)
    return {"decoding": strategy, "max_new_tokens": max_new_tokens}


def _is_file(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def _entry(name: str) -> registry.Entry:
    # Not registered: the config.yaml of a run has the name of the entry it came from.
    return (
        registry.read_entry(read_yaml(Path(name)), name) if _is_file(name) else registry.find(name)
    )


def _load(entry: registry.Entry, data: str, columns: dict[str, Any]) -> datasets.Splits:
    return datasets.load(data, registry.examples(entry), **columns)


def _test_part(
    folder: RunFolder, splits: datasets.Splits, held_out: float
) -> tuple[str, datasets.Examples]:
    if splits.test is not None or splits.train is None:
        return list(splits.parts.items())[-1]
    try:
        completed = splits.complete(held_out)
    except DataError:  # too few to hold some out: they are not those of the run
        return "whole", splits.train
    seen = folder.read_json(folder.data)["sha256"]
    if datasets.fingerprint(completed)["sha256"] == seen:
        return "held-out", completed.parts["test"]
    return "whole", splits.train


def _pieces(task: Task, part: datasets.Examples, count: int) -> datasets.Examples:
    """The first examples; of texts that a language model learns from, pieces over all of them."""
    if not isinstance(task, LanguageModel):
        return part.take(range(min(count, len(part))))
    separator, window = task.target_tokenizer.separator, task.preprocessing_config.window
    words = [word for text in part.inputs for word in (text.split() if separator else text)]
    starts = range(0, max(1, len(words) - window), max(1, (len(words) - window) // count))
    return datasets.Examples([separator.join(words[i : i + window]) for i in starts[:count]])


def _scores(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in sorted(scores.items()))


def _stdin() -> Iterator[str]:
    if sys.stdin.isatty():
        raise RunError(NO_TEXT)
    return (line.decode("utf-8", "surrogateescape") for line in sys.stdin.buffer)
