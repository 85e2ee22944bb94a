import json

from rnn_zoo.datasets import Examples, Splits, fingerprint

TEXTS = ["fun", "dull", "ein Käse \ud83d\ude00", ""]


def of(texts, labels):
    return fingerprint(Splits(train=Examples(texts, labels)))["sha256"]


def test_same_content_same_fingerprint():
    assert of(TEXTS, list("abab")) == of(list(TEXTS), list("abab"))


def test_any_change_changes_it():
    base = of(TEXTS, list("abab"))
    changed = [
        of(TEXTS[::-1], list("baba")),  # order
        of(TEXTS, list("abba")),
        of(["fun ", *TEXTS[1:]], list("abab")),
        fingerprint(Splits(test=Examples(TEXTS, list("abab"))))["sha256"],
    ]
    assert len({base, *changed}) == 5


def test_cells_do_not_run_into_each_other():
    assert of(["ab", "c"], ["x", "y"]) != of(["a", "bc"], ["x", "y"])
    assert of(["a"], ["1"]) != of(["a"], [1])


def test_counts_and_held_out_parts():
    examples = Examples([str(i) for i in range(20)], [0, 1] * 10)
    found = fingerprint(Splits(train=examples, validation=examples).complete(0.1, seed=1))
    assert found["splits"]["validation"] == {"examples": 20, "held_out": False}
    assert found["splits"]["test"]["held_out"] is True
    assert found["splits"]["train"]["examples"] == 18
    assert json.loads(json.dumps(found)) == found
