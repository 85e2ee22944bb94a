"""Ask an ONNX or LiteRT model of rnn_zoo: a module of its own, for NumPy and the runtime alone.

usage: python client.py MODEL.onnx < inputs.json > answers.json

Reads a JSON list of raw inputs, writes a JSON list with an answer for each:

    a text to classify      {"label": "good", "probability": 0.9, "probabilities": {...}}
    a sentence to tag       ["DET", "NOUN", "VERB"], one a word
    a text to translate     "ein Mann reitet ."
    a text to go on with    the text and its continuation
    an image to caption     "a man rides ."; an image is the path of a file, or rows of pixels
    a series of numbers     [0.51]; a series is a list of steps, each a list of features

As a module: `Model("model.onnx")(["a witty joy"])`. Beside the file stands preprocessing.json. The
runtime of .onnx files is onnxruntime, that of .tflite files ai-edge-litert. A captioner of images
needs images.py beside this file too, and Pillow where images are files.
"""

import bisect
import importlib.machinery
import json
import re
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, AnyStr

import numpy as np

FORMAT = 1
PADDING_ID, UNKNOWN_ID, START_ID, END_ID = range(4)
BEGINS = "▁"
END_OF_LINE = "[EOL]"
WORD_MARKS = "'’_"
WHITE_SPACE = " \t\n\v\f\r"
BATCH_SIZE = 32


class Model:
    """An exported model.

    Args:
        path: the .onnx or .tflite file; preprocessing.json stands beside it.
        threads: of the runtime. Default: None, as many as it likes.

    Raises:
        ValueError: the files were written by a newer version of rnn_zoo.
    """

    def __init__(self, path: str | Path, threads: int | None = None):
        path = Path(path)
        settings = json.loads(path.with_name("preprocessing.json").read_text(encoding="utf-8"))
        if settings["format"] > FORMAT:
            raise ValueError(f"{path} was written by a newer version: copy its client.py.")
        self.takes_batches = path.suffix == ".onnx"
        self.run = (onnx if self.takes_batches else litert)(path, threads)
        self.reads_images = settings["inputs"]["kind"] == "images"
        self.encode = ENCODERS[settings["inputs"]["kind"]](settings["inputs"])
        self.kind: str = settings["outputs"]["kind"]
        self.answers = ANSWERS[self.kind](settings["outputs"])
        self.continues = settings["outputs"].get("continues", False)

    def __call__(self, inputs: Sequence[Any], batch_size: int = BATCH_SIZE) -> list[Any]:
        """An answer for each raw input; LiteRT computes one at a time."""
        batch_size = batch_size if self.takes_batches else 1
        answers: list[Any] = []
        for first in range(0, len(inputs), batch_size):
            raw = inputs[first : first + batch_size]
            batch = self.answers(self.run(self.encode(raw)))
            if self.continues:
                batch = [self.answers.after(*pair) for pair in zip(raw, batch, strict=True)]
            answers += batch
        return answers


Run = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]
"""The inputs of a graph by name to its outputs."""


def onnx(path: Path, threads: int | None = None) -> Run:
    """The graph of an .onnx file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    if threads is not None:
        options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(None, inputs), strict=True))


def litert(path: Path, threads: int | None = None) -> Run:
    """The graph of a .tflite file."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path), num_threads=threads).get_signature_runner()

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(runner(**inputs))

    return run


def normalize(text: str | bytes, lowercase: bool) -> str:
    """A text with U+FFFD for what is no UTF-8 and for NUL, in lower case if asked for."""
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    text = text.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.lower() if lowercase else text


def split_white_space(text: AnyStr) -> list[AnyStr]:
    """What stands between ASCII white space."""
    space = r"[ \t\n\v\f\r]+"
    pattern = space if isinstance(text, str) else space.encode()
    return [part for part in re.split(pattern, text) if part]


