"""Images turned and mirrored by chance, for networks to which that makes no difference."""

from typing import Any

import keras
from keras import ops

ORIENTATIONS = ("mirrored", "any")


@keras.saving.register_keras_serializable(package="rnn_zoo")
class RandomOrientation(keras.layers.Layer):
    """Shows each image of a batch in another orientation while training.

    Args:
        orientations: `"mirrored"`: as it is, or left and right exchanged. `"any"`: one of the eight
            symmetries of the square, for what has no up, such as views from the air.
        seed: Of what is drawn.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If there is no such set of orientations, or images that are not square are to be
            turned.

    >>> from keras import ops
    >>> from rnn_zoo.layers import RandomOrientation
    >>> images = ops.reshape(ops.arange(4.0), (1, 2, 2, 1))
    >>> turned = RandomOrientation("any", seed=1)(images, training=True)
    >>> sorted(ops.convert_to_numpy(turned).ravel().tolist())
    [0.0, 1.0, 2.0, 3.0]
    """

    def __init__(self, orientations: str = "mirrored", seed: int | None = None, **kwargs: Any):
        if orientations not in ORIENTATIONS:
            raise ValueError(
                f"RandomOrientation: `orientations` must be one of {ORIENTATIONS}. "
                f"Received: {orientations!r}"
            )
        super().__init__(**kwargs)
        self.orientations = orientations
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, images_shape: Any) -> None:
        """Checks that images can be turned."""
        if self.orientations == "any" and images_shape[1] != images_shape[2]:
            raise ValueError(
                f"RandomOrientation: images must be square to be turned. "
                f"Received: {tuple(images_shape)}"
            )

    def call(self, images: Any, training: bool = False) -> Any:
        """Takes images `(batch, height, width, channels)`."""
        if not training:
            return images

        def by_chance(changed: Any) -> Any:
            drawn = keras.random.uniform((ops.shape(images)[0], 1, 1, 1), seed=self.generator)
            return ops.where(drawn < 0.5, images, changed)

        images = by_chance(ops.flip(images, axis=2))
        if self.orientations == "any":
            images = by_chance(ops.flip(images, axis=1))
            images = by_chance(ops.transpose(images, (0, 2, 1, 3)))
        return images

    def compute_output_shape(self, images_shape: Any) -> Any:
        """That of the images."""
        return images_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "orientations": self.orientations, "seed": self.seed}
