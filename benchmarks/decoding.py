"""Sentences and characters a second: our searches beside a `model.predict` loop and PyTorch.

    RNN_ZOO_TEST_DATA=DATA python -m benchmarks.decoding

Translation is `seq2seq_lstm_attention` after two epochs of DATA/multi30k, German to English, which
is enough for sentences to end where they should; `--model` takes one that was saved. It translates
batches of 32 sentences of like length from the test set, greedily and with 5 hypotheses. Without
the data it is left out. A character model, `char_lm_lstm` with random weights, samples texts that
do not end: what it says costs the same whatever it has learned.

All contenders have the same weights and take and give token ids. `predict` is the loop over
`model.predict` that tutorials show, a sentence at a time (the hypotheses of a beam are its rows)
and, what they do not show, for a batch. PyTorch stops, as usual, when all hypotheses have ended;
ours when none can win any more, and "torch, our stop" too. Ours and PyTorch find the same tokens,
the loop as well: this is checked before anything is timed. Medians of turns in which every
contender does everything once; the loops take fewer turns, the one a sentence at a time of some
sentences. On a machine that others use, `--threads 1` keeps threads from waiting for each other.
Writes benchmarks/results/decoding.md and .png.
"""

import argparse
import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import torch
from matplotlib.figure import Figure

import rnn_zoo
from benchmarks.measuring import interleaved, machine, write
from benchmarks.predict_loop import LoopLanguageModel, LoopTranslator
from benchmarks.torch_decoding import TorchLanguageModel, TorchTranslator
from rnn_zoo.decoding import Beam, Greedy, Sample
from rnn_zoo.pipeline import pad
from rnn_zoo.preprocessing.vocabulary import END_ID, START_ID
from rnn_zoo.tasks.generator import SUPPRESSED
from rnn_zoo.tasks.search import Search, seeded

OURS = "rnn_zoo"
LOOP, LOOP_BATCH = "predict", "predict, batch"
TORCH, TORCH_EARLY = "torch", "torch, our stop"
CONTENDERS = (OURS, LOOP, LOOP_BATCH, TORCH, TORCH_EARLY)
BATCH, WIDTH = 32, 5
EPOCHS = 2
BATCHES = 4  # from the shortest sentences to the longest
ALONE = 2  # of a batch's sentences, so many are translated by the loop that takes one at a time
CHARACTERS = 200
SLOW = {LOOP: 3, LOOP_BATCH: 3}  # turns of those that take long
WARM_UP = 2
Found = tuple[Any, Any]
"""Tokens and scores."""


@dataclass
class Row:
    """What was measured: sentences or characters a second of each contender."""

    name: str
    speeds: dict[str, float]

    def ratio(self, peer: str) -> str:
        """How much faster ours is."""
        return f"**{self.speeds[OURS] / self.speeds[peer]:.1f}**" if peer in self.speeds else ""


def lines(folder: Path, name: str) -> list[str]:
    """Sentences of Multi30k."""
    with gzip.open(folder / "multi30k" / f"{name}.gz", "rt", encoding="utf-8") as file:
        return file.read().splitlines()


def trained(folder: Path) -> Any:
    """The entry after some epochs."""
    keras.utils.set_random_seed(0)
    task = rnn_zoo.get("seq2seq_lstm_attention")
    task.fit(
        lines(folder, "train.de"),
        lines(folder, "train.en"),
        batch_size=64,
        epochs=EPOCHS,
        verbose=2,
    )
    return task


def batches_of(task: Any, sentences: list[str]) -> list[np.ndarray]:
    """Token ids of sentences of like length, some batches from all lengths."""
    ids = task.preprocessor.encode_inputs(tf.constant(sentences))
    order = np.argsort(ids.row_lengths().numpy(), kind="stable")
    starts = np.linspace(0, len(order) - BATCH, 2 * BATCHES + 1).astype(int)[1::2]
    return [pad(tf.gather(ids, order[at : at + BATCH])).numpy() for at in starts]


