"""The weights in the package: train them, score them, and write them with their cards.

    python -m benchmarks.weights
    python -m benchmarks.weights sentiment_lstm@synthetic_reviews

Every row of `TABLE` becomes a preset in zoo_weights/ENTRY/NAME/, and answers that tests expect in
tests/presets/answers/. A row is trained by the recipe of its entry, with the overrides that it
names, and chosen by validation. Weights are stored in half precision if the test score stays within
0.001. The card says what the score is, of the weights as they are stored.
"""

import argparse
import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.weights_table import TABLE, Row
from rnn_zoo import datasets, registry
from rnn_zoo.datasets import Examples
from rnn_zoo.presets import Card
from rnn_zoo.tasks import Generator, LanguageModel, Task
from rnn_zoo.training import RunFolder, evaluate, train

ROOT = Path(__file__).parent.parent
ANSWERS = ROOT / "tests" / "presets" / "answers"
TOLERANCE = 1e-3
"""How much of a score, relative where it is above 1, half precision may cost."""
SLICE = 200
"""Examples of the test part that a test scores again."""
SHOWN = 4
"""Examples whose answers a test compares."""


@dataclass
class Made:
    """Weights that have been trained.

    Attributes:
        task: the model.
        test: the test part.
        scores: the scores on it.
        baseline: what a model without learning reaches, in words.
        minutes: the time that it took.
    """

    task: Task
    test: Examples
    scores: dict[str, float]
    baseline: str
    minutes: float
    answers: dict[str, Any] = field(default_factory=dict)


def make(name: str) -> None:
    """Train a row of the table and write its preset."""
    row = TABLE[name]
    entry_name, _, weights_name = name.partition("@")
    entry = registry.override(registry.find(entry_name), row.overrides)
    splits = datasets.load(row.data, registry.examples(entry), **row.columns)
    splits = splits.complete(entry.recipe.held_out)
    began = time.time()
    with tempfile.TemporaryDirectory() as temporary:
        folder = RunFolder(Path(temporary) / "run")
        metrics = train(
            entry, splits, folder.path, source=row.data, options=row.columns, seed=row.seed
        )
        made = Made(
            folder.load(),
            splits.parts["test"],
            metrics["test"],
            row.baseline or _baseline(metrics),
            round((time.time() - began) / 60, 1),
        )
    path = ROOT / "zoo_weights" / entry_name / weights_name
    batch_size = entry.recipe.batch_size
    score = _write(made, row, name, path, "float16", batch_size)
    if abs(score - made.scores[row.metric]) > TOLERANCE * max(1.0, abs(made.scores[row.metric])):
        score = _write(made, row, name, path, None, batch_size)
    _write_answers(name, row, made.test)
    size = sum(file.stat().st_size for file in path.iterdir()) / 2**20
    print(f"{name}: {row.metric} {score:.4g}, {size:.2f} MB, {made.minutes:g} minutes")


def _write(
    made: Made, row: Row, name: str, path: Path, dtype: str | None, batch_size: int
) -> float:
    """Write the preset twice: what the weights reach as they are stored is known when they are."""
    made.task.save_to_preset(path, dtype=dtype, overwrite=True)
    scores = evaluate(Task.from_preset(path), made.test, batch_size)
    card = row.card | {
        "metric": row.metric,
        "score": float(f"{scores[row.metric]:.4g}"),
        "baseline": made.baseline,
        "command": f"python -m benchmarks.weights {name}",
        "minutes": max(made.minutes, 0.1),
    }
    made.task.save_to_preset(path, card=Card(**card), dtype=dtype, overwrite=True)
    return scores[row.metric]


def _baseline(metrics: dict[str, Any]) -> str:
    reference = metrics.get("baseline")
    if reference is None:
        raise SystemExit("There is no baseline for such examples: write one into the table.")
    return f"{reference['answer']}: {reference['metric']} {reference['value']:.4g}"


def _write_answers(name: str, row: Row, test: Examples) -> None:
    """What the stored weights answer, and reach on a slice of the test part that is in the package.

    Of texts that a language model reads, the slice is the beginning of the first.
    """
    task = Task.from_preset(name)
    inputs = row.inputs or [_plain(value) for value in test.inputs[:SHOWN]]
    content: dict[str, Any] = {"inputs": inputs, "answers": answers(task, inputs)}
    if row.data in datasets.EMBEDDED:
        part = test_slice(task, test)
        content |= {"data": row.data, "metric": row.metric}
        content["score"] = float(f"{evaluate(task, part, 32)[row.metric]:.6g}")
    ANSWERS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (ANSWERS / f"{name}.json").write_text(text, encoding="utf-8")


def answers(task: Task, inputs: list[Any]) -> list[list[str]]:
    """What the task says of raw inputs, as `rnn-zoo predict` writes it."""
    if isinstance(task, LanguageModel):
        return [[text] for text in task.generate(inputs, "greedy", max_new_tokens=20)]
    fields = [list(answer) for answer in task.format_predictions(inputs)]
    # A probability beside a label differs in its last digit between machines.
    return fields if isinstance(task, Generator) else [answer[:1] for answer in fields]


def test_slice(task: Task, test: Examples) -> Examples:
    """The part of the test examples that a test scores."""
    if isinstance(task, LanguageModel):
        return Examples([test.inputs[0][: 100 * SLICE]])
    return test.take(range(min(SLICE, len(test))))


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="ENTRY@NAME", help="default: all of the table")
    names = parser.parse_args().names or list(TABLE)
    for name in names:
        if name not in TABLE:
            raise SystemExit(f"{name} is not in the table, which has {', '.join(TABLE)}.")
    for name in names:
        make(name)


if __name__ == "__main__":
    main()
