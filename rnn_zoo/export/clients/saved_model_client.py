"""Ask a SavedModel of rnn_zoo, of any task: a program of its own that needs TensorFlow alone.

usage: python client.py SAVED_MODEL < inputs.json > answers.json

Reads a JSON list of raw inputs: texts, paths of images, lists of features, or series, each a list
of steps, which are lists of features. Writes a JSON list with an object for each, the outputs of
the signature `serving_default` by name:

    a text to classify     {"label": "good", "probabilities": [0.1, 0.9], "classes": [...]}
    a sentence to tag      {"words": ["a", "cat"], "tags": ["DET", "NOUN"]}
    a text to write        {"text": "ein Mann reitet .", "score": -1.2}
    a series               {"values": [0.51]}

As a module: `ask("serving/1", ["a witty joy"])`. Copy it to where you serve.
"""

import json
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf


def ask(path: str, inputs: list[Any]) -> list[dict[str, Any]]:
    """The outputs of a SavedModel for each raw input."""
    model = tf.saved_model.load(path)
    signature = model.signatures["serving_default"]
    outputs = signature(**request(signature.structured_input_signature[1], inputs))
    rows = {name: output.numpy().tolist() for name, output in outputs.items()}
    return [{name: plain(rows[name][i]) for name in rows} for i in range(len(inputs))]


def request(specs: dict[str, Any], inputs: list[Any]) -> dict[str, Any]:
    """Raw inputs, images also as the bytes of files, as the arguments of a signature."""
    if "lengths" in specs:
        features = specs["series"].shape[-1]
        series = tf.ragged.constant(inputs, tf.float32, ragged_rank=1, inner_shape=(features,))
        return {
            "series": series.to_tensor(shape=[None, None, features]),
            "lengths": tf.cast(series.row_lengths(), tf.int32),
        }
    (name,) = specs
    if name == "image":
        inputs = [x if isinstance(x, bytes) else Path(x).read_bytes() for x in inputs]
    return {name: tf.constant(inputs, specs[name].dtype)}


def plain(value: Any) -> Any:
    """An output of a row as values of JSON; the words and tags behind its end are dropped."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return [plain(part) for part in value if part != b""]
    return value


def main() -> None:
    """Read a JSON list of raw inputs, write a JSON list of answers."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    json.dump(ask(sys.argv[1], json.load(sys.stdin)), sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