class Tokenizer:
    """Texts to token ids, as rnn_zoo does it.

    Args:
        settings: `tokens`, `lowercase`, `vocabulary`, and of words the ranges of characters that
            make them.
    """

    def __init__(self, settings: dict[str, Any]):
        self.kind = settings["tokens"]
        self.lowercase = settings["lowercase"]
        self.ids = {token: i for i, token in enumerate(settings["vocabulary"])}
        self.longest = max(map(len, self.ids))
        self.ends = [end for range_ in settings["word_characters"] for end in range_]

    def __call__(self, text: str | bytes) -> list[int]:
        """The ids of a text."""
        text = normalize(text, self.lowercase)
        return [self.ids.get(token, UNKNOWN_ID) for token in self.split(text)]

    def split(self, text: str) -> list[str]:
        """The tokens of a normalized text."""
        if self.kind == "characters":
            return list(text)
        if self.kind == "whitespace":
            return split_white_space(re.sub(r"\r?\n", f" {END_OF_LINE} ", text))
        spaced = "".join(c if self.stays(c) else f" {c} " for c in text)
        words = split_white_space(spaced)
        if self.kind == "subwords":
            return [piece for word in words for piece in self.pieces(BEGINS + word)]
        return words

    def stays(self, character: str) -> bool:
        """Whether a character is part of a word or white space, and no word of its own."""
        point = ord(character)
        at = bisect.bisect_left(self.ends, point)
        in_range = at < len(self.ends) and (at % 2 == 1 or self.ends[at] == point)
        return in_range or character in WORD_MARKS or character in WHITE_SPACE

    def pieces(self, word: str) -> Iterable[str]:
        """From left to right, the longest piece that the vocabulary holds."""
        at = 0
        while at < len(word):
            longest = min(self.longest, len(word) - at)
            size = next((n for n in range(longest, 1, -1) if word[at : at + n] in self.ids), 1)
            yield word[at : at + size]
            at += size


def padded(rows: Sequence[Sequence[Any]], dtype: str = "int32") -> np.ndarray:
    """Rows of different lengths as one array, with zeros at their ends; one column at least."""
    array = np.zeros((len(rows), max(map(len, rows), default=0) or 1), dtype)
    for i, row in enumerate(rows):
        array[i, : len(row)] = row
    return array


