import pytest

import rnn_zoo
from rnn_zoo.errors import ConfigError, PresetError, UserError
from rnn_zoo.plain_yaml import load_yaml
from rnn_zoo.presets import Card
from rnn_zoo.presets.card import read_card, write_card

pytestmark = pytest.mark.tensorflow_only

FULL = Card(
    license="CC-BY-SA-4.0",
    data="a: b\n---\nc",
    datasets=["universal_dependencies"],
    language=["en", "de"],
    attribution="Ann O. \N{LATIN SMALL LETTER E WITH ACUTE}",
    metric="accuracy",
    score=0.9445,
    baseline="always 'x': accuracy 0.5",
    limits="# not a title\n- a list",
    command="make weights",
    minutes=1.5,
)


@pytest.mark.parametrize("card", [FULL, Card(license="other")])
def test_there_and_back(tmp_path, card):
    path = tmp_path / "README.md"
    write_card(card, path, "mine")
    assert read_card(path) == card
    front = load_yaml(path.read_text().split("---\n")[1]) if card is not FULL else None
    assert front in (None, {**front_of(card)})


def front_of(card):
    return {
        "library_name": "rnn_zoo",
        "license": card.license,
        "tags": ["keras", "rnn"],
        "card": {"license": card.license},
    }


def test_what_the_hub_shows(tmp_path):
    path = tmp_path / "README.md"
    write_card(FULL, path, "mine")
    lines = path.read_text().splitlines()
    assert lines[0] == "---"
    assert {"library_name: rnn_zoo", "license: cc-by-sa-4.0", "- universal_dependencies"} <= set(
        lines
    )
    assert "# mine" in lines
    assert "Score: accuracy 0.9445 on the test part." in lines


@pytest.mark.parametrize("card", [{}, {"data": "mine"}, {"license": ""}, {"license": None}])
def test_a_card_without_a_license(small_preset, tmp_path, card):
    task = rnn_zoo.get("sentiment_rnn", weights=small_preset)
    with pytest.raises(ConfigError, match=r"card: .*license"):
        task.save_to_preset(tmp_path / "mine", card=card)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "# a readme",
        "---\nlicense: mit\n---\n",
        "---\ncard: [\n---\n",
        "---\ncard: {data: mine}\n---\n",
        "---\ncard: {license: mit}\n",
        "---\ncard: {license: mit, strange: 1}\n---\n",
        "---\n- card\n---\n",
    ],
    ids=range(8),
)
def test_a_damaged_card(tmp_path, content):
    path = tmp_path / "README.md"
    path.write_text(content)
    with pytest.raises(UserError, match=r"README\.md"):
        read_card(path)


def test_a_card_that_is_not_there(tmp_path):
    with pytest.raises(PresetError, match="cannot be read"):
        read_card(tmp_path / "README.md")
