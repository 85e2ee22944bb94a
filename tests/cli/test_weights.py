"""Trained models without a run folder, and training that begins with weights."""

import shutil

import numpy as np
import pytest
import tiny_runs

import rnn_zoo
from rnn_zoo.presets.checksums import write_sums
from rnn_zoo.tasks.model_file import load_model
from rnn_zoo.training import RunFolder

PACKAGED = "sentiment_lstm@synthetic_reviews"


@pytest.fixture(scope="module")
def preset(shop, tmp_path_factory):
    """The run of the shop as a preset with a card."""
    path = tmp_path_factory.mktemp("preset") / "shared"
    task = RunFolder(shop / "run").load()
    task.save_to_preset(path, card={"license": "CC0-1.0", "limits": "texts of six letters"})
    return path


@pytest.fixture
def places(shop, preset, tmp_path, monkeypatch):
    """A folder with a run, a preset, a `.keras` file and data."""
    shutil.copytree(shop, tmp_path / "shop")
    shutil.copytree(preset, tmp_path / "shop" / "shared")
    shutil.copy(shop / "run" / "best.keras", tmp_path / "shop" / "moved.keras")
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


def test_weights_in_the_package_answer(invoke):
    result = invoke("predict", PACKAGED, "a witty joy", "the plot is a tedious mess")
    assert result.exit_code == 0, result.stderr
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == ["positive", "negative"]


def test_a_run_a_preset_and_a_file_answer_alike(places, invoke):
    answers = {
        invoke("predict", name, "so good").stdout for name in ("run", "shared", "moved.keras")
    }
    assert len(answers) == 1
    scores = [
        invoke("evaluate", name, "--data", "good.csv").stdout for name in ("shared", "moved.keras")
    ]
    assert scores[0] == scores[1]
    assert "80 examples (whole part): accuracy" in scores[0]
    assert "8 examples (held-out part)" in invoke("evaluate", "run", "--data", "good.csv").stdout


def test_weights_in_the_package_are_scored_and_exported(invoke, tmp_path):
    data = tiny_runs.write_csv(
        tmp_path / "data.csv", tiny_runs.reviews(8, labels=("negative", "positive"))
    )
    result = invoke("evaluate", PACKAGED, "--data", data)
    assert result.exit_code == 0, result.stderr
    assert "8 examples (whole part): accuracy" in result.stdout
    assert invoke("export", PACKAGED, "--out", tmp_path / "serving").exit_code == 0
    assert (tmp_path / "serving" / "saved_model.pb").is_file()
    generated = invoke("generate", PACKAGED, "x")
    assert generated.exit_code == 2
    assert "a TextClassifier writes no text: use rnn-zoo predict" in generated.stderr


def test_a_preset_is_diagnosed(places, invoke):
    result = invoke("diagnose", "shared", "--data", "good.csv", "--out", "seen", "--examples", 4)
    assert result.exit_code == 0, result.stderr
    assert (places / "seen" / "verdict.txt").is_file()


def test_list_and_describe(places, invoke):
    lines = invoke("list", "--pretrained").stdout.splitlines()
    assert [line.split()[0] for line in lines] == rnn_zoo.list_models(pretrained=True)
    assert "accuracy 0.9" in lines[0] or len(lines) > 1
    assert PACKAGED in invoke("list", "sentiment_*", "--pretrained").stdout
    nothing = invoke("list", "caption_rnn", "--pretrained")
    assert (nothing.exit_code, "No weights match" in nothing.stderr) == (2, True)
    card = invoke("describe", PACKAGED).stdout
    assert card.startswith(f"# {PACKAGED}\n\nLicense: Apache-2.0\n")
    for title in ("Data", "Attribution", "Baseline", "Limits", "Made by"):
        assert f"## {title}" in card
    assert "texts of six letters" in invoke("describe", "shared").stdout


