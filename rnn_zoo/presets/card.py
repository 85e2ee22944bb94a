"""The card of a model: what one has to know before one uses it."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from rnn_zoo.config import Positive, Section, Text, validate
from rnn_zoo.errors import PresetError
from rnn_zoo.plain_yaml import YamlError, load_yaml
from rnn_zoo.presets.files import read_text

MARK = "---\n"
"""The line before and after the front matter."""
TEXTS = {
    "data": "Data",
    "attribution": "Attribution",
    "baseline": "Baseline",
    "limits": "Limits",
    "command": "Made by",
}
"""The card's texts, and their titles in `README.md`."""


class Card(Section):
    """What a preset's `README.md` says; only the license is needed, of weights in the package all.

    Attributes:
        license: the license of the weights, which the data decide on, as an SPDX identifier such
            as `"CC-BY-SA-4.0"`.
        data: what the model was trained on.
        datasets: the same as names of data sets.
        language: the languages it knows, as ISO 639-1 codes.
        attribution: whom to name where the model is used.
        metric: what `score` measures, as `evaluate` calls it.
        score: on the test part, of the weights as they are stored.
        baseline: the score of a model that has learned nothing, in words.
        limits: what the model cannot do.
        command: what makes the weights.
        minutes: how long that takes.

    Example:
        >>> Card(license="CC0-1.0", data="notes of mine").license
        'CC0-1.0'
    """

    license: Annotated[str, Field(min_length=1, max_length=100)]
    data: Text | None = None
    datasets: list[Annotated[str, Field(max_length=100)]] = Field(default_factory=list)
    language: list[Annotated[str, Field(max_length=20)]] = Field(default_factory=list)
    attribution: Text | None = None
    metric: Text | None = None
    score: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None
    baseline: Text | None = None
    limits: Annotated[str, Field(max_length=4000)] | None = None
    command: Text | None = None
    minutes: Positive | None = None


def card_from(card: Card | Mapping[str, object]) -> Card:
    """The card that a user passes as a card or a mapping.

    Raises:
        ConfigError: it has no license, a key is unknown, or a value has the wrong type.
    """
    return card if isinstance(card, Card) else validate(Card, card, "card")


def write_card(card: Card, path: Path, name: str) -> None:
    """Write `README.md` as a model card of the Hugging Face Hub: front matter and text.

    Args:
        card: what it says.
        path: the file.
        name: the model's.
    """
    path.write_text(f"{MARK}{_front_matter(card)}{MARK}\n{as_text(card, name)}", encoding="utf-8")


def read_card(path: Path) -> Card:
    """The card that `write_card` has written.

    Raises:
        PresetError: there is no card, or it is damaged.
        ConfigError: it has no license, a key is unknown, or a value has the wrong type.
    """
    text = read_text(path)
    front, end, _ = text.removeprefix(MARK).partition(f"\n{MARK}")
    if not (text.startswith(MARK) and end):
        raise PresetError(f"{path} is no card: it does not begin with front matter ({MARK[:3]}).")
    try:
        matter = load_yaml(front)
    except YamlError as error:
        raise PresetError(f"{path}{error.place}: malformed YAML: {error.reason}.") from None
    raw = matter.get("card") if isinstance(matter, dict) else None
    if not isinstance(raw, dict):
        raise PresetError(f"{path}: its front matter has no card of rnn_zoo.")
    return validate(Card, raw, str(path))


def as_text(card: Card, name: str) -> str:
    """The card in Markdown, without its front matter."""
    lines = [f"# {name}", "", f"License: {card.license}"]
    if card.score is not None:
        lines += ["", f"Score: {card.metric or 'score'} {card.score:.4g} on the test part."]
    for field, title in TEXTS.items():
        if (value := getattr(card, field)) is not None:
            shown = f"    {value}" if field == "command" else value
            lines += ["", f"## {title}", "", shown]
    if card.minutes is not None:
        lines += ["", f"It takes about {card.minutes:g} minutes."]
    return "\n".join(lines) + "\n"


def _front_matter(card: Card) -> str:
    """What the Hub shows and searches, and under `card` all that the card holds."""
    from ruamel.yaml import YAML

    content: dict[str, Any] = {
        "library_name": "rnn_zoo",
        "license": card.license.lower(),
        "tags": ["keras", "rnn"],
        "language": card.language,
        "datasets": card.datasets,
        "metrics": [card.metric] if card.metric else [],
        "card": card.model_dump(exclude_defaults=True),
    }
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 100
    yaml.sort_base_mapping_type_on_output = False
    buffer = io.StringIO()
    yaml.dump({key: value for key, value in content.items() if value}, buffer)
    return buffer.getvalue()
