"""Networks with their preprocessing: Keras models that take raw examples."""

from rnn_zoo._tensorflow import tf  # noqa: F401 - says where it is missing
from rnn_zoo.tasks.captioner import ImageCaptioner
from rnn_zoo.tasks.generator import Generator
from rnn_zoo.tasks.language_model import LanguageModel
from rnn_zoo.tasks.regressor import SequenceRegressor
from rnn_zoo.tasks.tagger import Tagger
from rnn_zoo.tasks.task import Task
from rnn_zoo.tasks.text_classifier import TextClassifier
from rnn_zoo.tasks.translator import Translator

TASKS: dict[str, type[Task]] = {
    "text_classification": TextClassifier,
    "tagging": Tagger,
    "translation": Translator,
    "captioning": ImageCaptioner,
    "language_model": LanguageModel,
    "regression": SequenceRegressor,
}
"""What an entry's `task` may be. A new task is an item here."""

__all__ = [
    "TASKS",
    "Generator",
    "ImageCaptioner",
    "LanguageModel",
    "SequenceRegressor",
    "Tagger",
    "Task",
    "TextClassifier",
    "Translator",
]
