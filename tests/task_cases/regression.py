import numpy as np

from task_cases.task_case import NO_CHANCE, TaskCase

CASE = TaskCase(
    fullest="adding_gru",
    tiny=NO_CHANCE | {"units": 8, "learning_rate": 0.02},
    expected=lambda task, inputs: task.predict(inputs, verbose=0),
    served=lambda served: served["values"].numpy(),
    answered=np.array,
    requests=lambda inputs: {"series": inputs, "lengths": [len(series) for series in inputs]},
)
