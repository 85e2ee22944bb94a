"""The scores of models that have learned nothing, on embedded sets."""

from dataclasses import dataclass

from rnn_zoo.datasets import adding, copy_memory


@dataclass(frozen=True)
class Trivial:
    """A prediction that ignores the input, and its score.

    Attributes:
        answer: the prediction, in words.
        metric: the name of a metric that `evaluate` returns.
        value: the value of that metric.

    Example:
        >>> print(TRIVIAL["adding/100"])
        always saying 1: mse 0.1667
    """

    answer: str
    metric: str
    value: float

    def __str__(self) -> str:
        return f"{self.answer}: {self.metric} {self.value:.4g}"


TRIVIAL = {
    **{
        f"adding/{length}": Trivial("always saying 1", "mse", adding.TRIVIAL_MSE)
        for length in adding.LENGTHS
    },
    **{
        f"copy_memory/{delay}": Trivial(
            "remembering nothing", "loss", copy_memory.trivial_loss(delay)
        )
        for delay in copy_memory.DELAYS
    },
}
"""By name of the embedded set."""
