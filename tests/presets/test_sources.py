"""Where weights come from: paths, archives, a server, the Hub."""

import hashlib
import io
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from local_hub import serving
from small_classifier import LABELS, TEXTS, fitted, small_classifier

import rnn_zoo
from rnn_zoo.errors import ConfigError, PresetError, RunError
from rnn_zoo.presets import files
from rnn_zoo.presets.archive import unpack
from rnn_zoo.tasks import Task

pytestmark = pytest.mark.tensorflow_only  # fetching is the same on every backend


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Keras' own folder, a new one."""
    (tmp_path / "keras").mkdir()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


def predict(task):
    return task.predict(TEXTS, verbose=0)


def content_of(preset):
    return {path.name: path.read_bytes() for path in preset.iterdir()}


def zipped(members):
    """An archive of `{name: content}`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_weights_of_the_entry(small_preset):
    task = rnn_zoo.get("sentiment_rnn", weights=small_preset, learning_rate=0.25, epochs=3, units=3)
    assert float(task.optimizer.learning_rate) == 0.25
    np.testing.assert_array_equal(predict(task), predict(Task.from_preset(small_preset)))


def test_a_keras_file(tmp_path):
    task = fitted(small_classifier(name="sentiment_rnn"), TEXTS, LABELS, epochs=1)
    task.save(tmp_path / "m.keras")
    again = rnn_zoo.get("sentiment_rnn", weights=tmp_path / "m.keras")
    np.testing.assert_array_equal(predict(again), predict(task))
    (tmp_path / "m.keras").write_bytes(b"PK")
    with pytest.raises(RunError, match="damaged"):
        rnn_zoo.get("sentiment_rnn", weights=tmp_path / "m.keras")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"units": 4}, "was trained with units=3, so it cannot be 4"),
        ({"network.units": 4}, "was trained with units=3, so it cannot be 4"),
        ({"max_length": 256}, "was trained with max_length=8, so it cannot be 256"),
        ({"vocabulary_size": 5}, "so it cannot be 5"),
        ({"unitz": 3}, "there is no setting 'unitz'"),
        ({"learning_rate": "high"}, "learning_rate"),
        ({"data": "x"}, "recipe.data"),
    ],
    ids=str,
)
def test_a_setting_that_the_weights_decide(small_preset, overrides, message):
    with pytest.raises(ConfigError, match=message):
        rnn_zoo.get("sentiment_rnn", weights=small_preset, **overrides)


@pytest.mark.parametrize("name", ["sentiment_lstm", "tagger_rnn"])
def test_weights_of_another_entry(small_preset, name):
    with pytest.raises(ConfigError) as caught:
        rnn_zoo.get(name, weights=small_preset)
    assert f"holds weights of sentiment_rnn, a TextClassifier, not of {name}" in str(caught.value)
    assert f"rnn_zoo.get('sentiment_rnn', weights={str(small_preset)!r})" in str(caught.value)


def test_weights_of_another_task(small_preset, copy, rewritten):
    rewritten(copy, entry="tagger_rnn")
    with pytest.raises(ConfigError, match="holds weights of tagger_rnn, a TextClassifier"):
        rnn_zoo.get("tagger_rnn", weights=copy)


@pytest.mark.parametrize("name", ["sentimental", "sentiment_lstm@nothing", "./synthetic_reviews"])
def test_weights_that_are_not_there(name):
    with pytest.raises(PresetError, match="There are no weights"):
        rnn_zoo.get("sentiment_lstm", weights=name)


@pytest.mark.parametrize("folder", ["", "mine/"])
def test_a_zipped_preset_is_fetched_once(small_preset, home, folder):
    members = {f"{folder}{name}": content for name, content in content_of(small_preset).items()}
    content = zipped(members)
    with serving({"models/mine.zip": content}) as (address, asked):
        url = f"{address}/models/mine.zip#sha256={sha256(content).upper()}"
        task = rnn_zoo.get("sentiment_rnn", weights=url)
    assert asked == ["models/mine.zip"]
    np.testing.assert_array_equal(predict(task), predict(Task.from_preset(small_preset)))
    assert (home / "rnn_zoo" / "presets" / sha256(content) / "config.json").is_file()
    rnn_zoo.get("sentiment_rnn", weights=url)  # the server is gone


def test_a_keras_file_is_fetched(tmp_path, home):
    fitted(small_classifier(name="sentiment_rnn"), TEXTS, LABELS, epochs=1).save(
        tmp_path / "m.keras"
    )
    content = (tmp_path / "m.keras").read_bytes()
    with serving({"m.keras": content}) as (address, _):
        url = f"{address}/m.keras#sha256={sha256(content)}"
        assert rnn_zoo.get("sentiment_rnn", weights=url).name == "sentiment_rnn"


def test_nothing_is_printed_where_answers_are(small_preset, home, capsys):
    content = zipped(content_of(small_preset))
    with serving({"mine.zip": content}) as (address, _):
        Task.from_preset(f"{address}/mine.zip#sha256={sha256(content)}")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("cached", [False, True])
def test_another_file_than_expected(small_preset, home, cached):
    content, expected = zipped(content_of(small_preset)), "0" * 64
    if cached:
        (home / "rnn_zoo" / "presets").mkdir(parents=True)
        (home / "rnn_zoo" / "presets" / f"{expected}.zip").write_bytes(b"not yet whole")
    with (
        serving({"mine.zip": content}) as (address, _),
        pytest.raises(PresetError, match=f"its SHA-256 is not {expected}"),
    ):
        Task.from_preset(f"{address}/mine.zip#sha256={expected}")


@pytest.mark.parametrize(
    "url", ["https://x.org/a.zip", "https://x.org/a.zip#sha256=12", "https://x.org/a.zip#md5=12"]
)
def test_an_address_without_a_sum(url):
    with pytest.raises(PresetError, match="End the address with #sha256="):
        rnn_zoo.get("sentiment_rnn", weights=url)


def test_an_address_of_another_kind_of_file():
    with pytest.raises(PresetError, match=r"should be a \.zip of a preset or a \.keras file"):
        Task.from_preset(f"https://x.org/a.pt#sha256={'0' * 64}")


def test_a_server_that_does_not_answer(home):
    with serving({}) as (address, _):
        url = f"{address}/mine.zip#sha256={'0' * 64}"
        with pytest.raises(PresetError, match=r"/mine\.zip cannot be fetched: .*Not Found"):
            Task.from_preset(url)
    with pytest.raises(PresetError, match=r"cannot be fetched: .*refused.*would be kept in"):
        Task.from_preset(url)


def link_to(target):
    link = zipfile.ZipInfo("config.json")
    link.external_attr = 0o120777 << 16
    return {link: target}


@pytest.mark.parametrize(
    "members",
    [
        {"../config.json": "{}"},
        {"/config.json": "{}"},
        {"a/../../config.json": "{}"},
        {"a/b/config.json": "{}"},
        {"a/config.json": "{}", "b/README.md": ""},
        {"a/config.json": "{}", "b/config.json": ""},
        {"weights.pickle": ""},
        {"C:\\config.json": "{}"},
        {f"config.json{i}": "" for i in range(1000)},
        link_to("/etc/passwd"),
        {},
    ],
    ids=range(11),
)
def test_an_archive_of_other_things(tmp_path, members):
    archive = tmp_path / "mine.zip"
    archive.write_bytes(zipped(members))
    with pytest.raises(PresetError, match=r"no file of a preset|holds no preset"):
        unpack(archive, tmp_path / "folder" / "mine", "mine.zip")
    assert list(tmp_path.iterdir()) == [archive]


def test_an_archive_that_swells(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "rnn_zoo.presets.archive.MAX_BYTES", {**files.MAX_BYTES, "config.json": 1000}
    )
    archive = tmp_path / "mine.zip"
    content = bytearray(zipped({"config.json": "a" * 100_000}))
    archive.write_bytes(content)
    with pytest.raises(PresetError, match=r"config\.json would have 100,000 bytes"):
        unpack(archive, tmp_path / "mine", "mine.zip")
    # The same archive, which says that it is small.
    for position in (content.find(b"PK\x03\x04") + 22, content.find(b"PK\x01\x02") + 24):
        content[position : position + 4] = (900).to_bytes(4, "little")
    archive.write_bytes(content)
    with pytest.raises(PresetError, match=r"damaged or no \.zip file"):
        unpack(archive, tmp_path / "mine", "mine.zip")
    assert list(tmp_path.iterdir()) == [archive]


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive"])
def test_no_archive(tmp_path, content):
    archive = tmp_path / "mine.zip"
    archive.write_bytes(content)
    with pytest.raises(PresetError, match=r"mine\.zip is damaged or no \.zip file"):
        unpack(archive, tmp_path / "mine", "mine.zip")


HUB = """
import sys
import rnn_zoo
from rnn_zoo.tasks import Task
try:
    print(Task.from_preset(sys.argv[1]).classify(["a good film"]))
