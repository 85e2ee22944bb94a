"""The weights in the package: each loads, has a card, and answers as it did when it was made."""

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest

import rnn_zoo
from benchmarks.weights import ANSWERS, answers, slice_of
from benchmarks.weights_table import TABLE
from rnn_zoo import datasets, registry
from rnn_zoo.presets import Preset, packaged_weights
from rnn_zoo.presets.card import read_card
from rnn_zoo.tasks import SequenceRegressor
from rnn_zoo.training import evaluate

NAMES = list(packaged_weights())
MAX_BYTES = 25 * 2**20
"""Of all weights in the wheel together."""
pytestmark = pytest.mark.slow_on_jax


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def task(name):
    return rnn_zoo.get(name)


@pytest.fixture(scope="module")
def stored(name):
    return json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))


def inputs_of(task, stored):
    if type(task).EXAMPLES == "captioned_images":
        return [np.asarray(image, "uint8") for image in stored["inputs"]]
    return stored["inputs"]


def test_the_entry_and_the_name(name):
    entry, _, weights = name.partition("@")
    assert registry.find(entry).name == entry
    assert re.fullmatch(r"[a-z0-9_]+", weights)
    assert name in TABLE, "nobody could make these weights again"
    assert Preset.open(packaged_weights()[name].path).read_config().entry == entry


def test_the_card_is_complete(name):
    card = read_card(packaged_weights()[name].path / "README.md")
    empty = [field for field, value in card if value in (None, "", [])]
    assert not set(empty) - {"language"}  # numbers have none
    assert card.command == f"python -m benchmarks.weights {name}"


def test_the_answers(task, stored):
    found = answers(task, inputs_of(task, stored))
    if isinstance(task, SequenceRegressor):
        np.testing.assert_allclose(np.float64(found), np.float64(stored["answers"]), atol=1e-3)
    else:
        assert found == stored["answers"]


def test_the_score_on_a_slice(task, stored):
    if "data" not in stored:
        pytest.skip("the data are not in the package")
    test = datasets.load(stored["data"], task.EXAMPLES).test
    score = evaluate(task, slice_of(task, test), 32)[stored["metric"]]
    assert score == pytest.approx(stored["score"], rel=1e-2, abs=1e-4)


def test_it_trains_on(task):
    """It is compiled with the optimizer of its entry."""
    assert task.compiled
    assert isinstance(task.optimizer, keras.optimizers.Optimizer)


def test_all_are_small_enough():
    files = [path for weights in packaged_weights().values() for path in weights.path.iterdir()]
    assert sum(path.stat().st_size for path in files) < MAX_BYTES


def test_they_are_listed():
    assert rnn_zoo.list_models(pretrained=True) == NAMES
    assert rnn_zoo.list_models("tagger_*", cell="lstm", pretrained=True) == [
        name for name in NAMES if name.startswith("tagger_")
    ]
    assert "sentiment_lstm@synthetic_reviews" in NAMES


def test_every_row_of_the_table_can_be_made():
    for name, row in TABLE.items():
        entry = registry.override(registry.find(name.partition("@")[0]), row.overrides)
        assert row.source in {*datasets.EMBEDDED, "tatoeba"} or row.local
        assert set(row.card) >= {"license", "data", "datasets", "attribution", "limits"}
        assert entry.name == name.partition("@")[0]


def test_no_answers_are_left_over():
    assert {path.stem for path in Path(ANSWERS).glob("*.json")} == set(NAMES)
