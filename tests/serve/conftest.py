"""Clients of models in the package."""

import base64

import pytest
import tensorflow as tf
from served_models import SENTIMENT, served
from starlette.testclient import TestClient

from rnn_zoo.datasets import load
from rnn_zoo.serve.app import create_app
from rnn_zoo.serve.limits import Limits
from rnn_zoo.serve.served_model import ServedModel


@pytest.fixture(scope="session")
def model():
    """`served`."""
    return served


@pytest.fixture(scope="session")
def in_onnx(tmp_path_factory):
    """A classifier that ONNX Runtime answers for."""
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    task = served(SENTIMENT).task
    task.export(path, format="onnx")
    return ServedModel(SENTIMENT, task, onnx=path)


@pytest.fixture(scope="session")
def client():
    """Weights in the package, or a model, to a client of the application that serves it."""

    def client(name, **limits):
        model = served(name) if isinstance(name, str) else name
        return TestClient(create_app(model, Limits(**limits)), raise_server_exceptions=False)

    return client


@pytest.fixture(scope="session")
def strips():
    """Strips of digits as PNG files, and what they show."""
    test = load("digit_strips", "captioned_images").test
    images = [tf.io.encode_png(image[:, :, None]).numpy() for image in test.inputs[:3]]
    return images, list(test.targets[:3])


@pytest.fixture(scope="session")
def in_base64(strips):
    """The same files as a request has them."""
    return [base64.b64encode(image).decode() for image in strips[0]]
