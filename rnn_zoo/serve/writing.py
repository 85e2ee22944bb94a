"""A text that a language model writes as one watches, and its cells meanwhile."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from rnn_zoo.decoding import Sample
from rnn_zoo.decoding.sample import uniform_draws
from rnn_zoo.decoding.step import suppress_tokens
from rnn_zoo.decoding.strategy import MAX_SEED
from rnn_zoo.pipeline import pad
from rnn_zoo.preprocessing.text import END_OF_LINE
from rnn_zoo.preprocessing.vocabulary import END_ID
from rnn_zoo.tasks import LanguageModel
from rnn_zoo.tasks.generator import SUPPRESSED

MAX_SHOWN = 200
"""Tokens of a prompt, the last ones, that come with the activations of cells."""


class Writing:
    """A text in the making. Its events are made one by one, so that other requests go between.

    The text is the one that `task.generate(prompt, Sample(...), seed=seed)` writes.

    Args:
        task: the language model.
        prompt: what to go on with.
        options: `max_new_tokens`, `seed` and those of `Sample`; None where one was not given.

    Raises:
        UserError: the model cannot go on from the prompt, or options are wrong.
    """

    def __init__(self, task: LanguageModel, prompt: str, options: Mapping[str, Any]):
        settings = {key: value for key, value in options.items() if value is not None}
        self.separator = task.target_tokenizer.separator
        self.max_new_tokens = settings.pop("max_new_tokens", task.max_new_tokens)
        seed = settings.pop("seed", random.randrange(MAX_SEED + 1))
        self.strategy = Sample(**settings)
        raw = task.preprocessor.read_inputs([prompt])
        task.preprocessor.check_prompts(raw)
        self.ids = task.preprocessor.encode_inputs(raw).numpy()[0].tolist()
        self.prompt = prompt
        self.seed = seed
        self.network: Any = task.network
        self._step = suppress_tokens(
            self.network.step, SUPPRESSED, self.network.decoder.vocabulary_size
        )
        self._tokens: Sequence[str] = task.target_tokenizer.vocabulary.tokens  # type: ignore[union-attr]

    def events(self) -> Iterator[dict[str, Any]]:
        """A dictionary for each token, and a last one.

        That of a token has its `text` with the white space before it, whether it is of the
        `prompt`, its `probability` (null in a prompt) and the activations of the last layer's
        `cells` after it, whole numbers from -100 to 100. The last has `done`, which is `"end"`
        where the model ended the text and else `"length"`.
        """
        first = max(1, len(self.ids) - MAX_SHOWN)
        encoded = self.network.encoder(pad(tf.ragged.constant([[*self.ids[:first], 0]])))
        logits, state = self._read(self.ids[first - 1], self.network.initial_state(encoded))
        before = None if first == 1 else self._tokens[self.ids[first - 1]]
        for i in self.ids[first:]:
            logits, state = self._read(i, state)
            yield self._event(i, before, state) | {"prompt": True, "probability": None}
            before = self._tokens[i]
        before, separator = None, self.separator if self.prompt else ""
        draws = uniform_draws((self.max_new_tokens, 1), np.array([self.seed, 0], "uint32"))
        for draw in draws:
            chosen = int(np.asarray(self.strategy.choose(logits, draw))[0])
            if chosen == END_ID:
                yield {"done": "end"}
                return
            probability = float(np.asarray(ops.softmax(logits, axis=-1))[0, chosen])
            logits, state = self._read(chosen, state)
            event = self._event(chosen, before, state)
            event["text"] = separator + event["text"]
            yield event | {"prompt": False, "probability": round(probability, 4)}
            before, separator = self._tokens[chosen], ""
        yield {"done": "length"}

    def _read(self, token: int, state: Any) -> tuple[Any, Any]:
        """Logits `(1, vocabulary)` after a token, and the state."""
        return self._step(ops.convert_to_tensor([token], "int32"), state)

    def _event(self, token: int, before: str | None, state: Any) -> dict[str, Any]:
        """A token's text and activations; before it stands another token, or nothing."""
        text = self._tokens[token]
        is_joined = before is None or END_OF_LINE in (text, before)
        text = "\n" if text == END_OF_LINE else text
        text = text if is_joined else f"{self.separator}{text}"
        return {"text": text, "cells": activations(state)}


def activations(state: Any) -> list[int]:
    """The hidden state of the last layer, or where there is one the tanh of its memory cell."""
    hidden, *memory = (np.asarray(part)[0] for part in state["layers"][-1])
    values = np.tanh(memory[0]) if memory else hidden
    cells: list[int] = np.rint(100 * np.clip(values, -1, 1)).astype(int).tolist()
    return cells
