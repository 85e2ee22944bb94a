import pytest
import tiny_runs

from rnn_zoo import datasets, registry
from rnn_zoo.cli.train import _report
from rnn_zoo.datasets import Examples, Splits
from rnn_zoo.training import RunFolder, evaluate, train


def line(shop, part, name):
    scores = evaluate(RunFolder.open(shop / "run").load(), part, tiny_runs.TINY["batch_size"])
    return (
        f"{len(part)} examples ({name} part): accuracy {{accuracy:.4f}}, loss {{loss:.4f}}".format(
            **scores
        )
    )


def test_of_the_data_it_learned_from_only_what_was_held_out(invoke, shop):
    result = invoke("evaluate", shop / "run", "--data", shop / "good.csv")
    part = Splits(train=tiny_runs.reviews(80)).complete(0.1).test
    assert result.stdout.splitlines()[-1] == line(shop, part, "held-out")
    assert len(part) == 8


@pytest.mark.parametrize("examples", [tiny_runs.reviews(80, seed=5), tiny_runs.reviews(2)])
def test_of_other_data_everything(invoke, shop, tmp_path, examples):
    data = tiny_runs.write_csv(tmp_path / "other.csv", examples)
    result = invoke("evaluate", shop / "run", "--data", data)
    assert result.stdout.splitlines()[-1] == line(shop, examples, "whole")


def test_of_divided_data_the_test_part(invoke, shop, tmp_path):
    tiny_runs.write_csv(tmp_path / "train.csv", tiny_runs.reviews(80))
    test = Examples(["so good", "so bad", "bad"], ["yes", "no", "yes"])
    tiny_runs.write_csv(tmp_path / "test.csv", test)
    result = invoke("evaluate", shop / "run", "--data", tmp_path)
    assert result.stdout.splitlines()[-1] == line(shop, test, "test")


def test_beside_the_baseline(invoke, tmp_path, capsys):
    entry = registry.override(registry.find("adding_lstm"), {"units": 2, "epochs": 1})
    parts = datasets.load("adding/100", "series").parts.values()
    small = Splits(*(part.take(range(8)) for part in parts))
    _report(tmp_path, train(entry, small, tmp_path, source="adding/100"))
    assert "\nbaseline    always saying 1: mse 0.1667\n" in capsys.readouterr().out
    result = invoke("evaluate", tmp_path, "--data", "adding/100")
    assert result.stdout.splitlines()[-1] == "baseline    always saying 1: mse 0.1667"
