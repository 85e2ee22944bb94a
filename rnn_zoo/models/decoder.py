"""The decoder that captioners, translators and language models share."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import initializers, ops, tree

from rnn_zoo import layers
from rnn_zoo._keras_private import get_keras_mask
from rnn_zoo.cells.state_names import state_names
from rnn_zoo.models.stack import make_cell

State = dict[str, Any]
"""The state between two steps: nested tensors whose first axis is the batch."""

ATTENTION = {
    "additive": layers.AdditiveAttention,
    "multiplicative": layers.MultiplicativeAttention,
}


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Decoder(keras.layers.Layer):
    r"""A recurrent network that predicts each token from the ones before it.

    $$h_t = \mathrm{RNN}(E_{y_{t-1}}, h_{t-1}), \qquad \tilde h_t = \tanh(W_c [h_t; c_t]), \qquad
    z_t = W_o \tilde h_t + b_o$$

    with the context $c_t$ of an attention over a memory (Luong et al., 2015, "Effective approaches
    to attention-based neural machine translation"); without one $z_t = W_o h_t + b_o$.

    With tied embeddings (Press and Wolf, 2017, "Using the output embedding to improve language
    models") $W_o = E$, and the recurrent network reads $\sqrt{d}\, E_{y_{t-1}}$ for vectors of d
    features, as in Vaswani et al., 2017, "Attention is all you need". A kernel of logits begins
    with small numbers, with which two recurrent layers would have almost no signal. Where
    `units` is not `embedding_dim`, and without attention, $\tilde h_t = W_c h_t$.

    Called on whole sequences it is trained (teacher forcing); `initial_state` and `step` run it
    token by token with the same weights, as `rnn_zoo.decoding` needs it. Sequences are padded on
    the right.

    Args:
        vocabulary_size: Number of token ids.
        cell: Name of the cell; `rnn_zoo.cells.get` knows it.
        units: Size of the hidden state.
        depth: Number of recurrent layers.
        embedding_dim: Features of a token's vector and, with attention or tied embeddings, of the
            vector that the logits are computed from.
        attention: `"additive"`, `"multiplicative"` (scaled) or None.
        tied_embeddings: Whether the kernel of the logits is the embedding, transposed.
        dropout: Share of features dropped after the embedding, between layers, and before the
            logits.
        recurrent_dropout: Share of the hidden state dropped, one mask for a whole sequence.
        residual: Whether each layer from the second on adds its input to its output.
        chrono: For an LSTM, the longest dependency in steps that its gates can remember at the
            beginning; see `rnn_zoo.cells.Chrono`.
        learn_initial_state: Whether sequences without a first state begin with a learned one, and
            not with zeros.
        embeddings_initializer: Initializer of the tokens' vectors. Default: `"uniform"`; with tied
            embeddings a normal distribution of standard deviation `embedding_dim ** -0.5`.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        cell: str = "lstm",
        units: int = 256,
        depth: int = 1,
        embedding_dim: int = 256,
        attention: str | None = None,
        tied_embeddings: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        residual: bool = False,
        chrono: int | None = None,
        learn_initial_state: bool = False,
        embeddings_initializer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if embeddings_initializer is None:
            small = initializers.RandomNormal(stddev=embedding_dim**-0.5)
            embeddings_initializer = small if tied_embeddings else "uniform"
        initializer = initializers.get(embeddings_initializer)
        self.settings: dict[str, Any] = {
            "vocabulary_size": vocabulary_size,
            "cell": cell,
            "units": units,
            "depth": depth,
            "embedding_dim": embedding_dim,
            "attention": attention,
            "tied_embeddings": tied_embeddings,
            "dropout": dropout,
            "recurrent_dropout": recurrent_dropout,
            "residual": residual,
            "chrono": chrono,
            "learn_initial_state": learn_initial_state,
            "embeddings_initializer": initializers.serialize(initializer),
        }
        self.supports_masking = True  # it takes masks, and passes none on
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.residual = residual
        self.tied_embeddings = tied_embeddings
        self.embedding = layers.Embedding(
            vocabulary_size, embedding_dim, initializer, dtype=self.dtype_policy, name="embedding"
        )
        self._make_recurrent_layers()
        self._make_output_layers()

    def _make_output_layers(self) -> None:
        """Dropout, attention, and the layers from the output of the cells to logits."""
        settings, dtype = self.settings, self.dtype_policy
        units, attention = settings["units"], settings["attention"]
        dropout = settings["dropout"]
        self.dropout_out = keras.layers.Dropout(dropout, dtype=dtype, name="dropout_out")
        self.attention = None
        if attention is not None:
            self.attention = ATTENTION[attention](units, dtype=dtype, name="attention")
        self.combine = None
        if attention is not None or (self.tied_embeddings and units != self.embedding_dim):
            self.combine = keras.layers.Dense(
                self.embedding_dim,
                None if attention is None else "tanh",
                use_bias=False,
                dtype=dtype,
                name="combine",
            )
        if not self.tied_embeddings:
            self.logits = keras.layers.Dense(
                self.vocabulary_size, dtype=dtype.variable_dtype, name="logits"
            )

    def _make_recurrent_layers(self) -> None:
        """A cell, the layer that runs it over sequences, and dropout below it, for each level."""
        settings, dtype = self.settings, self.dtype_policy
        levels = range(1, settings["depth"] + 1)
        self.cells = [
            make_cell(
                settings["cell"],
                settings["units"],
                settings["recurrent_dropout"],
                settings["chrono"],
                dtype=dtype,
                name=f"cell_{level}",
            )
            for level in levels
        ]
        self.dropouts = [
            keras.layers.Dropout(settings["dropout"], dtype=dtype, name=f"dropout_{level}")
            for level in levels
        ]
        self.scans = [
            layers.RNN(
                cell,
                return_sequences=True,
                return_state=True,
                learn_initial_state=settings["learn_initial_state"],
                dtype=dtype,
                name=f"{self.name}_{level}",
            )
            for level, cell in zip(levels, self.cells, strict=True)
        ]

    @property
    def state_sizes(self) -> list[int]:
        """Features of the states of all layers in their order."""
        return tree.flatten([cell.state_size for cell in self.cells])

    @property
    def state_names(self) -> list[str]:
        """Names of the states of all layers in their order: `decoder_1_h`, `decoder_1_c`, ..."""
        return [
            f"{scan.name}_{name}"
            for scan in self.scans
            for name in state_names(scan.cell, len(tree.flatten(scan.cell.state_size)))
        ]

    def build(
        self,
        tokens_shape: Any,  # noqa: ARG002 - Keras passes the shapes of the arguments of `call`
        memory_shape: Sequence[int | None] | None = None,
    ) -> None:
        """Makes the weights."""
        settings = self.settings
        units, width = settings["units"], self.embedding_dim
        self.embedding.build((None, None))
        features = width
        for scan in self.scans:
            scan.build((None, None, features))
            features = units
        if self.attention is not None:
            assert memory_shape is not None, "attention needs a memory"
            self.attention.build((None, None, units), memory_shape)
            features = units + memory_shape[-1]
        if self.combine is not None:
            self.combine.build((None, None, features))
            features = width
        if self.tied_embeddings:
            self.bias = self.add_weight(
                shape=(settings["vocabulary_size"],), initializer="zeros", name="bias"
            )
        else:
            self.logits.build((None, None, features))

    def call(
        self,
        tokens: Any,
        states: Sequence[Any] | None = None,
        memory: Any = None,
        memory_mask: Any = None,
        resets: Any = None,
        tokens_mask: Any = None,
        target_mask: Any = None,
        training: bool = False,
    ) -> Any:
        """Teacher forcing over whole sequences.

        Args:
            tokens: The tokens before each step, `(batch, time)`.
            states: The first states of all layers in their order, each `(batch, units)`. Default:
                zeros, or the learned ones.
            memory: The vectors to attend to, `(batch, source, features)`.
            memory_mask: `(batch, source)`, true where the memory is real. Default: the mask that
                Keras has attached to `memory`; without one, all of it is.
            resets: `(batch, time)`, true where the states become zero before a step.
            tokens_mask: `(batch, time)`, false where a step leaves the states as they are.
            target_mask: `(batch, time)`, true at the steps whose logits are computed. Default: all.
                XLA needs to know the number of steps, and takes no such mask.
            training: Whether dropout is applied.

        Returns:
            `logits` `(batch, time, vocabulary_size)`, or `(steps, vocabulary_size)` with a target
            mask; the last `states`; with attention its `weights` `(batch, time, source)`.
        """
        x = self.dropouts[0](self._embed(tokens), training=training)
        if states is None:
            rows = ops.shape(tokens)[0]
            states = tree.flatten([scan.get_initial_state(rows) for scan in self.scans])
        state = self.initial_state(states, memory, memory_mask)
        x, weights, last = self._scan_layers(x, state, resets, tokens_mask, training)
        outputs = {"logits": self._logits(x, target_mask, training), "states": tree.flatten(last)}
        return outputs if weights is None else outputs | {"weights": weights}

    def _scan_layers(
        self, x: Any, state: State, resets: Any, mask: Any, training: bool
    ) -> tuple[Any, Any, Any]:
        """Layer after layer, and attention for all steps at once."""
        last = []
        for level, (scan, states) in enumerate(zip(self.scans, state["layers"], strict=True)):
            if level:
                x = self.dropouts[level](x, training=training)
            below = x
            x, *new = scan(x, initial_state=states, mask=mask, resets=resets, training=training)
            x = ops.add(below, x) if self.residual and level else x
            last.append(new)
        return *self._features(x, state), last

    def _embed(self, tokens: Any) -> Any:
        """Vectors of token ids; tied ones are small, as an output's kernel is, and scaled up."""
        x = self.embedding(tokens)
        return x * math.sqrt(self.embedding_dim) if self.tied_embeddings else x

    def initial_state(
        self, states: Sequence[Any], memory: Any = None, memory_mask: Any = None
    ) -> State:
        """The state before the first step.

        Args:
            states: The first states of all layers, each `(batch, units)`.
            memory: The vectors to attend to, `(batch, source, features)`.
            memory_mask: `(batch, source)`, true where the memory is real. Default: as in `call`.
        """
        flat = list(states)
        by_layer = []
        for cell in self.cells:
            count = len(tree.flatten(cell.state_size))
            by_layer.append(flat[:count])
            flat = flat[count:]
        state: State = {"layers": by_layer}
        if self.attention is not None:
            real = ops.ones_like(memory[..., 0])  # `ones` would need to know the number of rows
            if memory_mask is None:
                memory_mask = get_keras_mask(memory)
            if memory_mask is not None:
                real = ops.cast(memory_mask, memory.dtype)
            state |= {
                "keys": self.attention.project(memory),
                "memory": memory,
                "memory_mask": real,
                # The attention that each source position got so far; padding needs no more.
                "coverage": 1.0 - real,
            }
        return state

    def step(self, tokens: Any, state: State) -> tuple[Any, State]:
        """One step: token ids `(rows,)` to logits `(rows, vocabulary_size)` and the next state."""
        x = self._embed(tokens)  # (rows, embedding_dim)
        by_layer = []
        for level, (cell, states) in enumerate(zip(self.cells, state["layers"], strict=True)):
            below = x
            x, new = cell(x, states, training=False)
            x = ops.add(below, x) if self.residual and level else x
            by_layer.append(new)
        x, weights = self._features(x[:, None], state)
        state = state | {"layers": by_layer}
        if weights is not None and "coverage" in state:
            # Under mixed precision a step may run outside the scope that casts the weights.
            coverage = state["coverage"]
            state["coverage"] = ops.cast(ops.add(coverage, weights[:, 0]), coverage.dtype)
        return self._logits(x[:, 0]), state

    def coverage(self, state: State) -> Any:
        """The attention that each source position got so far, `(rows, source)`; 1 at padding."""
        return state["coverage"]

    def _features(self, hidden: Any, state: Mapping[str, Any]) -> tuple[Any, Any]:
        """Features for the logits, of hidden states `(batch, time, units)`; attention weights."""
        weights = None
        if self.attention is not None:
            context, weights = self.attention.attend(
                hidden, state["keys"], state["memory"], state["memory_mask"]
            )
            hidden = ops.concatenate([hidden, context], axis=-1)
        return (hidden if self.combine is None else self.combine(hidden)), weights

    def _logits(self, x: Any, target_mask: Any = None, training: bool = False) -> Any:
        x = self.dropout_out(x, training=training)
        if target_mask is not None:
            (steps,) = ops.nonzero(ops.reshape(target_mask, (-1,)))
            x = ops.take(ops.reshape(x, (-1, x.shape[-1])), steps, axis=0)  # (steps, features)
        if not self.tied_embeddings:
            return self.logits(x)
        kernel = ops.cast(self.embedding.embeddings, self.variable_dtype)
        return ops.matmul(ops.cast(x, self.variable_dtype), ops.transpose(kernel)) + self.bias

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:  # noqa: ARG002 - Keras' signature
        """Padding stands on the right, where loss and metrics have their weights."""
        return

    def compute_output_spec(
        self,
        tokens: Any,
        states: Sequence[Any] | None = None,  # noqa: ARG002 - Keras passes what `call` takes
        memory: Any = None,
        memory_mask: Any = None,  # noqa: ARG002 - the same
        resets: Any = None,  # noqa: ARG002 - the same
        tokens_mask: Any = None,  # noqa: ARG002 - the same
        target_mask: Any = None,
        training: bool = False,  # noqa: ARG002 - the same
    ) -> Any:
        """Logits, attention weights, states."""
        batch, time = tokens.shape
        steps = (batch, time) if target_mask is None else (None,)
        outputs = {
            "logits": keras.KerasTensor((*steps, self.vocabulary_size), dtype=self.variable_dtype),
            "states": [
                keras.KerasTensor((batch, size), dtype=self.compute_dtype)
                for size in self.state_sizes
            ],
        }
        if self.attention is not None:
            shape = (batch, time, memory.shape[1])
            outputs["weights"] = keras.KerasTensor(shape, dtype=self.compute_dtype)
        return outputs

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), **self.settings}
