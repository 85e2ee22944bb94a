"""--import: cells and entries of the user's own, from the shell."""

import shutil
import sys

import pytest
import tiny_runs

from rnn_zoo import cells, registry
from rnn_zoo.config import write_yaml

CELL = """
import keras

import rnn_zoo


@keras.saving.register_keras_serializable(package="{package}")
class PlainCell(rnn_zoo.cells.SimpleRNNCell):
    "A cell of one's own."


rnn_zoo.register({entry!r})
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write a module that registers a cell and an entry; forget both afterwards."""
    monkeypatch.setattr(registry, "_entries", dict(registry._all()))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    made = []

    def own(name):
        entry = tiny_runs.entry(epochs=1).model_dump(exclude_none=True)
        entry["name"] = name
        entry["network"]["cell"] = f"{name}>PlainCell"
        path = tmp_path / f"{name}.py"
        path.write_text(CELL.format(package=name, entry=entry))
        made.append(name)
        return path

    yield own
    for name in made:
        sys.modules.pop(name, None)


def test_a_cell_and_an_entry_from_a_file(invoke, own, tmp_path):
    path = own("own_file")
    listed = invoke("list", "own_*", "--import", path)
    assert listed.stdout.split()[0] == "own_file"
    assert "cell=own_file>PlainCell" in invoke("describe", "own_file", "--import", path).stdout
    data = tiny_runs.write_csv(tmp_path / "data.csv", tiny_runs.reviews(40))
    run = tmp_path / "run"
    arguments = ["own_file", "--import", path, "--data", data, "--out", run]
    trained = invoke("train", *arguments, "--quiet")
    assert trained.exit_code == 0, trained.stderr
    assert invoke("predict", run, "good", "--import", path).exit_code == 0
    # The run records neither the file nor its name.
    for name in ("config.yaml", "run.json", "data.json"):
        assert str(path) not in (run / name).read_text()


def test_a_module_of_the_current_folder(invoke, own):
    own("own_module")
    assert invoke("list", "own_*", "--import", "own_module").stdout.split()[0] == "own_module"


@pytest.mark.parametrize("command", ["predict", "generate", "evaluate", "export", "diagnose"])
def test_a_run_whose_cell_nobody_has_registered(invoke, shop, tmp_path, command):
    run = shutil.copytree(shop / "run", tmp_path / "run")
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(config.replace("cell: lstm", "cell: theirs>PlainCell"))
    data, out = ("--data", shop / "good.csv"), ("--out", tmp_path / "out")
    more = {"predict": ["x"], "generate": ["x"], "evaluate": data, "export": out}
    result = invoke(command, run, *more.get(command, [*data, *out]))
    assert result.exit_code == 2
    assert result.stderr == (
        f"Error: {run} was trained with the cell 'theirs>PlainCell', which is not registered. Name "
        "the module or the .py file that registers it: --import my_cells.py.\n"
    )
    with pytest.raises(ValueError, match="Unknown cell"):
        cells.get("theirs>PlainCell")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.py", None, "--import none.py: there is no such file."),
        ("no_such_module", None, "No module named 'no_such_module'"),
        ("broken.py", "x = 1\nraise KeyError('y')\n", "broken.py, line 2: KeyError: 'y'"),
        ("wrong.py", "x = = 1\n", "SyntaxError: invalid syntax (wrong.py, line 1)"),
        ("refused.py", "import rnn_zoo\nrnn_zoo.register({})\n", "task should be one of"),
        ("keras.py", "", "there is another module 'keras': rename the file"),
        ("..", None, "--import ..: "),
        ("", None, "--import : "),
    ],
)
def test_what_cannot_be_imported(invoke, tmp_path, monkeypatch, name, content, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    if content is not None:
        (tmp_path / name).write_text(content)
    result = invoke("list", "--import", name)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: --import ")
    assert message in line
    assert not name or name.removesuffix(".py") == "keras" or name[:-3] not in sys.modules


def test_an_entry_in_a_file_needs_no_import(invoke, tmp_path):
    write_yaml(tiny_runs.entry(), tmp_path / "mine.yaml")
    assert "units=4" in invoke("describe", tmp_path / "mine.yaml").stdout
