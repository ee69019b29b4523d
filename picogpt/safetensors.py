"""The safetensors format: bytes to named arrays, arrays to bytes. No input or output of files here.

A file is 8 bytes (the header's length, little-endian), the header (JSON: name -> dtype, shape, offsets into
the data), then the data without gaps. Format: https://github.com/huggingface/safetensors#format. What that
library refuses is refused here too, before anything is allocated.
"""

import json
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picogpt.errors import WeightsError
from picogpt.matmul import Float

PREFIX_BYTES = 8
MAX_HEADER_BYTES = 100_000_000
ITEM_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
READABLE = ("F32", "F16", "BF16")
HINT = "Is this a whole safetensors file?"


@dataclass(frozen=True)
class TensorInfo:
    """Where a tensor lies in the file (`begin` to `end`, bytes from the file's start) and what it is."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def n_elements(self) -> int:
        """How many numbers the tensor has."""
        return math.prod(self.shape)


def header_length(prefix: bytes, n_bytes: int) -> int:
    """The header's length in bytes, of a file of `n_bytes` that begins with `prefix` (its first 8 bytes)."""
    if len(prefix) < PREFIX_BYTES:
        raise WeightsError(f"The file has {len(prefix)} bytes: too short to be a safetensors file.", HINT)
    (length,) = struct.unpack("<Q", prefix[:PREFIX_BYTES])
    if length > MAX_HEADER_BYTES or PREFIX_BYTES + length > n_bytes:
        _refuse_other_kinds(prefix)
        raise WeightsError(
            f"Bytes 0 to 8 announce a header of {length:,} bytes, and the file has {n_bytes:,}: "
            "it is cut short, or no safetensors file.",
            HINT,
        )
    return int(length)


def _refuse_other_kinds(prefix: bytes) -> None:
    if prefix.lstrip()[:1] == b"<":
        raise WeightsError(
            "This is a web page (it begins with “<”), not a safetensors file.",
            "The address answers with a page where the file should be: check it.",
        )
    if prefix.startswith(b"version "):
        raise WeightsError(
            "This is a Git LFS pointer, not the weights that it points to.",
            "Fetch the file itself (git lfs pull, or the “resolve” address).",
        )


def parse_header(header: bytes, n_bytes: int) -> dict[str, TensorInfo]:
    """The tensors of a file of `n_bytes` bytes whose header (the JSON alone) is `header`, by name.

    Raises WeightsError unless the tensors fill the data from first byte to last without gap or overlap.
    """
    entries = _load_json(header)
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise WeightsError("The header's __metadata__ is not a table of strings.", HINT)
    begin = PREFIX_BYTES + len(header)
    infos = [_tensor_info(name, entry, begin) for name, entry in entries.items()]
    _check_coverage(infos, begin, n_bytes)
    return {info.name: info for info in infos}


def _load_json(header: bytes) -> dict[str, Any]:
    try:
        entries = json.loads(header.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"The header is not JSON: {error}.", HINT) from error
    if not header.startswith(b"{") or not isinstance(entries, dict):
        raise WeightsError("The header is not a JSON object.", HINT)
    return entries


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise WeightsError(f"The header names {twice!r} twice.", HINT)
    return entries


def _tensor_info(name: str, entry: Any, data_begin: int) -> TensorInfo:
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= set(entry):
        raise WeightsError(f"{name}: the header does not give dtype, shape and data_offsets.", HINT)
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEM_BITS:
        raise WeightsError(f"{name}: {dtype!r} is no dtype of the safetensors format.", HINT)
    if not _are_sizes(shape) or max(accumulate(shape, mul), default=0) >= 2**64:
        raise WeightsError(f"{name}: the shape {str(shape)[:80]} is not a list of sizes.", HINT)
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise WeightsError(f"{name}: data_offsets {str(offsets)[:80]} are not two byte positions.", HINT)
    n_bits, (begin, end) = math.prod(shape) * ITEM_BITS[dtype], offsets
    if n_bits != 8 * (end - begin):
        raise WeightsError(
            f"{name}: {dtype} of shape {tuple(shape)} takes {n_bits / 8:g} bytes, "
            f"but bytes {begin} to {end} are {end - begin}.",
            HINT,
        )
    return TensorInfo(name, dtype, tuple(shape), data_begin + begin, data_begin + end)


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 2**64 for value in values)


