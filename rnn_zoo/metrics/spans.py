"""Spans that BIO tags mark, and how many of them are predicted."""

from collections.abc import Iterable, Iterator, Sequence

from rnn_zoo.errors import DataError

Span = tuple[str, int, int]
"""Type, first word, and the word after the last."""


def are_bio(tags: Iterable[str]) -> bool:
    """Whether these tags mark spans: each is `O`, `B-type` or `I-type`, and there is a type.

    Example:
        >>> are_bio(["O", "B-PER", "I-PER"]), are_bio(["NOUN", "VERB"])
        (True, False)
    """
    tags = set(tags)
    return tags != {"O"} and all(tag == "O" or tag[:2] in ("B-", "I-") for tag in tags)


def spans(tags: Sequence[str]) -> Iterator[Span]:
    """The spans of one sentence, as the CoNLL evaluation reads them.

    A span begins at `B-`, and at an `I-` that continues no span of its type; it goes on as long as
    `I-` of its type follows.

    Example:
        >>> list(spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC"]))
        [('PER', 0, 2), ('LOC', 3, 4), ('LOC', 4, 5)]
    """
    start, kind = 0, None
    for position, tag in enumerate([*tags, "O"]):
        prefix, _, tag_kind = tag.partition("-")
        if prefix == "I" and tag_kind == kind:
            continue
        if kind is not None:
            yield kind, start, position
        start, kind = position, tag_kind if prefix in ("B", "I") else None


def span_scores(
    true: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]
) -> dict[str, float]:
    r"""Precision, recall and F1 of the spans of many sentences, counted over all types.

    $$P = \frac{|\text{both}|}{|\text{predicted}|}, \quad R = \frac{|\text{both}|}{|\text{true}|},
    \quad F_1 = \frac{2PR}{P + R}$$

    A span counts as found where its type, its first and its last word are right. A ratio whose
    denominator is zero is 0.

    Args:
        true: BIO tags of each sentence.
        predicted: tags of the same sentences.

    Returns:
        `span_precision`, `span_recall` and `span_f1`, each in [0, 1].

    Raises:
        DataError: The sentences are not as many, or one has not as many tags in both.

    Source: Tjong Kim Sang and De Meulder, 2003, "Introduction to the CoNLL-2003 shared task".

    Example:
        >>> span_scores([["B-PER", "O", "B-LOC"]], [["B-PER", "O", "O"]])["span_recall"]
        0.5
    """
    true, predicted = list(true), list(predicted)
    if len(true) != len(predicted):
        raise DataError(
            f"There are true tags of {len(true)} sentences and predicted tags of {len(predicted)}."
        )
    matches = predicted_count = true_count = 0
    for position, (true_tags, predicted_tags) in enumerate(zip(true, predicted, strict=True)):
        if len(true_tags) != len(predicted_tags):
            raise DataError(
                f"Sentence {position} has {len(true_tags)} true tags and {len(predicted_tags)} "
                "predicted tags: each word needs one of both."
            )
        true_spans, predicted_spans = set(spans(true_tags)), set(spans(predicted_tags))
        matches += len(true_spans & predicted_spans)
        true_count += len(true_spans)
        predicted_count += len(predicted_spans)
    precision = matches / predicted_count if predicted_count else 0.0
    recall = matches / true_count if true_count else 0.0
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    return {"span_precision": precision, "span_recall": recall, "span_f1": f1}
