"""What the recurrent cells share: arguments, weights, dropout, serialization."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import keras
from keras import activations, constraints, initializers, ops, regularizers, tree

from rnn_zoo._keras_private import DropoutRNNCell
from rnn_zoo.cells.arguments import check_rate, check_size
from rnn_zoo.cells.declarations import DECLARATIONS
from rnn_zoo.cells.dropped_matmul import dropped_matmul
from rnn_zoo.cells.zoneout import kept_of, rates_of, zoned_out
from rnn_zoo.declarations import check_declarations


class RecurrentCell(keras.layers.Layer, DropoutRNNCell):
    r"""One time step of a recurrent network, divided into what depends on the state and what not.

    $$\begin{aligned}
    x'_t &= W x_t + b &&\text{`project`} \\
    h'_t &= U h_{t-1} + d &&\text{`recur`} \\
    g_t &= \mathrm{gates}(x'_t + h'_t, s_{t-1})
        \quad\text{or}\quad \mathrm{gates}((x'_t, h'_t), s_{t-1}) &&\text{`gates`} \\
    s_t &= \mathrm{update}(g_t, s_{t-1}) &&\text{`update`}
    \end{aligned}$$

    `project` does not depend on the state: it takes one step `(batch, features)` or a whole
    sequence `(batch, time, features)` at once. The other three are the recurrence, `step`, which
    has to run in order. The first state is h, and the output.

    A cell declares the names of its blocks, gates and states, and implements `gates` and `update`.
    Then `rnn_zoo.layers.RNN` runs and differentiates it in the fast scan. What else a cell
    declares, as class attributes:

    | attribute | default | meaning |
    |---|---|---|
    | `blocks` | `("h",)` | names of the kernels' blocks of `units` columns, in their order |
    | `gate_names` | `()` | those of the blocks that are gates, with values in [0, 1] |
    | `state_names` | `("h",)` | names of the states, in their order |
    | `preactivation` | `"sum"` | `gates` takes the `"sum"` of both products, or them `"separate"` |
    | `has_recurrent_kernel` | `True` | without one, `gates` takes the input's product alone |
    | `step_weights` | `()` | a property: the variables, made in `build`, that a step reads |
    | `is_scannable` | `True` | a step is U h + d, `preactivation`, `gates` and `update`, no more |
    | `is_divided` | `True` | `call` is `project`, then `step` |
    | `projects_each_step` | `True` | `project` treats every step and every row alone |

    `gates` and `update` work row by row, draw nothing at random, and read no variables but those
    that `step_weights` lists: a peephole's weights, the gain of a layer normalization. A cell that
    needs a second product with the state within a step sets `is_scannable = False` and implements
    `step` in the place of `gates` and `update`, with `gate_names` left empty; `recurrent_masks` has
    the masks of the state. A subclass that replaces `call`, `step`, `recur`, `preactivate` or
    `project`, itself or by a mixin, declares what that does to the last three attributes. A method
    set on an instance counts as if the class had declared `False`.

    Arguments, weight names and weight layout are those of Keras' cells, so that weights and configs
    move both ways: `kernel (features, blocks * units)`, `recurrent_kernel (units, blocks * units)`,
    `bias (blocks * units,)`.

    Args:
        units: Positive integer, size of the hidden state. The only positional argument.
        activation: Activation of the candidate state. `None` means linear. Default: `"tanh"`.
        use_bias: Whether the cell has a bias. Default: `True`.
        kernel_initializer: Initializer of the input weights. Default: `"glorot_uniform"`.
        recurrent_initializer: Initializer of the recurrent weights. Default: `"orthogonal"`.
        bias_initializer: Initializer of the bias. Default: `"zeros"`.
        kernel_regularizer: Regularizer of the input weights. Default: `None`.
        recurrent_regularizer: Regularizer of the recurrent weights. Default: `None`.
        bias_regularizer: Regularizer of the bias. Default: `None`.
        kernel_constraint: Constraint on the input weights. Default: `None`.
        recurrent_constraint: Constraint on the recurrent weights. Default: `None`.
        bias_constraint: Constraint on the bias. Default: `None`.
        dropout: Share of the inputs to drop in training, in [0, 1). One mask holds for a whole
            sequence. Default: 0.
        recurrent_dropout: Share of the hidden state to drop in training, in [0, 1). One mask, for
            every block its own, holds for a whole sequence; the inputs' mask is then drawn for
            every block too. Default: 0.
        zoneout: Share of the units, in [0, 1), that keep their state at a step of training, drawn
            anew for every step; else a state is the mean, `zoneout * before + (1 - zoneout) *
            after`. One number, or a list of one for each state. In training the cell then needs
            `rnn_zoo.layers.RNN`, which draws for all steps at once. Default: 0.
        seed: Seed of the dropout masks. Default: `None`.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name` and `dtype`.

    Raises:
        ValueError: If `units` is not a positive integer, a dropout rate is not in [0, 1), or a cell
            without a recurrent kernel has a recurrent dropout rate.
        TypeError: If a subclass replaces a method and does not declare what that changes.

    >>> from keras import ops
    >>> from rnn_zoo import cells
    >>> class LeakyCell(cells.RecurrentCell):
    ...     def gates(self, z, states):
    ...         return {"h": self.activation(z)}
    ...     def update(self, gates, states):
    ...         return [0.9 * states[0] + 0.1 * gates["h"]]
    >>> h, _ = LeakyCell(4)(ops.ones((2, 3)), ops.ones((2, 4)))
    >>> h.shape == (2, 4)
    True
    """

    blocks: ClassVar[tuple[str, ...]] = ("h",)
    gate_names: ClassVar[tuple[str, ...]] = ()
    state_names: ClassVar[tuple[str, ...]] = ("h",)
    preactivation: ClassVar[Literal["sum", "separate"]] = "sum"
    has_recurrent_kernel: ClassVar[bool] = True
    is_scannable: bool = True
    is_divided: ClassVar[bool] = True
    projects_each_step: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_declarations(cls, RecurrentCell, DECLARATIONS)
        if cls.preactivation not in ("sum", "separate"):
            raise TypeError(
                f'{cls.__name__}: `preactivation` must be "sum" or "separate". '
                f"Received: {cls.preactivation!r}"
            )

    def __init__(
        self,
        units: int,
        *,
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
        zoneout: float | Sequence[float] = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_size(self, "units", units)
        check_rate(self, "dropout", dropout)
        check_rate(self, "recurrent_dropout", recurrent_dropout)
        if recurrent_dropout and not self.has_recurrent_kernel:
            raise ValueError(
                f"{type(self).__name__}: `recurrent_dropout` must be 0: the cell has no recurrent "
                f"kernel. Received: {recurrent_dropout!r}"
            )
        super().__init__(**kwargs)
        self.units: int = int(units)
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
        self.dropout: float = float(dropout)
        self.recurrent_dropout = float(recurrent_dropout)
        if self.recurrent_dropout and len(self.blocks) > 1:
            # Read by DropoutRNNCell, which then makes a list: one mask a block.
            self.dropout_mask_count = len(self.blocks)
        self.zoneout = rates_of(self, zoneout, len(self.state_names))
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        states = len(self.state_names)
        self.state_size: int | list[int] = self.units if states == 1 else [self.units] * states
        self.output_size = self.units

    @property
    def columns(self) -> int:
        """Columns of the kernels."""
        return len(self.blocks) * self.units

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """Shape of the weight `bias`."""
        return (self.columns,)

    @property
    def input_bias(self) -> Any:
        """The part of the bias that is added to the input's product."""
        return self.bias

    @property
    def recurrent_bias(self) -> Any:
        """The part of the bias that is added to the hidden state's product."""
        return None

    @property
    def step_weights(self) -> Sequence[keras.Variable]:
        """The variables that `gates` and `update` read."""
        return ()

    def initial_bias(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Value of the bias before training."""
        return self.bias_initializer(shape, dtype=dtype)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs of shape `(batch, features)`."""
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.columns),
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = None
        if self.has_recurrent_kernel:
            self.recurrent_kernel = self.add_weight(
                shape=(self.output_size, self.columns),
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
        projected = self.project(inputs, training)  # (batch, blocks * units)
        output, new_states = self.step(projected, tree.flatten(states), training)
        return output, tree.pack_sequence_as(states, new_states)

    def project(self, inputs: Any, training: bool = False) -> Any:
        """Product of the input with the kernel, plus the bias, for one step or for all of them.

        Args:
            inputs: `(batch, features)` or `(batch, time, features)`.
            training: Whether the inputs are dropped out.

        Returns:
            `(batch, blocks * units)` or `(batch, time, blocks * units)`.
        """
        projected = self.kernel_product(inputs, training)
        return projected if self.input_bias is None else ops.add(projected, self.input_bias)

    def kernel_product(self, inputs: Any, training: bool = False) -> Any:
        """Product of the input with the kernel, as `project` without the bias."""
        masks = None
        if training and self.dropout:
            is_sequence = len(inputs.shape) == 3
            masks = self.get_dropout_mask(inputs[:, 0] if is_sequence else inputs)
            if is_sequence:  # the same mask at every step
                masks = tree.map_structure(lambda mask: mask[:, None], masks)
        return dropped_matmul(inputs, self.kernel, masks)

    def step(
        self,
        projected: Any,
        states: Sequence[Any],
        training: bool = False,
        kept: Sequence[Any] = (),
    ) -> tuple[Any, list[Any]]:
        """The recurrence.

        Args:
            projected: One step of what `project` returns, `(batch, blocks * units)`.
            states: The states before the step, each `(batch, units)`.
            training: Whether the hidden state is dropped out.
            kept: In training with `zoneout`, for each state the units that keep it, `(batch,
                units)`.

        Returns:
            The output `(batch, units)` and the list of new states.

        Raises:
            ValueError: In training with `zoneout`, without `kept`.
        """
        recurrent = self.recur(projected, states, training)
        gates = self.gates(self.preactivate(projected, recurrent), states)
        new_states = self.update(gates, states)
        if self.zoneout:
            new_states = zoned_out(new_states, states, kept_of(self, kept, training))
        return new_states[0], new_states

    def recur(
        self,
        projected: Any,  # noqa: ARG002 - a cell whose gates act before the product needs it
        states: Sequence[Any],
        training: bool = False,
    ) -> Any:
        """Product of the hidden state with the recurrent kernel, plus `recurrent_bias`.

        Args:
            projected: One step of what `project` returns, `(batch, blocks * units)`.
            states: The states before the step, each `(batch, units)`; the first is h.
            training: Whether the hidden state is dropped out.

        Returns:
            `(batch, blocks * units)`; `None` where there is no recurrent kernel.
        """
        if not self.has_recurrent_kernel:
            return None
        masks = self.recurrent_masks(states[0], training)
        product = dropped_matmul(states[0], self.recurrent_kernel, masks)
        return product if self.recurrent_bias is None else ops.add(product, self.recurrent_bias)

    def preactivate(self, projected: Any, recurrent: Any) -> Any:
        """What `gates` takes: the sum of both products, or the pair of them.

        Args:
            projected: One step of what `project` returns, `(batch, blocks * units)`.
            recurrent: What `recur` returns, the same or `None`.

        Returns:
            `projected + recurrent`, or `(projected, recurrent)` if `preactivation` is
            `"separate"`.
        """
        if self.preactivation == "separate":
            return projected, recurrent
        return projected if recurrent is None else ops.add(projected, recurrent)

    def gates(self, z: Any, states: Sequence[Any]) -> dict[str, Any]:
        """The gates and the candidate of a step.

        Args:
            z: What `preactivate` returns.
            states: The states before the step, each `(batch, units)`.

        Returns:
            `(batch, units)` for each of `blocks`, and for what else `update` needs.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `gates`.")

    def update(self, gates: dict[str, Any], states: Sequence[Any]) -> list[Any]:
        """The states after a step.

        Args:
            gates: What `gates` returns.
            states: The states before the step, each `(batch, units)`.

        Returns:
            The list of new states, each `(batch, units)`; the output first.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `update`.")

    def split(self, x: Any) -> list[Any]:
        """The blocks of `x (batch, blocks * units)`, each `(batch, units)`."""
        return list(ops.split(x, len(self.blocks), axis=-1))

    def recurrent_masks(self, hidden: Any, training: bool) -> Any:
        """Masks for the hidden state `(batch, units)`: none, one, or a list of one a block."""
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
        config = {
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
        # Keras' cells know no such argument.
        return config | {"zoneout": list(self.zoneout)} if self.zoneout else config
