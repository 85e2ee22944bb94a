import click
import pytest

from rnn_zoo import list_models
from rnn_zoo.cli import main

OF_LSTMS = ["digits_lstm", "sentiment_bilstm", "sentiment_lstm"]
SENTIMENT = sorted([*OF_LSTMS, "sentiment_gru", "sentiment_minlstm", "sentiment_rnn"])


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ([], list_models()),
        (["--task", "sentiment"], SENTIMENT),
        (["sentiment_*lstm"], ["sentiment_bilstm", "sentiment_lstm", "sentiment_minlstm"]),
        (["sentiment_*", "--cell", "gru"], ["sentiment_gru"]),
        (["*lstm", "--cell", "lstm", "--task", "sentiment"], OF_LSTMS),
    ],
)
def test_list(invoke, arguments, names):
    lines = invoke("list", *arguments).stdout.splitlines()
    assert [line.split()[0] for line in lines] == names
    assert all(len(line.split()) > 3 for line in lines)  # says what it is


def test_describe(invoke):
    shown = invoke("describe", "sentiment_lstm").stdout
    for part in ("Hochreiter", "weights", "recurrent_kernel", "clipnorm=", "batch_size=", "input"):
        assert part in shown


def test_describe_a_file(invoke, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("task: sentiment\nname: x_mine\n")
    result = invoke("describe", path)
    assert result.exit_code == 2
    assert f"{path}: the key 'network' is missing" in result.stderr


@pytest.mark.parametrize("name", main.commands)
def test_help_names_every_option_and_gives_an_example(invoke, name):
    shown = invoke(name, "--help").stdout
    assert f"\n  rnn-zoo {name}" in shown.partition("Options:")[0]  # on a line of its own
    for parameter in main.commands[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[0] in shown
            assert parameter.help, parameter.name
        else:
            assert parameter.human_readable_name.strip("[].") in shown


def test_help_of_the_whole(invoke):
    shown = invoke("--help").stdout
    assert "rnn-zoo train sentiment_lstm --data synthetic_reviews" in " ".join(shown.split())
    assert all(f"  {name} " in shown for name in main.commands)


def test_what_is_synthetic_is_called_so(invoke):
    assert "synthetic" in invoke("demo", "--help").stdout
