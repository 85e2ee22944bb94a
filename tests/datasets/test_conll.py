import os
from pathlib import Path

import pytest

from rnn_zoo.datasets import Examples, load
from rnn_zoo.errors import DataError

REAL = os.environ.get("RNN_ZOO_TEST_DATA")
needs_data = pytest.mark.skipif(not REAL, reason="RNN_ZOO_TEST_DATA is not set")

EXPECTED = Examples([["EU", "rejects"], ["call"]], [["B-ORG", "O"], ["O"]])
UPOS = """# text = Du vin.
1-2\tDu\t_\t_\t_\t_\t_\t_\t_\t_
1\tDe\tde\tADP\tx\t_\t_\t_\t_\t_
2\tle\tle\tDET\ty\t_\t_\t_\t_\t_
2.1\tgone\t_\tVERB\t_\t_\t_\t_\t_\t_
3\tvin\tvin\tNOUN\tz\t_\t_\t_\t_\t_

# sent_id = 2
1\t#\t#\tSYM\tz\t_\t_\t_\t_\t_
"""


def tagged(path, content, **options):
    path.write_text(content, encoding="utf-8")
    return load(path, "tagged_words", **options)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("EU\tB-ORG\nrejects\tO\n\ncall\tO\n\n", {}),
        ("\n\nEU B-ORG\r\nrejects O\r\n\r\n\r\ncall O", {}),
        ("-DOCSTART- -X- O O\n\nEU NNP I-NP B-ORG\nrejects VB I-VP O\n\ncall N x O\n", {}),
        ("EU  B-ORG \nrejects O\n\ncall O", {}),
        ("  EU B-ORG\n rejects O \n\n\n  call O", {}),
        ("EU B-ORG\nrejects O\n \ncall O\n\t\n", {}),
        ("EU\t\tB-ORG\nrejects\tx\tO\n\ncall\t\tO\n", {}),
        ("0\tB-ORG\tEU\tx\n1\tO\trejects\tx\n\n0\tO\tcall\tx\n", {"input": 2, "target": 1}),
    ],
)
def test_columns(tmp_path, content, options):
    assert tagged(tmp_path / "train.conll", content, **options).train == EXPECTED


def test_words_that_hold_spaces_or_odd_line_ends(tmp_path):
    part = tagged(tmp_path / "a.txt", "1 000\tNUM\nna\u2028me\tX\n").train
    assert part == Examples([["1 000", "na\u2028me"]], [["NUM", "X"]])
    part = tagged(tmp_path / "a.txt", "10\u00a0000 CARD B-X\n").train
    assert part == Examples([["10\u00a0000"]], [["B-X"]])


def test_a_conllu_file_with_other_columns(tmp_path):
    with pytest.raises(DataError, match="line 1: 3 columns, but CoNLL-U has 10"):
        tagged(tmp_path / "a.conllu", "1\tEU\tPROPN\n")


def test_conllu_skips_comments_multiword_tokens_and_empty_nodes(tmp_path):
    part = tagged(tmp_path / "a.conllu", UPOS).train
    assert part == Examples([["De", "le", "vin"], ["#"]], [["ADP", "DET", "NOUN"], ["SYM"]])
    named = tagged(tmp_path / "a.conllu", UPOS, target="xpos", input="lemma").train
    assert named == Examples([["de", "le", "vin"], ["#"]], [["x", "y", "z"], ["z"]])


def test_a_folder_whose_files_are_named_after_the_parts(tmp_path):
    for name in ("en_ewt-ud-train.conllu", "en_ewt-ud-dev.conllu", "en_ewt-ud-test.conllu"):
        (tmp_path / name).write_text(UPOS)
    assert list(load(tmp_path, "tagged_words").parts) == ["train", "validation", "test"]


def test_parts_that_are_suffixes(tmp_path):
    for name in ("esp.train", "esp.testa", "esp.testb"):
        (tmp_path / name).write_text(f"{name[4:]} O\n")
    splits = load(tmp_path, "tagged_words")
    assert [part.inputs for part in splits.parts.values()] == [
        [["train"]],
        [["testa"]],
        [["testb"]],
    ]


def test_parallel_files_of_words_and_tags(tmp_path):
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "seq.in").write_text("EU rejects\ncall\n")
        (tmp_path / part / "seq.out").write_text("B-ORG O\nO\n")
        (tmp_path / part / "label").write_text("a\nb\n")
    splits = load(tmp_path, "tagged_words")
    assert splits.train == splits.test == EXPECTED
    assert splits.columns == {"words": "in", "tags": "out"}
    assert load(tmp_path).train == Examples(["EU rejects", "call"], ["a", "b"])  # intents
    (tmp_path / "train" / "seq.out").write_text("B-ORG\nO\n")
    with pytest.raises(DataError, match=r"seq\.in, line 1: 2 words, but 1 tags|line 1: 2 words"):
        load(tmp_path, "tagged_words")


def test_several_test_sets(tmp_path):
    for name in ("train.conll", "test_a.conll", "test_b.conll"):
        (tmp_path / name).write_text("EU O\n")
    with pytest.raises(DataError, match=r"test_a\.conll, test_b\.conll.*of several test sets keep"):
        load(tmp_path, "tagged_words")


ERRORS = [
    ("", {}, "no sentences in this file"),
    ("EU\tB-ORG\nrejects\n", {}, "line 2: 1 columns, but the first line of words has 2"),
    ("EU\tB-ORG\nrejects\t\n", {}, "line 2"),
    ("# id\tdomain=en\nthe _ _ O\n", {}, "line 2: 1 columns, but the first line of words has 2"),
    ("EU O\n\t O\n", {}, r"line 2: a tab in '\\t O', but spaces divide"),
    ("EU O\nNATO\tO\n", {}, "line 2: a tab in .* A file has one delimiter"),
    ("EU\tO\n\tO\n", {}, "line 2: column 0 is empty"),
    ("EU\tO\nNATO O\n", {}, "line 2: 1 columns, but the first line of words has 2"),
    ("EU\tO\n \tO\n", {}, "line 2: column 0 is empty"),
    ("EU\tB-ORG\n", {"target": 2}, "no column '2'. The columns are: 0, 1"),
    ("EU\n", {}, "cannot be both the words and the tags"),
]


@pytest.mark.parametrize(("content", "options", "message"), ERRORS)
def test_errors(tmp_path, content, options, message):
    with pytest.raises(DataError, match=r"a\.conll.*" + message):
        tagged(tmp_path / "a.conll", content, **options)


def test_a_folder_of_several_files(tmp_path):
    for name in ("a.conll", "b.conll"):
        (tmp_path / name).write_text("EU\tO\n")
    with pytest.raises(DataError, match=r"holds a\.conll, b\.conll. Tagged words are read from"):
        load(tmp_path, "tagged_words")


@needs_data
def test_wnut17():
    splits = load(Path(REAL) / "wnut17", "tagged_words")
    assert {name: len(part) for name, part in splits.parts.items()} == {
        "train": 3394,
        "validation": 1009,
        "test": 1287,
    }
    assert {tag for tags in splits.train.targets for tag in tags} >= {"O", "B-person", "I-person"}


@needs_data
def test_universal_dependencies():
    splits = load(Path(REAL) / "universal_dependencies", "tagged_words")
    assert [len(part) for part in splits.parts.values()] == [12_543, 2_001, 2_077]
    assert len({tag for tags in splits.train.targets for tag in tags}) == 17
