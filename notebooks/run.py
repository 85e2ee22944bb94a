"""Run the notebooks: `make notebooks`.

    python -m notebooks.run              every notebook, whole; the outputs are kept
    python -m notebooks.run --reduced    as the slow tests do: less training, nothing is written
"""

import argparse
import os
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def run(path: Path, reduced: bool = False) -> None:
    """Execute one notebook.

    Args:
        path: the notebook.
        reduced: set RNN_ZOO_REDUCED, at which notebooks train less, and leave the file as it is.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised.
    """
    notebook = nbformat.read(path, as_version=4)
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    if reduced:
        environment["RNN_ZOO_REDUCED"] = "1"
    NotebookClient(notebook, timeout=600, record_timing=False).execute(cwd=FOLDER, env=environment)
    if not reduced:
        for cell in notebook.cells:
            if "outputs" in cell:
                cell.outputs = [output for output in cell.outputs if not _greets(output)]
        nbformat.write(notebook, path)


def _greets(output: nbformat.NotebookNode) -> bool:
    """Whether TensorFlow printed this while it was imported; nothing keeps it from that."""
    return "before absl::InitializeLog() is called" in output.get("text", "")


def main() -> None:
    """Execute all notebooks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reduced", action="store_true", help="train less, write nothing")
    reduced = parser.parse_args().reduced
    for path in sorted(FOLDER.glob("*.ipynb")):
        began = time.time()
        run(path, reduced)
        print(f"{path.name}: {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
