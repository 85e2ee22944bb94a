"""Exports under fire: ten thousand inputs of every kind for each task and format.

The files say what the task says, nothing fails, and the memory of thousands of calls stays level.
"""

import io
import os
import random
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_zoo.errors import DataError
from rnn_zoo.export.clients import saved_model_client
from rnn_zoo.export.clients.client import Model
from rnn_zoo.tasks import LanguageModel
from rnn_zoo.tasks.sources import load_task

Image = pytest.importorskip("PIL.Image")
pytestmark = [pytest.mark.tensorflow_only, pytest.mark.slow]
EXAMPLES, TOGETHER = 110, 100
"""Hypothesis' examples, and the inputs of each."""
CALLS = 5000
WORDS_OF = {"onnx": 100_000, "litert": 5_000, "tf_saved_model": 100_000}
"""LiteRT's loops copy what they have written at each step: the time grows with its square."""
MIB = 2**20
FILES = {"onnx": "model.onnx", "litert": "model.tflite"}
SPECIAL = [
    *("", " ", "\t\n\r\f\v", "\0", "a\0b", "\u2028", "\u00a0", "\ufeff", "\u0130 \u1e9e"),
    *("[PAD]", "[UNK] [START] [END] [EOL]", "\u2581a \u2581\u2581", "e\u0301 \u00e9", "\U0010ffff"),
    "a" * 3000,
]  # fmt: skip
WORDS = ["the", "not", "a", "good", "dull", "5", "May", "2021", "def", "list", "Go", "!"]
TEXT = st.one_of(
    st.sampled_from(SPECIAL),
    st.text(max_size=12),  # every plane of Unicode but halves of characters
    st.binary(max_size=12).map(lambda x: x.decode("utf-8", "replace")),
    st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
)
BYTES = st.one_of(TEXT.map(str.encode), st.binary(max_size=12))  # most are no UTF-8
SERIES = st.lists(
    st.tuples(st.floats(-1e3, 1e3, width=32), st.sampled_from([0.0, 1.0])), min_size=1, max_size=9
).map(lambda steps: [list(step) for step in steps])
KNOWN = st.lists(st.sampled_from(["the", "def", "list", "(", ".", "is"]), max_size=9).map(" ".join)
"""Texts of words that a language model knows: it goes on with no others."""
KINDS = [
    *(("PNG", mode) for mode in ("1", "L", "P", "LA", "RGB", "RGBA")),
    *((format, mode) for format in ("GIF", "BMP") for mode in ("L", "RGB")),
]
"""Formats, of which every pixel is the same for TensorFlow and Pillow, and modes."""


def image_file(size, kind, brightest, seed=0):
    """The bytes of a file of noise, `(width, height)`."""
    format, mode = kind
    noise = np.random.default_rng(seed).integers(0, brightest + 1, (*size[::-1], 3))
    file = io.BytesIO()
    Image.fromarray(noise.astype("uint8")).convert(mode).save(file, format)
    return file.getvalue()


SIZES = st.one_of(
    st.sampled_from([(1, 1), (1, 2000), (2000, 1), (40, 8)]),
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
IMAGES = st.builds(
    image_file, SIZES, st.sampled_from(KINDS), st.sampled_from([0, 1, 255]), st.integers(0, 999)
)
TASKS = {
    "caption_lstm@digit_strips": ((IMAGES,), {"decoding": "greedy"}),
    "sentiment_lstm@synthetic_reviews": ((TEXT, BYTES), {}),
    "tagger_bilstm_crf@ud_english_ewt": ((TEXT, BYTES), {}),
    "tagger_bilstm@ud_english_ewt": ((TEXT, BYTES), {}),
    "seq2seq_lstm_attention@dates": ((TEXT, BYTES), {"decoding": "greedy", "max_new_tokens": 5}),
    "word_lm_lstm@python_reference": ((KNOWN,), {"decoding": "greedy", "max_new_tokens": 3}),
    "adding_gru@adding_100": ((SERIES,), {}),
}


def same(got, want):
    """Whether two answers agree: numbers to 1e-5, everything else as it is."""
    if isinstance(want, dict):
        return got["label"] == want["label"] and same(
            [*got["probabilities"].values()], [*want["probabilities"].values()]
        )
    if isinstance(want, list) and want and isinstance(want[0], float):
        return bool(np.allclose(got, want, rtol=1e-5, atol=1e-5))
    return got == want


class Served:
    """A SavedModel, asked as the clients of the other formats are."""

    def __init__(self, path, task):
        self.model = tf.saved_model.load(str(path))
        self.continues = isinstance(task, LanguageModel)  # it gives what comes after the text

    def __call__(self, raw, batch_size=32):
        signature = self.model.signatures["serving_default"]
        specs = signature.structured_input_signature[1]
        answers = []
        for first in range(0, len(raw) or 1, batch_size):  # none at all are asked for, too
            part = raw[first : first + batch_size]
            served = signature(**saved_model_client.request(specs, part))
            rows = {name: output.numpy().tolist() for name, output in served.items()}
            batch = [self.answer({name: rows[name][i] for name in rows}) for i in range(len(part))]
            if self.continues:
                batch = [" ".join(filter(None, pair)) for pair in zip(part, batch, strict=True)]
            answers += batch
        return answers

    @staticmethod
    def answer(row):
        plain = saved_model_client.plain(row.get("tags", row.get("text", row.get("values"))))
        if plain is not None:
            return plain
        label, classes = (saved_model_client.plain(row[name]) for name in ("label", "classes"))
        return {
            "label": label,
            "probabilities": dict(zip(classes, row["probabilities"], strict=True)),
        }


@pytest.fixture(scope="module", params=TASKS)
def exported(request, tmp_path_factory):
    """A task, what it may be asked, its options, and the clients of its files by format."""
    task = load_task(request.param)
    inputs, options = TASKS[request.param]
    clients = {}
    for format, file in FILES.items():
        path = tmp_path_factory.mktemp(format) / file
        task.export(path, format=format, **options)
        clients[format] = Model(path)
    path = tmp_path_factory.mktemp("served")
    task.export(path, **options)
    clients["tf_saved_model"] = Served(path, task)
    return task, inputs, options, clients


def drawn(inputs):
    """Ten thousand inputs as Hypothesis draws them, the same in every run."""
    found = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(inputs, min_size=TOGETHER, max_size=TOGETHER))
    def draw(raw):
        found.extend(raw)

    draw()
    return found


