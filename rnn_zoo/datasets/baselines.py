"""The scores of models that have learned nothing, on embedded sets."""

from dataclasses import dataclass

from rnn_zoo.datasets import adding, copy_memory


@dataclass(frozen=True)
class Baseline:
    """A prediction that ignores the input, and its score.

    Attributes:
        answer: the prediction, in words.
        metric: the name of a metric that `evaluate` returns.
        value: the value of that metric.

    Example:
        >>> print(BASELINES["adding/100"])
        always saying 1: mse 0.1667
    """

    answer: str
    metric: str
    value: float

    def __str__(self) -> str:
        return f"{self.answer}: {self.metric} {self.value:.4g}"


BASELINES = {
    **{
        f"adding/{length}": Baseline("always saying 1", "mse", adding.BASELINE_MSE)
        for length in adding.LENGTHS
    },
    **{
        f"copy_memory/{shorter}{delay}": Baseline(
            "remembering nothing", "loss", copy_memory.baseline_loss(delay)
        )
        for delay in copy_memory.DELAYS
        for shorter in ("", "up_to_")
    },
}
"""By name of the embedded set."""
