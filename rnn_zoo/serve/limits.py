"""What a server takes at the most."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a server takes at the most; whatever is more is refused.

    Attributes:
        max_inputs: inputs of a request.
        max_bytes: bytes of a request's body.
        max_characters: characters of a text, or steps of a series.
        max_waiting: requests that wait for the model.
        timeout: seconds in which a request has to arrive, and in which it is answered.
        max_new_tokens: tokens that are written for an input.
        max_width: hypotheses of a beam.
    """

    max_inputs: int = 64
    max_bytes: int = 4 * 2**20
    max_characters: int = 10_000
    max_waiting: int = 128
    timeout: float = 30.0
    max_new_tokens: int = 1_000
    max_width: int = 16
