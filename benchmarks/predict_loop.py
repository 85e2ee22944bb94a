"""Decoding as tutorials have it: Python loops that ask Keras models for one step at a time.

The encoder and the one-step decoder are models of Keras' own layers, as in Keras' example of
sequence-to-sequence learning, with the weights of ours. The loops keep tokens, totals and states in
NumPy and call `model.predict` for every token.
"""

from typing import Any

import keras
import numpy as np
from keras import layers

from rnn_zoo.models import NextToken, Seq2Seq

Found = tuple[np.ndarray, np.ndarray]
"""Tokens `(rows, steps)` and the log-probability of each row `(rows,)`."""


def without(suppressed: list[int], bias: Any) -> np.ndarray:
    """A bias that makes tokens impossible."""
    bias = np.array(bias)
    bias[suppressed] = -1e9
    return bias


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


class LoopTranslator:
    """Searches with an encoder and a decoder of one step."""

    def __init__(
        self, network: Seq2Seq, start: int, end: int, suppressed: list[int], max_length: int
    ):
        self.start, self.end, self.max_length = start, end, max_length
        encoder, decoder = network.encoder, network.decoder
        embedding = encoder.get_layer("source_embedding")
        units, features = decoder.cells[0].units, embedding.output_dim

        source = keras.Input((None,), dtype="int32")
        x = layers.Embedding(embedding.input_dim, features, mask_zero=True)(source)
        half = layers.LSTM(units // 2, return_sequences=True, return_state=True)
        memory, *states = layers.Bidirectional(half)(x)
        keys = layers.Dense(units, use_bias=False)(memory)
        hidden, cell = (layers.Concatenate()(pair) for pair in (states[::2], states[1::2]))
        self.encoder = keras.Model(source, [hidden, cell, keys, memory])
        scaled = decoder.attention.key_kernel / units**0.5
        reader = encoder.get_layer("recurrent_1").weights
        self.encoder.set_weights([np.array(w) for w in (embedding.embeddings, *reader, scaled)])

        token = keras.Input((1,), dtype="int32")
        before = [keras.Input((units,)), keras.Input((units,))]
        parts = [keras.Input((None, units)), keras.Input((None, units))]
        real = keras.Input((None,), dtype="bool")
        x = layers.Embedding(decoder.vocabulary_size, decoder.embedding_dim)(token)
        lstm = layers.LSTM(units, return_sequences=True, return_state=True)
        x, *after = lstm(x, initial_state=before)
        context = layers.Attention()([x, parts[1], parts[0]], mask=[None, real])
        x = layers.Concatenate()([x, context])
        x = layers.Dense(decoder.embedding_dim, "tanh", use_bias=False)(x)
        logits = layers.Dense(decoder.vocabulary_size)(x)
        self.decoder = keras.Model([token, *before, *parts, real], [logits, *after])
        cells = decoder.cells[0].weights
        weights = [decoder.embedding.embeddings, *cells, decoder.combine.kernel]
        weights += [decoder.logits.kernel, without(suppressed, decoder.logits.bias)]
        self.decoder.set_weights([np.array(weight) for weight in weights])

    def encode(self, words: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The first states, and what there is to attend to."""
        hidden, cell, keys, memory = self.encoder.predict(words, verbose=0)
        return [hidden, cell], [keys, memory, words != 0]

    def step(
        self, token: np.ndarray, states: list[np.ndarray], read: list[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Log-probabilities `(rows, vocabulary)` and the next states."""
        logits, *states = self.decoder.predict([token[:, None], *states, *read], verbose=0)
        return log_softmax(logits[:, 0]), states

    def greedy(self, words: np.ndarray) -> Found:
        """Stops when all rows have ended."""
        states, read = self.encode(words)
        rows = len(words)
        token = np.full(rows, self.start)
        tokens = np.full((rows, self.max_length), self.end)
        ended, total = np.zeros(rows, bool), np.zeros(rows)
        for t in range(self.max_length):
            gained, states = self.step(token, states, read)
            token = np.where(ended, self.end, gained.argmax(-1))
            total += np.where(ended, 0.0, gained[np.arange(rows), token])
            tokens[:, t] = token
            ended |= token == self.end
            if ended.all():
                break
        return tokens, total

    def beam(self, words: np.ndarray, width: int) -> Found:
        """The best hypothesis of each row; stops when all have ended."""
        states, read = self.encode(words)
        states, read = ([np.repeat(x, width, axis=0) for x in part] for part in (states, read))
        rows = len(words)
        tokens = np.full((rows * width, self.max_length), self.end)
        token = np.full(rows * width, self.start)
        ended = np.zeros(rows * width, bool)
        total = np.where(np.arange(rows * width) % width == 0, 0.0, -1e9)
        for t in range(self.max_length):
            gained, states = self.step(token, states, read)
            gained[ended] = -1e9
            gained[ended, self.end] = 0.0
            vocabulary = gained.shape[-1]
            candidates = (total[:, None] + gained).reshape(rows, -1)
            best = np.argpartition(candidates, -width)[:, -width:]
            scores = np.take_along_axis(candidates, best, axis=1)
            best = np.take_along_axis(best, np.argsort(-scores), axis=1)  # (rows, width)
            total = np.take_along_axis(candidates, best, axis=1).ravel()
            origin = (best // vocabulary + width * np.arange(rows)[:, None]).ravel()
            token = (best % vocabulary).ravel()
            states = [state[origin] for state in states]
            tokens, ended = tokens[origin], ended[origin] | (token == self.end)
            tokens[:, t] = token
            if ended.all():
                break
        return tokens[::width], total[::width]


class LoopLanguageModel:
    """Samples with a model of one step."""

    def __init__(self, network: NextToken, start: int, suppressed: list[int]):
        self.start = start
        self.random = np.random.default_rng(0)
        decoder = network.decoder
        token = keras.Input((1,), dtype="int32")
        x = layers.Embedding(decoder.vocabulary_size, decoder.embedding_dim)(token)
        before: list[Any] = []
        after: list[Any] = []
        for cell in decoder.cells:
            states = [keras.Input((cell.units,)), keras.Input((cell.units,))]
            lstm = layers.LSTM(cell.units, return_sequences=True, return_state=True)
            x, *new = lstm(x, initial_state=states)
            before, after = before + states, after + new
        self.model = keras.Model(
            [token, *before], [layers.Dense(decoder.vocabulary_size)(x), *after]
        )
        weights = [decoder.embedding.embeddings]
        weights += [weight for cell in decoder.cells for weight in cell.weights]
        weights += [decoder.logits.kernel, without(suppressed, decoder.logits.bias)]
        self.model.set_weights([np.array(weight) for weight in weights])

    def sample(self, rows: int, length: int) -> Found:
        """So many texts, none of which ends."""
        token, total, tokens = np.full(rows, self.start), np.zeros(rows), []
        states = [np.zeros((rows, *x.shape[1:]), "float32") for x in self.model.inputs[1:]]
        for _ in range(length):
            logits, *states = self.model.predict([token[:, None], *states], verbose=0)
            gained = log_softmax(logits[:, 0])
            token = (gained + self.random.gumbel(size=gained.shape)).argmax(-1)
            total += gained[np.arange(rows), token]
            tokens.append(token)
        return np.stack(tokens, 1), total
