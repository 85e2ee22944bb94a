"""The weights in the package: train them, score them, and write them with their cards.

    python -m benchmarks.weights
    python -m benchmarks.weights sentiment_lstm@synthetic_reviews

Every row of `TABLE` becomes a preset in zoo_weights/ENTRY/NAME/, and answers that tests expect in
tests/presets/answers/. A row is trained by the recipe of its entry, with the overrides that it
names, and chosen by validation. Weights are stored in half precision if the test score stays within
0.001 (`Row.tolerance`). The card says what the score is, of the weights as they are stored.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.weights_table import TABLE, Row
from rnn_zoo import datasets, registry
from rnn_zoo.datasets import Examples
from rnn_zoo.export.clients.client import fields
from rnn_zoo.metrics import text_scores
from rnn_zoo.presets import Card
from rnn_zoo.tasks import Generator, LanguageModel, Task
from rnn_zoo.training import RunFolder, evaluate, train

ROOT = Path(__file__).parent.parent
ANSWERS = ROOT / "tests" / "presets" / "answers"
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
        task, parts = folder.load(), splits.parts
        minutes = round((time.time() - began) / 60, 1)
        baseline = _baseline(task, row, metrics, parts["train"], parts["test"])
        made = Made(task, parts["test"], metrics["test"], baseline, minutes)
    path = ROOT / "zoo_weights" / entry_name / weights_name
    batch_size = entry.recipe.batch_size
    score = _write(made, row, name, path, "float16", batch_size)
    if abs(score - made.scores[row.metric]) > row.tolerance * max(
        1.0, abs(made.scores[row.metric])
    ):
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


def _baseline(
    task: Task, row: Row, metrics: dict[str, Any], train_part: Examples, test: Examples
) -> str:
    """What an answer reaches that needs no network, in words."""
    if reference := metrics.get("baseline"):
        return f"{reference['answer']}: {reference['metric']} {reference['value']:.4g}"
    if isinstance(task, LanguageModel):
        perplexity = _perplexity_of_frequencies(task, train_part.inputs, test.inputs)
        return f"the frequency of each token: perplexity {perplexity:.4g}"
    constant = Counter(train_part.targets or []).most_common(1)[0][0]
    candidates = {
        "copying the source": list(test.inputs),
        f"always {constant!r}": [constant] * len(test),
    }
    assert isinstance(task, Generator), f"{type(task).__name__} has no baseline in metrics.json"
    tokenizer = task.target_tokenizer
    truth = tokenizer.normalized(tf.constant(list(test.targets or [])))
    scores = {
        answer: text_scores(tokenizer.normalized(tf.constant(texts)), truth)[row.metric]
        for answer, texts in candidates.items()
    }
    best = max(scores, key=scores.__getitem__)
    return f"{best}: {row.metric} {scores[best]:.4g}"


def _perplexity_of_frequencies(
    task: LanguageModel, train_texts: list[str], test_texts: list[str]
) -> float:
    """Of a model that predicts each token by its share of the training texts, plus one."""
    tokenizer = task.target_tokenizer
    size = tokenizer.size or 0
    train_ids, test_ids = (
        tokenizer.ids(tf.constant(list(texts))).flat_values.numpy()
        for texts in (train_texts, test_texts)
    )
    counts = np.bincount(train_ids, minlength=size) + 1.0
    return float(np.exp(-np.log(counts / counts.sum())[test_ids].mean()))


def _write_answers(name: str, row: Row, test: Examples) -> None:
    """What the stored weights answer, and reach on a slice of the test part that is in the package.

    Of texts that a language model reads, the slice is the beginning of the first.
    """
    task = Task.from_preset(name)
    inputs = row.inputs or [_plain(value) for value in test.inputs[:SHOWN]]
    content: dict[str, Any] = {"inputs": inputs, "answers": answers(task, inputs)}
    if row.data in datasets.EMBEDDED:
        part = slice_of(task, test)
        content |= {"data": row.data, "metric": row.metric}
        content["score"] = float(f"{evaluate(task, part, 32)[row.metric]:.6g}")
    ANSWERS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (ANSWERS / f"{name}.json").write_text(text, encoding="utf-8")


def answers(task: Task, inputs: list[Any]) -> list[list[str]]:
    """What the task says of raw inputs, as `rnn-zoo predict` writes it."""
    if isinstance(task, LanguageModel):
        return [[text] for text in task.generate(inputs, "greedy", max_new_tokens=20)]
    # A probability beside a label differs in its last digit between machines.
    return [fields(answer)[:1] for answer in task.answers(inputs)]


def slice_of(task: Task, test: Examples) -> Examples:
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
