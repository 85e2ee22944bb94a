"""Tiny data, and entries that train on them in seconds."""

import csv
import random

from rnn_zoo import registry
from rnn_zoo.datasets import Examples, Splits

TINY = {
    "units": 4,
    "embedding_dim": 4,
    "dropout": 0.0,
    "recurrent_dropout": 0.0,
    "max_length": 16,
    "batch_size": 8,
    "epochs": 3,
    "monitor": "val_loss",
    "learning_rate": 0.05,
}


def entry(**overrides):
    """`sentiment_lstm`, but tiny."""
    return registry.override(registry.find("sentiment_lstm"), TINY | overrides)


def reviews(count, seed=0, tell=("bad", "good"), labels=("no", "yes")):
    """Texts whose last word tells the label; with one word only, nothing does."""
    rng = random.Random(seed)
    noise = [" ".join(rng.choices("abcdef", k=rng.randrange(8))) for _ in range(count)]
    return Examples(
        [f"{text} {tell[i % len(tell)]}".strip() for i, text in enumerate(noise)],
        [labels[i % len(labels)] for i in range(count)],
    )


def splits(**how):
    """Three parts, each of whole batches: one shape compiles once."""
    return Splits(reviews(64, 1, **how), reviews(32, 2, **how), reviews(32, 3, **how))


def write_csv(path, examples, header="text,label"):
    """The examples as a .csv file."""
    rows = [
        f"{text},{label}" for text, label in zip(examples.inputs, examples.targets, strict=True)
    ]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def history(folder):
    """The rows of a run's history.csv."""
    with folder.history.open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
