import numpy as np

from task_cases.task_case import NO_CHANCE, TaskCase

CASE = TaskCase(
    fullest="sentiment_bilstm",
    # Sentences are cut to one length, so that JAX compiles once.
    tiny=NO_CHANCE
    | {"units": 8, "embedding_dim": 8, "min_count": 1, "max_length": 8, "learning_rate": 0.01},
    expected=lambda task, inputs: task.predict(inputs, verbose=0),
    served=lambda served: served["probabilities"].numpy(),
    answered=lambda answers: np.array([[*answer["probabilities"].values()] for answer in answers]),
    requests=lambda inputs: {"text": inputs},
)
