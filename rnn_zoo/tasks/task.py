"""What every task of the zoo shares: a Keras model that takes raw examples."""

import abc
from collections.abc import Mapping
from typing import Any, ClassVar

import keras
import tensorflow as tf

from rnn_zoo._keras_private import CACHED_EVALUATION
from rnn_zoo.pipeline import (
    EpochOrder,
    RawExamples,
    check_examples,
    encoded_inputs,
    predict_in_order,
    read_columns,
    read_examples,
    split_examples,
    training_batches,
    unpack_examples,
)
from rnn_zoo.pipeline.batches import padded_batch
from rnn_zoo.preprocessing.checks import graph_errors
from rnn_zoo.tasks.adapting_task import AdaptingTask
from rnn_zoo.tasks.arguments import appended, as_tensors, check_counts, check_keywords
from rnn_zoo.tasks.base_task import requires_network

BATCH_SIZE = 32
"""Rows of a batch where the user does not say."""


class Task(AdaptingTask, abc.ABC):
    """A network with the preprocessing that turns raw examples into its tensors.

    A task begins without weights. `adapt`, or the first `fit` on its training part, fixes
    vocabularies and label set and builds `network`, a functional `keras.Model` that is usable
    alone. Sizes given to the constructor build it at once, for those who bring tensors. After that
    everything Keras does with a model works on raw examples: `fit`, `evaluate`, `predict`,
    `train_on_batch`, callbacks, `.keras` files. `predict` says what logits mean; `model(inputs)`
    gives the logits themselves, for the network's inputs as `tensors` makes them.

    Examples are lists, arrays, tensors, a table of one column, a `tf.data.Dataset` of examples or
    of batches, a `keras.utils.PyDataset`, or a generator of batches. Batches of the user's own stay
    as they are; single examples are batched with others of like length, so `unbatch()` a dataset
    whose batches need not stay.

    A new task names its `NETWORK` and `PREPROCESSING` settings, the kind of `EXAMPLES` it learns
    from and the `SIZES` it is built from, and writes `build_preprocessor`, `build_network`,
    `build_predictor`, `default_compile`, `answers`, `tensor_model` and `serving`. Where the field
    measures more than loss and metrics, it writes `has_corpus_metrics` and `corpus_metrics`.
    """

    EXAMPLES: ClassVar[str]
    READS_TARGETS: ClassVar[bool] = False
    """Whether the network's inputs hold the targets, each step's before it is predicted."""
    KEEPS_BATCHES: ClassVar[bool] = True
    """Whether the batches of a user are those that are trained on."""

    @abc.abstractmethod
    def answers(self, x: Any) -> list[Any]:
        """An answer for each raw input, as plain values of JSON.

        They are those that the client of an export gives; see `rnn_zoo.export.clients.client`.
        """

    def tokens(self, x: Any) -> list[str] | None:  # noqa: ARG002 - for tasks that read text
        """What the recurrent layers step over in one raw input; None where that is no text."""
        return None

    def has_corpus_metrics(self, raw: RawExamples) -> bool:  # noqa: ARG002 - of their targets
        """Whether `corpus_metrics` measures these examples, which are then held in memory."""
        return False

    def corpus_metrics(self, raw: RawExamples, batch_size: int) -> dict[str, float]:  # noqa: ARG002 - for tasks that measure more
        """What the field measures over all examples, which every pass gives in one order."""
        return {}

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[Any, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> keras.callbacks.History:
        """Train on raw examples; arguments and return value are those of `keras.Model.fit`.

        The first call adapts to the training part, after `validation_split` has cut off the last
        examples for validation; where there is `validation_data`, nothing is cut off.
        `class_weight` is keyed by label (or, for string labels, by class id). See `Task` for the
        forms of `x`; batches of a `tf.data.Dataset` are not shuffled.

        Raises:
            DataError: the examples cannot be read; the message says which and why.
            ValueError: arguments do not go together.
        """
        check_counts(
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
        )
        if validation_split and validation_data is None:
            x, y, sample_weight, validation_data = split_examples(
                x, y, sample_weight, validation_split
            )
        raw = self._training_examples(x, y, sample_weight, batch_size, steps_per_epoch)
        if validation_data is not None:
            validation_data = self._held_out(
                validation_data, validation_batch_size or batch_size, validation_steps
            )
        order = EpochOrder() if shuffle else None
        batches = self._batches(raw, batch_size, order, class_weight, steps_per_epoch)
        with graph_errors():
            return super().fit(
                batches,
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks if order is None else appended(callbacks, order),
                validation_data=validation_data,
                shuffle=False,  # the batches are shuffled already
                initial_epoch=initial_epoch,
                steps_per_epoch=steps_per_epoch,
                validation_freq=validation_freq,
            )

    @requires_network
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Loss and metrics on raw examples, as `keras.Model.evaluate`, and `corpus_metrics`.

        Those that `fit` reports of its validation data are loss and metrics alone. A label that
        training lacks counts as an error; a warning names it.
        """
        check_keywords("evaluate", kwargs, [CACHED_EVALUATION])
        check_counts(batch_size=batch_size, steps=steps)
        passed_on = {"verbose": verbose, "callbacks": callbacks, "return_dict": return_dict}
        if CACHED_EVALUATION in kwargs:  # fit evaluates, on batches that it has made
            return super().evaluate(x, steps=steps, **passed_on, **kwargs)
        raw = self._read(x, y, sample_weight, strict=False)
        raw = raw.take(steps, batch_size or BATCH_SIZE)
        raw.check_ends("steps")
        measures_more = self.has_corpus_metrics(raw)
        raw = raw.repeatable(in_order=measures_more)
        with graph_errors():
            scores = super().evaluate(self._batches(raw, batch_size, strict=False), **passed_on)
        more = self.corpus_metrics(raw, batch_size or BATCH_SIZE) if measures_more else {}
        if return_dict:
            return scores | more
        if not more:
            return scores
        return [*(scores if isinstance(scores, list) else [scores]), *more.values()]

    @requires_network
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """What the model says of raw inputs, one row an example in the order given.

        Batches hold inputs of like length.
        """
        check_counts(batch_size=batch_size, steps=steps)
        batch_size = batch_size or BATCH_SIZE
        raw = read_examples(self.preprocessor, x).take(steps, batch_size)
        return self._run(self._predict_function(), raw, batch_size, verbose, callbacks)

    @requires_network
    def tensors(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[Any, float] | None = None,
    ) -> tuple[Any, ...]:
        """One batch of raw examples as the network and the loss take it.

        Args:
            x: raw inputs.
            y: raw targets; without them there are the inputs alone, of a network that does not read
                the targets too.
            sample_weight: a number an example; of a tagger also one a word.
            class_weight: a number a label, as in `fit`.

        Returns:
            `(inputs, targets)` or `(inputs, targets, weights)`, NumPy arrays, padded. Where a
            target is a sequence each of its steps has a weight, 0 at padding. Without targets
            `(inputs,)`.

        Raises:
            DataError: the examples cannot be read, or are not as many as the targets.
            ValueError: the network reads the targets too.

        Example:
            `logits = model(model.tensors(["a good film"])[0])`
        """
        if y is None and self.HAS_TARGETS:
            if self.READS_TARGETS:
                raise ValueError(
                    f"The network of a {type(self).__name__} reads the targets too: pass y."
                )
            return (self._encoded(x),)
        columns = read_columns(self.preprocessor, x, y, sample_weight, self.HAS_TARGETS)
        encode = self.preprocessor.encode_examples
        with graph_errors():
            return padded_batch(encode(*columns, class_weights=self._class_weights(class_weight)))

    @requires_network
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[Any, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One step on one batch of raw examples, as `keras.Model.train_on_batch`."""
        check_examples(x, y, self.HAS_TARGETS)
        x, y, *weights = self.tensors(x, y, sample_weight, class_weight)
        return super().train_on_batch(x, y, *weights, return_dict=return_dict)

    @requires_network
    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Loss and metrics of one batch of raw examples, as `keras.Model.test_on_batch`."""
        check_examples(x, y, self.HAS_TARGETS)
        x, y, *weights = self.tensors(x, y, sample_weight)
        return super().test_on_batch(x, y, *weights, return_dict=return_dict)

    @requires_network
    def predict_on_batch(self, x: Any) -> Any:
        """What the model says of one batch of raw inputs."""
        return self._predict_function()(self._encoded(x))

    def train_step(self, *arguments: Any) -> Any:
        """One step of training, as Keras calls it."""
        *state, data = arguments
        return super().train_step(*state, as_tensors(data))

    def test_step(self, *arguments: Any) -> Any:
        """One step of evaluation, as Keras calls it."""
        *state, data = arguments
        return super().test_step(*state, as_tensors(data))

    def _encoded(self, x: Any) -> Any:
        """One batch of raw inputs as the predictor takes them, NumPy arrays."""
        (inputs,) = read_columns(self.preprocessor, x)
        return padded_batch(self.preprocessor.encode_inputs(inputs))

    def _read(
        self, x: Any, y: Any = None, sample_weight: Any = None, *, strict: bool = True
    ) -> RawExamples:
        needs_targets = self.HAS_TARGETS
        return read_examples(self.preprocessor, x, y, sample_weight, needs_targets, strict)

    def _training_examples(
        self, x: Any, y: Any, sample_weight: Any, batch_size: int | None, steps: int | None
    ) -> RawExamples:
        """What `fit` trains on; the first of them are adapted to."""
        if self.network is not None and self.is_pretrained:
            self._take_labels(x, y)
        raw = self._read(x, y, sample_weight)
        if self.KEEPS_BATCHES and raw.is_batched and batch_size is not None:
            raise ValueError(
                "These examples come in batches, which stay as they are: pass no batch_size, or "
                "unbatch() the dataset."
            )
        if self.network is None:
            self._adapt(raw)
        if steps is None:
            raw.check_ends("steps_per_epoch")
        return raw

    def _held_out(
        self, validation_data: Any, batch_size: int | None, steps: int | None
    ) -> tf.data.Dataset:
        """Batches of what `fit` evaluates after an epoch."""
        x, y, sample_weight = unpack_examples(validation_data, self.HAS_TARGETS)
        raw = self._read(x, y, sample_weight, strict=False)
        raw = raw.take(steps, batch_size or BATCH_SIZE).repeatable()
        raw.check_ends("validation_steps")
        return self._batches(raw, batch_size, strict=False)

    def _class_weights(self, class_weight: Mapping[Any, float] | None) -> tf.Tensor | None:
        return None if class_weight is None else self.preprocessor.class_weights(class_weight)

    def _batches(
        self,
        raw: RawExamples,
        batch_size: int | None,
        order: EpochOrder | None = None,
        class_weight: Mapping[Any, float] | None = None,
        epoch_steps: int | None = None,
        strict: bool = True,
    ) -> tf.data.Dataset:
        """Padded batches for the network and the loss."""
        weights = self._class_weights(class_weight)

        def encode(*columns: Any) -> tuple[Any, ...]:
            return self.preprocessor.encode_examples(*columns, class_weights=weights, strict=strict)

        if batch_size is not None:
            raw = raw.unbatched()
        return training_batches(raw, encode, batch_size or BATCH_SIZE, order, epoch_steps)

    def _predict_function(self) -> Any:
        return self._inference.function(self._predictor())

    def _predictor(self) -> keras.Model:
        return self._inference.model("predictor", self.build_predictor)

    def _run(
        self,
        function: Any,
        raw: RawExamples,
        batch_size: int,
        verbose: str | int = 0,
        callbacks: Any = None,
    ) -> Any:
        """What a compiled function says of raw inputs, one row an example in the order given."""
        raw.check_ends("steps")
        inputs = encoded_inputs(raw, self.preprocessor.encode_inputs)
        rows = tf.nest.flatten(inputs)[0].shape[0]
        callbacks = keras.callbacks.CallbackList(
            callbacks,
            add_progbar=verbose != 0,
            verbose=1 if verbose == "auto" else verbose,
            steps=-(-rows // batch_size),
            epochs=1,
            model=self,
        )
        return predict_in_order(function, inputs, batch_size, callbacks)
