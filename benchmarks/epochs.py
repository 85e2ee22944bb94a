"""Time of an epoch over texts of real lengths: rnn_zoo beside the usual recipe, with one network.

    RNN_ZOO_TEST_DATA=DATA python -m benchmarks.epochs

The usual recipe pads all texts to the longest, and learns with keras.layers.Embedding,
keras.layers.LSTM and Adam. Ours makes batches of like lengths (`length_batches`), and learns with
the layers and the Adam of rnn_zoo. Size of the network, words, batch size, learning rate
and number of epochs are the same. DATA holds movie_rationales/, sst2/ and multi30k/ and
seed_tfds.py, which puts the first where TFDS finds it; without it nothing is measured. Epochs are
interleaved: each contender learns one in turn; the first of each, which traces and compiles, counts
by itself. Writes benchmarks/results/epochs.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from tqdm import tqdm

from benchmarks.measuring import machine, write
from rnn_zoo import cells, layers, optimizers
from rnn_zoo.datasets import load
from rnn_zoo.pipeline.bucketing import length_batches
from rnn_zoo.pipeline.epoch_order import EpochOrder
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.preprocessing.vocabulary import END_ID, START_ID

USUAL, OURS = CONTENDERS = ("usual", "rnn_zoo")
BATCH_SIZE = 32
EMBEDDING = 128
WORDS = 20_000
Ids = list[np.ndarray]


@dataclass
class Part:
    """Sequences of one part of a data set, and what is to be said of them."""

    inputs: tuple[Ids, ...]
    targets: Ids | np.ndarray

    def padded(self, lengths: list[int]) -> tuple[Any, Any]:
        """Arrays as long as the longest text in training."""
        inputs = [_pad(ids, n) for ids, n in zip(self.inputs, lengths, strict=False)]
        targets = self.targets
        if isinstance(targets, list):
            targets = _pad(targets, lengths[-1])
        return inputs if len(inputs) > 1 else inputs[0], targets

    def batches(self, order: EpochOrder | None) -> tf.data.Dataset:
        """Batches of like lengths."""
        columns = [tf.ragged.constant(ids, dtype="int32") for ids in self.inputs]
        whole = isinstance(self.targets, np.ndarray)
        targets = self.targets if whole else tf.ragged.constant(self.targets, dtype="int32")
        inputs = tuple(columns) if len(columns) > 1 else columns[0]
        return length_batches(
            tf.data.Dataset.from_tensor_slices((inputs, targets)), BATCH_SIZE, order
        )


@dataclass
class Task:
    """A data set and the network that learns from it."""

    train: Part
    validation: Part
    test: Part
    network: Callable[[str], keras.Model]
    epochs: int
    words: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    scores: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


def recurrent(contender: str, units: int, **options: Any) -> keras.Layer:
    """An LSTM."""
    if contender == USUAL:
        return keras.layers.LSTM(units, **options)
    return layers.RNN(cells.LSTMCell(units), **options)


def embedded(contender: str, tokens: Any, words: int) -> tuple[Any, Any]:
    """Vectors of tokens, and where there are any."""
    embedding = keras.layers.Embedding if contender == USUAL else layers.Embedding
    return embedding(words, EMBEDDING)(tokens), ops.not_equal(tokens, 0)


def compiled(contender: str, model: keras.Model) -> keras.Model:
    """The model with its optimizer."""
    optimizer = optimizers.Adam if contender == OURS else keras.optimizers.Adam
    model.compile(
        optimizer(2e-3, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["accuracy"],
    )
    return model


def classifier(contender: str, words: int) -> keras.Model:
    """Embedding, LSTM 64, the mean of its outputs, Dense."""
    tokens = keras.Input((None,), dtype="int32")
    x, mask = embedded(contender, tokens, words)
    x = recurrent(contender, 64, return_sequences=True)(keras.layers.Dropout(0.5)(x), mask=mask)
    x = keras.layers.GlobalAveragePooling1D()(x, mask=mask)
    return compiled(contender, keras.Model(tokens, keras.layers.Dense(2)(x)))


def translator(contender: str, words: int) -> keras.Model:
    """The encoder's LSTM of 256 units gives its last states to the decoder's."""
    source, before = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    x, mask = embedded(contender, source, words)
    _, *states = recurrent(contender, 256, return_state=True)(x, mask=mask)
    y, mask = embedded(contender, before, words)
    y = recurrent(contender, 256, return_sequences=True)(y, mask=mask, initial_state=states)
    return compiled(contender, keras.Model([source, before], keras.layers.Dense(words)(y)))


def sentences(tokenizers: list[Tokenizer], texts: list[list[str]], fit: bool) -> list[Ids]:
    """Texts, column by column, to ids."""
    found = []
    for tokenizer, column in zip(tokenizers, texts, strict=True):
        if fit:
            tokenizer.fix(tokenizer.count(tf.constant(column)), WORDS, 2)
        found.append([np.array(ids) for ids in tokenizer.ids(tf.constant(column)).to_list()])
    return found


def texts_and_labels(splits: Any, epochs: int) -> Task:
    """A data set of labeled texts."""
    tokenizer, names, parts = Tokenizer(), sorted(set(splits.train.targets)), []
    for part in (splits.train, splits.validation, splits.test):
        (ids,) = sentences([tokenizer], [list(part.inputs)], fit=not parts)
        parts.append(Part((ids,), np.array([names.index(target) for target in part.targets])))
    words = tokenizer.size or 0
    return Task(*parts, lambda contender: classifier(contender, words), epochs, words)


def pairs(splits: Any, epochs: int) -> Task:
    """A data set of texts and their translations; a third of it, for the usual recipe is slow."""
    tokenizers, parts = [Tokenizer(), Tokenizer()], []
    for part in (splits.train, splits.validation, splits.test):
        columns = [list(column)[::3] for column in (part.inputs, part.targets)]
        sources, targets = sentences(tokenizers, columns, fit=not parts)
        before = [np.array([START_ID, *ids]) for ids in targets]
        after = [np.array([*ids, END_ID]) for ids in targets]
        parts.append(Part((sources, before), after))
    words = max(tokenizer.size or 0 for tokenizer in tokenizers)
    return Task(*parts, lambda contender: translator(contender, words), epochs, words)


def run(name: str, task: Task) -> None:
    """Let every contender learn an epoch in turn, and note its seconds and scores."""
    longest = [max(map(len, ids)) for ids in task.train.inputs]
    sequences = isinstance(task.train.targets, list)
    learners: dict[str, tuple[keras.Model, EpochOrder, Any, list[Any]]] = {}
    for contender in CONTENDERS:
        keras.utils.set_random_seed(0)
        order = EpochOrder()
        parts = []
        for part in (task.train, task.validation, task.test):
            if contender == USUAL:
                x, y = part.padded(longest)
                # Padding weighs nothing, in ours neither.
                weights = (y != 0).astype("float32") if sequences else None
                parts.append({"x": x, "y": y, "sample_weight": weights, "batch_size": BATCH_SIZE})
            else:
                batches = part.batches(order if part is task.train else None)
                if sequences:
                    batches = batches.map(lambda x, y: (x, y, tf.cast(y != 0, "float32")))
                parts.append({"x": batches})
        learners[contender] = (task.network(contender), order, parts[0], parts[1:])
        task.seconds[contender], task.scores[contender] = [], []
    for epoch in tqdm(range(task.epochs), name):
        for contender, (model, order, train, held_out) in learners.items():
            began = time.perf_counter()
            model.fit(**train, initial_epoch=epoch, epochs=epoch + 1, verbose=0, callbacks=[order])
            task.seconds[contender].append(time.perf_counter() - began)
            scores = [
                model.evaluate(**part, verbose=0, return_dict=True)["accuracy"] for part in held_out
            ]
            task.scores[contender].append((scores[0], scores[1]))


def report(tasks: dict[str, Task]) -> str:
    """Everything as Markdown."""
    lines = [
        "# An epoch over texts of real lengths",
        "",
        "`python -m benchmarks.epochs`: the usual recipe (pad to the longest text, "
        "`keras.layers.LSTM`, Adam) beside batches of like lengths, `rnn_zoo.layers.RNN` and Adam; "
        "the same network, words, batch size and learning rate. Seconds are medians "
        "of epochs that the two learn in turn, after the first, which traces and compiles. The "
        "score is the test set's at the epoch whose validation score is best: accuracy of "
        "texts, for multi30k, of which every third pair is taken, of target words given those "
        "before them.",
        "",
        machine("keras", "tensorflow"),
        "",
        "| data | contender | usual / this | s an epoch | s, first epoch | score | epochs |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, task in tasks.items():
        usual = float(np.median(task.seconds[USUAL][1:]))
        for contender in CONTENDERS:
            first, *rest = task.seconds[contender]
            median = float(np.median(rest))
            _, score = max(task.scores[contender], key=lambda both: both[0])
            lines.append(
                f"| {name} | {contender} | **{usual / median:.1f}** | {median:.1f} | {first:.1f} "
                f"| {score:.3f} | {task.epochs} |"
            )
    return "\n".join(lines) + "\n"


def _pad(ids: Ids, length: int) -> np.ndarray:
    return keras.utils.pad_sequences(ids, maxlen=length, padding="post", truncating="post")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="one of the sets, for a first look; writes nothing")
    arguments = parser.parse_args()
    if "RNN_ZOO_TEST_DATA" not in os.environ:
        print("benchmarks.epochs: RNN_ZOO_TEST_DATA is not set; nothing to learn from.")
        return
    data = Path(os.environ["RNN_ZOO_TEST_DATA"])
    makers = {
        "sst2": lambda: texts_and_labels(load(data / "sst2"), 6),
        "multi30k": lambda: pairs(_multi30k(data / "multi30k"), 3),
        "movie_rationales": lambda: texts_and_labels(_movie_rationales(data), 3),
    }
    tasks = {}
    for name, make in makers.items():
        if arguments.only in (None, name):
            tasks[name] = make()
            run(name, tasks[name])
    text = report(tasks)
    if arguments.only is None:
        write("epochs", text)
    else:
        print(text)


def _multi30k(folder: Path) -> Any:
    """Without the second test set, which `load` would not tell from the first."""
    with tempfile.TemporaryDirectory() as copy:
        for file in folder.iterdir():
            if "2017" not in file.name:
                (Path(copy) / file.name).write_bytes(file.read_bytes())
        return load(copy, "text_pairs", input="de", target="en")


def _movie_rationales(folder: Path) -> Any:
    with tempfile.TemporaryDirectory() as data_dir:
        subprocess.run([sys.executable, folder / "seed_tfds.py", data_dir], check=True)
        return load("movie_rationales", data_dir=data_dir)


if __name__ == "__main__":
    main()
