"""What a page shows beside an answer, by task."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from rnn_zoo.metrics.spans import are_bio, spans
from rnn_zoo.serve.alignment import alignment
from rnn_zoo.serve.served_model import ServedModel
from rnn_zoo.serve.translation import explain_translation

MAX_PREFIXES = 256
"""Words after which a text's class is asked for."""


def explain_class(model: ServedModel, text: str, _: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, and what it would be if the text ended after each word.

    Returns:
        `answer`; `words`, each a `text` with the white space behind it, and `probabilities` in the
        order of the labels, null after the first `MAX_PREFIXES` words.
    """
    words = list(re.finditer(r"\S+\s*", text))
    ends = [len(match.group().rstrip()) + match.start() for match in words[:MAX_PREFIXES]]
    *prefixes, answer = model.answers([*(text[:end] for end in ends), text])
    read: list[Any] = [list(prefix["probabilities"].values()) for prefix in prefixes]
    read += [None] * (len(words) - len(read))
    return {
        "answer": answer,
        "words": [
            {"text": match.group(), "probabilities": row}
            for match, row in zip(words, read, strict=True)
        ],
    }


def explain_tags(
    model: ServedModel, sentence: str | list[str], _: Mapping[str, Any]
) -> dict[str, Any]:
    """The tags beside their words.

    Returns:
        `answer`, the tags; `words`; `spans` of words, each a `label` from the word `start` to the
        one before `end`: those that BIO tags mark, or else each word.
    """
    words = re.split(r"[ \t\n\v\f\r]+", sentence) if isinstance(sentence, str) else sentence
    words = [word for word in words if word]
    (answer,) = model.answers([words])
    tags = [str(tag) for tag in answer]
    is_bio = are_bio(str(label) for label in model.task.labels or ["O"])
    found = spans(tags) if is_bio else ((tag, i, i + 1) for i, tag in enumerate(tags))
    marked = [{"label": label, "start": start, "end": end} for label, start, end in found]
    return {"answer": answer, "words": words, "spans": marked}


def explain_caption(model: ServedModel, image: str, _: Mapping[str, Any]) -> dict[str, Any]:
    """The caption, and where the decoder looked for each of its words.

    Returns:
        `answer`; `words`; `attention`, for each word a list of rows of weights, those of a word
        summing to 1; null where the model has no attention, or reads features.
    """
    (answer,) = model.answers([image])
    preprocessor, network = model.task.preprocessor, model.task.network
    ids = preprocessor.tokenizer.ids(tf.constant([answer]))
    words = preprocessor.tokenizer.tokens(ids)
    attention = None
    if network.alignment is not None and network.grid is not None and words:
        inputs = preprocessor.encode_inputs(preprocessor.read_inputs(model.raw([image])))
        weights = alignment(network, inputs, ids.numpy()[0])
        assert weights is not None, "it has attention"
        attention = weights.reshape(-1, *network.grid).tolist()
    return {"answer": answer, "words": words, "attention": attention}


Explain = Callable[[ServedModel, Any, Mapping[str, Any]], dict[str, Any]]
"""A model, a raw input and options to what is shown."""

EXPLANATIONS: dict[str, Explain] = {
    "text_classification": explain_class,
    "tagging": explain_tags,
    "translation": explain_translation,
    "captioning": explain_caption,
}
"""By task; those that have none show their answer alone."""


def warm_up(model: ServedModel) -> None:
    """Answer once, so that whoever comes first does not wait until functions are compiled."""
    if model.kind in ("captioning", "regression"):  # whose inputs have shapes of their own
        return
    model.answers(["a"] if model.task.HAS_TARGETS else [""])
    if model.kind in EXPLANATIONS:
        EXPLANATIONS[model.kind](model, "a", {})
