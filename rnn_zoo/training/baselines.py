"""Scores that need no network: a model below them has learned nothing of use."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from rnn_zoo.datasets import Baseline, Examples
from rnn_zoo.metrics import caption_scores
from rnn_zoo.tasks import Task

CANDIDATES = 20  # captions that may be the constant one: the most frequent
IMAGES = 500  # on which the constant caption is chosen
ERRORS = {"loss", "mse", "mae", "perplexity"}  # less is better


def baseline(task: Task, train: Examples, test: Examples) -> Baseline | None:
    """The best of the simple answers for examples of this kind, scored on the test part.

    | examples | answer | metric |
    |---|---|---|
    | labeled texts | the most frequent label | `accuracy` |
    | tagged words | for each word its most frequent tag | `accuracy` |
    | series | the mean of the targets, or the last value of the series | `mse` |
    | captioned images | the caption that fits all training images best | `bleu1` |

    Args:
        task: the model, whose preprocessing reads series and captions.
        train: the training part.
        test: the part to score.

    Returns:
        The answer and its score; None for other kinds of examples.
    """
    score = BY_EXAMPLES.get(type(task).EXAMPLES)
    return score(task, train, test) if score else None


def comparison(reference: Baseline, scores: Mapping[str, float]) -> str:
    """The baseline as a line of text; it warns if the scores of a model are not better.

    Example:
        >>> print(comparison(Baseline("always 'yes'", "accuracy", 0.6), {"accuracy": 0.9}))
        Baseline, always 'yes': accuracy 0.6 on the test part.
        >>> print(comparison(Baseline("always 'yes'", "accuracy", 0.6), {"accuracy": 0.55}))
        Baseline, always 'yes': accuracy 0.6 on the test part.
        Warning: the model's accuracy of 0.55 is no better than that of the baseline.
    """
    text = f"Baseline, {reference} on the test part."
    score = scores.get(reference.metric)
    if score is None:
        return text
    sign = -1 if reference.metric in ERRORS else 1
    if sign * score > sign * reference.value:
        return text
    return (
        f"{text}\nWarning: the model's {reference.metric} of {score:.4g} is no better than that of "
        "the baseline."
    )


def _majority_label(task: Task, train: Examples, test: Examples) -> Baseline:  # noqa: ARG001
    label, _ = Counter(map(str, train.targets or [])).most_common(1)[0]
    hits = [str(target) == label for target in test.targets or []]
    return Baseline(f"always {label!r}", "accuracy", float(np.mean(hits)))


def _frequent_tags(task: Task, train: Examples, test: Examples) -> Baseline:  # noqa: ARG001
    by_word: dict[str, Counter[str]] = defaultdict(Counter)
    for word, tag in _tagged(train):
        by_word[word][tag] += 1
    every_tag = sum(by_word.values(), Counter())
    default = every_tag.most_common(1)[0][0]
    tags = {word: counts.most_common(1)[0][0] for word, counts in by_word.items()}
    hits = [tags.get(word, default) == tag for word, tag in _tagged(test)]
    return Baseline("for each word its most frequent tag", "accuracy", float(np.mean(hits)))


def _tagged(part: Examples) -> Iterable[tuple[str, str]]:
    for words, tags in zip(part.inputs, part.targets or [], strict=True):
        yield from zip(map(str, words), map(str, tags), strict=True)


def _mean_or_last(task: Task, train: Examples, test: Examples) -> Baseline:
    targets, truth = (_columns(part.targets) for part in (train, test))  # (examples, outputs)
    predictions = {"the mean of the training targets": targets.mean(axis=0)}
    series = task.preprocessor.read_inputs(test.inputs)
    last = np.stack([row[-1] for row in series])  # (examples, features)
    if last.shape[1] in (1, truth.shape[1]):
        predictions["the last value of the series"] = last
    errors = {name: float(np.mean((answer - truth) ** 2)) for name, answer in predictions.items()}
    best = min(errors, key=errors.__getitem__)
    return Baseline(best, "mse", errors[best])


def _columns(targets: Any) -> np.ndarray:
    array = np.asarray(targets, "float64")
    return array[:, None] if array.ndim == 1 else array


def _constant_caption(task: Task, train: Examples, test: Examples) -> Baseline:
    preprocessor: Any = task.preprocessor
    seen, truth = (
        [
            preprocessor.tokenizer.normalized(tf.constant(list(texts)))
            for texts in part.targets or []
        ]
        for part in (train.take(range(min(IMAGES, len(train)))), test)
    )
    caption = constant_caption(seen)
    scores = caption_scores([caption] * len(truth), truth)
    return Baseline(f"always {caption!r}", "bleu1", scores["bleu1"])


def constant_caption(
    captions: Sequence[Sequence[str]], metric: str = "bleu1", candidates: int = CANDIDATES
) -> str:
    """The caption that, given to every image, has the highest score.

    Args:
        captions: the captions of each image.
        metric: a score of `caption_scores`.
        candidates: how many of the most frequent captions are tried.
    """
    frequent = Counter(text for texts in captions for text in texts).most_common(candidates)
    return max(
        (text for text, _ in frequent),
        key=lambda text: caption_scores([text] * len(captions), captions)[metric],
    )


BY_EXAMPLES: dict[str, Callable[[Task, Examples, Examples], Baseline]] = {
    "labeled_texts": _majority_label,
    "tagged_words": _frequent_tags,
    "series": _mean_or_last,
    "captioned_images": _constant_caption,
}
"""By kind of the examples."""
