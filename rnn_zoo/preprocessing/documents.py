"""Texts to next-token examples, and prompts to what a language model continues."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import keras
import tensorflow as tf
from pydantic import Field

from rnn_zoo.config import Count, Length, Section, VocabularySize
from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.preprocessor import Preprocessor, checked_weights
from rnn_zoo.preprocessing.raw import read_texts, read_token_ids
from rnn_zoo.preprocessing.text_side import TextSide
from rnn_zoo.preprocessing.tokenizer import Tokenizer, framed
from rnn_zoo.preprocessing.vocabulary import UNKNOWN_ID


class DocumentsConfig(Section):
    """Settings of `DocumentsPreprocessor`.

    Attributes:
        tokens: what a token is: a character, a word (or a punctuation mark), or, of texts that are
            tokenized already, whatever stands between white space and the end of a line.
        lowercase: whether case is folded.
        max_vocabulary: number of token ids at the most, the special ones counted.
        min_count: a token seen less often while adapting is unknown.
        window: steps of a window; gradients reach no further back (truncated backpropagation
            through time).
    """

    tokens: Literal["characters", "words", "whitespace"] = "characters"
    lowercase: bool = False
    max_vocabulary: Annotated[VocabularySize, Field(gt=4)] = 20_000
    min_count: Count = 1
    window: Length = 64


class DocumentsPreprocessor(Preprocessor):
    """The `Preprocessor` of language models.

    A text is a document: the network reads the start token and the text's tokens, and predicts the
    tokens and the end token. Documents may also be given as token ids `(batch,
    time)`, with 0 as padding and without those two.

    Args:
        config: how texts become tokens.
    """

    TARGETS = "tokens that a language model predicts"
    TEXTS = (TextSide("vocabulary"),)

    def __init__(self, config: DocumentsConfig):
        self.config = config
        self.tokenizer = Tokenizer(config.tokens, config.lowercase)
        super().__init__({"vocabulary": self.tokenizer})

    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Fix the vocabulary from raw batches `(texts, ...)`."""
        counts: Counter[str] = Counter()
        for texts, *_ in batches:
            if texts.dtype != tf.string:
                raise DataError(
                    "Token ids do not say how large their vocabulary is: give rnn_zoo.get "
                    "vocabulary_size, or pass raw texts."
                )
            counts.update(self.tokenizer.count(texts))
        if not counts:
            raise DataError("The data are empty: there is not one token.")
        config = self.config
        size = self.tokenizer.fix(counts, config.max_vocabulary, config.min_count)
        return {"vocabulary_size": size}

    def read_inputs(self, x: Any) -> Any:
        """Texts as a string tensor `(batch,)`, token ids as a ragged `(batch, tokens)`.

        One bare string is one text.
        """
        if isinstance(x, (str, bytes)):
            x = [x]
        ids = read_token_ids(x, self.tokenizer.size)
        return read_texts(x) if ids is None else ids

    def read_targets(self, y: Any, inputs: Any) -> Any:  # noqa: ARG002 - as others have them
        """There are none.

        Raises:
            DataError: always.
        """
        raise DataError("A language model learns from texts alone, whose tokens it predicts: no y.")

    def encode_inputs(self, x: Any) -> tf.RaggedTensor:
        """Token ids `(batch, tokens)` of texts, the token that starts them first."""
        return framed(self.tokenizer.ids(x), start=True)

    def client_settings(self, names: Sequence[str]) -> dict[str, Any]:
        """See `Preprocessor`."""
        return {
            "kind": "texts",
            "name": names[0],
            **self.tokenizer.settings(),
            "max_length": None,
            "truncate": "end",
            "start": True,
            "end": False,
        }

    def encode(
        self,
        x: Any,
        y: Any = None,  # noqa: ARG002 - as others have it
        strict: bool = True,  # noqa: ARG002 - there are no labels
    ) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """The tokens that the network reads and those that it predicts, `(batch, tokens)` each."""
        ids = self.tokenizer.ids(x)
        return framed(ids, start=True), framed(ids, end=True)

    def encode_documents(self, texts: Any, *weights: Any) -> tuple[Any, ...]:
        """As `encode`, with the weight of each text after it, `(batch,)`.

        Raises:
            DataError: there is more than texts and a weight for each.
        """
        if len(weights) > 1 or (weights and weights[0].dtype == tf.string):
            raise DataError(
                "A language model learns from texts alone, whose tokens it predicts: a dataset "
                "holds texts, or tuples (text, sample_weight)."
            )
        inputs, targets = self.encode(texts)
        floats = keras.config.floatx()
        weight = checked_weights(*weights) if weights else tf.ones(inputs.nrows(), floats)
        return inputs, targets, weight

    def check_prompts(self, texts: tf.Tensor) -> None:
        """Make sure that the model can go on from these texts.

        Raises:
            DataError: a text has a token that is not in the vocabulary, and no such token was seen
                in training: the model would go on from noise.
        """
        config, vocabulary = self.config, self.tokenizer.vocabulary
        if config.min_count > 1 or vocabulary is None:
            return
        if len(vocabulary) == config.max_vocabulary:  # the rest was unknown in training
            return
        tokens = self.tokenizer.split(texts)
        for i, (row, ids) in enumerate(zip(tokens, vocabulary.ids(tokens), strict=True)):
            unknown = row.numpy()[ids.numpy() == UNKNOWN_ID]
            if len(unknown):
                shown = ", ".join(repr(token.decode()) for token in unknown[:5])
                raise DataError(
                    f"Prompt {i} has {config.tokens} that the model has never seen: {shown}. It "
                    "was trained on texts without them: leave them out."
                )
