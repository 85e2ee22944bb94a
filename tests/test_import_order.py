"""Imports go one way: what a module imports at most, by the package it stands in."""

import ast
from pathlib import Path

import rnn_zoo

ROOT = Path(rnn_zoo.__file__).parent
ALLOWED = {
    "errors": set(),
    "plain_yaml": set(),
    "_tensorflow": {"errors"},
    "config": {"errors", "plain_yaml"},
    "atomic_write": {"_tensorflow", "errors"},
    "_keras_private": set(),
    "declarations": set(),
    "cells": {"declarations", "_keras_private"},
    "layers": {"cells", "errors", "metrics", "_keras_private"},
    "optimizers": {"declarations", "config", "errors", "_keras_private"},
    "diagnostics": {"cells", "layers", "errors", "_keras_private"},
    "convert": {"cells", "layers", "errors"},
    "decoding": {"config", "errors"},
    "metrics": {"_keras_private", "errors"},
    "streams": {"_tensorflow", "errors"},
    "losses": set(),
    "figures": set(),
    "models": {"vectors", "_keras_private", "cells", "layers", "config", "errors"},
    "vectors": {"_keras_private", "errors"},
    "preprocessing": {"_tensorflow", "vectors", "config", "errors"},
    "pipeline": {"_tensorflow", "preprocessing", "errors"},
    "datasets": {"errors"},
    "export": {"_tensorflow", "cells", "decoding", "layers", "errors", "_keras_private"},
    "presets": {"atomic_write", "config", "plain_yaml", "errors"},
    "tasks": {
        "_tensorflow",
        "_keras_private",
        "presets",
        "optimizers",
        "vectors",
        "models",
        "layers",
        "losses",
        "metrics",
        "decoding",
        "streams",
        "preprocessing",
        "pipeline",
        "export",
        "config",
        "errors",
    },
    "registry": {"tasks", "presets", "optimizers", "config", "errors"},
    "inspection": {"datasets", "preprocessing", "registry", "errors"},
    "description": {"registry", "config"},
    "training": {
        "models",
        "registry",
        "optimizers",
        "atomic_write",
        "metrics",
        "tasks",
        "preprocessing",
        "datasets",
        "diagnostics",
        "export",
        "config",
        "errors",
    },
    "serve": {
        "tasks",
        "decoding",
        "preprocessing",
        "pipeline",
        "presets",
        "metrics",
        "export",
        "errors",
    },
    "cli": {
        "metrics",
        "serve",
        "export",
        "description",
        "inspection",
        "training",
        "presets",
        "atomic_write",
        "registry",
        "tasks",
        "datasets",
        "decoding",
        "diagnostics",
        "cells",
        "config",
        "errors",
        "__version__",
    },
}


def imported(path):
    """The parts of rnn_zoo that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("rnn_zoo."))


def test_imports_go_one_way():
    wrong = []
    for path in ROOT.rglob("*.py"):
        part = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        allowed = ALLOWED[part] | {part}
        wrong += [f"{path.name} imports {name}" for name in imported(path) if name not in allowed]
    assert not wrong


def test_the_order_has_no_cycle():
    done = set()
    while len(done) < len(ALLOWED):
        ready = {part for part, below in ALLOWED.items() if below - {"__version__"} <= done} - done
        assert ready, f"a cycle among {set(ALLOWED) - done}"
        done |= ready


def test_only_one_module_imports_tfds():
    found = [path.name for path in ROOT.rglob("*.py") if "tensorflow_datasets" in path.read_text()]
    assert found == ["tfds.py"]
