"""Requests that wait at the same time, answered together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rnn_zoo.errors import UserError
from rnn_zoo.serve.worker import Worker


@dataclass(eq=False)
class _Request:
    inputs: list[Any]
    answers: list[Any] = field(default_factory=list)


class Batcher:
    """Answers requests, those together that wait while the model is busy.

    Args:
        worker: the thread that asks the model.
        answer: inputs to an answer for each.
        max_inputs: number of inputs that are answered together.
    """

    def __init__(self, worker: Worker, answer: Callable[[list[Any]], list[Any]], max_inputs: int):
        self.worker = worker
        self.answer = answer
        self.max_inputs = max_inputs
        self._pending: list[_Request] = []

    async def ask(self, inputs: list[Any]) -> list[Any]:
        """An answer for each input; see `Worker.run` for what it raises."""
        request = _Request(inputs)
        self._pending.append(request)
        try:
            return await self.worker.run(self._answer, request)
        finally:
            self._pending.remove(request)

    def _answer(self, request: _Request) -> list[Any]:
        """Called in the worker's thread: the answers of a request, and of others on the way."""
        if not request.answers:
            batch = self._together(request)
            try:
                answers = iter(self.answer([x for one in batch for x in one.inputs]))
                for one in batch:
                    one.answers = [next(answers) for _ in one.inputs]
            except UserError:  # an input is wrong: each request has its own turn
                request.answers = self.answer(request.inputs)
        return request.answers

    def _together(self, request: _Request) -> list[_Request]:
        """A request, and those behind it that fit into a batch with it."""
        batch, size = [request], len(request.inputs)
        for other in list(self._pending):
            fits = size + len(other.inputs) <= self.max_inputs
            if other is not request and not other.answers and fits:
                batch.append(other)
                size += len(other.inputs)
        return batch
