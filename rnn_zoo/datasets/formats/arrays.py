"""Arrays as `numpy.savez` writes them."""

import io
import math
import zipfile

import numpy as np

from rnn_zoo.datasets.formats.registry import file_format
from rnn_zoo.datasets.reading import DAMAGES, open_archive, reason
from rnn_zoo.datasets.table import Table
from rnn_zoo.errors import DataError

HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


@file_format(".npz")
def read_arrays(content: bytes, source: str, encoding: str) -> Table:  # noqa: ARG001 - arrays have none
    """Read an .npz file: each array is a column, with a row an example.

    Raises:
        DataError: the file is damaged, an array holds neither numbers nor texts, or they differ in
            length.
    """
    if content.startswith(np.lib.format.MAGIC_PREFIX):
        raise DataError(f"{source}: is an .npy file of one array; numpy.savez writes several.")
    with open_archive(io.BytesIO(content), len(content), source) as archive:
        members = archive.namelist()
        arrays = [_read_array(archive, member, source) for member in members]
    return Table(source, [member.removesuffix(".npy") for member in members], arrays)


def _read_array(archive: zipfile.ZipFile, member: str, source: str) -> np.ndarray:
    where = f"{source}, {member}"
    try:
        content = archive.read(member)
        file = io.BytesIO(content)
        read_header = HEADERS[np.lib.format.read_magic(file)]
        shape, _, dtype = read_header(file)
        # A header may claim terabytes, which reading would ask for.
        if not dtype.hasobject and math.prod(shape) * dtype.itemsize != len(content) - file.tell():
            raise ValueError(f"an array {shape} of {dtype} does not have so many bytes")
        array: np.ndarray = np.load(io.BytesIO(content), allow_pickle=False)
    except (*DAMAGES, OSError, KeyError, SyntaxError, TypeError, MemoryError) as error:
        raise DataError(f"{where}: is no array that can be read: {reason(error)}.") from None
    if array.dtype.kind not in "biufU" or array.ndim == 0:
        raise DataError(
            f"{where}: an array {array.shape} of {array.dtype}, where each row is an example of "
            "real numbers or texts."
        )
    return array
