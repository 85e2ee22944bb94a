"""What the recurrent cells share: arguments, weights, dropout, serialization."""

import numbers
from collections.abc import Sequence
from typing import Any

import keras
from keras import activations, constraints, initializers, ops, regularizers, tree

from rnn_zoo._keras_private import DropoutRNNCell


class RecurrentCell(keras.layers.Layer, DropoutRNNCell):
    r"""One time step of a recurrent network, divided into what depends on the state and what not.

    $$x'_t = W x_t + b \qquad\text{(`project`)}$$
    $$h'_t = U h_{t-1} + d \qquad\text{(`recur`)}$$
    $$s_t = \mathrm{combine}(x'_t, h'_t, s_{t-1}) \qquad\text{(`combine`)}$$

    `project` is the product of the input with the kernel. It does not depend on the state, hence it
    takes one step `(batch, features)` or a whole sequence `(batch, time, features)` at once. `step`
    is the recurrence, all that has to run in order: `recur`, the product of the hidden state with
    the recurrent kernel, and `combine`, which makes the new states entry by entry and reads no
    weight. The first state is h, and the output. A cell inherits the rest: it declares how many
    blocks of `units` columns its kernels have (`gates`) and implements `combine`, or, if it sees
    nothing of the two products but their sum, `combine_sum`; then `rnn_zoo.layers.RNN` has a fast
    way to run and to differentiate it, the faster for a sum. One that needs more than one product a
    step implements `step` instead.

    Arguments, weight names and weight layout are those of Keras' cells, so that weights and configs
    move both ways: `kernel (features, gates * units)`, `recurrent_kernel (units, gates * units)`,
    `bias (gates * units,)`.

    Args:
        units: Positive integer, size of the hidden state.
        activation: Activation of the candidate state. `None` means linear.
        use_bias: Whether the cell has a bias.
        kernel_initializer: Initializer of the input weights.
        recurrent_initializer: Initializer of the recurrent weights.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of the input weights.
        recurrent_regularizer: Regularizer of the recurrent weights.
        bias_regularizer: Regularizer of the bias.
        kernel_constraint: Constraint on the input weights.
        recurrent_constraint: Constraint on the recurrent weights.
        bias_constraint: Constraint on the bias.
        dropout: Share of the inputs to drop in training, in [0, 1). One mask holds for a whole
            sequence.
        recurrent_dropout: Share of the hidden state to drop in training, in [0, 1). One mask, for
            every gate its own, holds for a whole sequence; the inputs' mask is then drawn for every
            gate too.
        seed: Seed of the dropout masks.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name` and `dtype`.

    Raises:
        ValueError: If `units` is not a positive integer or a dropout rate is not in [0, 1).
    """

    gates = 1
    state_names: tuple[str, ...] = ("h",)
    """The equations' names of the states, in their order."""
    block_names: tuple[str, ...] = ("h",)
    """The equations' names of the kernels' blocks, in their order."""
    gate_names: tuple[str, ...] = ()
    """Those of the blocks that are gates, with values in [0, 1]; see `gate_values`."""

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        name = type(self).__name__
        if not isinstance(units, numbers.Integral) or isinstance(units, bool) or units <= 0:
            raise ValueError(f"{name}: `units` must be a positive integer. Received: {units!r}")
        for argument, rate in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if not isinstance(rate, numbers.Real) or not 0 <= rate < 1:
                raise ValueError(
                    f"{name}: `{argument}` must be a number in [0, 1), the share to drop. "
                    f"Received: {rate!r}"
                )
        super().__init__(**kwargs)
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = float(dropout)
        self.recurrent_dropout = float(recurrent_dropout)
        if self.recurrent_dropout and self.gates > 1:
            self.dropout_mask_count = self.gates  # read by DropoutRNNCell: a list, one mask a gate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.state_size: int | list[int] = self.units
        self.output_size = self.units

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """Shape of the weight `bias`."""
        return (self.gates * self.units,)

    @property
    def input_bias(self) -> Any:
        """The part of the bias that is added to the input's product."""
        return self.bias

    def initial_bias(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Value of the bias before training."""
        return self.bias_initializer(shape, dtype=dtype)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs of shape `(batch, features)`."""
        columns = self.gates * self.units
        self.kernel = self.add_weight(
            shape=(input_shape[-1], columns),
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, columns),
            name="recurrent_kernel",
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=self.bias_shape,
                name="bias",
                initializer=self.initial_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, Any]:
        """Advances by one step.

        Args:
            inputs: The step's input, `(batch, features)`.
            states: The states before it, each `(batch, units)`, as a list or, if there is one,
                bare.
            training: Whether dropout is applied.

        Returns:
            The output `(batch, units)`, and the new states in the structure of `states`.
        """
        projected = self.project(inputs, training)  # (batch, gates * units)
        output, new_states = self.step(projected, tree.flatten(states), training)
        return output, tree.pack_sequence_as(states, new_states)

    def project(self, inputs: Any, training: bool = False) -> Any:
        """Product of the input with the kernel, plus the bias, for one step or for all of them.

        Args:
            inputs: `(batch, features)` or `(batch, time, features)`.
            training: Whether the inputs are dropped out.

        Returns:
            `(batch, gates * units)` or `(batch, time, gates * units)`.
        """
        masks = None
        if training and self.dropout:
            is_sequence = len(inputs.shape) == 3
            masks = self.get_dropout_mask(inputs[:, 0] if is_sequence else inputs)
            if is_sequence:  # the same mask at every step
                masks = tree.map_structure(
                    lambda mask: mask[:, None], masks
                )  # (batch, 1, features)
        projected = dropped_matmul(inputs, self.kernel, masks)
        return projected if self.input_bias is None else ops.add(projected, self.input_bias)

    @property
    def recurrent_bias(self) -> Any:
        """The part of the bias that is added to the hidden state's product."""
        return None

    @property
    def combines(self) -> bool:
        """Whether a step is `recur` and `combine`, and nothing else."""
        own = self.adds or type(self).combine is not RecurrentCell.combine
        return own and self._steps_as(RecurrentCell)

    @property
    def adds(self) -> bool:
        """Whether `combine_sum` is what `combine` does: none overrides that after it."""
        for kind in type(self).__mro__:
            if "combine_sum" in vars(kind):
                return kind is not RecurrentCell
            if "combine" in vars(kind):
                return False
        return False

    def _steps_as(self, cell_class: type) -> bool:
        """Whether the parts of a step but `combine` are those of `cell_class`."""
        parts = ("call", "step", "recur")
        return all(getattr(type(self), part) is getattr(cell_class, part) for part in parts)

    def step(
        self, projected: Any, states: Sequence[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        """The recurrence.

        Args:
            projected: One step of what `project` returns, `(batch, gates * units)`.
            states: The states before the step, each `(batch, units)`.
            training: Whether the hidden state is dropped out.

        Returns:
            The output `(batch, units)` and the list of new states.
        """
        states = self.combine(projected, self.recur(projected, states, training), states)
        return states[0], states

    def recur(
        self,
        projected: Any,  # noqa: ARG002 - a cell whose gates act before the product needs it
        states: Sequence[Any],
        training: bool = False,
    ) -> Any:
        """Product of the hidden state with the recurrent kernel, plus `recurrent_bias`.

        Args:
            projected: One step of what `project` returns, `(batch, gates * units)`.
            states: The states before the step, each `(batch, units)`; the first is h.
            training: Whether the hidden state is dropped out.

        Returns:
            `(batch, gates * units)`.
        """
        masks = self.recurrent_masks(states[0], training)
        product = dropped_matmul(states[0], self.recurrent_kernel, masks)
        return product if self.recurrent_bias is None else ops.add(product, self.recurrent_bias)

    def combine(self, projected: Any, recurrent: Any, states: Sequence[Any]) -> list[Any]:
        """The new states, entry by entry, without a weight and without chance.

        Args:
            projected: One step of what `project` returns, `(batch, gates * units)`.
            recurrent: What `recur` returns, `(batch, gates * units)`.
            states: The states before the step, each `(batch, units)`.

        Returns:
            The list of new states, the output first.
        """
        return self.combine_sum(ops.add(projected, recurrent), states)

    def combine_sum(self, z: Any, states: Sequence[Any]) -> list[Any]:
        """As `combine`, from the sum of both products.

        Args:
            z: `projected + recurrent`, `(batch, gates * units)`.
            states: The states before the step, each `(batch, units)`.

        Returns:
            The list of new states, the output first.
        """
        raise NotImplementedError(f"{type(self).__name__} has no combine, combine_sum or step.")

    def gate_values(self, projected: Any, recurrent: Any, states: Sequence[Any]) -> dict[str, Any]:
        """What gates and candidate are in a step.

        Args:
            projected: One step of what `project` returns, `(batch, gates * units)`.
            recurrent: What `recur` returns, `(batch, gates * units)`.
            states: The states before the step, each `(batch, units)`.

        Returns:
            `(batch, units)` for each of `block_names`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no gates.")

    def recurrent_masks(self, hidden: Any, training: bool) -> Any:
        """Masks for the hidden state `(batch, units)`: none, one, or a list of one a gate."""
        return (
            self.get_recurrent_dropout_mask(hidden) if training and self.recurrent_dropout else None
        )

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """Zeros, `(batch, units)` for each state."""
        return [
            ops.zeros((batch_size, size), dtype=self.compute_dtype)
            for size in tree.flatten(self.state_size)
        ]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with Keras' keys."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": initializers.serialize(self.recurrent_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "recurrent_regularizer": regularizers.serialize(self.recurrent_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "recurrent_constraint": constraints.serialize(self.recurrent_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }


def state_names(cell: Any, count: int) -> tuple[str, ...]:
    """Names of a cell's states, h, c and so on: as a cell of ours says, else by position."""
    if isinstance(cell, RecurrentCell) and len(cell.state_names) == count:
        return cell.state_names
    return ("h", "c", *(f"state_{i}" for i in range(2, count)))[:count]


def dropped_matmul(x: Any, kernel: Any, masks: Any) -> Any:
    """`x @ kernel` after dropout of `x`.

    Args:
        x: `(..., n)`.
        kernel: `(n, columns)`.
        masks: `None`, a mask that multiplies `x`, or a list: a mask for each of as many equal
            blocks of the kernel's columns.

    Returns:
        `(..., columns)`.
    """
    if masks is None:
        return ops.matmul(x, kernel)
    if not isinstance(masks, list):
        return ops.matmul(x * masks, kernel)
    blocks = ops.split(kernel, len(masks), axis=-1)
    return ops.concatenate(
        [ops.matmul(x * mask, block) for mask, block in zip(masks, blocks, strict=True)], axis=-1
    )