def test_training_begins_with_weights(places, invoke):
    before = load_model(places / "run" / "best.keras")
    result = invoke(
        *("train", "sentiment_lstm", "--weights", "run", "--data", "good.csv", "--out", "more"),
        *("--epochs", 1, "--set", "learning_rate=1e-6", "--set", "monitor=val_loss"),
    )
    assert result.exit_code == 0, result.stderr
    folder = RunFolder(places / "more")
    after = folder.load()
    assert after.preprocessor.get_state() == before.preprocessor.get_state()
    assert folder.entry().network == before.network_config
    assert folder.entry().optimizer.learning_rate == 1e-6
    for a, b in zip(after.get_weights(), before.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-3)
    resumed = invoke("train", "--resume", "more", "--epochs", 2)
    assert resumed.exit_code == 0, resumed.stderr
    assert folder.load().preprocessor.get_state() == before.preprocessor.get_state()


@pytest.mark.slow
def test_a_resumed_run_is_that_of_an_uninterrupted_one(places, invoke):
    def run(out, *arguments):
        result = invoke("train", *arguments, "--quiet")
        assert result.exit_code == 0, result.stderr
        return RunFolder(places / out).read_json(places / out / "metrics.json")

    begin = ("sentiment_lstm", "--weights", "shared", "--data", "good.csv", "--set", "patience=9")
    whole = run("whole", *begin, "--out", "whole", "--epochs", 2)
    run("parts", *begin, "--out", "parts", "--epochs", 1)
    assert run("parts", "--resume", "parts", "--epochs", 2) == whole


WITH_SHARED = (
    "train",
    "sentiment_lstm",
    "--weights",
    "shared",
    "--data",
    "good.csv",
    "--out",
    "new",
)

BAD = {
    "another entry": (
        ["train", "sentiment_gru", "--weights", "shared", "--data", "good.csv", "--out", "new"],
        "'shared' holds weights of sentiment_lstm, a TextClassifier, not of sentiment_gru",
    ),
    "another setting": (
        [*WITH_SHARED, "--set", "units=9"],
        "'shared' was trained with units=4, so it cannot be 9",
    ),
    "beside --resume": (
        ["train", "--resume", "run", "--weights", "shared"],
        "--resume continues the run as it began: leave out --weights.",
    ),
    "no such weights": (["predict", "sentiment_lstm@nothing", "x"], "There are no weights"),
    "no such weights to train": (
        ["train", "sentiment_lstm", "--weights", "nix", "--data", "good.csv", "--out", "new"],
        "There are no weights 'nix': no such folder or file, and in the package sentiment_lstm has "
        "synthetic_reviews",
    ),
    "a name that is nearly right": (
        ["describe", "sentiment_lstm@synthetic_review"],
        "There is no entry 'sentiment_lstm@synthetic_review' in the zoo. Did you mean "
        "'sentiment_lstm@synthetic_reviews'",
    ),
    "a damaged preset": (["predict", "damaged", "x"], "damaged/config.json is damaged"),
    "a damaged preset to score": (
        ["evaluate", "damaged", "--data", "good.csv"],
        "damaged/config.json is damaged",
    ),
    "a preset of an entry of the user's own": (
        ["evaluate", "strange", "--data", "good.csv"],
        "There is no entry 'my_own' in the zoo",
    ),
    "no sum": (["predict", "https://x.org/m.zip", "x"], "https://x.org/m.zip: what is fetched has"),
    "no card": (["describe", "bare"], "bare has no card"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(places, invoke, case):
    for name in ("damaged", "strange", "bare"):
        shutil.copytree("shared", name)
    config = places / "strange" / "config.json"
    config.write_text(config.read_text().replace('"sentiment_lstm"', '"my_own"'))
    write_sums(places / "strange")
    (places / "damaged" / "config.json").write_text("{")
    (places / "bare" / "README.md").unlink()
    write_sums(places / "bare")
    arguments, message = BAD[case]
    result = invoke(*arguments, input="")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {message}")
    assert not (places / "new").exists()
