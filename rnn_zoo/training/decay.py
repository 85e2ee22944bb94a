"""Learning rates that fall from epoch to epoch."""

import math

import keras

FACTORS = {
    "linear": lambda done: 1 - done,
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
}
"""From the share of epochs that are done to the factor of the learning rate."""


def decay(kind: str, learning_rate: float, epochs: int) -> keras.callbacks.Callback:
    r"""A callback that lowers the learning rate from `learning_rate` towards 0.

    In epoch $e$ of $E$, counted from 0, it is $\eta (1 - e/E)$ or $\eta (1 + \cos \pi e/E)/2$.

    Args:
        kind: `"linear"` or `"cosine"`.
        learning_rate: that of the first epoch.
        epochs: how many there are at the most.

    Source: Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts".

    Example:
        >>> [round(decay("cosine", 1.0, 4).schedule(epoch, 1.0), 2) for epoch in range(4)]
        [1.0, 0.85, 0.5, 0.15]
    """
    factor = FACTORS[kind]
    return keras.callbacks.LearningRateScheduler(
        lambda epoch, _: learning_rate * factor(epoch / epochs)
    )
