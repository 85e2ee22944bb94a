"""Entries by name: overrides, registration, listing, description."""

import math
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from ruamel.yaml import YAML

import rnn_zoo
from benchmarks.scores import write_result
from rnn_zoo import registry
from rnn_zoo.config import ResultConfig
from rnn_zoo.errors import ConfigError
from rnn_zoo.tasks import TextClassifier

pytestmark = pytest.mark.tensorflow_only  # names and settings are the same on every backend


@pytest.fixture(autouse=True)
def same_zoo_afterwards(monkeypatch):
    rnn_zoo.list_models()  # the zoo is read once
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))


def entry(**changes):
    """A whole entry, as its file would hold it."""
    return {
        "name": "my_gru",
        "task": "text_classification",
        "description": "a GRU of mine",
        "source": {"authors": "Doe, J.", "year": 2001, "title": "On states"},
        "network": {"cell": "gru", "units": 5, "embedding_dim": 4, "dropout": 0.25},
        "preprocessing": {"max_length": 17},
        "optimizer": {"name": "sgd", "learning_rate": 0.5, "clipnorm": 2.0},
        "recipe": {
            "data": "synthetic_reviews",
            "sizes": {"vocabulary_size": 11, "num_classes": 3},
        },
    } | changes


def network(**settings):
    return {"network": entry()["network"] | settings}


def written(raw, folder):
    path = folder / "entry.yaml"
    with path.open("w") as file:
        YAML(typ="safe").dump(raw, file)
    return path


def test_an_entry_becomes_a_compiled_task():
    rnn_zoo.register(entry())
    task = rnn_zoo.get("my_gru")
    assert (task.name, task.network, task.compiled) == ("my_gru", None, True)
    assert task.network_config.units == 5
    assert task.preprocessing_config.max_length == 17
    assert isinstance(task.optimizer, keras.optimizers.SGD)
    assert float(task.optimizer.learning_rate) == 0.5
    assert task.optimizer.clipnorm == 2.0


def test_overrides_by_leaf_and_by_path():
    rnn_zoo.register(entry())
    task = rnn_zoo.get("my_gru", units=7, **{"optimizer.clipnorm": 0.5, "network.depth": 2})
    assert (task.network_config.units, task.network_config.depth) == (7, 2)
    assert task.optimizer.clipnorm == 0.5
    assert rnn_zoo.get("my_gru").network_config.units == 5  # the entry stays as it is


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({"clipnorm": 2.0}, [(-1.2, -1.6), (0.0, -0.5)]),
        ({"clipvalue": 2.0}, [(-2.0, -2.0), (0.0, -0.5)]),
        ({"global_clipnorm": 0.5 * 25.25**0.5}, [(-1.5, -2.0), (0.0, -0.25)]),
        ({"clipvalue": 9.0, "weight_decay": 0.5}, [(-3.5, -4.5), (-0.5, -1.0)]),
    ],
)
def test_what_settings_of_the_optimizer_do(settings, steps):
    """One step of gradient descent at rate 1, from weights of 1 with gradients (3, 4), (0, 1/2)."""
    rnn_zoo.register(entry(optimizer={"name": "sgd", "learning_rate": 1.0} | settings))
    optimizer = rnn_zoo.get("my_gru").optimizer
    weights = [keras.Variable([1.0, 1.0]) for _ in range(2)]
    optimizer.apply([keras.ops.array(g) for g in ([3.0, 4.0], [0.0, 0.5])], weights)
    for weight, step in zip(weights, steps, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(weight) - 1, step, rtol=1e-5)


@pytest.mark.parametrize("name", ["sgd", "rmsprop"])
def test_momentum_repeats_the_last_step(name):
    settings = {"name": name, "learning_rate": 0.5, "momentum": 0.25, "clipnorm": 9.0}
    rnn_zoo.register(entry(optimizer=settings))
    optimizer = rnn_zoo.get("my_gru").optimizer
    weight = keras.Variable([0.0])
    optimizer.apply([keras.ops.array([1.0])], [weight])
    first = float(weight[0])
    optimizer.apply([keras.ops.array([0.0])], [weight])
    assert first < 0
    assert float(weight[0]) - first == pytest.approx(0.25 * first)


def test_a_task_by_its_other_name():
    rnn_zoo.register(entry(task="sentiment"))
    assert registry.find("my_gru").task == "text_classification"


def test_data_are_no_override():
    rnn_zoo.register(entry())
    for key in ("data", "recipe.data"):
        with pytest.raises(ConfigError, match="name it with --data, or pass it to fit"):
            rnn_zoo.get("my_gru", **{key: "sst2"})


def test_another_way_of_clipping_replaces_the_first():
    rnn_zoo.register(entry())
    task = rnn_zoo.get("my_gru", clipnorm=None, global_clipnorm=3.0)
    assert (task.optimizer.clipnorm, task.optimizer.global_clipnorm) == (None, 3.0)


def test_an_entry_names_an_optimizer_of_ours():
    rnn_zoo.register(entry())
    optimizer = rnn_zoo.get("my_gru", **{"optimizer.name": "adam"}).optimizer
    assert isinstance(optimizer, rnn_zoo.optimizers.Adam)
    assert (float(optimizer.learning_rate), optimizer.clipnorm) == (0.5, 2.0)


