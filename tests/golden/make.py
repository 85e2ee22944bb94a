"""Golden manifests: what each entry's network is made of, and what it gives.

    python tests/golden/make.py [ENTRY ...]

writes `tests/golden/<entry>.json` for the entries named, or for all. Run it when a change of an
entry or of a network is meant, and read the difference. The weights are random numbers that depend
on their path alone, so that the outputs, of which about a hundred are kept, are the same on every
backend.
"""

import json
import re
import sys
import zlib
from pathlib import Path

import numpy as np

import rnn_zoo
from rnn_zoo.registry import find

FOLDER = Path(__file__).parent


def manifest(name):
    """The manifest of an entry at the sizes of its recipe."""
    sizes = find(name).recipe.sizes
    network = rnn_zoo.get(name, **sizes).network
    weights = {}
    for weight in network.trainable_weights:
        path = _path(weight)
        weights[path] = list(weight.shape)
        weight.assign(_values(path, weight.shape))
    # Of two vocabularies the smaller one has all of these ids.
    size = min((sizes[name] for name in sizes if name.endswith("vocabulary_size")), default=2)
    inputs = [_input(tensor, size) for tensor in network.inputs]
    outputs = network(inputs if len(inputs) > 1 else inputs[0])
    if isinstance(outputs, dict):  # the last states too
        outputs = outputs["logits"]
    outputs = np.asarray(outputs).astype(float).round(7).ravel()
    return {
        "sizes": sizes,
        "parameters": network.count_params(),
        "weights": weights,
        "outputs": outputs[:: max(1, outputs.size // 100)].tolist(),
    }


def _input(tensor, vocabulary_size):
    """Random values for one input: images, series, states, resets, ids of words or characters."""
    rng = np.random.default_rng(0)
    if tensor.dtype == "bool":
        return rng.uniform(size=(3, 9)) < 0.2
    if tensor.name.startswith("decoder"):
        return rng.normal(size=(3, tensor.shape[-1]))
    if len(tensor.shape) == 4:
        return rng.uniform(0, 255, (3, *tensor.shape[1:]))
    if len(tensor.shape) == 3 and "float" in tensor.dtype:
        return rng.normal(size=(3, 9, tensor.shape[2]))
    if len(tensor.shape) == 3:
        return rng.integers(0, 257, (3, 9, 8))
    tokens = rng.integers(1, vocabulary_size, (3, 9))
    tokens[1, 6:] = 0  # padding on the right,
    tokens[2, :4] = 0  # and on the left
    return tokens


def _path(weight):
    """A weight's path without the number that Keras gives to the cells of one process."""
    return re.sub(r"_cell_\d+/", "_cell/", weight.path)


def _values(path, shape):
    scale = shape[0] ** -0.5 if path.endswith("kernel") else 0.5
    rng = np.random.default_rng(zlib.crc32(path.encode()))
    return rng.normal(scale=scale, size=shape)


def main(names):
    for name in names or rnn_zoo.list_models():
        text = json.dumps(manifest(name), indent=1)
        text = re.sub(r"\[[^\[\]]*\]", lambda row: " ".join(row[0].split()), text)  # a row a line
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(name)


if __name__ == "__main__":
    main(sys.argv[1:])
