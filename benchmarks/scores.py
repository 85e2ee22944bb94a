"""Scores of the zoo's recipes: train an entry with several seeds and write down what it reached.

    python -m benchmarks.scores sentiment_bilstm ../shared/data/sst2 --seeds 0 1 2
    python -m benchmarks.scores --readme

The first trains by the entry's recipe and writes test scores, time and command into the entry's
file in zoo_configs/results/, which nobody writes by hand; a result with a --note of its own, such
as "with vectors", stands beside that of the recipe. The second writes the table of entries in
README.md from those files.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import rnn_zoo
from rnn_zoo import datasets, registry
from rnn_zoo.config import ResultConfig, parse_override
from rnn_zoo.tasks import Task
from rnn_zoo.training import train

ROOT = Path(__file__).parent.parent
TABLE = ("<!-- table of entries: python -m benchmarks.scores --readme -->\n", "<!-- end -->\n")


def score(
    name: str,
    data: str,
    settings: list[str],
    seeds: list[int],
    metric: str,
    columns: dict[str, str],
    note: str | None = None,
    weights: str | None = None,
) -> ResultConfig:
    """Train an entry with several seeds and score each on the test part."""
    overrides = dict(map(parse_override, settings))
    entry, _ = begin(name, overrides, weights)
    splits = datasets.load(data, registry.examples(entry), **columns).complete(
        entry.recipe.held_out
    )
    began = time.time()
    values = []
    for seed in seeds:
        entry, start = begin(name, overrides, weights)
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            metrics = train(entry, splits, run, start=start, source=data, seed=seed)
        if metric not in metrics["test"]:
            raise SystemExit(f"--metric is one of {', '.join(sorted(metrics['test']))}.")
        values.append(float(f"{metrics['test'][metric]:.4g}"))
    embedded = data in datasets.EMBEDDED
    source, shown_data = (data, data) if embedded else (Path(data).stem, Path(data).name)
    options = "".join(f" --{role} {column}" for role, column in columns.items())
    options += "" if weights is None else f" --weights {Path(weights).name}"
    options += "".join(f" --set {setting}" for setting in settings)
    return ResultConfig(
        data=source,
        note=note,
        metric=metric,
        values=values,
        seeds=seeds,
        command=f"rnn-zoo train {name} --data {shown_data}{options} --out RUN --seed SEED",
        minutes=round((time.time() - began) / 60 / len(seeds), 1),
        machine=f"{os.cpu_count()} CPUs, {platform.machine()}",
    )


def begin(
    name: str, overrides: dict[str, object], weights: str | None
) -> tuple[registry.Entry, Task | None]:
    """The entry with its overrides, and the model that training begins with, if it has weights."""
    entry = registry.find(name)
    if weights is None:
        return registry.override(entry, overrides), None
    return registry.trained(entry, weights, overrides)


def write_result(name: str, result: ResultConfig) -> None:
    """Put a result into the entry's file of results, in the place of an older one on the data."""
    results = {old.title: old for old in registry.results(registry.find(name))}
    results[result.title] = result
    path = registry.zoo_folder() / "results" / f"{name}.yaml"
    yaml = YAML(typ="safe", pure=True)
    yaml.width = 100
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    with path.open("w", encoding="utf-8") as file:
        yaml.dump([result.model_dump(exclude_none=True) for result in results.values()], file)


def shown(result: ResultConfig) -> str:
    """The mean and spread: of shares with three decimals, errors four, scores out of 100 one."""
    if result.mean < 5e-4 and len(result.values) == 1:
        return f"**{result.mean:.0e}**"
    decimals = 1 if result.mean > 1 else 3 if result.mean > 0.1 else 4
    spread = f" ± {result.spread:.{decimals}f}" if len(result.values) > 1 else ""
    return f"**{result.mean:.{decimals}f}**{spread}"


def baseline(data: str) -> str:
    """The score of a model that has learned nothing, where one is recorded."""
    return f"; {datasets.BASELINES[data]}" if data in datasets.BASELINES else ""


def table() -> str:
    """The zoo's entries and their scores as a Markdown table."""
    entries = [registry.find(name) for name in rnn_zoo.list_models()]
    lines = ["| entry | task | what it is | test scores |", "|---|---|---|---|"]
    for entry in entries:
        scores = "; ".join(
            f"{result.title} {result.metric} {shown(result)}"
            f" ({result.minutes:g} min{baseline(result.data)})"
            for result in registry.results(entry)
        )
        lines.append(f"| `{entry.name}` | {entry.task} | {entry.description} | {scores} |")
    return "\n".join(lines) + "\n"


def with_table(readme: str) -> str:
    """README.md with the table brought up to date."""
    before, rest = readme.split(TABLE[0])
    _, after = rest.split(TABLE[1])
    return f"{before}{TABLE[0]}{table()}{TABLE[1]}{after}"


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("entry", nargs="?")
    parser.add_argument("data", nargs="?")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    parser.add_argument("--metric", default="accuracy")
    parser.add_argument("--input", help="column of the input")
    parser.add_argument("--target", help="column of the target")
    parser.add_argument("--weights", help="what to begin with, as in rnn-zoo train")
    parser.add_argument("--note", help="what the runs have beside the recipe and the data")
    parser.add_argument("--readme", action="store_true", help="write the table of README.md")
    arguments: Any = parser.parse_args()
    if arguments.readme:
        path = ROOT / "README.md"
        path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")
        return
    columns = {
        role: getattr(arguments, role) for role in ("input", "target") if getattr(arguments, role)
    }
    result = score(
        arguments.entry,
        arguments.data,
        arguments.settings,
        arguments.seeds,
        arguments.metric,
        columns,
        arguments.note,
        arguments.weights,
    )
    print(result)
    write_result(arguments.entry, result)


if __name__ == "__main__":
    main()
