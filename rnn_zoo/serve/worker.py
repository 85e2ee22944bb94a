"""The thread that asks the model."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.exceptions import HTTPException

from rnn_zoo.serve.limits import Limits

T = TypeVar("T")


class Worker:
    """One thread, and a queue of bounded length before it.

    Args:
        limits: how many calls may wait, and how long.

    Attributes:
        waiting: number of calls that wait or run.
    """

    def __init__(self, limits: Limits):
        self.limits = limits
        self.waiting = 0
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """What a function returns that the thread calls when its turn has come.

        Raises:
            HTTPException: 503 where too many wait, 504 where it takes too long. What runs by then
                runs to its end.
        """
        with self._lock:
            if self.waiting >= self.limits.max_waiting:
                raise HTTPException(
                    503,
                    f"{self.waiting} requests are waiting already: ask again later.",
                    headers={"Retry-After": "1"},
                )
            self.waiting += 1
        future = self._thread.submit(function, *arguments)
        future.add_done_callback(self._leave)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self.limits.timeout)
        except TimeoutError:
            raise HTTPException(
                504, f"There was no answer within {self.limits.timeout:g} seconds."
            ) from None

    def close(self) -> None:
        """Let nothing run that has not begun."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _leave(self, _: Future) -> None:
        with self._lock:
            self.waiting -= 1
