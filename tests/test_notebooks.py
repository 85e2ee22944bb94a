"""Every notebook runs, and is kept with the outputs of a whole run."""

import nbformat
import pytest

from notebooks.run import FOLDER, run

pytestmark = pytest.mark.tensorflow_only
PATHS = sorted(FOLDER.glob("*.ipynb"))


# All of them take seven minutes, one after another; the first shows that they can be run.
@pytest.mark.parametrize(
    "path",
    [PATHS[0], *(pytest.param(path, marks=pytest.mark.slow) for path in PATHS[1:])],
    ids=lambda path: path.stem,
)
def test_it_runs_in_reduced_mode(path):
    before = path.read_bytes()
    run(path, reduced=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_it_is_kept_with_its_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