class Texts:
    """Texts to `tokens` or `source`."""

    def __init__(self, settings: dict[str, Any]):
        self.settings = settings
        self.tokenizer = Tokenizer(settings)

    def __call__(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Token ids `(batch, time)`."""
        settings, rows = self.settings, []
        for text in texts:
            ids = self.tokenizer(text)
            if (limit := settings["max_length"]) is not None:
                ids = ids[-limit:] if settings["truncate"] == "start" else ids[:limit]
            before = [START_ID] if settings["start"] else []
            rows.append([*before, *ids, *([END_ID] if settings["end"] else [])])
        return {settings["name"]: padded(rows)}


class Sentences:
    """Sentences, as lists of words or with white space between them, to words and characters."""

    def __init__(self, settings: dict[str, Any]):
        self.settings = settings
        self.ids = {token: i for i, token in enumerate(settings["vocabulary"])}

    def __call__(self, sentences: Sequence[str | Sequence[str]]) -> dict[str, np.ndarray]:
        """Word ids `(batch, words)`, and bytes `(batch, words, bytes)` where they are read."""
        words = [
            split_white_space(s) if isinstance(s, (str, bytes)) else list(s) for s in sentences
        ]
        lowercase, longest = self.settings["lowercase"], self.settings["max_word_length"]
        rows = [
            # A word "[PAD]" is no padding.
            [max(self.ids.get(normalize(word, lowercase), UNKNOWN_ID), UNKNOWN_ID) for word in row]
            for row in words
        ]
        names = self.settings["names"]
        inputs = {names[0]: padded(rows)}
        if len(names) > 1:
            time = inputs[names[0]].shape[1]
            encoded = [[_bytes(word)[:longest] for word in row] for row in words]
            width = max((len(word) for row in encoded for word in row), default=0)
            characters = np.zeros((len(words), time, max(width, 1)), "int32")
            for i, row in enumerate(encoded):
                for j, word in enumerate(row):
                    characters[i, j, : len(word)] = np.frombuffer(word, "uint8").astype("int32") + 1
            inputs[names[1]] = characters
        return inputs


def _bytes(word: str | bytes) -> bytes:
    return word if isinstance(word, bytes) else word.encode("utf-8", "surrogatepass")


class Arrays:
    """Features of images, each of the shape that the network reads."""

    def __init__(self, settings: dict[str, Any]):
        self.settings = settings

    def __call__(self, arrays: Sequence[Any]) -> dict[str, np.ndarray]:
        """One array `(batch, ...)`."""
        array = np.asarray(arrays, "float32")
        shape = (len(arrays), *self.settings["shape"])
        if array.shape != shape:
            raise ValueError(f"The model reads arrays of the shape {shape}; got {array.shape}.")
        return {self.settings["name"]: array}


def images(settings: dict[str, Any]) -> Any:
    """`Images` of the module that stands beside this one, wherever Python looks for others."""
    path = Path(__file__).with_name("images.py")
    loader = importlib.machinery.SourceFileLoader("rnn_zoo_images", str(path))
    module = types.ModuleType(loader.name)
    loader.exec_module(module)
    return module.Images(settings)


class Series:
    """Series of numbers, and a one for each of their steps."""

    def __init__(self, settings: dict[str, Any]):
        self.settings = settings

    def __call__(self, series: Sequence[Any]) -> dict[str, np.ndarray]:
        """Values `(batch, time, features)` and steps `(batch, time)`."""
        features = self.settings["features"]
        rows = [np.asarray(row, "float32").reshape(-1, features) for row in series]
        time = max(map(len, rows), default=0) or 1
        values = np.zeros((len(rows), time, features), "float32")
        steps = np.zeros((len(rows), time), "int32")
        for i, row in enumerate(rows):
            values[i, : len(row)], steps[i, : len(row)] = row, 1
        return dict(zip(self.settings["names"], (values, steps), strict=True))


def classes(outputs: dict[str, np.ndarray], labels: list[Any]) -> list[dict[str, Any]]:
    """The best label of each text, and all probabilities."""
    return [
        {"label": labels[row.argmax()], "probability": float(row.max())}
        | {"probabilities": dict(zip(map(str, labels), row.tolist(), strict=True))}
        for row in outputs["probabilities"]
    ]


def tags(outputs: dict[str, np.ndarray], labels: list[Any]) -> list[list[Any]]:
    """The tags of each sentence."""
    return [[labels[i] for i in row if i >= 0] for row in outputs["tags"]]


def values(outputs: dict[str, np.ndarray]) -> list[list[float]]:
    """The values that were predicted for each series."""
    rows: list[list[float]] = outputs["values"].tolist()
    return rows


class WrittenTexts:
    """Token ids to texts; to pairs of text and score where several were asked for."""

    def __init__(self, settings: dict[str, Any]):
        self.settings = settings
        self.separator = "" if settings["tokens"] in ("characters", "subwords") else " "

    def __call__(self, outputs: dict[str, np.ndarray]) -> list[Any]:
        """A text, or a list of pairs, for each input."""
        answers: list[Any] = []
        for rows, scores in zip(outputs["tokens"], outputs["scores"], strict=True):
            texts = [self.text(row) for row in rows.tolist()]
            pairs = [
                [text, float(s)] for text, s in zip(texts, scores, strict=True) if s != -np.inf
            ]
            answers.append(pairs if self.settings["n_best"] else texts[0])
        return answers

    def after(self, prompt: str, answer: Any) -> Any:
        """What a language model goes on with, behind the text that it was given."""
        if isinstance(answer, list):
            return [[self.after(prompt, text), score] for text, score in answer]
        return self.separator.join(filter(None, (prompt, answer)))

    def text(self, ids: list[int]) -> str:
        """What stands before the end."""
        ids = ids[: ids.index(END_ID)] if END_ID in ids else ids
        joined = self.separator.join(self.settings["vocabulary"][i] for i in ids)
        if self.settings["tokens"] == "subwords":
            return joined.replace(BEGINS, " ").strip(WHITE_SPACE)
        return re.sub(r" ?\[EOL\] ?", "\n", joined)


def fields(answer: Any) -> list[str]:
    """An answer as the fields of a line: label and probability, tags, a text, values.

    Of several texts each comes with its score, the best first.
    """
    if isinstance(answer, dict):
        return [str(answer["label"]), f"{answer['probability']:.4f}"]
    if isinstance(answer, str):
        return [answer]
    if answer and isinstance(answer[0], list):
        return [field for text, score in answer for field in (text, f"{score:.4f}")]
    shown = [f"{item:.6g}" if isinstance(item, float) else str(item) for item in answer]
    return [" ".join(shown)]


ENCODERS: dict[str, Callable[[dict[str, Any]], Callable[..., dict[str, np.ndarray]]]] = {
    "texts": Texts,
    "sentences": Sentences,
    "arrays": Arrays,
    "images": images,
    "series": Series,
}
ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "classes": lambda settings: partial(classes, labels=settings["labels"]),
    "tags": lambda settings: partial(tags, labels=settings["labels"]),
    "texts": WrittenTexts,
    "values": lambda _: values,
}


def main() -> None:
    """Read a JSON list of raw inputs, write a JSON list of answers."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    json.dump(Model(sys.argv[1])(json.load(sys.stdin)), sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
