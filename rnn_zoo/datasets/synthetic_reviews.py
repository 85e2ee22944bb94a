"""`synthetic_reviews`: review sentences written by rules, for runs that need no download.

Nobody wrote these reviews: a small grammar did. It is built so that the words of a sentence say
nothing about its label, and the way they are put together says all of it:

1. A **negation** turns an opinion over ("anything but dull"), and a second one turns it back
   ("nobody could say that the plot was not witty"). So does a verdict on what others say
   ("those who call the soup bland are wrong").
2. Of two opposite opinions the **stronger** one decides, wherever it stands ("the room was slightly
   shabby and utterly charming").
3. Of two equally strong ones the **contrast** decides: what follows "but" outweighs what precedes
   it, a main clause outweighs its "although" clause, an impression outweighs an expectation.

In a template, `{+}` is a word whose own tone is the label and `{-}` one of the opposite tone. The
label is drawn first and templates hold as many `{+}` as `{-}`, hence every word is as frequent in
positive reviews as in negative ones.

The three splits share no template. Every third opinion word occurs in the test split alone, always
beside another opinion from which, by the rules above, a reader who does not know the word can tell
the label. Training and validation prepare for that with misspelled opinion words: each misspelling
is unique, and so unknown to a vocabulary that leaves out words seen once.
"""

import random
import re

from rnn_zoo.datasets.review_grammar import (
    CLAUSES,
    FILLERS,
    FOOD,
    GENERAL,
    LODGING,
    OPENINGS,
    STORY,
    TEMPLATES,
    TOPICS,
    Topic,
)

LABELS = ("negative", "positive")
SIZES = {"train": 8000, "validation": 1000, "test": 1000}

UNKNOWN_RATE = {"train": 0.3, "validation": 0.3, "test": 0.5}  # of reviews with several opinions
REMARK_RATE = 0.2  # of reviews with a neutral opening, and of those with a neutral sentence


def synthetic_reviews(split: str = "train", seed: int = 0) -> tuple[list[str], list[str]]:
    """Returns the texts and labels of one split of the synthetic review sentences.

    The sentences are synthetic: written by the rules at the top of this module, about films, books,
    restaurants and hotels. Negation, intensity and contrast decide the label, so that a model has
    to read a sentence; counting its words cannot tell.

    Args:
        split: `"train"` (8,000 reviews), `"validation"` or `"test"` (1,000 each). Half of each is
            positive. No text and no template occurs in two splits, and a third of the opinion words
            occurs in `"test"` alone. Defaults to `"train"`.
        seed: The same seed gives the same reviews, everywhere. Defaults to 0.

    Returns:
        A list of texts and a list of as many labels, `"negative"` or `"positive"`.

    Raises:
        ValueError: If there is no such split.

    Example:
        >>> texts, labels = synthetic_reviews("train")
        >>> len(texts), sorted(set(labels))
        (8000, ['negative', 'positive'])
        >>> texts[2], labels[2]
        ('Instead of a gripping film, I got a frustrating one.', 'negative')
    """
    if split not in SIZES:
        raise ValueError(f"synthetic_reviews has no split {split!r}; it has {', '.join(SIZES)}.")
    rng = random.Random(f"synthetic_reviews {split} {seed}")  # a str is hashed with SHA-512: stable
    families = [family[split] for family in TEMPLATES.values()]
    reviews: dict[str, str] = {}  # text -> label
    misspelled: set[str] = set()
    while len(reviews) < SIZES[split]:
        label = LABELS[len(reviews) % 2]
        topic = rng.choice(TOPICS)
        template = _expand(rng.choice(rng.choice(families)), rng)
        sentence = _fill(template, label, topic, split, misspelled, rng)
        reviews.setdefault(_frame(sentence, topic, rng), label)
    examples = list(reviews.items())
    rng.shuffle(examples)
    return [text for text, _ in examples], [label for _, label in examples]


def opinion_words(held_out: bool) -> list[str]:
    """Returns the opinion words that the test split alone has, or those of every split."""
    columns = [words for lexicon in (GENERAL, STORY, FOOD, LODGING) for words in lexicon]
    return [word for words in columns for word in _third(words, held_out)]


def _third(words: tuple[str, ...], held_out: bool) -> list[str]:
    """The held-out third of a list of opinion words, or the other two."""
    return [word for i, word in enumerate(words) if (i % 3 == 2) == held_out]


def _expand(template: str, rng: random.Random) -> str:
    """Puts claims in their places: what remains are words to choose."""

    def clause(slot: re.Match[str]) -> str:
        text = rng.choice(CLAUSES[slot[1]])
        return text if slot[2] == "+" else text.translate({ord("+"): "-", ord("-"): "+"})

    return re.sub(r"{(claim|verdict) (.)}", clause, template)


def _fill(
    template: str, label: str, topic: Topic, split: str, misspelled: set[str], rng: random.Random
) -> str:
    """Puts words into the slots of a template so that its label is `label`."""
    tones = {"+": label, "-": LABELS[1 - LABELS.index(label)]}
    slots = re.findall(r"{(.+?)}", template)
    opinions = [i for i, slot in enumerate(slots) if slot in tones]
    unknown = None  # the slot whose word training does not teach
    if len(opinions) > 1 and rng.random() < UNKNOWN_RATE[split]:
        unknown = rng.choice(opinions)
    whole = rng.choice(topic.wholes)
    words: list[str] = []
    for i, slot in enumerate(slots):
        if slot in tones:
            tone = LABELS.index(tones[slot])
            held_out = i == unknown and split == "test"
            pool = _third(GENERAL[tone] + topic.opinions[tone], held_out)
        else:
            fillers = {"part": topic.parts, "whole": (whole,), **FILLERS}
            pool = list(fillers.get(slot) or slot.split("|"))
        word = rng.choice(
            [word for word in pool if word not in words or slot not in ("+", "-", "part")]
        )
        if i == unknown and split != "test":
            word = _misspell(word, misspelled, rng)
        words.append(word)
    filled = iter(words)
    return re.sub(r"{.+?}", lambda _: next(filled), template)


def _misspell(word: str, misspelled: set[str], rng: random.Random) -> str:
    """Drops, doubles or swaps a letter within the word, in a new way where there is one."""
    inner = range(1, len(word) - 1)
    dropped = [word[:i] + word[i + 1 :] for i in inner]
    doubled = [word[:i] + word[i] + word[i:] for i in inner]
    swapped = [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in inner]
    unused = [w for w in dropped + doubled + swapped if w != word and w not in misspelled]
    if not unused:
        return word
    misspelled.add(choice := rng.choice(unused))
    return choice


def _frame(sentence: str, topic: Topic, rng: random.Random) -> str:
    """Adds neutral words around a sentence, mends its articles and capitalizes it."""
    if rng.random() < REMARK_RATE:
        sentence = f"{rng.choice(OPENINGS)} {sentence}"
    sentence = re.sub(r"\ba (?=[aeiou])", "an ", sentence)
    sentence = re.sub(r"(^|[.!?] )([a-z])", lambda start: start[0].upper(), sentence)
    if rng.random() < REMARK_RATE:
        pair = [sentence, rng.choice(topic.remarks)]
        rng.shuffle(pair)
        sentence = " ".join(pair)
    return sentence
