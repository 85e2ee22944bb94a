"""Words and templates that `synthetic_reviews` are made of; its module says by which rules."""

from typing import NamedTuple


class Lexicon(NamedTuple):
    """Opinion words by their own tone; every third one (`[2::3]`) is held out for the test split."""

    negative: tuple[str, ...]
    positive: tuple[str, ...]


class Topic(NamedTuple):
    """What a review can be about: the whole, its parts, fitting opinions, and a neutral remark."""

    wholes: tuple[str, ...]
    parts: tuple[str, ...]
    opinions: Lexicon
    remarks: tuple[str, ...]


GENERAL = Lexicon(
    negative=(
        *("bad", "annoying", "joyless", "disappointing", "dreary", "pitiful"),
        *("poor", "forgettable", "lousy", "mediocre", "depressing", "shoddy"),
        *("unpleasant", "irritating", "dismal", "frustrating", "miserable", "woeful"),
        *("tiresome", "underwhelming", "wretched", "feeble", "uninspired", "lamentable"),
    ),
    positive=(
        *("good", "charming", "splendid", "enjoyable", "impressive", "agreeable"),
        *("pleasant", "memorable", "superb", "delightful", "remarkable", "endearing"),
        *("lovely", "satisfying", "admirable", "wonderful", "appealing", "rewarding"),
        *("excellent", "refreshing", "marvelous", "beautiful", "likable", "exquisite"),
    ),
)
STORY = Lexicon(
    negative=(
        *("tedious", "predictable", "trite", "boring", "clumsy", "muddled"),
        *("shallow", "contrived", "incoherent", "lifeless", "pretentious", "bloated"),
    ),
    positive=(
        *("gripping", "moving", "inventive", "funny", "clever", "absorbing"),
        *("witty", "touching", "engaging", "thoughtful", "original", "compelling"),
    ),
)
FOOD = Lexicon(
    negative=(
        *("bland", "greasy", "soggy", "stale", "tasteless", "rancid"),
        *("watery", "burnt", "inedible"),
    ),
    positive=(
        *("delicious", "fresh", "flavorful", "tasty", "fragrant", "scrumptious"),
        *("appetizing", "mouthwatering", "delectable"),
    ),
)
LODGING = Lexicon(
    negative=(
        *("shabby", "filthy", "squalid", "cramped", "grimy", "dingy"),
        *("gloomy", "musty", "dilapidated"),
    ),
    positive=(
        *("cozy", "spotless", "spacious", "comfortable", "elegant", "inviting"),
        *("stylish", "welcoming", "luxurious"),
    ),
)

TOPICS = (
    Topic(
        wholes=("film", "movie", "comedy", "thriller"),
        parts=("plot", "script", "ending", "soundtrack", "cast", "opening", "story"),
        opinions=STORY,
        remarks=(
            "We saw it on a Tuesday.",
            "I watched it with my sister.",
            "My parents came with me.",
        ),
    ),
    Topic(
        wholes=("novel", "book", "memoir", "biography"),
        parts=("story", "style", "narrator", "first chapter", "ending", "plot"),
        opinions=STORY,
        remarks=("I read it on the train.", "I read it twice.", "My sister lent it to me."),
    ),
    Topic(
        wholes=("meal", "dinner", "lunch", "buffet"),
        parts=("soup", "fish", "dessert", "sauce", "salad", "curry", "omelet", "steak"),
        opinions=FOOD,
        remarks=("We ate there in May.", "We had a table for four.", "We came with my parents."),
    ),
    Topic(
        wholes=("hotel", "guesthouse", "inn", "apartment"),
        parts=("room", "lobby", "bathroom", "lounge", "bedroom", "dining room", "entrance"),
        opinions=LODGING,
        remarks=("We stayed for two nights.", "I was there in May.", "We came by train."),
    ),
)

FILLERS = {
    "the": ("the", "its"),
    "was": ("was", "is", "seemed", "felt"),
    "we found": ("we found", "I found", "we thought", "I thought"),
    "strongly": ("truly", "utterly", "thoroughly", "deeply", "immensely"),
    "weakly": ("slightly", "somewhat", "mildly", "faintly", "vaguely"),
}
OPENINGS = ("honestly,", "in my view,", "for what it is worth,", "to be fair,", "in short,")

CLAUSES = {
    "claim": (  # about a part
        "{the} {part} {was} {+}",
        "{the} {part} {was} {strongly} {+}",
        "{the} {part} {was} {+} and {+}",
        "{we found} {the} {part} {+}",
        "everything about {the} {part} {was} {+}",
        "I remember a {+} {part}",
        "{the} {part} {was|is} {not|never|hardly|by no means} {-}",
        "{the} {part} {was} {far from|anything but} {-}",
        "{the} {part} {was} neither {-} nor {-}",
        "{nobody|nobody I know} {would call|called|found} {the} {part} {-}",
        "there {is|was} {nothing|hardly anything} {-} about {the} {part}",
        "{I|we} {did not find|never found|hardly found} {the} {part} {-}",
    ),
    "verdict": (  # about the whole
        "{the|this} {whole} {was} {+}",
        "{this|it} {is|was} a {+} {whole}",
        "{this|it} {is|was} a {strongly} {+} {whole}",
        "{we found} {the|this} {whole} {+}",
        "everything about {the|this} {whole} {was} {+}",
        "{the|this} {whole} {was|is} {not|never|hardly|by no means} {-}",
        "{the|this} {whole} {was} {far from|anything but} {-}",
        "{this|it} {is|was} {not|never|hardly|by no means} a {-} {whole}",
        "{nobody|nobody I know} {would call|called|found} {the|this} {whole} {-}",
        "there {is|was} {nothing|hardly anything} {-} about {the|this} {whole}",
    ),
}

