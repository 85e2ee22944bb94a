"""rnn-zoo diagnose, from a run to a folder of figures."""

import json

import keras
import numpy as np
import pytest


@pytest.mark.tensorflow_only
def test_a_classifier(shop, invoke, tmp_path):
    out = tmp_path / "new" / "seen"
    arguments = ["diagnose", shop / "run", "--data", shop / "good.csv", "--out", out]
    result = invoke(*arguments, "--examples", 4)
    assert result.exit_code == 0, result.output
    *verdict, last = result.stdout.splitlines()
    assert last == f"4 examples, everything is in {out}"
    assert (out / "verdict.txt").read_text().splitlines() == verdict
    assert verdict[0].startswith("recurrent_1: healthy. ||dh_T/dh_t|| is ")
    numbers = json.loads((out / "gradient_flow.json").read_text())["layers"]["recurrent_1"]
    assert np.shape(numbers["gradients"]["c"]["values"])[0] == 4
    for name in ("gradient_flow.png", "gates.png", "hidden_states.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    again = invoke(*arguments)
    assert again.exit_code == 2
    assert "exists: choose another folder, or add --overwrite" in again.stderr
    assert invoke(*arguments, "--overwrite").exit_code == 0
    (out / "thesis.txt").write_text("mine")
    assert "holds thesis.txt: it is left alone" in invoke(*arguments, "--overwrite").stderr


@pytest.mark.tensorflow_only
def test_a_language_model(invoke, tmp_path):
    data = tmp_path / "book.txt"
    data.write_text("to be, or not to be\n" * 40)
    run = tmp_path / "run"
    small = ["units=8", "embedding_dim=8", "min_count=1", "epochs=1", "depth=2", "window=8"]
    options = [f"--set={setting}" for setting in (*small, "batch_size=4")]
    assert invoke("train", "char_lm_lstm", "--data", data, "--out", run, *options).exit_code == 0
    out = tmp_path / "seen"
    result = invoke("diagnose", run, "--data", data, "--out", out, "--examples", 3)
    assert result.exit_code == 0, result.output
    with np.load(out / "hidden_states.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {f"decoder_{i}.{state}" for i in (1, 2) for state in "hc"}
        assert arrays["decoder_2.h"].shape[0] == 3
        assert 9 <= arrays["decoder_2.h"].shape[1] <= 16
    assert (out / "hidden_states.png").exists()


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="there it works")
def test_on_jax_it_says_where_it_works(shop, invoke, tmp_path):
    out = tmp_path / "seen"
    result = invoke("diagnose", shop / "run", "--data", shop / "good.csv", "--out", out)
    assert result.exit_code == 2
    assert "KERAS_BACKEND=tensorflow" in result.stderr
    assert list(tmp_path.iterdir()) == []
