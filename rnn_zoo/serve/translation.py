"""What the page of a translator shows: the alignment, and the beam as a tree."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
from keras import ops

from rnn_zoo.decoding import Beam
from rnn_zoo.decoding.step import suppress_tokens
from rnn_zoo.pipeline import pad
from rnn_zoo.preprocessing.subwords import BEGINS
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.preprocessing.vocabulary import END_ID, START_ID
from rnn_zoo.serve.alignment import alignment
from rnn_zoo.serve.beam_tree import BeamTree, TracedBeamSearch
from rnn_zoo.serve.served_model import ServedModel
from rnn_zoo.tasks import Translator
from rnn_zoo.tasks.generator import SUPPRESSED


def explain_translation(
    model: ServedModel, text: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """A translation by a beam, where the decoder looked, and what else was in the beam.

    Returns:
        `answer`; `answers`, pairs of text and score, the best first; `source` and `target`, tokens;
        `attention`, a row of weights over the source for each token of the target, null without
        attention; `tree`, nodes with the number of their `parent`, and `best`, the numbers of those
        of the answer.
    """
    task: Any = model.task
    settings = {key: value for key, value in options.items() if value is not None}
    max_length = settings.pop("max_new_tokens", task.max_new_tokens)
    beam = Beam(**settings)
    beam.check(max_length=max_length, has_coverage=task.network.decoder.attention is not None)
    tree = search_tree(task, text, beam, max_length)
    best = tree.best[0]
    written = tree.tokens(best)
    texts = [_text(task.target_tokenizer, tree.tokens(number)) for number in tree.best]
    scores = [tree.nodes[number].score for number in tree.best]
    source_ids = task.preprocessor.encode_inputs(tf.constant([text]))
    source = shown_tokens(task.preprocessor.source, source_ids.numpy()[0])
    weights = alignment(task.network, pad(source_ids), written)
    return {
        "answer": texts[0],
        "answers": [list(pair) for pair in zip(texts, scores, strict=True)],
        "source": source,
        "target": shown_tokens(task.target_tokenizer, written),
        "attention": None if weights is None else weights[:, : len(source)].tolist(),
        "tree": {
            "nodes": [
                {"parent": node.parent, "probability": node.probability, "score": node.score}
                | shown_tokens(task.target_tokenizer, [node.token])[0]
                for node in tree.nodes
            ],
            "best": tree.path(best),
        },
    }


def search_tree(task: Translator, text: str, beam: Beam, max_length: int) -> BeamTree:
    """The tree of a beam search, whose best hypothesis is what `generate` writes."""
    network: Any = task.network
    decoder = network.decoder
    source = pad(task.preprocessor.encode_inputs(tf.constant([text])))
    encoded = network.encoder(source, training=False)
    start = ops.full((1,), START_ID, "int32")
    search = TracedBeamSearch(
        suppress_tokens(network.step, SUPPRESSED, decoder.vocabulary_size),
        rows_of=start,
        width=beam.width,
        n_best=beam.width,
        length_penalty=beam.length_penalty,
        coverage_penalty=beam.coverage_penalty,
        coverage=decoder.coverage if decoder.attention is not None else None,
        max_length=max_length,
        end_id=END_ID,
    )
    return search.trace(network.initial_state(encoded), start)


def _text(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    (text,) = tokenizer.text(tf.constant([ids], tf.int32)).numpy()
    return str(text.decode())


def shown_tokens(tokenizer: Tokenizer, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Tokens as a page shows them: their text, and whether white space stands before them.

    The `text` of the token that ends a sequence is empty, and so is that of no token, -1.
    """
    assert tokenizer.vocabulary is not None, "a task that reads texts has one"
    shown = []
    for i in ids:
        token = tokenizer.vocabulary.tokens[i] if i >= 0 and i != END_ID else ""
        begins = tokenizer.kind in ("words", "whitespace") or token.startswith(BEGINS)
        text = token.removeprefix(BEGINS) if tokenizer.kind == "subwords" else token
        shown.append({"text": text, "space": begins})
    return shown
