import tensorflow as tf

from task_cases.task_case import NO_CHANCE, TaskCase, decoded_texts


def files(inputs):
    """Images as encoded files: they are served, whatever was trained on."""
    return {"image": [tf.io.encode_png(image[:, :, None]).numpy() for image in inputs]}


CASE = TaskCase(
    fullest="caption_lstm_attention",
    tiny=NO_CHANCE
    | {"units": 16, "embedding_dim": 8, "min_count": 1, "learning_rate": 0.02}
    | {"filters": [4, 8], "grid": 2, "shape": [8, 40, 1], "max_length": 7, "orientations": None},
    expected=lambda task, inputs: task.generate(inputs),
    served=decoded_texts,
    requests=files,
)
