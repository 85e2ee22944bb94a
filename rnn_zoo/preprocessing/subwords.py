"""Words to pieces of words, with core TensorFlow operations only, so that an export can hold it."""

import io
import tempfile
from collections import Counter
from pathlib import Path

import tensorflow as tf

from rnn_zoo.preprocessing.vocabulary import UNKNOWN, Vocabulary

BEGINS = "▁"
"""Begins a piece that begins a word, as SentencePiece has it."""


def train_subwords(counts: Counter[str], max_size: int) -> list[str]:
    """Pieces of words by byte-pair encoding: what is often together becomes one piece.

    Args:
        counts: how often each word was seen.
        max_size: number of pieces at the most; all characters are among them.

    Source: Sennrich, Haddow and Birch 2016, "Neural Machine Translation of Rare Words with Subword
        Units"; learned by SentencePiece (Kudo and Richardson 2018).

    Example:
        >>> pieces = train_subwords(Counter({"low": 5, "lower": 3, "slow": 2}), 9)
        >>> "low" in pieces, "slower" in pieces
        (True, False)
    """
    import sentencepiece  # imported here: only learning a vocabulary needs it

    model = io.BytesIO()
    characters = {character for word in counts for character in word} | {BEGINS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.tsv"
        path.write_text("".join(f"{word}\t{count}\n" for word, count in counts.items()), "utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(path),
            input_format="tsv",
            model_writer=model,
            model_type="bpe",
            vocab_size=max(max_size, len(characters)) + 1,  # and its own unknown
            hard_vocab_limit=False,  # of few words there are fewer pieces
            character_coverage=1.0,
            normalization_rule_name="identity",
            bos_id=-1,
            eos_id=-1,
            unk_id=0,
            minloglevel=2,
        )
    trained = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return [trained.id_to_piece(i) for i in range(1, len(trained))]


def split_subwords(words: tf.RaggedTensor, vocabulary: Vocabulary) -> tf.RaggedTensor:
    """Words `(batch, words)` to pieces `(batch, pieces)`.

    From left to right, the longest piece that the vocabulary holds; a character that it does not
    hold is a piece of its own, which is unknown.

    Example:
        >>> vocabulary = Vocabulary(["[PAD]", "[UNK]", "▁", "▁low", "er", "s", "l", "ow"])
        >>> words = tf.ragged.constant([["lower", "slows"], ["low", "é"]])
        >>> pieces = split_subwords(words, vocabulary)
        >>> [[piece.decode() for piece in row] for row in pieces.to_list()]
        [['▁low', 'er', '▁', 's', 'l', 'ow', 's'], ['▁low', '▁', 'é']]
    """
    distinct, indices = tf.unique(words.flat_values)
    texts = tf.strings.join([tf.constant(BEGINS), distinct])
    lengths = tf.strings.length(texts, unit="UTF8_CHAR")
    max_length = max(len(token) for token in vocabulary.tokens)
    unknown = vocabulary.tokens.index(UNKNOWN)

    def more(at: tf.Tensor, *_: tf.Tensor) -> tf.Tensor:
        return tf.reduce_any(at < lengths)

    def advance(at: tf.Tensor, step: tf.Tensor, steps: tf.TensorArray) -> tuple:
        # From the shortest on: a longer one of the vocabulary takes its place.
        size = tf.ones_like(at)
        for length in range(2, max_length + 1):
            piece = tf.strings.substr(texts, at, tf.fill(tf.shape(at), length), "UTF8_CHAR")
            exists = (vocabulary.ids(piece) != unknown) & (at + length <= lengths)
            size = tf.where(exists, length, size)
        piece = tf.strings.substr(texts, at, size, unit="UTF8_CHAR")
        at = tf.minimum(at + size, lengths)
        return at, step + 1, steps.write(step, piece)

    steps = tf.TensorArray(tf.string, size=0, dynamic_size=True, element_shape=[None])
    _, _, steps = tf.while_loop(more, advance, (tf.zeros_like(lengths), 0, steps))
    pieces = tf.cond(  # (words, steps), and "" after a word's end
        tf.size(texts) > 0,
        lambda: tf.transpose(steps.stack()),
        lambda: tf.zeros([0, 0], tf.string),
    )
    ragged = tf.ragged.boolean_mask(pieces, pieces != "")
    return words.with_flat_values(tf.gather(ragged, indices)).merge_dims(1, 2)


def join_subwords(joined: tf.Tensor) -> tf.Tensor:
    """Words, with a space between, of pieces that have been joined without one."""
    return tf.strings.strip(tf.strings.regex_replace(joined, BEGINS, " "))
