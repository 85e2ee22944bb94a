"""`sequential_digits`: handwritten digits, read pixel after pixel."""

from rnn_zoo.datasets.digits import digits


def sequential_digits(split: str) -> tuple[list[str], list[str]]:
    """Return the images of one split as texts, and the digits that they show as labels.

    A text names the 64 pixels of an image row by row, each as a word: its intensity from 0 to 16.
    What a pixel says depends on its place, and the model sees one pixel at a time; the rows above
    it have to be remembered. There are 1,258 images to train on, see `rnn_zoo.datasets.digits`.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Raises:
        DataError: scikit-learn is not installed.

    Source: of larger images Le, Jaitly and Hinton 2015, "A simple way to initialize recurrent
        networks of rectified linear units", as "sequential MNIST".

    Example:
        >>> texts, labels = sequential_digits("test")
        >>> texts[0][:17], len(texts[0].split()), labels[0]
        ('0 3 11 15 12 7 1 ', 64, '5')
    """
    images, labels = digits(split)
    texts = [" ".join(map(str, image)) for image in images.reshape(-1, 64).astype(int)]
    return texts, [str(label) for label in labels]
