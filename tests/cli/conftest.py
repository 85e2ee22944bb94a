import pytest
import tiny_runs
from click.testing import CliRunner

from rnn_zoo.cli import main

SETTINGS = [f"--set={key}={value}" for key, value in tiny_runs.TINY.items()]
UNDIVIDED = tiny_runs.reviews(80)  # 64 train, 8 validate, 8 test


@pytest.fixture(scope="session")
def invoke():
    """Run rnn-zoo in this process; the result has exit_code, stdout and stderr."""

    def invoke(*arguments, **options):
        result = CliRunner().invoke(main, [str(argument) for argument in arguments], **options)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture(scope="session")
def train(invoke):
    """Run rnn-zoo train with tiny settings."""

    def train(data, out, *more, name="sentiment_lstm"):
        return invoke("train", name, "--data", data, "--out", out, *SETTINGS, *more)

    return train


@pytest.fixture(scope="session")
def shop(tmp_path_factory, train):
    """A folder with good.csv and a run on it, not to be changed, and what training printed."""
    folder = tmp_path_factory.mktemp("shop")
    data = tiny_runs.write_csv(folder / "good.csv", UNDIVIDED)
    result = train(data, folder / "run", "--seed", 3)
    assert result.exit_code == 0, result.output
    (folder / "printed.txt").write_text(result.stdout)
    return folder
