"""Scores of generated texts against references."""

import itertools
from collections.abc import Sequence

from rnn_zoo.errors import DataError


def text_scores(
    generated: Sequence[str], references: Sequence[str], words: bool = True
) -> dict[str, float]:
    """Scores of a whole corpus, one reference a text.

    Args:
        generated: the texts that a model has generated.
        references: a reference for each, tokenized alike: white space divides the tokens.
        words: whether the tokens are words, so that BLEU means something.

    Returns:
        `exact`, the share of texts that equal their reference, in [0, 1]; `chrf`, and with `words`
        `bleu`, in [0, 100], by sacrebleu; `signatures` says how they were computed.

    Raises:
        DataError: There are no texts, or not as many references as texts.

    Source: Post, 2018, "A call for clarity in reporting BLEU scores".

    Example:
        >>> text_scores(["a man rides a red horse"], ["a man rides a red horse"])["bleu"] > 99.9
        True
    """
    _check_count(generated, references)
    same = sum(a == b for a, b in zip(generated, references, strict=True))
    scores = {"exact": same / len(references)}
    for name, metric in _metrics(words).items():
        scores[name] = metric.corpus_score(list(generated), [list(references)]).score
    return scores


def caption_scores(
    generated: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Scores of a whole corpus against several references a text.

    Args:
        generated: the texts that a model has generated.
        references: one reference or more for each, tokenized alike: white space divides the words.

    Returns:
        `exact`, the share of texts that equal one of their references, in [0, 1]; `bleu1` to
        `bleu4`, with n-grams of at most that many words, in [0, 100], by sacrebleu.

    Raises:
        DataError: There are no texts, not as many lists of references as texts, or a text has no
            references.

    Example:
        >>> scores = caption_scores(["a red boat on a lake"], [["boats", "a red boat on the lake"]])
        >>> round(scores["bleu1"], 1), scores["exact"]
        (83.3, 0.0)
    """
    from sacrebleu.metrics.bleu import BLEU

    _check_count(generated, references)
    for position, of_text in enumerate(references):
        if isinstance(of_text, str) or not len(of_text):
            raise DataError(
                f"Text {position} needs a list of one reference or more. Received: {of_text!r:.80}"
            )
    same = sum(text in of_text for text, of_text in zip(generated, references, strict=True))
    scores = {"exact": same / len(references)}
    # Sacrebleu takes first references, second ones and so on; None where a text has fewer.
    streams = list(itertools.zip_longest(*references))
    for n in range(1, 5):
        metric = BLEU(tokenize="none", force=True, max_ngram_order=n)
        scores[f"bleu{n}"] = metric.corpus_score(list(generated), streams).score
    return scores


def signatures(words: bool = True) -> dict[str, str]:
    """Sacrebleu's signatures of the scores that `text_scores` gives.

    Example:
        >>> signatures()["bleu"].split("|")[:4]
        ['nrefs:1', 'case:mixed', 'eff:no', 'tok:none']
    """
    by_score = {}
    for name, metric in _metrics(words).items():
        metric.corpus_score(["a"], [["a"]])
        by_score[name] = str(metric.get_signature())
    return by_score


def _check_count(generated: Sequence[str], references: Sequence[object]) -> None:
    if len(generated) != len(references):
        raise DataError(
            f"Each text needs references: there are {len(generated)} texts and references of "
            f"{len(references)}."
        )
    if not len(generated):
        raise DataError("There are no texts to score.")


def _metrics(words: bool) -> dict:
    # Here, because it takes a while to import.
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return (
        {"bleu": BLEU(tokenize="none", force=True), "chrf": CHRF()} if words else {"chrf": CHRF()}
    )
