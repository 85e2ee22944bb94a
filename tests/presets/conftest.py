import json
import shutil

import pytest
from small_classifier import LABELS, TEXTS, fitted, small_classifier

from rnn_zoo.presets.checksums import write_sums

CARD = {"license": "CC-BY-4.0", "data": "eight texts", "limits": "everything else"}


@pytest.fixture(scope="session")
def small_preset(tmp_path_factory):
    """A preset of sentiment_rnn with a card, not to be changed."""
    path = tmp_path_factory.mktemp("preset") / "mine"
    task = small_classifier(name="sentiment_rnn")
    fitted(task, TEXTS, LABELS, epochs=1).save_to_preset(path, card=CARD)
    return path


@pytest.fixture
def copy(small_preset, tmp_path):
    """A copy of it, to be damaged."""
    return shutil.copytree(small_preset, tmp_path / "mine")


@pytest.fixture(scope="session")
def rewritten():
    """Change a file of a preset, or a key of its config, and make the sums fit."""

    def rewritten(preset, name="config.json", content=None, **changes):
        path = preset / name
        if changes:
            content = json.dumps(json.loads(path.read_text()) | changes)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        write_sums(preset)
        return preset

    return rewritten
