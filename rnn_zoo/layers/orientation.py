"""Random orientations of images, for networks whose answer does not depend on them."""

from typing import Any

import keras
from keras import ops

ORIENTATIONS = ("mirrored", "any")


@keras.saving.register_keras_serializable(package="rnn_zoo")
class RandomOrientation(keras.layers.Layer):
    """Shows each image of a batch in another orientation while training.

    Args:
        orientations: `"mirrored"`: as it is, or left and right exchanged. `"any"`: one of the eight
            symmetries of the square, for images without an up, such as aerial photographs. Default:
            `"mirrored"`.
        seed: Seed of the random choices. Default: None.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If `orientations` is neither, or is `"any"` for images that are not square.

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
        """Checks that images are square if they are to be turned."""
        if self.orientations == "any" and images_shape[1] != images_shape[2]:
            raise ValueError(
                f"RandomOrientation: images must be square to be turned. "
                f"Received: {tuple(images_shape)}"
            )

    def call(self, images: Any, training: bool = False) -> Any:
        """Takes images `(batch, height, width, channels)`."""
        if not training:
            return images

        def half_of(changed: Any, images: Any) -> Any:
            shape = (ops.shape(images)[0], 1, 1, 1)
            is_changed = keras.random.uniform(shape, seed=self.generator) >= 0.5
            return ops.where(is_changed, changed, images)

        images = half_of(ops.flip(images, axis=2), images)
        if self.orientations == "any":
            images = half_of(ops.flip(images, axis=1), images)
            images = half_of(ops.transpose(images, (0, 2, 1, 3)), images)
        return images

    def compute_output_shape(self, images_shape: Any) -> Any:
        """The shape of the images."""
        return images_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "orientations": self.orientations, "seed": self.seed}
