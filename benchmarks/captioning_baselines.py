"""What captions reach without a network: one for all images, and those of images that look alike.

    python -m benchmarks.captioning_baselines DATA

prints BLEU-1..4 on the test part of `constant`, the caption that is best for the training part, and
of the nearest neighbors in the training part by colors: of `1 neighbor` its first caption, of `20
neighbors` the one of all their captions that is most like the others (Devlin et al., 2015,
"Exploring nearest neighbor approaches for image captioning"). Scores are computed as `evaluate`
computes those of a model.
"""

import sys
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from rnn_zoo import datasets
from rnn_zoo.metrics import caption_scores
from rnn_zoo.preprocessing.captions import CaptionsConfig, CaptionsPreprocessor
from rnn_zoo.training.baselines import constant_caption

BINS = 4  # of each color
GRID = 4  # rows and columns of mean colors
CANDIDATES = 200  # captions that may be the constant one: the most frequent


def color_features(images: np.ndarray) -> np.ndarray:
    """A histogram of colors beside the mean colors of a coarse grid, `(images, features)`."""
    count, size, _, channels = images.shape
    bins = (images // (256 // BINS)).reshape(count, -1, channels)
    codes = (bins * BINS ** np.arange(channels)).sum(axis=-1)
    histograms = np.stack([np.bincount(row, minlength=BINS**channels) for row in codes])
    histograms = np.sqrt(histograms / codes.shape[1])
    cell = size // GRID
    grid = images[:, : cell * GRID, : cell * GRID].reshape(count, GRID, cell, GRID, cell, channels)
    means = grid.mean(axis=(2, 4)).reshape(count, -1) / 255 / GRID
    return np.concatenate([histograms, means], axis=1)


def consensus(captions: Sequence[str]) -> str:
    """The caption that shares most n-grams, up to four words, with the others."""
    grams = [
        {" ".join(words[i : i + n]) for n in range(1, 5) for i in range(len(words) - n + 1)}
        for words in map(str.split, captions)
    ]
    shared = [
        sum(2 * len(a & b) / (len(a) + len(b)) for j, b in enumerate(grams) if j != i)
        for i, a in enumerate(grams)
    ]
    return captions[int(np.argmax(shared))]


def main(data: str) -> None:
    """Print the table."""
    raw = CaptionsPreprocessor(CaptionsConfig(shape=[64, 64, 3]))
    splits = datasets.load(data, "captioned_images")
    if splits.test is None:
        splits = splits.complete()
    features, captions = [], []
    for part in (splits.train, splits.test):
        assert part is not None
        features.append(color_features(raw.read_inputs(part.inputs).numpy().astype(int)))
        captions.append(
            [raw.tokenizer.normalized(tf.constant(list(texts))) for texts in part.targets]
        )
    (known, seen), (train, test) = features, captions
    distances = ((seen[:, None] - known[None]) ** 2).sum(axis=-1)  # (test, train)
    order = np.argsort(distances, axis=1)
    written = {
        "constant": [constant_caption(train, "bleu4", CANDIDATES)] * len(test),
        "1 neighbor": [train[row[0]][0] for row in order],
        "20 neighbors": [consensus([t for i in row[:20] for t in train[i]]) for row in order],
    }
    for name, texts in written.items():
        scores = caption_scores(texts, test)
        shown = "  ".join(f"{key} {value:.1f}" for key, value in scores.items() if key != "exact")
        print(f"{name:<13} {shown}")


if __name__ == "__main__":
    main(*sys.argv[1:])
