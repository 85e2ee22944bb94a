"""Which kind of examples data hold, where nobody says."""

import numpy as np
import pytest

from rnn_zoo.datasets import EMBEDDED, recognize
from rnn_zoo.errors import DataError

LABELED = "".join(f"text {i},{i % 2}\n" for i in range(30))
TABLES = {
    "text,label\n" + LABELED: "labeled_texts",
    "text,label\n" + "".join(f"text {i},id{i}\n" for i in range(30)): "labeled_texts",
    "id;review;stars\n1;fun;5\n2;dull;1\n": "labeled_texts",
    "text,mood\n" + LABELED: "labeled_texts",
    LABELED: "labeled_texts",
    "source,target\none,eins\n": "text_pairs",
    "question,answer\nwho,me\n": "text_pairs",
    "one,eins\ntwo words,zwei\n": "text_pairs",
    "text,target\n" + LABELED: "labeled_texts",
    "tokens,ner_tags\na dog,O O\na,O\n": "tagged_words",
    "a dog,X Y\nthe,X\n": "tagged_words",
    "image,caption\na.jpg,a dog\n": "captioned_images",
    "a.jpg,a dog\nb.jpg,a cat\n": "captioned_images",
    "x,y\n1 2 3,4\n1 2,3\n": "series",
    "t1,t2,t3,target\n1,2,3,4\n1,2,5,3\n": "series",
    "text\none\ntwo\n": "texts",
}


@pytest.mark.parametrize("content", TABLES)
def test_tables(tmp_path, content):
    (tmp_path / "a.csv").write_text(content)
    assert recognize(tmp_path / "a.csv") == TABLES[content]
    (tmp_path / "train.csv").write_text(content)
    assert recognize(tmp_path) == TABLES[content]


FILES = {
    "a.conllu": ("1\ta\tb\tX\ty" + "\t_" * 5 + "\n", "tagged_words"),
    "a.conll": ("a O\nb X\n\nc O\n", "tagged_words"),
    "a.txt": ("a\tO\nb\tX\n\nc\tO\n", "tagged_words"),
    "b.txt": ("a joy\tein Spaß\na bore\tlangweilig\n", "text_pairs"),
    "c.txt": ("__label__a fun\n__label__b dull\n", "labeled_texts"),
    "d.txt": ("a fun day\nb dull day\n" * 3, "labeled_texts"),
    "e.txt": ("to be, or not to be\n" * 40, "texts"),
    "captions.json": ('{"train": {"a.jpg": ["a dog"]}}', "captioned_images"),
    "a.jsonl": ('{"words": ["a", "b"], "tags": ["X", "Y"]}\n', "tagged_words"),
}


@pytest.mark.parametrize("name", FILES)
def test_files(tmp_path, name):
    content, schema = FILES[name]
    (tmp_path / name).write_text(content)
    assert recognize(tmp_path / name) == schema


def test_folders(tmp_path):
    for path, content in {
        "classes/pos/1.txt": "fun",
        "classes/neg/1.txt": "dull",
        "intents/train/seq.in": "to Rome\nat two\n",
        "intents/train/seq.out": "O CITY\nO TIME\n",
        "pairs/train.en": "one\ntwo\n",
        "pairs/train.de": "eins\nzwei\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    assert recognize(tmp_path / "classes") == "labeled_texts"
    assert recognize(tmp_path / "intents") == "tagged_words"
    assert recognize(tmp_path / "pairs", input="en", target="de") == "text_pairs"


def test_arrays_and_embedded_sets(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 3)), y=np.zeros(2))
    assert recognize(tmp_path / "a.npz") == "series"
    for name, schema in EMBEDDED.items():
        assert recognize(name) == schema


def test_only_the_first_rows_of_a_table_are_read(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\n" + LABELED * 99 + "damaged\n")
    assert recognize(tmp_path / "a.csv") == "labeled_texts"


def test_named_columns(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,c\n" + "".join(f"{i},w {i},{i % 3}\n" for i in range(30)))
    assert recognize(tmp_path / "a.csv", input="b", target="c") == "labeled_texts"
    assert recognize(tmp_path / "a.csv", input="a", target="c") == "series"
    with pytest.raises(DataError, match=r"cannot tell which.*--task.*are: a, b, c"):
        recognize(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"no column 'bb'. Did you mean 'b'"):
        recognize(tmp_path / "a.csv", input="bb", target="c")


def test_what_is_not_recognized(tmp_path):
    (tmp_path / "a.conll").write_text("a O\nb\n")
    with pytest.raises(DataError, match="cannot tell which kind of examples it holds"):
        recognize(tmp_path / "a.conll")
    (tmp_path / "a.csv").write_bytes(b"text,label\n\xff,1\n")
    with pytest.raises(DataError, match="is not utf-8 text"):
        recognize(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("")
    with pytest.raises(DataError, match="no examples in this file"):
        recognize(tmp_path / "b.csv")
    for name in ("nothing.csv", "synthetic_review", ""):
        with pytest.raises(DataError, match="there is no such file or folder"):
            recognize(name)