def agree(one: Found, other: Found, what: str) -> None:
    """Raise unless tokens are equal and log-probabilities nearly so."""
    np.testing.assert_array_equal(*(np.asarray(found[0]) for found in (one, other)), what)
    np.testing.assert_allclose(
        *(np.asarray(found[1]) for found in (one, other)), atol=1e-4, err_msg=what
    )


def translation(task: Any, sentences: list[str], turns: int) -> list[Row]:
    """Greedy, then with a beam."""
    network = task.network
    batches = batches_of(task, sentences)
    settings = (START_ID, END_ID, SUPPRESSED, task.max_new_tokens)
    loop, peer = LoopTranslator(network, *settings), TorchTranslator(network, *settings)
    rows = []
    for how, strategy, arguments in (
        ("greedy", Greedy(), {}),
        ("beam", Beam(WIDTH), {"width": WIDTH}),
    ):
        search = task.decoder_for(strategy)

        def ours(words: np.ndarray, search: Search = search) -> Found:
            found = search.predict_on_batch(words)
            return found["tokens"][:, 0], found["scores"][:, 0]

        def looped(words: np.ndarray, how: str = how, more: dict = arguments) -> Found:
            return getattr(loop, how)(words, **more)

        def torched(words: np.ndarray, how: str = how, more: dict = arguments) -> Found:
            return getattr(peer, how)(torch.tensor(words), **more)

        def alone(words: np.ndarray, looped: Callable = looped) -> Found:
            found = [looped(words[i : i + 1]) for i in range(0, BATCH, BATCH // ALONE)]
            return tuple(np.concatenate(part) for part in zip(*found, strict=True))

        contenders = {OURS: ours, LOOP: alone, LOOP_BATCH: looped, TORCH: torched}
        if how == "beam":
            contenders[TORCH_EARLY] = lambda words, f=torched: f(
                words, more={"width": WIDTH, "early": True}
            )
        for words in batches:
            found = {name: decode(words) for name, decode in contenders.items()}
            for name in contenders:
                expected = found[OURS]
                if name == LOOP:
                    expected = tuple(part[:: BATCH // ALONE] for part in expected)
                agree(found[name], expected, f"{how}: {name}")
        seconds = interleaved(
            {
                name: lambda decode=decode: [decode(words) for words in batches]
                for name, decode in contenders.items()
            },
            turns,
            WARM_UP,
            few=SLOW,
        )
        speeds = {
            name: len(batches) * (ALONE if name == LOOP else BATCH) / taken
            for name, taken in seconds.items()
        }
        shown = "greedy" if how == "greedy" else f"{WIDTH} hypotheses"
        rows.append(Row(f"translation, {shown}, sentences/s", speeds))
    return rows


def sampling(texts: int, turns: int) -> Row:
    """A character model."""
    keras.utils.set_random_seed(0)
    task = rnn_zoo.get("char_lm_lstm", vocabulary_size=69)
    network = task.network
    suppressed = [*SUPPRESSED, END_ID]
    search = Search(
        network,
        Sample(),
        start_id=START_ID,
        end_id=END_ID,
        suppress_tokens=suppressed,
        max_length=CHARACTERS,
    )
    draw = seeded(search.predict_on_batch, seed=0)
    loop, peer = (
        kind(network, START_ID, suppressed) for kind in (LoopLanguageModel, TorchLanguageModel)
    )
    prompts = np.full((texts, 2), [START_ID, 0], "int32")

    def ours() -> Found:
        found = draw(prompts)
        return found["tokens"][:, 0], found["scores"][:, 0]

    contenders = {
        OURS: ours,
        LOOP if texts == 1 else LOOP_BATCH: lambda: loop.sample(texts, CHARACTERS),
        TORCH: lambda: peer.sample(texts, CHARACTERS),
    }
    for name, sample in contenders.items():  # each draws its own: our network says how probable
        tokens, scores = map(np.asarray, sample())
        given = np.concatenate([prompts[:, :1], tokens[:, :-1]], axis=1)
        logits = np.array(network.decoder(given)["logits"], "float64")
        logits[..., suppressed] = -np.inf
        gained = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        gained = np.take_along_axis(gained, tokens[..., None], axis=-1)
        np.testing.assert_allclose(scores, gained.sum((1, 2)), rtol=1e-5, err_msg=name)
    seconds = interleaved(contenders, turns, WARM_UP, few=SLOW)
    speeds = {name: texts * CHARACTERS / taken for name, taken in seconds.items()}
    return Row(f"sampling, {texts} text{'s' * (texts > 1)}, characters/s", speeds)


def report(rows: list[Row], turns: int, threads: int) -> str:
    """Everything as Markdown."""
    head = ["", *(f"ours / {peer}" for peer in CONTENDERS[1:]), *CONTENDERS]
    table = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        cells = [row.name, *(row.ratio(peer) for peer in CONTENDERS[1:])]
        speeds = [row.speeds.get(name) for name in CONTENDERS]
        cells += ["" if speed is None else f"{speed:,.{speed < 100:d}f}" for speed in speeds]
        table.append("| " + " | ".join(cells) + " |")
    paragraphs = [
        "# Decoding",
        f"`python -m benchmarks.decoding`, which `make bench` runs; medians of {turns} interleaved "
        f"turns ({SLOW[LOOP]} of the `predict` loops); a ratio above 1 means that `rnn_zoo` is "
        "faster. Weights are the same, and so are the tokens found, from token ids to token ids. "
        "`predict` is the loop over `model.predict` that tutorials show, one sentence at a time "
        f"(of {BATCHES * ALONE} sentences), `predict, batch` the same loop over {BATCH}; PyTorch "
        "searches in batches and stops when all hypotheses have ended, or, as ours does, when none "
        "can win any more (`our stop`).",
        "Translation is `seq2seq_lstm_attention` after two epochs of Multi30k, German to English: "
        f"{BATCHES} batches of {BATCH} sentences of the test set, each of like lengths. Sampling "
        f"is `char_lm_lstm`, {CHARACTERS} characters a text.",
        f"{machine('keras', 'tensorflow', 'torch')[:-1]}, {threads} thread{'s' * (threads > 1)}; "
        f"load at the end {os.getloadavg()[2]:.1f}.",
    ]
    return "\n\n".join([*paragraphs, "\n".join(table)]) + "\n"


def figure(rows: list[Row]) -> Figure:
    """A bar a contender."""
    drawing = Figure(figsize=(11, 0.9 + 1.1 * len(rows)), layout="constrained")
    for axes, row in zip(drawing.subplots(len(rows), 1, squeeze=False)[:, 0], rows, strict=True):
        names = [name for name in CONTENDERS if name in row.speeds]
        speeds = [row.speeds[name] for name in names]
        colors = [f"C{CONTENDERS.index(name)}" for name in names]
        bars = axes.barh(names, speeds, color=colors)
        axes.bar_label(bars, [f"{speed:,.{speed < 100:d}f}" for speed in speeds], padding=3)
        axes.set_title(row.name, loc="left")
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
    return drawing


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=15, help="turns a median is taken of")
    parser.add_argument("--model", type=Path, help="a translator saved as .keras")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    tf.config.threading.set_intra_op_parallelism_threads(given.threads)
    tf.config.threading.set_inter_op_parallelism_threads(given.threads)
    data = os.environ.get("RNN_ZOO_TEST_DATA")
    rows = []
    if data:
        folder = Path(data)
        task = keras.saving.load_model(given.model) if given.model else trained(folder)
        rows += translation(task, lines(folder, "test_2016_flickr.de"), given.turns)
    else:
        print("Without RNN_ZOO_TEST_DATA, a folder with multi30k, nothing is translated.")
    rows += [sampling(texts, given.turns) for texts in (1, BATCH)]
    text = report(rows, given.turns, given.threads)
    if data:
        write("decoding", text, figure(rows))
    else:
        print(text)


if __name__ == "__main__":
    main()
