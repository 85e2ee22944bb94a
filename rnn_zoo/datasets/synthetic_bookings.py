"""`synthetic_bookings`: requests to a restaurant, written by rules, with BIO tags.

The requests are generated from templates. A tag says what a word is part of: a `PLACE`, a `DISH`,
a `DATE`, a `TIME` or a `COUNT` of guests; `B-` begins a span, `I-` continues it and `O` is outside.
The word alone does not tell: "two" counts guests in "for two" and is a time in "at two", "silver"
names a place in "the silver spoon" and a dish in "silver cod", "may" is a month or a verb.

The three splits share no template. Every third name of a place and of a dish occurs in the test
split only, where the context tells what it is.
"""

import itertools
import random

SIZES = {"train": 4000, "validation": 500, "test": 500}

COLORS = ("silver", "golden", "blue", "green", "white", "black", "red", "grey", "amber")
THINGS = ("spoon", "lantern", "anchor", "harbor", "garden", "bell", "bridge", "oak", "heron")
FOODS = ("cod", "bean stew", "rice", "tea", "plum tart", "lentils", "salmon", "noodles", "cake")
COOKED = ("fried", "roasted", "pickled", "smoked", "cold", "spiced", *COLORS[:6])
PLACES = tuple(f"{color} {thing}" for color, thing in itertools.product(COLORS, THINGS))
DISHES = tuple(f"{cooked} {food}" for cooked, food in itertools.product(COOKED, FOODS))
NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("march", "april", "may", "june", "july", "august")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
DATES = (
    *DAYS,
    *(f"next {day}" for day in DAYS),
    *(f"the {day} of {month}" for day, month in itertools.product(ORDINALS, MONTHS)),
    *(f"{month} the {day}" for day, month in itertools.product(ORDINALS, MONTHS)),
)
TIMES = (
    *NUMBERS,
    *("noon", "midday"),
    *(f"half past {number}" for number in NUMBERS),
    *(f"a quarter to {number}" for number in NUMBERS),
)
COUNTS = (*NUMBERS, "a dozen", "eleven", "twelve")
VALUES = {"PLACE": PLACES, "DISH": DISHES, "DATE": DATES, "TIME": TIMES, "COUNT": COUNTS}
HELD_OUT = ("PLACE", "DISH")  # every third value of these is kept for the test split

TEMPLATES = {
    "train": (
        "book a table for COUNT at the PLACE on DATE",
        "book the PLACE for COUNT at TIME please",
        "i need a table at the PLACE on DATE at TIME",
        "can we get DISH at TIME on DATE",
        "may i bring COUNT to the PLACE on DATE",
        "we are COUNT and we would like DISH",
        "does the PLACE have DISH on DATE",
        "is there DISH for COUNT at TIME",
        "COUNT of us want DISH and DISH",
        "COUNT for DATE at TIME under the red sign",
        "dinner for COUNT on DATE at the PLACE",
        "DISH for COUNT at the PLACE please",
        "move my table from TIME to TIME",
        "move us from DATE to DATE at the PLACE",
        "cancel the table for COUNT at TIME",
        "cancel DISH but keep DISH for COUNT",
        "we may be late , not before TIME on DATE",
        "the PLACE closes at TIME on DATE , may we come",
        "on DATE the PLACE serves DISH from TIME",
        "i had DISH at the PLACE on DATE",
        "please keep DISH for us until TIME",
        "a table by the green door at the PLACE for COUNT",
        "is the PLACE open on DATE",
        "we were COUNT at the PLACE on DATE at TIME",
    ),
    "validation": (
        "could the PLACE seat COUNT on DATE",
        "please change TIME to TIME for COUNT",
        "we want DISH at the PLACE at TIME",
        "may we order DISH for DATE",
        "COUNT at the PLACE at TIME",
        "on DATE COUNT of us want DISH",
    ),
    "test": (
        "reserve the PLACE for DATE at TIME",
        "will there be DISH at the PLACE on DATE",
        "my table for COUNT on DATE , may it be at TIME",
        "at TIME we would like DISH for COUNT",
        "order DISH and DISH from the PLACE for TIME",
        "the table at the PLACE is for COUNT , not for COUNT",
        "on DATE at TIME we need DISH",
        "COUNT of us had DISH at the PLACE",
    ),
}


def synthetic_bookings(split: str, seed: int = 0) -> tuple[list[list[str]], list[list[str]]]:
    """The requests of one split, as lists of words and lists of tags.

    Args:
        split: `"train"`, `"validation"` or `"test"`.
        seed: another seed writes other requests.

    Example:
        >>> words, tags = synthetic_bookings("train")
        >>> words[1]
        ['does', 'the', 'red', 'harbor', 'have', 'silver', 'noodles', 'on', 'august', 'the',
         'fifth']
    """
    rng = random.Random(f"{seed} {split}")
    pairs = [_request(rng.choice(TEMPLATES[split]), split, rng) for _ in range(SIZES[split])]
    return [words for words, _ in pairs], [tags for _, tags in pairs]


def _request(template: str, split: str, rng: random.Random) -> tuple[list[str], list[str]]:
    words: list[str] = []
    tags: list[str] = []
    for slot in template.split():
        if slot not in VALUES:
            words.append(slot)
            tags.append("O")
            continue
        values = rng.choice(_choices(slot, split)).split()
        words += values
        tags += [f"B-{slot}"] + [f"I-{slot}"] * (len(values) - 1)
    return words, tags


def _choices(slot: str, split: str) -> list[str]:
    """The names for a slot; half of the test split's choices are among those held out."""
    values = list(VALUES[slot])
    if slot not in HELD_OUT:
        return values
    held_out = values[2::3]
    return held_out * 2 + values if split == "test" else [v for v in values if v not in held_out]
