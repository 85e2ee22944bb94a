"""Ask a SavedModel for labels: a program of its own that needs TensorFlow alone.

usage: python client.py SAVED_MODEL < texts.json > answers.json

Copy it to where you serve.
"""

import json
import sys


def main() -> None:
    """Read a JSON list of texts, write a JSON list of labels and probabilities."""
    # Nothing here may lean on them: importing either fails from here on.
    sys.modules["keras"] = sys.modules["rnn_zoo"] = None  # type: ignore[assignment]
    import tensorflow as tf

    serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
    answers = serve(text=tf.constant(json.load(sys.stdin), tf.string))
    labels = [label.decode() for label in answers["label"].numpy()]
    probabilities = answers["probabilities"].numpy().max(axis=-1).tolist()
    pairs = zip(labels, probabilities, strict=True)
    json.dump([{"label": label, "probability": p} for label, p in pairs], sys.stdout)


if __name__ == "__main__":
    main()
