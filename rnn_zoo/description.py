"""What an entry is, in words and numbers for people."""

from collections.abc import Iterator

import keras

from rnn_zoo.config import ResultConfig
from rnn_zoo.registry import SETTINGS, Entry, build, find, results


def describe(entry: str | Entry) -> str:
    """What an entry is: architecture, weights and shapes, recipe, scores, source.

    Weights are counted at the sizes that the recipe's data give.

    Args:
        entry: its name, or the entry itself.

    Raises:
        ConfigError: there is no such entry.
    """
    entry = find(entry) if isinstance(entry, str) else entry
    network = build(entry, **entry.recipe.sizes).network
    sizes = ", ".join(f"{key} {value:,}" for key, value in entry.recipe.sizes.items())
    lines = [
        f"{entry.name}: {entry.description}",
        f"task      {entry.task}",
        f"source    {entry.source.authors} ({entry.source.year}), {entry.source.title}",
        f"weights   {network.count_params():,} at {sizes}",
        *(f"          {path:<60} {shape}" for path, shape in _weights(network)),
        *(f"input     {tensor.name} {tensor.shape}" for tensor in network.inputs),
        *(
            f"output    {name} {tensor.shape}"
            for name, tensor in zip(network.output_names, network.outputs, strict=True)
        ),
    ]
    for section in SETTINGS:
        settings = getattr(entry, section).model_dump(exclude_none=True)
        shown = [f"{key}={value}" for key, value in settings.items() if key != "sizes"]
        lines += _wrapped(f"{section:<14}", shown)
    for result in results(entry):
        lines += [
            f"score         {result.title}: {result.metric} {_spread(result)}, "
            f"{result.minutes} minutes each, {result.machine})",
            f"              {result.command}",
        ]
    return "\n".join(lines)


def _weights(network: keras.Model) -> Iterator[tuple[str, tuple[int, ...]]]:
    for weight in network.weights:
        if "seed_generator" not in weight.path:
            yield weight.path, tuple(weight.shape)


def _spread(result: ResultConfig) -> str:
    if len(result.values) == 1:
        return f"{result.mean:.4g} (one seed"
    return f"{result.mean:.4g} ± {result.spread:.2g} (mean of {len(result.seeds)} seeds"


def _wrapped(title: str, items: list[str], width: int = 96) -> list[str]:
    lines = [title]
    for item in items:
        if len(lines[-1]) + len(item) + 1 > width:
            lines.append(" " * len(title))
        lines[-1] += item + " "
    return [line.rstrip() for line in lines]
