import pytest

from rnn_zoo.datasets import Examples, load
from rnn_zoo.datasets.formats.delimited import sniff_delimiter
from rnn_zoo.errors import DataError


def table(tmp_path, content, name="reviews.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode())
    return path


TWO = Examples(["a joy, all of it", ""], ["pos", "neg"])


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ('Text,Label\n"a joy, all of it",pos\n,neg\n', {}),
        ('\ufeffreview,sentiment\r\n"a joy, all of it",pos\r\n\r\n,neg\r\n', {}),
        ('id,class,content\n7,pos,"a joy, all of it"\n8, neg ,\n', {}),
        ('note,stars\n"a joy, all of it",pos\n,neg\n', {}),  # of two, the other one
        ('a,b,c\n"a joy, all of it",0,pos\n,0,neg\n', {"input": "a", "target": "c"}),
        ('text,b,label\n0,"a joy, all of it",pos\n0,,neg\n', {"input": "b"}),
        ('"a joy, all of it",0,pos\n,0,neg\n', {"input": "0", "target": "2"}),
        ('pos,"a joy, all of it"\nneg,\n', {"target": 0}),
    ],
)
def test_columns_found_or_named(tmp_path, content, options):
    assert load(table(tmp_path, content), **options).train == TWO


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("text;label\na joy;pos\ndull;neg\n", ";"),
        ("text\tlabel\na joy\tpos\n", "\t"),
        ("text|label\na joy|pos\n", "|"),
        ("\ufefftext;label\na joy, really;pos\n", ";"),  # after a byte order mark
        ('text;label\n"fun; really";pos\n"so\nso";neg\n', ";"),  # quoted
        ('text,label\n"a; b",pos\n"c; d",neg\n', ","),
        ("text,label\na; b,pos\nc; d,neg\n", ","),
        ("text;score\nfun, really;1,5\ngood;0,5\n", ";"),  # decimal commas
        ("1,5;2,5\n3,5;4,5\n", ";"),
        ("good, really;pos\nbad, truly;neg\n", ";"),
        ("text\nfun\ndull\n", ","),  # one column
        ("text,label\nfun,pos\ndull\n", ","),  # a row that lacks a cell
        ("text;label\nfun;pos\ndull\n;\n", ";"),
        ('"never closed;a,b\n', ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_found_out(content, delimiter):
    assert sniff_delimiter(content) == delimiter


def test_a_csv_of_half_of_europe(tmp_path):
    content = '\ufefftext;label\r\n"fun; ""really""";pos\r\nso, so;neg\r\n'
    found = load(table(tmp_path, content)).train
    assert found == Examples(['fun; "really"', "so, so"], ["pos", "neg"])
    with pytest.raises(DataError, match="line 3: 3 cells, but the first row has 2"):
        load(table(tmp_path, "text;label\nfun;pos\na;b;c\n"))


def test_one_column_of_texts(tmp_path):
    assert load(table(tmp_path, "text\nfun\ndull\n"), "texts").train.inputs == ["fun", "dull"]
    assert load(table(tmp_path, "fun\ndull\n"), "texts").train.inputs == ["fun", "dull"]


def test_two_columns_without_a_header(tmp_path):
    content = "1,fun\n0,dull\n1,fun again\n0,a bore\n"
    assert load(table(tmp_path, content)).train == Examples(
        ["fun", "dull", "fun again", "a bore"], ["1", "0", "1", "0"]
    )


def test_quotes_in_tsv_are_plain_characters(tmp_path):
    content = '"a joy\t1\n" dull "\t0\nsaid "fun"\t1\nso so\t0\n'
    found = load(table(tmp_path, content, "reviews.tsv")).train
    assert found.inputs == ['"a joy', '" dull "', 'said "fun"', "so so"]


def test_quoted_cells_in_csv_hold_lines_and_quotes(tmp_path):
    content = 'text,label\n"two\nlines, ""quoted""",pos\n'
    assert load(table(tmp_path, content)).train.inputs == ['two\nlines, "quoted"']


def test_long_texts(tmp_path):
    long = "word " * 50_000
    assert load(table(tmp_path, f"text,label\n{long},pos\n")).train.inputs == [long]


ERRORS = [
    ("", {}, "no examples in this file"),
    ("\n \n", {}, "no examples in this file"),
    ("text,label\n", {}, "only a header"),
    ("id,note,label\n1,fun,pos\n", {}, "text. Name it with --input .*: id, note, label"),
    ("id,text,verdict\n1,fun,pos\n", {}, "label. Name it with --target .*: id, text, verdict"),
    ("text,label,label\nx,pos,pos\n", {"target": "label"}, "several columns are called 'label'"),
    ("text,text,label\nx,x,pos\n", {"input": "text"}, "several columns are called 'text'"),
    ("text,review,label\nx,fun,pos\n", {}, "which column is the text"),
    ("phrase,verdict\nfun,pos\ndull,neg\nok,pos\nbad,neg\n", {}, "which column is the label"),
    ("fun,pos\ndull,neg\n", {}, r"count columns from 0"),
    ("text,label\nfun,pos\n", {"input": "txet"}, "no column 'txet'. Did you mean 'text'"),
    ("fun,pos\n", {"input": "0", "target": "2"}, "no column '2'. The columns are: 0, 1"),
    ("text,label\nfun,pos\n", {"input": "label"}, "cannot be both the text and the label"),
    ("text,label\nfun,pos\ndull\n", {}, "line 3: 1 cells, but the first row has 2"),
    ("text,label\nfun, really,pos\n", {}, "line 2: 3 cells"),
    ('text,label\n"a\nb",pos\nfun,\n', {}, "line 4: the label is missing"),
    ("text,label\nfun,NaN\n", {}, "line 2: the label is missing"),
    ('text,label\nfun,pos\n"never closed,neg\nx,y\n', {}, "line 3: malformed CSV"),
    ('text,label\n"said "hi" to me",pos\n', {}, "line 2: malformed CSV.*written twice"),
]


@pytest.mark.parametrize(("content", "options", "message"), ERRORS)
def test_errors(tmp_path, content, options, message):
    with pytest.raises(DataError, match=r"reviews\.csv.*" + message):
        load(table(tmp_path, content), **options)
