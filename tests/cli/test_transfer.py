"""A language model begins a classifier, from the shell."""

import pytest
import tiny_runs


@pytest.mark.slow
@pytest.mark.tensorflow_only
def test_train_with_weights(invoke, tmp_path):
    reviews = tiny_runs.reviews(80)
    texts = tmp_path / "texts.txt"
    texts.write_text("\n\n".join(reviews.inputs * 4))
    data = tiny_runs.write_csv(tmp_path / "reviews.csv", reviews)
    small = ["--set=units=6", "--set=embedding_dim=5", "--set=depth=1", "--set=min_count=1"]
    lm, run = tmp_path / "lm", tmp_path / "run"
    settings = [*small, "--set=epochs=1", "--set=window=8", "--set=batch_size=4"]
    trained = invoke("train", "word_lm_lstm", "--data", texts, "--out", lm, *settings)
    assert trained.exit_code == 0, trained.output
    begun = ["train", "sentiment_lstm", "--weights", lm, "--data", data, "--out", run]
    result = invoke(*begun, "--set=epochs=1", "--set=monitor=val_loss")
    assert result.exit_code == 0, result.output
    assert "Taken over: the vectors of" in result.stdout
    assert "units: 6" in (run / "config.yaml").read_text()
    resumed = invoke("train", "--resume", run, "--epochs", 2)
    assert resumed.exit_code == 0, resumed.output
    other = tiny_runs.write_csv(tmp_path / "other.csv", tiny_runs.reviews(80, labels=("a", "b")))
    more = ["train", "sentiment_lstm", "--weights", run, "--data", other, "--out", tmp_path / "c"]
    result = invoke(*more, "--set=epochs=1")
    assert result.exit_code == 0, result.output
    assert "New: logits." in result.stdout, result.stdout
    refused = invoke(*more[:3], run, "--set=units=7", *more[4:-1], tmp_path / "d")
    assert refused.exit_code == 2
    assert "was trained with units=6, so it cannot be 7" in refused.stderr
