"""Each task from the shell: train, evaluate, predict, export."""

import json

import pytest
import tensorflow as tf
from task_cases import CASES

from rnn_zoo.export.clients.client import fields
from rnn_zoo.training import RunFolder

SHELL = {case.fullest: case for case in CASES.values() if case.shell is not None}


def overridden(settings):
    """Options of `train`."""
    return [f"--set={name}={json.dumps(value)}" for name, value in settings.items()]


@pytest.mark.slow
@pytest.mark.tensorflow_only  # sentiment shows that the shell works on JAX too
@pytest.mark.parametrize("name", SHELL)
def test_train_evaluate_predict_export(invoke, tmp_path, name):
    shell = SHELL[name].shell
    folder = tmp_path / "data"
    folder.mkdir()
    data = shell.write(folder)
    path = folder / shell.text
    is_file = path.is_file()
    text, raw = (str(path), path.read_bytes()) if is_file else (shell.text, shell.text)
    run = tmp_path / "run"
    options = overridden(SHELL[name].tiny | {"epochs": 2})
    trained = invoke("train", name, "--data", data, "--out", run, *options)
    assert trained.exit_code == 0, trained.output
    folder = RunFolder.open(run)
    scores = json.loads(folder.metrics.read_text())["test"]
    assert set(scores) == shell.metrics
    *before, evaluated = invoke("evaluate", run, "--data", data).stdout.splitlines()
    assert any("in lower case" in line for line in before) == (shell.field == "text")
    assert evaluated.endswith(", ".join(f"{key} {scores[key]:.4f}" for key in sorted(scores)))
    predicted = invoke("predict", run, text)
    answer, shown = predicted.stdout.rstrip("\n").split("\t")
    assert shown == text
    ((expected,),) = map(fields, folder.load().answers([text]))
    assert answer == expected
    more = []
    written = invoke("generate", run, text)
    if shell.field == "text":
        assert written.stdout == f"{answer}\n"
        nothing = invoke("generate", run)
        assert nothing.exit_code == 2
        assert nothing.stderr == (
            "Error: No input: give one as an argument, or lines on standard input.\n"
        )
        more = ["--decoding", "beam", "--width", 1]
    else:
        assert written.exit_code == 2
        assert "writes no text: use rnn-zoo predict" in written.stderr
    exported = invoke("export", run, "--out", tmp_path / "served", *more)
    assert exported.exit_code == 0, exported.stderr
    for saved in (folder.export, tmp_path / "served"):
        serve = tf.saved_model.load(saved).signatures["serving_default"]
        (name,) = serve.structured_input_signature[1]
        served = serve(**{name: tf.constant([raw])})[shell.field].numpy().ravel()
        assert b" ".join(served).decode() == answer


@pytest.mark.tensorflow_only
def test_a_language_model(invoke, tmp_path):
    data = tmp_path / "book.txt"
    data.write_text("to be, or not to be\n" * 40)
    run = tmp_path / "run"
    # After so little it has not learned when to end.
    few = {"depth": 1, "batch_size": 4, "epochs": 2, "learning_rate": 0.002}
    options = overridden(CASES["language_model"].tiny | few)
    trained = invoke("train", "char_lm_lstm", "--data", data, "--out", run, *options)
    assert trained.exit_code == 0, trained.output
    assert "test characters" in trained.stdout  # a book is one example
    metrics = json.loads((run / "metrics.json").read_text())["test"]
    assert set(metrics) == {"accuracy", "loss", "perplexity", "bits_per_character"}
    evaluated = invoke("evaluate", run, "--data", data).stdout.splitlines()[-1]
    assert f"perplexity {metrics['perplexity']:.4f}" in evaluated
    settings = ["--max-new-tokens", 12, "--temperature", 0.5, "--seed", 1]
    once, again = (invoke("generate", run, "to be", *settings).stdout for _ in range(2))
    assert once == again
    assert once.startswith("to be")
    begun = invoke("generate", run, "--max-new-tokens", 3, "--seed", 1)
    assert begun.exit_code == 0, begun.stderr
    assert begun.stdout.strip("\n")
    lines = invoke("generate", run, *settings, input="to be\nor not\n").stdout
    assert lines == invoke("generate", run, "to be", "or not", *settings).stdout
    unknown = invoke("generate", run, "TO BE")
    assert unknown.exit_code == 2
    assert "never seen: 'T', 'O', 'B', 'E'" in unknown.stderr
    best = ["--decoding", "beam", "--width", 3, "--n-best", 2, "--max-new-tokens", 2]
    pairs = invoke("generate", run, "to be", *best).stdout.split("\n")
    assert len(pairs) == 4
    assert pairs[2:] == ["", ""]  # after those of an input, and after the last line
    texts, scores = zip(*(pair.split("\t") for pair in pairs[:2]), strict=True)
    assert len(set(texts)) == 2
    assert float(scores[0]) >= float(scores[1])
    misplaced = invoke("export", run, "--out", tmp_path / "served", "--width", 2)
    assert misplaced.exit_code == 2
    assert "sample decoding has no option 'width'" in misplaced.stderr
    assert "'width' is an option of beam" in misplaced.stderr
    out = tmp_path / "served"
    assert invoke("export", run, "--out", out, "--decoding", "greedy", *settings[:2]).exit_code == 0
    served = tf.saved_model.load(out).signatures["serving_default"](text=tf.constant(["to be"]))
    expected = invoke("generate", run, "to be", "--decoding", "greedy", *settings[:2]).stdout
    assert "to be" + served["text"].numpy()[0].decode() + "\n" == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "tagger_lstm",
            "EU\tB-ORG\nrejects\n",
            "line 2: 1 columns, but the first line of words has 2",
        ),
        ("tagger_lstm", "EU\tO\n\nno\tO\n\n" * 8, "one class only, 'O'"),
        ("seq2seq_lstm", "a man\tein mann\na dog\t\n", "line 2: the target is missing"),
        ("seq2seq_lstm", "a man\n", "cannot tell which column is the target"),
    ],
)
def test_bad_files(invoke, tmp_path, name, content, message):
    data = tmp_path / ("data.conll" if name.startswith("tagger") else "data.tsv")
    data.write_text(content)
    result = invoke("train", name, "--data", data, "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "run").exists()


def test_data_of_another_kind(invoke, tmp_path):
    result = invoke("train", "tagger_lstm", "--data", "dates", "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert "dates holds source and target; this task learns from words and tags" in result.stderr