def test_ten_thousand_inputs(exported):
    task, inputs, options, clients = exported
    count = 0
    for kind in inputs:  # texts, and bytes
        raw = drawn(kind)
        count += len(raw)
        want = task.answers(raw, **options)
        for format, client in clients.items():
            got = client(raw)
            wrong = [(x, a, b) for x, a, b in zip(raw, got, want, strict=True) if not same(a, b)]
            assert not wrong, f"{format}: {wrong[:3]}"
    assert count >= 10_000


def several(name, count):
    """Inputs of many lengths, the same in every run."""
    rng = random.Random(0)
    if name.startswith("adding"):
        return [[[rng.random(), 1.0] for _ in range(rng.randint(1, 40))] for _ in range(count)]
    if name.startswith("caption"):
        return [image_file((i % 50 + 1, i % 9 + 1), KINDS[1], 255, i) for i in range(count)]
    return [
        " ".join(rng.choices(["the", "a", "list", "not", "good"], k=i % 40)) for i in range(count)
    ]


def test_any_number_together(exported):
    task, _, _, clients = exported
    raw = several(task.name, 1000)
    for client in clients.values():
        assert client([]) == []
        one_by_one = client(raw, batch_size=1)
        together = client(raw, batch_size=1000)
        assert all(map(same, together, one_by_one))


def test_many_words(exported):
    task, _, options, clients = exported
    for format, client in clients.items():
        raw = ["the " * WORDS_OF[format]]
        if task.name.startswith("adding"):
            raw = [[[0.5, 1.0]] * WORDS_OF[format]]
        if task.name.startswith("caption"):
            raw = [image_file((4000, 3), KINDS[1], 255), image_file((1500, 2000), KINDS[4], 255)]
        assert all(map(same, client(raw), task.answers(raw, **options)))


def test_memory_stays_level(exported):
    task, _, _, clients = exported
    for client in clients.values():
        used = []
        for number, raw in enumerate(several(task.name, CALLS)):
            client([raw])
            if number in (CALLS // 5, CALLS - 1):
                used.append(resident())
        assert used[1] - used[0] < MIB * 16


def resident():
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


BROKEN = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"", b"\0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"\xff\xd8\xff"]),
    # A file that is cut off, with other bytes behind it.
    st.builds(
        lambda content, share, more: content[: int(len(content) * share)] + more,
        IMAGES,
        st.floats(0, 0.8),
        st.binary(max_size=9),
    ),
)


@pytest.mark.parametrize("exported", ["caption_lstm@digit_strips"], indirect=True)
def test_what_is_no_image_is_an_error(exported):
    task, _, _, clients = exported
    good = image_file((40, 8), KINDS[1], 255)
    errors = {"onnx": ValueError, "litert": ValueError, "tf_saved_model": tf.errors.OpError}
    for content in drawn(BROKEN)[::4]:
        with pytest.raises(DataError, match="Example 1: "):
            task.preprocessor.read_inputs([good, content])
        for format, client in clients.items():
            with pytest.raises(errors[format]):
                client([good, content], batch_size=2)
    assert clients["onnx"]([good]) == task.answers([good])
