"""What a run exports of its best model."""

import importlib.util
import shutil
import warnings
from dataclasses import replace

import keras

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.datasets import SCHEMAS
from rnn_zoo.errors import ConfigError
from rnn_zoo.export import export_onnx
from rnn_zoo.tasks import Generator, ImageCaptioner, Task
from rnn_zoo.training.run_folder import RunFolder


def write_exports(task: Task, folder: RunFolder) -> None:
    """Write `export/`, a SavedModel, and `onnx/`, by which `rnn-zoo predict` answers at once.

    Keras has to run on TensorFlow. ONNX is written where `tf2onnx` is installed and the model reads
    text or images and does not draw at random. A cell of the user's own may compute what ONNX
    cannot, which is a warning.
    """
    shutil.rmtree(folder.onnx, ignore_errors=True)  # of an earlier best model
    if keras.backend.backend() != "tensorflow":
        return
    with atomic_write(folder.export) as draft:
        task.export(draft)
    if not _answers_in_onnx(task):
        return
    model = task.tensor_model()
    answering = replace(model, functions={"model": model.functions["model"]})
    try:
        with atomic_write(folder.onnx) as draft:
            export_onnx(answering, draft / "model.onnx")
    except ConfigError as error:
        warnings.warn(f"The run has no onnx/: {error}", stacklevel=2)


def _answers_in_onnx(task: Task) -> bool:
    """Whether the client of an ONNX file can answer in the task's place, of what can be typed."""
    samples = isinstance(task, Generator) and task.default_decoding.uses_seed
    has_images = isinstance(task, ImageCaptioner) and task.preprocessor.has_images
    return (
        (SCHEMAS[task.EXAMPLES].is_text or has_images)
        and not samples
        and importlib.util.find_spec("tf2onnx") is not None
    )