except rnn_zoo.PresetError as error:
    print(error)
"""


def from_hub(name, endpoint, home, **environment):
    """What a new process says, since huggingface_hub reads its environment once."""
    environment = os.environ | {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "KERAS_BACKEND": "tensorflow",
        **environment,
    }
    process = subprocess.run(
        [sys.executable, "-c", HUB, name], capture_output=True, text=True, env=environment
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


@pytest.mark.slow  # processes of their own
def test_the_hub(small_preset, tmp_path):
    pytest.importorskip("huggingface_hub")
    expected = str(Task.from_preset(small_preset).classify(["a good film"]))
    repository = content_of(small_preset) | {".gitattributes": b"", "weights.pickle": b"x"}
    served = {f"ann/mine/{name}": content for name, content in repository.items()}
    with serving(served) as (address, asked):
        assert from_hub("hf://ann/mine", address, tmp_path) == expected
        fetched = {path.rpartition("/")[2] for path in asked if "resolve" in path}
        assert fetched == set(content_of(small_preset))
        assert "cannot be fetched" in from_hub("hf://ann/other", address, tmp_path)
    assert from_hub("hf://ann/mine", address, tmp_path, HF_HUB_OFFLINE="1") == expected
    offline = from_hub("hf://ann/other", address, tmp_path, HF_HUB_OFFLINE="1")
    assert offline.startswith("hf://ann/other cannot be fetched: config.json, vocabularies.json")
    assert f"{address}/ann/other" in offline


@pytest.mark.parametrize("name", ["hf://", "hf://mine", "hf://a/b/c", "hf://../x", "hf://a b/c"])
def test_a_name_that_the_hub_cannot_have(name):
    with pytest.raises(PresetError, match="should be hf://owner/name"):
        Task.from_preset(name)


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(PresetError, match=r"pip install 'rnn_zoo\[hub\]'"):
        Task.from_preset("hf://ann/mine")
