"""`addition`: sums of two numbers of up to three digits, as text."""

import random

SIZES = {"train": 45_000, "validation": 2_500, "test": 2_500}


def addition(split: str) -> tuple[list[str], list[str]]:
    """Return the questions of one split and their answers; no question is in two splits.

    Questions are reversed, "12+345" is "543+21", which shortens the distance between a digit and
    the digit of the answer that depends on it.

    Source: Zaremba and Sutskever 2014, "Learning to execute".

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Example:
        >>> questions, answers = addition("train")
        >>> questions[0][::-1], answers[0]
        ('2+31', '33')
    """
    rng = random.Random("addition")
    seen: set[tuple[int, ...]] = set()
    questions, answers = [], []
    while len(seen) < sum(SIZES.values()):
        # As many numbers of one digit, of two and of three.
        pair = tuple(int("".join(rng.choices("0123456789", k=rng.randint(1, 3)))) for _ in "ab")
        if tuple(sorted(pair)) in seen:
            continue
        seen.add(tuple(sorted(pair)))
        questions.append(f"{pair[0]}+{pair[1]}"[::-1])
        answers.append(str(sum(pair)))
    start = 0
    for name, size in SIZES.items():
        if name == split:
            return questions[start : start + size], answers[start : start + size]
        start += size
    raise ValueError(f"There is no split {split!r}.")
