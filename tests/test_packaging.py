"""Wheel, sdist and editable install: each in a new environment, away from the checkout."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import tiny_runs

import rnn_zoo
from rnn_zoo.training import RunFolder

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.stem for path in (ROOT / "zoo_configs").glob("*.yaml"))
CONFIGS = {str(path.relative_to(ROOT)) for path in (ROOT / "zoo_configs").rglob("*.yaml")}
CONFIGS |= {str(path.relative_to(ROOT)) for path in (ROOT / "zoo_weights").glob("*/*/*")}
SETTINGS = [f"--set={key}={value}" for key, value in (tiny_runs.TINY | {"epochs": 1}).items()]

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow_only]


def python(*arguments, executable=sys.executable, cwd=None):
    result = subprocess.run(
        [executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the checkout, without what git ignores."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "runs", "*.egg-info")
    return shutil.copytree(ROOT, tmp_path_factory.mktemp("tree") / "rnn_zoo", ignore=ignored)


@pytest.fixture(scope="module")
def dist(tree):
    """A folder with the sdist, and the wheel that is built from it alone."""
    python("-m", "build", "--outdir", tree.parent / "dist", tree)
    return tree.parent / "dist"


def one(dist, pattern):
    (found,) = dist.glob(pattern)
    return found


def test_the_version_stands_once(dist):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == rnn_zoo.__version__
    assert re.fullmatch(r"rnn_zoo-(.*)-py3-none-any\.whl", one(dist, "*.whl").name)[1] == (
        rnn_zoo.__version__
    )


def test_what_the_wheel_holds(dist):
    names = set(zipfile.ZipFile(one(dist, "*.whl")).namelist())
    assert {f"rnn_zoo/{name}" for name in CONFIGS} | {"rnn_zoo/py.typed"} <= names
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "rnn_zoo").rglob("*.py")}
    assert modules <= names
    pages = ROOT / "rnn_zoo" / "serve" / "page"
    assert {str(path.relative_to(ROOT)) for path in pages.iterdir()} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    tops = {name.split("/")[0] for name in names}
    assert tops == {"rnn_zoo", "rnn_zoo_command.py", f"rnn_zoo-{rnn_zoo.__version__}.dist-info"}


def test_what_the_sdist_holds(dist):
    with tarfile.open(one(dist, "*.tar.gz")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "rnn_zoo/py.typed"} <= names
    assert names >= CONFIGS
    assert "rnn_zoo_command.py" in names
    assert not any(name.startswith(("tests/", ".venv/", "runs/")) for name in names)


@pytest.mark.parametrize("how", ["wheel", "sdist", "editable"])
def test_it_lists_trains_and_predicts_away_from_the_checkout(tree, dist, tmp_path, how):
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True, symlinks=True)
    own = Path(sysconfig.get_path("purelib", "venv", {"base": str(environment)}))
    install = {
        "wheel": [one(dist, "*.whl")],
        "sdist": [one(dist, "*.tar.gz")],
        "editable": ["--editable", tree],
    }[how]
    binaries = environment / "bin"
    # To install TensorFlow thrice takes minutes: only rnn_zoo itself is installed, and its
    # dependencies are found where these tests found them, behind everything that is installed.
    python("-m", "pip", "install", "-q", "--no-deps", *install, executable=binaries / "python")
    (own / "zz_dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    home = tmp_path / "home"
    home.mkdir()
    where = "import rnn_zoo; print(rnn_zoo.__file__)"
    found = Path(python("-c", where, executable=binaries / "python", cwd=home).strip())
    assert found.is_relative_to(tree if how == "editable" else own)

    def command(*arguments):
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        result = subprocess.run(
            [binaries / "rnn-zoo", *arguments],
            cwd=home,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    assert [line.split()[0] for line in command("list").splitlines()] == NAMES
    assert "sst2: accuracy" in command("describe", "sentiment_lstm")  # a file of results
    data = ["--data", "synthetic_reviews"]
    command("train", "sentiment_lstm", *data, "--out", "run", *SETTINGS, "--set=batch_size=256")
    assert RunFolder.open(home / "run").entry() == tiny_runs.entry(epochs=1, batch_size=256)
    assert (home / "run" / "export" / "saved_model.pb").is_file()
    label, probability, text = command("predict", "run", "a witty plot").strip().split("\t")
    assert (label in ("negative", "positive"), text) == (True, "a witty plot")
    assert 0.5 <= float(probability) <= 1
    packaged = command("predict", "sentiment_lstm@synthetic_reviews", "a witty joy")
    assert packaged.startswith("positive\t")
