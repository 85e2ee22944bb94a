from collections import defaultdict
from itertools import chain

from rnn_zoo.datasets.synthetic_bookings import SIZES, TEMPLATES, synthetic_bookings


def names(split, slot):
    found = set()
    for words, tags in zip(*synthetic_bookings(split), strict=True):
        for i, tag in enumerate(tags):
            if tag == f"B-{slot}":
                end = i + 1
                while end < len(tags) and tags[end] == f"I-{slot}":
                    end += 1
                found.add(" ".join(words[i:end]))
    return found


def test_sizes_and_one_tag_a_word():
    for split, size in SIZES.items():
        words, tags = synthetic_bookings(split)
        assert len(words) == len(tags) == size
        assert all(len(a) == len(b) for a, b in zip(words, tags, strict=True))


def test_the_seed_decides():
    assert synthetic_bookings("test") == synthetic_bookings("test")
    assert synthetic_bookings("test", seed=1) != synthetic_bookings("test")


def test_the_splits_share_no_template():
    every = list(chain(*TEMPLATES.values()))
    assert len(every) == len(set(every)) >= 36


def test_a_third_of_the_names_is_new_in_the_test_split():
    for slot in ("PLACE", "DISH"):
        known = names("train", slot) | names("validation", slot)
        unknown = names("test", slot) - known
        assert len(unknown) >= 0.3 * len(known | unknown)


def test_words_do_not_tell_their_tags():
    tags_of = defaultdict(set)
    for words, tags in zip(*synthetic_bookings("train"), strict=True):
        for word, tag in zip(words, tags, strict=True):
            tags_of[word].add(tag)
    for word in ("two", "silver", "may", "red", "green"):
        assert len(tags_of[word]) > 1, word
