import json

import numpy as np
import tensorflow as tf

from task_cases.task_case import NO_CHANCE, ShellCase, TaskCase, decoded_texts


def files(inputs):
    """Images as encoded files: they are served, whatever was trained on."""
    return {"image": [tf.io.encode_png(image[:, :, None]).numpy() for image in inputs]}


def pictures(folder):
    """A folder of dark and light pictures, in turns."""
    captions = {}
    for part, size in {"train": 16, "dev": 2, "test": 2}.items():
        captions[part] = {
            f"{part}_{i}.png": [["night", "it is dark"], ["snow"]][i % 2] for i in range(size)
        }
        for i, name in enumerate(captions[part]):
            image = np.full((9, 7, 3), 250 * (i % 2), "uint8")
            (folder / name).write_bytes(tf.io.encode_png(image).numpy())
    (folder / "captions.json").write_text(json.dumps(captions))
    return folder


CASE = TaskCase(
    fullest="caption_lstm_attention",
    tiny=NO_CHANCE
    | {"units": 16, "embedding_dim": 8, "min_count": 1, "learning_rate": 0.02}
    | {"filters": [4, 8], "grid": 2, "shape": [8, 40, 1], "max_length": 7, "orientations": None},
    expected=lambda task, inputs: task.generate(inputs),
    served=decoded_texts,
    requests=files,
    shell=ShellCase(
        write=pictures,
        metrics={"accuracy", "loss", "perplexity", "exact", "bleu1", "bleu2", "bleu3", "bleu4"},
        text="train_0.png",
    ),
    targets_alone=True,
)
