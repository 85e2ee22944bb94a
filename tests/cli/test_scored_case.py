"""Scores of texts say where case does not count."""

import pytest

from rnn_zoo import registry
from rnn_zoo.cli.data import report_case

LINE = "Texts are compared in lower case: lowercase=false keeps their case.\n"


@pytest.mark.parametrize(
    ("name", "settings", "printed"),
    [
        ("seq2seq_lstm", {}, LINE),
        ("caption_lstm", {}, LINE),
        ("seq2seq_lstm", {"lowercase": False}, ""),
        ("sentiment_lstm", {}, ""),
        ("word_lm_lstm", {}, ""),
    ],
)
def test_it_is_said_where_texts_are_compared_in_lower_case(capsys, name, settings, printed):
    report_case(registry.override(registry.find(name), settings))
    assert capsys.readouterr().out == printed
