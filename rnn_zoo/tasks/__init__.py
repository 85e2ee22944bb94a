"""Tasks: Keras models that take raw examples."""

from rnn_zoo.tasks.task import Task
from rnn_zoo.tasks.text_classifier import TextClassifier

TASKS: dict[str, type[Task]] = {"sentiment": TextClassifier}
"""The class behind each `task:` of an entry."""

__all__ = ["TASKS", "Task", "TextClassifier"]
