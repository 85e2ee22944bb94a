import pytest

from rnn_zoo.datasets import Examples, load
from rnn_zoo.errors import DataError


def lines(tmp_path, *content, name="reviews.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["reviews.jsonl", "reviews.json"])
def test_keys_found(tmp_path, name):
    path = lines(
        tmp_path,
        '{"id": 1, "review": "a \\"joy\\"", "stars": 5}',
        "",
        '{"stars": 1.0, "review": ""}',
        name=name,
    )
    found = load(path).train
    assert found == Examples(['a "joy"', ""], [5, 1])
    assert all(type(label) is int for label in found.targets)


def test_keys_named(tmp_path):
    path = lines(tmp_path, '{"text": "title", "body": "fun", "class": "x", "verdict": "good"}')
    assert load(path, input="body", target="verdict").train == Examples(["fun"], ["good"])


GOOD = '{"text": "fun", "label": 1}'
ERRORS = [
    ((), {}, "no examples"),
    ((GOOD, '{"text": "fun", "label": null}'), {}, "line 2: the label is missing"),
    ((GOOD, '{"text": "fun"}'), {}, "line 2: the label is missing"),
    ((GOOD, "", '{"text": "fun", "label": NaN}'), {}, "line 3: the label is NaN"),
    ((GOOD, '{"text": "fun", "label": 0.5}'), {}, "line 2: 0.5 is no label"),
    ((GOOD, '{"text": "fun", "label": [1]}'), {}, r"line 2: \[1\] is no label"),
    ((GOOD, '{"text": "fun", "label": true}'), {}, "line 2: True is no label"),
    ((GOOD, '{"text": "fun", "label": "1"}'), {}, "line 2: the label is '1', the first is 1"),
    ((GOOD, '{"label": 1}'), {}, "line 2: the text is missing"),
    ((GOOD, '{"text": 7, "label": 1}'), {}, "line 2: a text should be a string, got 7"),
    ((GOOD, "{'text': 'fun'}"), {}, "line 2: not JSON"),
    (("[", GOOD, "]"), {}, "line 1: not JSON.*Each line should be one object"),
    ((f"[{GOOD}]",), {}, "line 1: each line should be one JSON object"),
    (('{"a": "fun", "b": 1, "c": 2}',), {}, "which column is the text.*a, b, c"),
    ((GOOD,), {"target": "stars"}, "no column 'stars'.*text, label"),
]


@pytest.mark.parametrize(("content", "options", "message"), ERRORS)
def test_errors(tmp_path, content, options, message):
    with pytest.raises(DataError, match=r"reviews\.jsonl.*" + message):
        load(lines(tmp_path, *content), **options)
