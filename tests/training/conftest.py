import pytest
import runs

from rnn_zoo.training import RunFolder, train


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A finished run, not to be changed; its data are `runs.splits()`."""
    path = tmp_path_factory.mktemp("finished") / "run"
    train(runs.entry(), runs.splits(), path, source="tiny", seed=7, verbose=0)
    return RunFolder(path)
