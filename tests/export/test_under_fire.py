"""Exports under fire: ten thousand inputs of every kind for each task and format.

The files say what the task says, nothing fails, and the memory of thousands of calls stays level.
"""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_zoo.export.clients import saved_model_client
from rnn_zoo.export.clients.client import Model
from rnn_zoo.tasks import LanguageModel
from rnn_zoo.tasks.sources import load_task

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
TASKS = {
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

    def __init__(self, path):
        import tensorflow as tf

        self.model = tf.saved_model.load(str(path))

    def __call__(self, raw, batch_size=32):
        signature = self.model.signatures["serving_default"]
        specs = signature.structured_input_signature[1]
        answers = []
        for first in range(0, len(raw), batch_size):
            part = raw[first : first + batch_size]
            served = signature(**saved_model_client.request(specs, part))
            rows = {name: output.numpy().tolist() for name, output in served.items()}
            answers += [
                self.answer({name: rows[name][i] for name in rows}) for i in range(len(part))
            ]
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
    if not isinstance(task, LanguageModel):  # whose signature gives what comes after the text
        path = tmp_path_factory.mktemp("served")
        task.export(path, **options)
        clients["tf_saved_model"] = Served(path)
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
        assert same(client(raw)[0], task.answers(raw, **options)[0])


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
