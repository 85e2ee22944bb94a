"""What the recurrent cells of a model do while it reads one batch."""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from rnn_zoo._keras_private import flatten_layers
from rnn_zoo.cells.state_names import state_names
from rnn_zoo.errors import BackendError, DataError, UserError
from rnn_zoo.layers.choice import is_divided


@dataclass(eq=False)
class Pass:
    """One run of a cell over a sequence; after the recording its steps stand in order of time.

    Attributes:
        name: of the layer.
        cell: the cell.
        backwards: whether it ran from the last step to the first.
        real: booleans `(batch, time)`, false at padding.
        resets: booleans `(batch, time)`, true where a row began anew before a step; or None.
        inputs: of each step, what the cell was given: for a divided cell of ours the projected
            inputs `(batch, gates * units)`.
        before: of each step, the states before it.
        after: of each step, the states after it.
        gradients: of each step, those of the loss with respect to `after`; empty without a loss.
    """

    name: str
    cell: Any
    backwards: bool = False
    real: Any = None
    resets: Any = None
    inputs: list[Any] = field(default_factory=list)
    before: list[list[Any]] = field(default_factory=list)
    after: list[list[Any]] = field(default_factory=list)
    gradients: list[list[Any]] = field(default_factory=list)

    def drop_first(self) -> None:
        """Keras' loop calls a step once more, before the first, to learn its output's dtype."""
        for steps in (self.inputs, self.before, self.after):
            del steps[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the states."""
        return state_names(self.cell, len(self.after[0]))

    def stacked(self, steps: list[list[Any]]) -> dict[str, np.ndarray]:
        """`(batch, time, units)` by state, NaN at padding, of `after` or `gradients`."""
        by_state = {}
        for name, tensors in zip(self.names, zip(*steps, strict=True), strict=True):
            values = np.stack([np.asarray(tensor, "float64") for tensor in tensors], axis=1)
            values = values.reshape(*values.shape[:2], -1)  # states may be images
            by_state[name] = np.where(self.real[..., None], values, np.nan)
        return by_state


@dataclass(frozen=True)
class Recording:
    """What a model did with one batch.

    Attributes:
        passes: in the order in which they began.
        loss: the loss; NaN where none was asked for.
        inputs: what the model was given, each `(batch, ...)`.
    """

    passes: list[Pass]
    loss: float
    inputs: list[np.ndarray]


def record(
    model: keras.Model,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    differentiate: bool = False,
) -> Recording:
    """Run a model on one batch, eagerly and as in inference, and leave it as it was.

    Args:
        model: any `keras.Model`. Raw examples are for one that has a method
            `tensors(x, y, sample_weight)`, as a task of the zoo.
        x: inputs.
        y: targets.
        sample_weight: weights of the examples.
        differentiate: whether the gradients of the compiled loss are taken.

    Raises:
        BackendError: Keras runs on JAX, which hands out no tensors from the middle of a model.
        UserError: the model has no recurrent layer, no weights yet, or no loss.
        DataError: inputs, targets and weights do not fit each other or the loss.
    """
    if keras.backend.backend() != "tensorflow":
        raise BackendError(
            f"Diagnostics look into a model under TensorFlow; Keras runs on "
            f"{keras.backend.backend()}. Save the model as a .keras file, load it with "
            "KERAS_BACKEND=tensorflow, diagnose there."
        )
    import tensorflow as tf

    if not isinstance(model, keras.Model):
        raise UserError(f"Diagnostics take a keras.Model; this is a {type(model).__name__}.")
    if differentiate and y is None and not hasattr(model, "tensors"):
        raise DataError("The gradient of a loss needs targets: pass y.")
    if hasattr(model, "tensors"):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(
            model.tensors(x, y, sample_weight)
        )
    x, y, sample_weight = tree.map_structure(
        lambda part: None if part is None else ops.convert_to_tensor(part), (x, y, sample_weight)
    )
    _check(model, x, y, sample_weight, differentiate)
    loss = np.nan
    with _as_it_was(model), tf.GradientTape() as tape, _recorder(model, tape) as recorder:
        outputs = model(x, **_inference(model))
        if differentiate:
            loss = _loss(model, x, y, outputs, sample_weight)
    passes = recorder.finished()
    if differentiate:
        _put_gradients(passes, tape, loss)
        loss = float(loss)
    for run in passes:
        _put_in_order(run, sample_weight)
    return Recording(passes, loss, [np.asarray(part) for part in tree.flatten(x)])


class _Recorder:
    """Notes each step of each cell."""

    def __init__(self, tape: Any):
        self.tape = tape
        self.passes: list[Pass] = []
        self.open: dict[int, Pass] = {}  # of the layer that is at work, by the id of the cell
        self.before: set[int] = set()  # cells of a layer that is at work, but not yet in its loop
        self.steps = 0  # of that layer
        self.loose: dict[int, Pass] = {}  # of cells that no layer runs, by the same

    def prepare(self, layer: Any) -> None:
        """From here to the loop a layer may try its cells: Keras does, to draw dropout masks."""
        self.before = {id(cell) for cell in _cells(layer)}

    def begin(self, layer: Any, sequences: Any, mask: Any, resets: Any) -> None:
        cells = _cells(layer)
        self.steps = int(tree.flatten(sequences)[0].shape[1])
        self.before = set()
        if mask is not None:
            mask = np.asarray(tree.flatten(mask)[0], bool)
            mask = mask.reshape(mask.shape[:2])
        for cell in cells:
            name = layer.name if len(cells) == 1 else f"{layer.name}.{cell.name}"
            self.open[id(cell)] = Pass(
                name,
                cell,
                layer.go_backwards,
                mask,
                None if resets is None else np.asarray(resets, bool),
            )

    def end(self) -> None:
        for run in self.open.values():
            if len(run.after) > self.steps:
                run.drop_first()
        self.passes += [run for run in self.open.values() if run.after]
        self.open = {}

    def note(self, cell: Any, inputs: Any, before: Any, after: Any) -> None:
        if id(cell) in self.before:
            return
        # Tensors of the middle are constants to a tape unless a variable is before them, which is
        # not so where all weights are frozen.
        self.tape.watch(after)
        run = self.open.get(id(cell)) or self.loose.get(id(cell))
        if run is None:
            run = self.loose[id(cell)] = Pass(cell.name, cell)
            self.passes.append(run)
        # Where no layer says how many steps there are: both begin from the very same tensors.
        if (
            run is self.loose.get(id(cell))
            and len(run.after) == 1
            and all(a is b for a, b in zip(run.before[0], before, strict=True))
        ):
            run.drop_first()
        run.inputs.append(inputs)
        run.before.append(before)
        run.after.append(after)

    def finished(self) -> list[Pass]:
        """The passes, each with a name of its own."""
        seen: dict[str, int] = {}
        for run in self.passes:
            seen[run.name] = seen.get(run.name, 0) + 1
            if seen[run.name] > 1:
                run.name = f"{run.name} ({seen[run.name]})"
        return self.passes


def _cells(layer: Any) -> list[Any]:
    cell = layer.cell
    return cell.cells if isinstance(cell, keras.layers.StackedRNNCells) else [cell]


def _recurrent(model: keras.Model) -> tuple[list[Any], list[Any]]:
    """The recurrent layers, and all cells: theirs, and those that a layer runs by itself."""
    everything = flatten_layers(model)
    layers = [layer for layer in everything if isinstance(layer, keras.layers.RNN)]
    cells = {id(cell): cell for layer in layers for cell in _cells(layer)}
    inside = {
        id(part)
        for cell in [*cells.values(), *(layer.cell for layer in layers)]
        if isinstance(cell, keras.layers.Layer)
        for part in flatten_layers(cell, include_self=True)
    }
    for layer in everything:
        is_cell = hasattr(layer, "state_size") and not isinstance(layer, keras.layers.RNN)
        if is_cell and id(layer) not in inside:
            cells[id(layer)] = layer
    return layers, list(cells.values())


@contextmanager
def _recorder(model: keras.Model, tape: Any) -> Iterator[_Recorder]:
    """Let a recorder see every step while the block runs.

    For as long, each cell's step is replaced on the instance by a wrapper that records it.
    """
    recorder = _Recorder(tape)
    layers, cells = _recurrent(model)
    changed: list[tuple[Any, dict[str, Any]]] = []
    try:
        for cell in cells:
            name = "step" if is_divided(cell) else "call"
            _set(changed, cell, **{name: _seen(recorder, cell, getattr(cell, name))})
        for layer in layers:
            # The loop runs eagerly, step by step, as it is. It is not unrolled: Keras 3.15 puts
            # zeros into the wrong steps of unrolled layers that run backwards with a mask.
            call, inner_loop = _announced(recorder, layer), _framed(recorder, layer)
            _set(changed, layer, call=call, inner_loop=inner_loop)
            if hasattr(layer, "use_cudnn"):  # which knows no steps
                _set(changed, layer, use_cudnn=False)
        yield recorder
    finally:
        for thing, before in reversed(changed):
            for name, value in before.items():
                if value is _ABSENT:
                    del vars(thing)[name]
                else:
                    vars(thing)[name] = value


_ABSENT = object()


def _set(changed: list[tuple[Any, dict[str, Any]]], thing: Any, **attributes: Any) -> None:
    # Not setattr, through which Keras and TensorFlow would track what is set.
    changed.append((thing, {name: vars(thing).get(name, _ABSENT) for name in attributes}))
    vars(thing).update(attributes)


def _seen(recorder: _Recorder, cell: Any, step: Callable) -> Callable:
    @functools.wraps(step)
    def seen(inputs: Any, states: Any, *args: Any, **kwargs: Any) -> Any:
        output, after = step(inputs, states, *args, **kwargs)
        recorder.note(cell, inputs, tree.flatten(states), tree.flatten(after))
        return output, after

    return seen


def _announced(recorder: _Recorder, layer: Any) -> Callable:
    call = layer.call

    @functools.wraps(call)
    def announced(*args: Any, **kwargs: Any) -> Any:
        recorder.prepare(layer)
        return call(*args, **kwargs)

    return announced


def _framed(recorder: _Recorder, layer: Any) -> Callable:
    inner_loop = layer.inner_loop

    @functools.wraps(inner_loop)
    def framed(sequences: Any, initial_state: Any, mask: Any, *args: Any, **kwargs: Any) -> Any:
        recorder.begin(layer, sequences, mask, kwargs.get("resets"))
        try:
            return inner_loop(sequences, initial_state, mask, *args, **kwargs)
        finally:
            recorder.end()

    return framed


@contextmanager
def _as_it_was(model: keras.Model) -> Iterator[None]:
    """Give variables that are not learned their values back: seeds, metrics, carried states."""
    variables = [
        *(variable for variable in model.variables if not variable.trainable),
        *model.metrics_variables,
        # Not among the variables: the states of layers with stateful=True.
        *tree.flatten([getattr(layer, "states", None) or [] for layer in _recurrent(model)[0]]),
    ]
    values = [variable.value.numpy() for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _check(model: keras.Model, x: Any, y: Any, weights: Any, differentiate: bool) -> None:
    if not any(_recurrent(model)):
        raise UserError(
            f"{model.name} has no recurrent layer: diagnostics look at keras.layers.RNN, LSTM, "
            "GRU, SimpleRNN and rnn_zoo.layers.RNN, wherever in the model they stand."
        )
    if not model.built:
        raise UserError(f"{model.name} has no weights yet: call, build or fit it first.")
    if differentiate and not model.compiled:
        raise UserError(f"{model.name} has no loss: compile it first, as for fit.")
    rows = {
        name: sorted({len(part) for part in tree.flatten(parts) if part is not None})
        for name, parts in (("x", x), ("y", y), ("sample_weight", weights))
    }
    rows = {name: counts for name, counts in rows.items() if counts}
    if len({tuple(counts) for counts in rows.values()}) > 1 or any(
        len(counts) > 1 for counts in rows.values()
    ):
        found = ", ".join(f"{name} has {'/'.join(map(str, n))} rows" for name, n in rows.items())
        raise DataError(f"Examples belong together row by row: {found}.")


def _inference(model: keras.Model) -> dict[str, bool]:
    parameters = inspect.signature(model.call).parameters.values()
    takes = any(p.name == "training" or p.kind is p.VAR_KEYWORD for p in parameters)
    return {"training": False} if takes else {}


def _loss(model: keras.Model, x: Any, y: Any, outputs: Any, weights: Any) -> Any:
    import tensorflow as tf

    try:
        return model.compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weights)
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        shapes = [
            str(tree.map_structure(lambda part: tuple(part.shape), part)) for part in (y, outputs)
        ]
        raise DataError(
            f"{model.name}: no loss of targets {shapes[0]} and outputs {shapes[1]}: "
            f"{str(error).strip().splitlines()[0]}"
        ) from error


def _put_gradients(passes: list[Pass], tape: Any, loss: Any) -> None:
    """The gradients of the loss with respect to the states of all passes."""
    import tensorflow as tf

    gradients = iter(tape.gradient(loss, tree.flatten([run.after for run in passes])))

    def of(state: Any) -> Any:
        gradient = next(gradients)
        return tf.zeros_like(state) if gradient is None else tf.convert_to_tensor(gradient)

    for run in passes:
        run.gradients = [[of(state) for state in states] for states in run.after]


def _put_in_order(run: Pass, weights: Any) -> None:
    """Steps in order of time, and which of them are real."""
    if run.backwards:
        for steps in (run.inputs, run.before, run.after, run.gradients):
            steps.reverse()
    if run.real is not None:
        return
    batch, time = int(run.after[0][0].shape[0]), len(run.after)
    run.real = np.ones((batch, time), bool)
    if weights is not None and not run.backwards:
        weights = np.asarray(tree.flatten(weights)[0])
        if weights.shape == run.real.shape:
            # A decoder has no mask. After the last step that the loss counts nothing is real.
            run.real = np.cumsum(weights[:, ::-1] != 0, axis=1)[:, ::-1] > 0
