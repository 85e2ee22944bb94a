"""`--import`: cells and entries of the user's own."""

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from rnn_zoo.cli.types import Name
from rnn_zoo.errors import ConfigError


def import_option(command: Any) -> Any:
    """Add `--import`, which runs before anything of the command does."""
    return click.option(
        "--import",
        "imports",
        multiple=True,
        type=Name(),
        metavar="MODULE_OR_FILE",
        expose_value=False,
        is_eager=True,
        callback=_import_all,
        help="Python module or .py file that registers cells or entries of your own; may be "
        "repeated.",
    )(command)


def _import_all(
    ctx: click.Context,  # noqa: ARG001 - click's
    param: click.Parameter,  # noqa: ARG001 - click's
    values: tuple[str, ...],
) -> None:
    for value in values:
        import_user_code(value)


def import_user_code(name: str) -> None:
    """Import a module by its name, or a .py file by its path; what is imported already stays.

    Raises:
        ConfigError: there is none, or it fails; the message says in which line.
    """
    path = Path(name)
    is_file = path.suffix == ".py"
    if is_file and not path.is_file():
        raise ConfigError(f"--import {name}: there is no such file.")
    folder = str(path.parent.resolve() if is_file else Path.cwd())
    if folder not in sys.path:
        sys.path.append(folder)  # last: nothing that is installed is hidden
    try:
        if is_file:
            _import_file(path.resolve())
        else:
            importlib.import_module(name)
    except Exception as error:  # whatever the user's code raises
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith("<frozen")]
        where = (
            f"{own[-1].filename}, line {own[-1].lineno}: " if own[-1].filename != __file__ else ""
        )
        raise ConfigError(f"--import {name}: {where}{type(error).__name__}: {error}") from error


def _import_file(path: Path) -> None:
    loaded = sys.modules.get(path.stem)
    if loaded is not None:
        if getattr(loaded, "__file__", None) == str(path):
            return
        raise ImportError(f"there is another module {path.stem!r}: rename the file.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[path.stem]
        raise