def test_sizes_build_the_weights_at_once():
    rnn_zoo.register(entry())
    task = rnn_zoo.get("my_gru", vocabulary_size=9, num_classes=4)
    assert task.network.get_layer("embedding").input_dim == 9
    assert task.network.output_shape == (None, 4)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"unitz": 3}, "my_gru: there is no setting 'unitz'. Did you mean 'units'"),
        ({"optimiser.clipnorm": 3}, "no setting 'optimiser.clipnorm'. Did you mean 'optimizer.cl"),
        ({"task": "x"}, "my_gru: there is no setting 'task'"),
        ({"units": "8"}, "my_gru: network.units: should be a valid integer, got '8'"),
        ({"units": 0}, "my_gru: network.units: should be greater than 0, got 0"),
        ({"dropout": 1.0}, "my_gru: network.dropout: should be less than 1, got 1.0"),
        ({"pooling": "avg"}, "my_gru: network.pooling: should be 'last', 'mean' or 'max'"),
        ({"clipvalue": 1.0}, "set exactly one of clipnorm, global_clipnorm, clipvalue"),
        ({"cell": "lstn"}, r"my_gru: network.cell: .*'lstn'.*Did you mean 'lstm'"),
        ({"sizes": {"vocabulary": 3}}, "recipe.sizes should give vocabulary_size, num_classes"),
        ({"vocabulary_size": 3}, "built from the sizes vocabulary_size, num_classes"),
    ],
)
def test_wrong_overrides_are_named_with_what_would_be_right(overrides, message):
    rnn_zoo.register(entry())
    with pytest.raises(ConfigError, match=message):
        rnn_zoo.get("my_gru", **overrides)


class LongNetwork(TextClassifier.NETWORK):
    max_length: int = 1


def test_a_leaf_that_stands_in_two_sections_needs_its_path(monkeypatch):
    monkeypatch.setattr(TextClassifier, "NETWORK", LongNetwork)
    rnn_zoo.register(entry())
    with pytest.raises(
        ConfigError, match=r"'max_length' is ambiguous: write network.max_length or preprocessing"
    ):
        rnn_zoo.get("my_gru", max_length=3)


@pytest.mark.parametrize("use", [rnn_zoo.get, rnn_zoo.describe])
def test_an_unknown_entry_offers_the_nearest_names(use):
    with pytest.raises(
        ConfigError, match=r"no entry 'sentiment_lstn'.*Did you mean 'sentiment_lst"
    ):
        use("sentiment_lstn")


@pytest.mark.parametrize(
    "given", [lambda raw, folder: raw, written, lambda raw, folder: str(written(raw, folder))]
)
def test_entries_come_as_mapping_path_or_name_of_a_file(given, tmp_path):
    assert rnn_zoo.register(given(entry(), tmp_path)) == "my_gru"
    assert rnn_zoo.get("my_gru").network_config.units == 5
    assert rnn_zoo.list_models("my_*") == ["my_gru"]


def test_duplicates_are_refused(tmp_path):
    path = written(entry(), tmp_path)
    rnn_zoo.register(path)
    for again in (path, entry(), entry(name=rnn_zoo.list_models()[0])):
        with pytest.raises(ConfigError, match="already: choose another name"):
            rnn_zoo.register(again)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (entry(task="sentimant"), "entry my_gru: task should be one of text_class.*'sentimant'"),
        (entry(nettwork={}), "unknown key 'nettwork'. Did you mean 'network'"),
        (entry(**network(unit=3)), "unknown key 'network.unit'. Did you mean 'units'"),
        ({**entry(), "recipe": {"data": "x"}}, "the key 'recipe.sizes' is missing"),
        ({**entry(), "recipe": {"data": "x", "sizes": {"words": 1}}}, "it gives words"),
        (
            entry(**network(units=8192, depth=2)),
            r"my_gru: .* about 1,073,\d+,\d+ weights, more than",
        ),
        (entry(**network(cell="lstn")), r"network.cell: .*'lstn'.*Did you mean 'lstm'"),
        ({"name": "a"}, "task should be one of text_classification, tagging, .*, got None"),
    ],
)
def test_wrong_entries(raw, message):
    with pytest.raises(ConfigError, match=message):
        rnn_zoo.register(raw)
    assert not rnn_zoo.list_models("my_gru")


@pytest.mark.parametrize(
    ("content", "message"),
    [("a: [1", r"entry.yaml, line \d+.*malformed YAML"), ("- 1", "entry.yaml: expected keys and")],
)
def test_files_that_hold_no_entry(tmp_path, content, message):
    path = tmp_path / "entry.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        rnn_zoo.register(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        rnn_zoo.register(tmp_path / "none.yaml")


@keras.saving.register_keras_serializable(package="test_registry")
class SlowCell(rnn_zoo.cells.SimpleRNNCell):
    """A cell of a user's own."""


