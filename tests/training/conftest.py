import pytest
import tiny_runs

from rnn_zoo.training import RunFolder, train


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A finished run, not to be changed; its data are `tiny_runs.splits()`."""
    path = tmp_path_factory.mktemp("finished") / "run"
    train(tiny_runs.entry(), tiny_runs.splits(), path, source="tiny", seed=7, verbose=0)
    return RunFolder(path)
