import hashlib
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import requests
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import downloader
from tensorflow_datasets.core.download.checksums import UrlInfo
from tensorflow_datasets.core.download.resource import get_dl_fname

from rnn_zoo.datasets import load, recognize
from rnn_zoo.datasets.tfds import tfds_names
from rnn_zoo.errors import DataError

REAL = os.environ.get("RNN_ZOO_TEST_DATA")
needs_data = pytest.mark.skipif(not REAL, reason="RNN_ZOO_TEST_DATA is not set")


def seed(folder, *builders):
    subprocess.run([sys.executable, Path(REAL) / "seed_tfds.py", folder, *builders], check=True)


@pytest.fixture
def offline(monkeypatch):
    """No host answers; the list holds what was asked for."""
    asked = []

    def head(url, **options):
        asked.append((url, options))
        raise requests.ConnectionError("offline")

    monkeypatch.setattr(requests, "head", head)
    return asked


class SmallBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A data set that needs no download: features and rows stand in the class."""

    VERSION = "1.0.0"
    FEATURES: ClassVar = {}
    SPLITS: ClassVar = {}
    KEYS = None

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(self.FEATURES),
            supervised_keys=self.KEYS,
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {split: enumerate(rows) for split, rows in self.SPLITS.items()}

    def _generate_examples(self):
        raise NotImplementedError


class SmallOpinions(SmallBuilder):
    BUILDER_CONFIGS: ClassVar = [tfds.core.BuilderConfig(name="plain", version="1.0.0")]
    FEATURES: ClassVar = {
        "id": np.int32,
        "note": tfds.features.Text(),
        "verdict": tfds.features.ClassLabel(names=["good", "bad"]),
        "meta": tfds.features.FeaturesDict({"stars": np.int64, "author": tfds.features.Text()}),
    }
    ROWS = tuple(
        {"id": i, "note": note, "verdict": i % 2, "meta": {"stars": 5 - i, "author": "x"}}
        for i, note in enumerate(("fun", "dull", "café"))
    )
    SPLITS: ClassVar = {"train": ROWS, "dev": ROWS[:1], "test": [{**ROWS[0], "verdict": -1}]}


class SmallNews(SmallBuilder):
    FEATURES: ClassVar = {
        "title": tfds.features.Text(),
        "description": tfds.features.Text(),
        "topic": tfds.features.ClassLabel(num_classes=2),
        "vine": tfds.features.ClassLabel(num_classes=2),
    }
    SPLITS: ClassVar = {"train": [{"title": "t", "description": "d", "topic": 1, "vine": 0}]}
    KEYS = ("description", "topic")


class SmallUnlabeled(SmallBuilder):
    FEATURES: ClassVar = {
        "text": tfds.features.Text(),
        "label": tfds.features.ClassLabel(num_classes=2),
    }
    SPLITS: ClassVar = {"unsupervised": [{"text": "t", "label": -1}]}


class SmallDownload(SmallBuilder):
    """Two files on a host that no machine can reach."""

    FEATURES = SmallUnlabeled.FEATURES
    url_infos: ClassVar = {
        f"http://rnn-zoo.invalid/{name}.txt": UrlInfo(
            size=0, checksum=hashlib.sha256(name.encode()).hexdigest(), filename=f"{name}.txt"
        )
        for name in ("there", "missing")
    }

    def _split_generators(self, dl_manager):
        return {"train": enumerate(dl_manager.download(list(self.url_infos)))}


def test_every_name_is_listed_once():
    names = tfds_names()
    assert {"movie_rationales", "imdb_reviews", "glue"} <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.slow
def test_a_set_that_needs_no_download_needs_no_network(tmp_path, offline):
    for _ in range(2):  # prepared by the first call
        splits = load("small_opinions/plain:1.0.0", data_dir=tmp_path, input="note")
        assert list(splits.parts) == ["train", "validation"]  # the labels of test are hidden
        assert splits.train.inputs == ["fun", "dull", "café"]
        assert splits.train.targets == ["good", "bad", "good"]
    assert not offline


def test_nested_features_and_integer_labels(tmp_path):
    splits = load("small_opinions", data_dir=tmp_path, input="meta/author", target="meta/stars")
    assert splits.train.inputs == ["x", "x", "x"]
    assert splits.train.targets == [5, 4, 3]
    assert len(splits.test) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "which column is the text.*: id, meta/author, meta/stars, note, verdict"),
        ({"input": "nota"}, "no column 'nota'. Did you mean 'note'"),
        ({"input": "id"}, "'id' is no text; what may be: meta/author, note"),
    ],
)
def test_features_that_are_not_there(tmp_path, options, message):
    with pytest.raises(DataError, match="small_opinions: .*" + message):
        load("small_opinions", data_dir=tmp_path, **options)


def test_the_schema_by_the_features(tmp_path):
    assert recognize("small_news", data_dir=tmp_path) == "labeled_texts"
    assert recognize("small_opinions", data_dir=tmp_path, input="note") == "labeled_texts"
    assert recognize("tiny_shakespeare", data_dir=tmp_path) == "texts"
    assert recognize("wikiann/en", data_dir=tmp_path) == "tagged_words"
    assert recognize("ted_hrlr_translate/ru_to_en", data_dir=tmp_path) == "text_pairs"
    with pytest.raises(DataError, match="small_opinions: cannot tell which kind of examples"):
        recognize("small_opinions", data_dir=tmp_path)


def test_supervised_keys_decide(tmp_path):
    train = load("small_news", data_dir=tmp_path).train
    assert (train.inputs, train.targets) == (["d"], ["1"])


def test_no_split_with_labels(tmp_path):
    with pytest.raises(DataError, match=r"no train, validation or test split.*only unsupervised"):
        load("small_unlabeled", data_dir=tmp_path)


def test_unknown_config_and_version(tmp_path):
    with pytest.raises(DataError, match=r"glue has no config 'sst'.*sst2"):
        load("glue/sst", data_dir=tmp_path)
    with pytest.raises(DataError, match="movie_rationales has no config 'x' in TFDS: it has none"):
        load("movie_rationales/x", data_dir=tmp_path)
    with pytest.raises(DataError, match=r"version 9\.9\.9, only: 0\.1\.0"):
        load("movie_rationales:9.9.9", data_dir=tmp_path)


@pytest.mark.slow
def test_a_community_set(tmp_path):
    with pytest.raises(DataError, match="huggingface:none"):
        load("huggingface:none", data_dir=tmp_path)


def test_data_dir_means_a_tfds_name(tmp_path):
    with pytest.raises(DataError, match="Did you mean synthetic_reviews"):
        load("synthetic_reviews", data_dir=tmp_path)


@pytest.mark.parametrize("name", ["movie_rationales", "glue/sst2"])
def test_unreachable(tmp_path, offline, name):
    with pytest.raises(DataError) as error:
        load(name, data_dir=tmp_path)
    hosts = {"movie_rationales": "www.eraserbenchmark.com", "glue/sst2": "dl.fbaipublicfiles.com"}
    message = str(error.value)
    assert hosts[name] in message
    assert "cannot be reached" in message
    assert f"tfds build {name}" in message
    assert "--data-dir" in message
    assert "TFDS_DATA_DIR" in message
    assert len({url.split("/")[2] for url, _ in offline}) == len(offline)  # once a host
    assert all(options["timeout"] <= 5 for _, options in offline)


def test_a_host_that_answers_and_then_fails(tmp_path, monkeypatch):
    def get(*arguments, **options):
        raise requests.ConnectionError("broke off")

    monkeypatch.setattr(requests, "head", lambda url, **options: requests.Response())
    monkeypatch.setattr(requests.Session, "get", get)
    with pytest.raises(DataError, match="could not prepare it: ConnectionError: broke off"):
        load("movie_rationales", data_dir=tmp_path)


def test_no_network_fails_in_seconds(tmp_path, monkeypatch):
    # A proxy that is not there takes every machine off line; nothing of ours or TFDS' is replaced.
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    began = time.monotonic()
    with pytest.raises(DataError, match=r"www\.eraserbenchmark\.com cannot be reached"):
        load("movie_rationales", data_dir=tmp_path)
    assert time.monotonic() - began < 10


def test_a_set_that_is_downloaded_in_part_fails_in_seconds(tmp_path):
    # The missing file may be one that is not needed, so TFDS is asked; but it must not retry.
    for url, info in SmallDownload.url_infos.items():
        if "there" in url:
            path = tmp_path / "downloads" / "small_download" / get_dl_fname(url, info.checksum)
            path.parent.mkdir(parents=True)
            path.write_text("")
            path.with_name(f"{path.name}.INFO").write_text("{}")
    began = time.monotonic()
    with pytest.raises(DataError, match=r"could not prepare it: ConnectionError.*missing\.txt"):
        load("small_download", data_dir=tmp_path)
    assert time.monotonic() - began < 15
    assert downloader.MAX_RETRIES == 10


@needs_data
def test_movie_rationales(tmp_path, offline, capfd):
    seed(tmp_path, "movie_rationales")
    capfd.readouterr()
    began = time.monotonic()
    parts = load("movie_rationales", data_dir=tmp_path).parts
    assert {name: Counter(part.targets) for name, part in parts.items()} == {
        "train": {"NEG": 800, "POS": 800},
        "validation": {"NEG": 100, "POS": 100},
        "test": {"NEG": 100, "POS": 99},
    }
    assert not offline
    assert time.monotonic() - began < 60
    output = capfd.readouterr()
    assert output.out == ""  # standard output is for results
    assert "it/s" not in output.err
    assert "Dl Size" not in output.err
    assert load("movie_rationales", data_dir=tmp_path).parts == parts


@needs_data
def test_tiny_shakespeare(tmp_path):
    seed(tmp_path, "tiny_shakespeare")
    parts = load("tiny_shakespeare", "texts", data_dir=tmp_path).parts
    (path,) = (Path(REAL) / "tiny_shakespeare").glob("*.txt")
    assert "".join(part.inputs[0] for part in parts.values()) == path.read_text()
    assert all(part.targets is None for part in parts.values())


class SmallTags(SmallBuilder):
    FEATURES: ClassVar = {
        "text": tfds.features.Text(),
        "tokens": tfds.features.Sequence(tfds.features.Text()),
        "upos": tfds.features.Sequence(tfds.features.ClassLabel(names=["NOUN", "VERB"])),
        "xpos": tfds.features.Sequence(tfds.features.Text()),
    }
    SPLITS: ClassVar = {
        "train": [{"text": "x", "tokens": ["a", "é"], "upos": [1, 0], "xpos": ["p", "q"]}]
    }


@pytest.mark.parametrize(
    ("options", "tags"), [({}, ["VERB", "NOUN"]), ({"target": "xpos"}, ["p", "q"])]
)
def test_tagged_words(tmp_path, options, tags):
    train = load("small_tags", "tagged_words", data_dir=tmp_path, **options).train
    assert (train.inputs, train.targets) == ([["a", "é"]], [tags])


@needs_data
@pytest.mark.slow
def test_universal_dependencies_by_name(tmp_path):
    pytest.importorskip("conllu")
    seed(tmp_path, "universal_dependencies")
    splits = load("universal_dependencies/en_ewt", "tagged_words", data_dir=tmp_path)
    for name, part in load(Path(REAL) / "universal_dependencies", "tagged_words").parts.items():
        found = splits.parts[name]  # in an order of TFDS' own
        theirs, ours = (Counter(map(_words, each.inputs, each.targets)) for each in (found, part))
        assert theirs.total() == ours.total()
        # TFDS keeps the empty nodes of a few sentences, which stand for words that are left out.
        assert (theirs & ours).total() > 0.99 * ours.total()


def _words(words, tags):
    """Without multiword tokens, which TFDS keeps beside their words, with the tag "_"."""
    return tuple((word, tag) for word, tag in zip(words, tags, strict=True) if tag != "_")