def _check_coverage(infos: Iterable[TensorInfo], begin: int, n_bytes: int) -> None:
    at = begin
    for info in sorted(infos, key=lambda info: (info.begin, info.end)):
        if info.begin != at:
            kind = "overlaps the tensor before it" if info.begin < at else "leaves a gap before it"
            raise WeightsError(f"{info.name}: begins at byte {info.begin}, expected {at}: it {kind}.", HINT)
        at = info.end
    if at != n_bytes:
        raise WeightsError(
            f"The header describes {at:,} bytes, the file has {n_bytes:,}.",
            "It was cut short, or something was added: fetch it again.",
        )


def announced_bytes(header: bytes) -> int:
    """The length of the file that begins with `header` (the JSON alone), going by what it says itself."""
    entries = _load_json(header)
    begin = PREFIX_BYTES + len(header)
    infos = [_tensor_info(name, entry, begin) for name, entry in entries.items() if name != "__metadata__"]
    return max((info.end for info in infos), default=begin)


def header_of(raw: NDArray[np.uint8]) -> bytes:
    """The header (the JSON alone) of a whole file in memory."""
    end = PREFIX_BYTES + header_length(raw[:PREFIX_BYTES].tobytes(), len(raw))
    return raw[PREFIX_BYTES:end].tobytes()


def parse(file: bytes | NDArray[np.uint8]) -> dict[str, TensorInfo]:
    """The tensors of a whole file in memory, by name. Raises WeightsError where it is malformed."""
    raw = np.frombuffer(file, np.uint8)
    return parse_header(header_of(raw), len(raw))


def check_dtype(info: TensorInfo) -> None:
    """Raise WeightsError unless the tensor's numbers can be read."""
    if info.dtype not in READABLE:
        raise WeightsError(
            f"{info.name}: the numbers are {info.dtype}; F32, F16 and BF16 can be read.",
            "Convert the checkpoint to one of them.",
        )


def as_float32(raw: NDArray[np.uint8], dtype: str) -> Float:  # -> [n]
    """Numbers as they are in a file -> float32 (a view if they are); both 16-bit kinds are exact in it."""
    if dtype == "F32":
        return raw.view("<f4")
    if dtype == "F16":
        return raw.view("<f2").astype(np.float32)
    # BF16: the upper half of a float32
    return (raw.view("<u2").astype(np.uint32) << 16).view(np.float32)


def read(file: bytes | NDArray[np.uint8], info: TensorInfo, order: Any = "C") -> Float:
    """A tensor as float32 in aligned memory of its own, in C or Fortran order.

    F32, F16 and BF16 can be read; both 16-bit kinds are exact in float32.
    """
    check_dtype(info)
    numbers = as_float32(np.frombuffer(file, np.uint8)[info.begin : info.end], info.dtype)
    return np.array(numbers.reshape(info.shape), np.float32, order=order)


def write(tensors: Mapping[str, Float], metadata: Mapping[str, str] | None = None) -> bytes:
    """A safetensors file with `tensors` as F32, in the mapping's order; the data is aligned to 8 bytes."""
    header: dict[str, Any] = {"__metadata__": dict(metadata or {"format": "pt"})}
    blobs = [np.ascontiguousarray(array, dtype="<f4").tobytes() for array in tensors.values()]
    at = 0
    for (name, array), blob in zip(tensors.items(), blobs, strict=True):
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + len(blob)]}
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *blobs])