def test_a_registered_cell_of_the_users_own():
    rnn_zoo.register(entry(**network(cell="test_registry>SlowCell")))
    assert rnn_zoo.list_models(cell="test_registry>SlowCell") == ["my_gru"]
    task = rnn_zoo.get("my_gru", vocabulary_size=9, num_classes=2)
    assert isinstance(task.network.get_layer("recurrent_1").cell, SlowCell)


def test_list_models_filters_by_wildcard_task_and_cell():
    names = rnn_zoo.list_models()
    assert names == sorted(names)
    rnn_zoo.register(entry())
    assert set(rnn_zoo.list_models()) == {*names, "my_gru"}
    grus = [name for name in names if name.endswith("_gru")]
    assert rnn_zoo.list_models("*_gru") == sorted(["my_gru", *grus])
    assert rnn_zoo.list_models("*_GRU") == []
    assert "my_gru" in rnn_zoo.list_models(task="sentiment", cell="gru")
    assert "my_gru" not in rnn_zoo.list_models(cell="lstm")
    assert rnn_zoo.list_models(task="text_classification") == rnn_zoo.list_models(task="sentiment")
    with pytest.raises(ConfigError, match="There is no task 'translat'; there are"):
        rnn_zoo.list_models(task="translat")
    with pytest.raises(ConfigError, match=r"No entry has the cell 'lstn'\. Did you mean 'lstm'"):
        rnn_zoo.list_models(cell="lstn")


def test_describe_says_everything():
    rnn_zoo.register(entry())
    text = rnn_zoo.describe("my_gru")
    # By hand: embedding, three gates with two biases (reset after), decision.
    count = 11 * 4 + 3 * 5 * (4 + 5 + 2) + 3 * (5 + 1)
    assert f"weights   {count} at vocabulary_size 11, num_classes 3" in text
    shapes = re.findall(r"^ +\S+ +\(([\d, ]+)\)$", text, re.MULTILINE)
    products = [math.prod(int(n) for n in shape.split(",") if n.strip()) for shape in shapes]
    assert sum(products) == count
    for part in (
        "my_gru: a GRU of mine",
        "Doe, J. (2001), On states",
        "(None, None)",
        "(None, 3)",
        "units=5",
        "max_length=17",
        "clipnorm=2.0",
        "data=synthetic_reviews",
    ):
        assert part in text, part


def test_results_stand_beside_the_recipe():
    (first, *_) = found = registry.results(registry.find("sentiment_lstm"))
    text = rnn_zoo.describe("sentiment_lstm")
    for result in found:
        spread = f"± {result.spread:.2g} (mean" if len(result.values) > 1 else "(one seed"
        assert f"{result.data}: {result.metric} {result.mean:.4g} {spread}" in text
        assert result.command in text
    assert first.mean == pytest.approx(sum(first.values) / len(first.values))
    assert first.spread > 0
    changed = registry.override(registry.find("sentiment_lstm"), {"units": 3})
    assert registry.results(changed) == []  # the results of another recipe
    assert "score" not in rnn_zoo.describe(changed)
    assert "results" not in type(changed).model_fields


@pytest.mark.parametrize(
    ("content", "message"),
    [("a: 1", "expected a list of results, got dict"), ("- data: x", "yaml, 1: the key 'metric'")],
)
def test_wrong_results(tmp_path, monkeypatch, content, message):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "sentiment_lstm.yaml").write_text(content)
    monkeypatch.setattr(registry, "zoo_folder", lambda: tmp_path)
    with pytest.raises(ConfigError, match=message):
        rnn_zoo.describe("sentiment_lstm")


def test_every_file_of_results_belongs_to_an_entry():
    names = {path.stem for path in (registry.zoo_folder() / "results").glob("*.yaml")}
    assert names <= set(rnn_zoo.list_models())
    for name in names:
        assert registry.results(registry.find(name))


def test_a_result_is_written_and_replaced(tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(registry, "zoo_folder", lambda: tmp_path)
    old, new, other, noted = (
        ResultConfig(
            data=data,
            metric="accuracy",
            values=[value],
            seeds=[0],
            command="rnn-zoo train " + "x " * 60,
            minutes=1.5,
            machine="2 CPUs",
            note=note,
        )
        for data, value, note in (
            ("a", 0.5, None),
            ("a", 0.75, None),
            ("b", 1e-05, None),
            ("a", 0.875, "with vectors"),
        )
    )
    for result in (old, other, noted, new):
        write_result("sentiment_gru", result)
    assert registry.results(registry.find("sentiment_gru")) == [new, other, noted]
    text = rnn_zoo.describe("sentiment_gru")
    assert "a with vectors: accuracy 0.875" in text
    assert "a: accuracy 0.75" in text


@pytest.mark.parametrize("name", rnn_zoo.list_models())
def test_described_weights_are_those_of_the_network(name):
    sizes = registry.find(name).recipe.sizes
    count = rnn_zoo.get(name, **sizes).network.count_params()
    assert f"weights   {count:,} at" in rnn_zoo.describe(name)


def test_every_file_of_the_zoo_is_an_entry():
    files = Path(rnn_zoo.__file__).parents[1].glob("zoo_configs/*.yaml")
    assert {path.stem for path in files} <= set(rnn_zoo.list_models())
