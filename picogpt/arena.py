"""One block of memory for all of a model's numbers, filled as the file's bytes arrive.

Every tensor has its place from the start: float32, aligned to a cache line, in the memory order that suits
the matrix product. Its bytes are written there as they are in the file, and brought into shape once they
are all there: widened if they are 16-bit numbers, turned if the order is another one. No second copy of the
model ever exists: what is turned goes through a scratch of the size of one matrix, what is widened through
a small one.
"""

import sys
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from picogpt.matmul import Float
from picogpt.safetensors import TensorInfo, as_float32, check_dtype

Bytes = NDArray[np.uint8]
Order = Literal["C", "F"]

ALIGNMENT = 64
FLOAT_BYTES = 4
BLOCK = 1 << 18  # numbers that are widened at once


class Arena:
    """Places for tensors by name, of the given memory orders ("F": the columns of a matrix lie together).

    Raises WeightsError for numbers that are not F32, F16 or BF16, MemoryError where there is no room.
    """

    def __init__(self, infos: Mapping[str, TensorInfo], orders: Mapping[str, Order]) -> None:
        self._infos, self._orders = dict(infos), orders
        for info in infos.values():
            check_dtype(info)
        sizes = {name: info.n_elements * FLOAT_BYTES for name, info in infos.items()}
        memory = aligned(sum(size + -size % ALIGNMENT for size in sizes.values()))
        self._blocks: dict[str, Bytes] = {}
        at = 0
        for name, size in sizes.items():
            self._blocks[name] = memory[at : at + size]
            at += size + -size % ALIGNMENT

    def place(self, name: str) -> Bytes:
        """Where the tensor's bytes go, as in the file: 16-bit numbers into the block's second half."""
        info = self._infos[name]
        return self._blocks[name][len(self._blocks[name]) - (info.end - info.begin) :]

    def settle(self, name: str) -> None:
        """Bring a tensor into shape; all its bytes are in their place, and this is done once."""
        info, numbers = self._infos[name], self._blocks[name].view(np.float32)
        if info.dtype != "F32":
            widen(self.place(name), info.dtype, numbers)
        if self._orders[name] == "F" and len(info.shape) == 2:
            turn(numbers, *info.shape)

    def tensor(self, name: str) -> Float:
        """A settled tensor."""
        numbers = self._blocks[name].view(np.float32)
        return numbers.reshape(self._infos[name].shape, order=self._orders[name])


def aligned(n_bytes: int) -> Bytes:
    """Memory that begins at a multiple of ALIGNMENT. Raises MemoryError where there is none left."""
    if n_bytes + ALIGNMENT > sys.maxsize:  # 2 GiB in a browser: NumPy would raise a ValueError
        raise MemoryError(f"{n_bytes:,} bytes are more than one array can have.")
    memory = np.empty(n_bytes + ALIGNMENT, np.uint8)
    begin = -memory.ctypes.data % ALIGNMENT
    return memory[begin : begin + n_bytes]


def widen(raw: Bytes, dtype: str, numbers: Float) -> None:
    """16-bit numbers in the second half of `numbers`' own memory to float32, from the first on.

    What is written never reaches what is still to be read: of N numbers, the first n take 4n bytes, and the
    unread ones begin at byte 2N + 2n.
    """
    for begin in range(0, len(numbers), BLOCK):
        end = min(begin + BLOCK, len(numbers))
        numbers[begin:end] = as_float32(raw[2 * begin : 2 * end], dtype)  # a copy before anything is written


def turn(numbers: Float, n_rows: int, n_columns: int) -> None:
    """A matrix that lies row by row to one that lies column by column, in the same memory."""
    rows = numbers.reshape(n_rows, n_columns).copy()
    numbers.reshape(n_columns, n_rows)[...] = rows.T
