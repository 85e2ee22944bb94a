import keras
import numpy as np
import pytest

# The run has learned that "good" says yes and "bad" says no.
TEXTS = ["a b good", "bad", "a b c d e f bad", "", "good", "f bad", "a good"]
LABELS = ["yes", "no", "no", None, "yes", "no", "yes"]


def rows(result):
    assert result.exit_code == 0
    assert result.stderr == ""
    return [line.split("\t", 2) for line in result.stdout.splitlines()]


def check(found, texts=TEXTS):
    assert [text for _, _, text in found] == texts
    for (label, _, _), expected in zip(found, LABELS, strict=True):
        assert expected in (None, label)


def test_arguments_keep_their_order(invoke, shop):
    found = rows(invoke("predict", shop / "run", *TEXTS))
    check(found)
    model = keras.saving.load_model(shop / "run" / "best.keras")
    np.testing.assert_allclose(
        [float(probability) for _, probability, _ in found],
        model.predict(TEXTS, verbose=0).max(axis=1),
        atol=6e-5,
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_standard_input(invoke, shop, end):
    check(rows(invoke("predict", shop / "run", input=end.join(TEXTS) + end)))


def test_more_lines_than_are_predicted_together(invoke, shop, monkeypatch):
    monkeypatch.setattr("rnn_zoo.cli.predict.LINES", 3)
    check(rows(invoke("predict", shop / "run", input="\n".join(TEXTS))))


def test_the_text_comes_last_whatever_it_holds(invoke, shop):
    found = rows(invoke("predict", shop / "run", "good\tbad", "so\ngood\r\n!", "--", "-x"))
    assert [text for _, _, text in found] == ["good\tbad", "so good !", "-x"]


def test_bytes_that_are_not_utf8_come_back_as_they_are(invoke, shop):
    lines = [b"good \xff\xfe", "gut \N{GRINNING FACE} \u00e9".encode(), b"\x00 bad"]
    result = invoke("predict", shop / "run", input=b"\n".join(lines))
    assert result.exit_code == 0
    assert [row.split(b"\t", 2)[2] for row in result.stdout_bytes.splitlines()] == lines
