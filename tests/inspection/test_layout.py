"""What findings look like."""

import json

import numpy as np

from rnn_zoo.datasets import Examples, Origin, Splits
from rnn_zoo.inspection import as_lines, as_text, inspect

SPLITS = Splits(
    Examples(["a joy", "A joy", "a bore", ""] * 2, ["pos", "neg", "neg", "pos"] * 2),
    test=Examples(["a bore", "fun fun"], ["neg", "pos"]),
    held_out=("test",),
    columns={"text": "review", "label": "stars"},
    origin=Origin(("id", "user"), "\t", "utf-8"),
)
TEXT = """\
reviews.tsv: labeled texts, as sentiment_lstm reads them

Columns: text is 'review', label is 'stars'; others: id, user
Written in utf-8, cells divided by tabs

Part             examples   empty   repeated   in train   conflicting
train                   8       2          4          -             4
test, held out          2       0          0          1             0
Repeated: an equal input stands earlier in the part.
In train: an equal input stands in the training part.
Conflicting: an equal input has another label elsewhere in the data.

Label   train            test
pos         4   50.0 %      1   50.0 %
neg         4   50.0 %      1   50.0 %

Length         shortest   median   95 % up to   longest   in all   limit   cut
train, words          0        2            2         2       12     256     0
test, words           2        2            2         2        4     256     0

Unknown after training   in all   unknown    share   distinct
test, words                   4         2   50.0 %          1
Unknown words of test: fun 2

What looks odd
- 2 examples of the training part have a text without a single token.
- 4 examples of the training part (50.0 %) have an input that has another label elsewhere: no model
  can be right about all of them.
- 1 example of the test part (50.0 %) has an input that the training part has as well: scores are
  better on it than on new data.
- 50.0 % of the words of the test part are unknown: training does not see them, or too rarely.
  Subwords (--set tokens=subwords) or characters are known more often."""
LINES = [
    "Columns of reviews.tsv: text is 'review', label is 'stars'; others: id, user",
    "reviews.tsv has no test part: 2 examples are held out.",
    "sentiment_lstm on reviews.tsv: 8 train, 2 test examples",
    "Labels: pos 50.0 %, neg 50.0 %",
    "Lengths: 0 to 2 words, median 2, 95 % up to 2",
    "The train part: 2 empty, 4 repeated, 4 with conflicting labels",
    "The test part: 1 also in train, 50.0 % unknown words",
]


def test_labeled_texts():
    found = inspect(SPLITS, "sentiment_lstm", source="reviews.tsv")
    assert as_text(found) == TEXT
    assert list(as_lines(found)) == LINES


def test_json_holds_it():
    found = inspect(SPLITS, "sentiment_lstm", source="reviews.tsv")
    content = json.loads(json.dumps(found.to_dict()))
    assert content["columns"] == {"text": "review", "label": "stars"}
    assert content["other_columns"] == ["id", "user"]
    assert content["parts"]["test"]["unknown"][0]["frequent"] == {"fun": 2}
    assert content["parts"]["train"]["labels"] == {"pos": 4, "neg": 4}
    assert content["warnings"] == list(found.warnings)


def test_nothing_is_too_wide():
    long = "word" * 60
    names = tuple(f"column number {i}" for i in range(40))
    splits = Splits(
        Examples([long, "b\tc", "d"] * 20, [f"{long} {i}" for i in range(60)]),
        test=Examples([f"{long}{i} \N{GRINNING FACE}" for i in range(20)], [f"\n{long}"] * 20),
        columns={"text": long, "label": "label"},
        origin=Origin(names, ",", "utf-8"),
        warnings=("odd " * 80,),
    )
    found = inspect(splits, "sentiment_lstm", source=f"{'folder/' * 30}data.csv")
    lines = as_text(found).splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.startswith("and 48 more") for line in lines)
    assert list(as_lines(found))[2].endswith("and 54 more")


def test_a_book_is_counted_in_tokens():
    found = inspect(Splits(Examples(["abc" * 500])), "char_lm_lstm", source="book.txt")
    assert next(as_lines(found)) == "char_lm_lstm on book.txt: 1,500 train characters"
    text = as_text(found)
    assert "Nothing looks odd." in text
    assert "cut" not in text


def test_pairs_name_their_sides():
    pairs = Splits(Examples(["one", "two"], ["eins", "zwei"]), test=Examples(["six"], ["sechs"]))
    found = inspect(pairs, "seq2seq_lstm")
    assert "Lengths: 1 to 1 words of the target, median 1, 95 % up to 1" in list(as_lines(found))
    assert "test, words of the source" in as_text(found)
    assert "100 % unknown words of the source" in list(as_lines(found))[-1]


def test_a_test_part_alone():
    found = inspect(Splits(test=Examples(["a", "b"], ["x", "y"])), "sentiment_lstm")
    assert list(as_lines(found)) == ["sentiment_lstm on the data: 2 test examples"]
    assert "Unknown" not in as_text(found)


def test_targets_of_series():
    splits = Splits(Examples(np.arange(12.0).reshape(4, 3), np.arange(4.0)))
    lines = as_text(inspect(splits, "adding_lstm")).splitlines()
    assert "Target   minimum   mean     std   maximum" in lines
    assert "train          0    1.5   1.118         3" in lines