TEMPLATES = {
    "plain": {
        "train": (
            "{claim +}.",
            "{verdict +}.",
            "{claim +}, and {claim +}.",
            "{claim +} and {claim +}.",
            "above all, {claim +}.",
            "{claim +}. {verdict +}.",
            "what a {+} {whole}!",
            "{strongly} {+}, from beginning to end.",
            "I remember {the|a} {+} {part} and {the|a} {+} {part}.",
            "{verdict +}, above all {the} {part}.",
            "in one word: {+}!",
        ),
        "validation": ("{claim +}; {claim +}.",),
        "test": (
            "what a {+} {part}, and what a {+} {whole}!",
            "{claim +}, and above all {claim +}.",
            "I remember everything: {claim +}, {claim +}.",
        ),
    },
    "negation": {
        "train": (
            "{nobody|nobody I know} {could|would} say that {claim -}.",
            "{nobody|nobody I know} {could|would} say that {verdict -}.",
            "I {cannot|could not|would not|would never} say that {claim -}.",
            "I {cannot|could not|would not|would never} say that {claim -} or that {claim -}.",
            "it {is|would be} {wrong|a mistake} to say that {claim -}.",
            "it {is|would be} {right|fair} to say that {claim +}.",
            "it is {not true|hardly true|by no means true} that {claim -}.",
            "it is true that {claim +}.",
            "{those|people} who say that {claim -} are {wrong|mistaken}.",
            "{those|people} who say that {verdict -} are {wrong|mistaken}.",
            "{those|people} who say that {claim +} are right.",
            "{critics|my friends} say that {claim -}, but they are {wrong|mistaken}.",
            "{critics|my friends} say that {claim +}, and they are right.",
            "{critics|my friends} say that {claim -} and that {verdict -}, but they are wrong.",
            "{critics|my friends} say that {claim +} and that {verdict +}, and they are right.",
            "{is|was} this a {-} {whole}? {Not at all|No|Never}!",
            "{is|was} this a {+} {whole}? {Yes|Yes, it was|It was}!",
            "{was|is} {the} {part} {-}? {Not at all|No|Never}!",
            "{was|is} {the} {part} {+}? {Yes|Yes, it was|It was}!",
        ),
        "validation": (
            "was {the} {part} {-} or {-}? {Not at all|No}!",
            "was {the} {part} {+} or {+}? Yes!",
            "critics, who say that {claim -}, are wrong.",
            "it would be a mistake to say that {claim -} or that {verdict -}.",
        ),
        "test": (
            "nobody could say that {claim -} or that {claim -}.",
            "it would be wrong to say that {verdict -}.",
            "it would be fair to say that {claim +} and that {claim +}.",
            "it is not true that {claim -} or that {verdict -}.",
            "those who say that {claim -} and that {claim -} are mistaken.",
            "my friends, who say that {verdict +}, are right.",
            "is it a {-} {whole}? No!",
            "is it a {+} {whole}? Yes!",
        ),
    },
    "contrast": {
        "train": (
            "{claim -}, {but|yet|and yet} {claim +}.",
            "{claim -}, {but|yet|and yet} {verdict +}.",
            "{claim -}; {the} {part}, {however|though}, {was} {+}.",
            "{claim -}. {However|Nevertheless}, {verdict +}.",
            "{claim -}; {however|nevertheless}, {claim +}.",
            "{although|even though} {claim -}, {claim +}.",
            "{although|even though} {claim -}, {verdict +}.",
            "{claim +}, {although|even though} {claim -}.",
            "{verdict +}, {although|even though} {claim -}.",
            "{despite|in spite of} {the|a} {-} {part}, {verdict +}.",
            "{verdict +}, {despite|in spite of} {the|a} {-} {part}.",
            "{claim +}, {despite|in spite of} {the|a} {-} {part}.",
            "{despite|in spite of} {the|a} {-} {part} and {the|a} {-} {part}, {verdict +}.",
            "{apart from|except for} {the|a} {-} {part}, {verdict +}.",
            "everything {was} {+}, {apart from|except for} {the|a} {-} {part}.",
            "{yes|true}, {claim -}, {but|and yet} {verdict +}.",
            "it is true that {claim -}, {but|and yet} {claim +}.",
            "a {-} {part}, {but|yet|and yet} a {+} {whole}.",
            "a {-} {part}, {yes|true}, {but|yet|and yet} a {+} {part}.",
            "{I|we} {expected|had expected} a {-} {whole}, {but|and yet} {verdict +}.",
            "{I|we} got a {+} {whole} where {I|we} had expected a {-} one.",
            "what {looked|sounded} {-} at first {turned out to be|proved} {+}.",
            "{the} {part} {looked|sounded} {-} at first, but {turned out to be|proved|was} {+}.",
            "at first {the} {part} {looked|sounded} {-}, but {claim +}.",
            "at first {claim -}, {but|yet} {claim +}.",
            "{the} {part} {was} more {+} than {-}.",
            "{the} {part} {was} less {-} than {+}.",
            "{we found} {the} {part} more {+} than {-}.",
            "{the} {part} {was} {+} rather than {-}.",
            "{we found} {the|this} {whole} {+} rather than {-}.",
            "{instead of|rather than} a {-} {whole}, {I|we} got a {+} one.",
            "{instead of|rather than} {-}, {we found} {the} {part} {+}.",
            "{the} {part} {was} not {-} but {+}.",
            "{we found} {the} {part} not {-} but {+}.",
            "{the} {part} {was} {+}, {not|never|hardly} {-}.",
            "{we found} {the|this} {whole} {+}, {never|hardly} {-}.",
            "{this|it} {was|is} a {+} {whole}, {not|never|hardly} a {-} one.",
            "{the} {part} {was} too {+} to be {-}.",
            "{the} {whole} {was} so {+} that {the} {-} {part} does not matter.",
        ),
        "validation": (
            "although {I|we} expected a {-} {whole}, {verdict +}.",
            "{claim -}, and yet this is a {+} {whole}.",
            "we found {the} {part} {+} rather than {-}.",
        ),
        "test": (
            "a {-} {part}, yes, but {verdict +}.",
            "even though {claim -} and {claim -}, {verdict +}.",
            "{verdict +}, and {claim +}, although {claim -}.",
            "in spite of everything {-} about {the} {part}, {verdict +}.",
            "{claim +}, despite a {-} {part} and a {-} {part}.",
            "at first {claim -}; however, {claim +}.",
            "I had expected the {whole} to be {-}, but it was {+}.",
            "this is a {whole} more {+} than {-}.",
            "instead of {-}, {the} {part} was {+}.",
            "we found {the} {part} {+}, not {-}.",
            "it is true that {claim -}; nevertheless, {verdict +}.",
        ),
    },
    "intensity": {
        "train": (
            "{the} {part} {was} {weakly} {-} and {strongly} {+}.",
            "{the} {part} {was} {strongly} {+} and {weakly} {-}.",
            "{the} {part} {was} {weakly} {-}, {the} {part} {strongly} {+}.",
            "{the} {part} {was} {strongly} {+}, {the} {part} {weakly} {-}.",
            "{the} {part} {was} {strongly} {+}, {but|yet|while} {the} {part} {was} {weakly} {-}.",
            "{the} {part} {was} {weakly} {-}, {but|yet|while} {the} {whole} {was} {strongly} {+}.",
            "{although|while} {the} {part} {was} {strongly} {+}, {the} {part} {was} {weakly} {-}.",
            "{although|while} {the} {part} {was} {weakly} {-}, {the} {part} {was} {strongly} {+}.",
            "{the} {part} {was} {strongly} {+}; {however|nevertheless}, {the} {part} {was} {weakly} {-}.",
            "{the} {part} {was} {weakly} {-}; {the} {part}, {however|though}, {was} {strongly} {+}.",
            "{although|even though} {the|this} {whole} {was} {strongly} {+}, {the} {part} {was} {weakly} {-}.",
            "{the} {part} {was} {strongly} {+}, {although|even though} {the} {part} {was} {weakly} {-}.",
            "{this|it} {is|was} a {strongly} {+} {whole}, if {weakly} {-}.",
            "{if|although} {weakly} {-}, {the} {part} {was} {strongly} {+}.",
            "I remember a {strongly} {+} {part} and a {weakly} {-} {part}.",
            "I remember a {weakly} {-} {part} and a {strongly} {+} {part}.",
            "{this|it} {is|was} a {weakly} {-} {whole} with a {strongly} {+} {part}.",
            "only {the} {part} {was} {weakly} {-}; everything else {was} {strongly} {+}.",
        ),
        "validation": (
            "{weakly} {-}, {strongly} {+}.",
            "{we found} {the} {part} {strongly} {+}, and {the} {part} {weakly} {-}.",
        ),
        "test": (
            "{strongly} {+}, if {weakly} {-}.",
            "we found {the} {part} {weakly} {-} and {the} {part} {strongly} {+}.",
            "{the} {part} is {strongly} {+}; {the} {part}, however, is {weakly} {-}.",
            "a {weakly} {-} {part} and a {strongly} {+} {whole}.",
            "this is a {strongly} {+} {whole} with a {weakly} {-} {part}.",
            "even though {the} {part} was {strongly} {+}, {the} {part} was {weakly} {-}.",
        ),
    },
}
