"""A checkpoint that arrives piece by piece: which bytes of the file are needed, and where they go.

A safetensors file tells at its beginning what is in it. From that alone: the sizes of the model, whether it
is a GPT-2 at all, which parts of the file need not be fetched (the causal masks that old checkpoints carry
along), and how much memory all of it takes.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from picogpt import safetensors
from picogpt.arena import Arena, Bytes
from picogpt.errors import WeightsError
from picogpt.safetensors import PREFIX_BYTES
from picogpt.weights import HParams, Params, is_mask, memory_order, nest, select, without_tied_head

HEAD = "lm_head.weight"
Span = tuple[int, int]  # from one byte of the file to another


class Arriving:
    """A model in the making. Call `places`, write there, call `settle`, and in the end `params`; or `fill`.

    Raises WeightsError unless `header` (the file's JSON) is that of a GPT-2, MemoryError for want of room.
    """

    def __init__(
        self, header: bytes, n_bytes: int | None = None, config: Mapping[str, Any] | None = None
    ) -> None:
        self.n_bytes = safetensors.announced_bytes(header) if n_bytes is None else n_bytes
        infos = safetensors.parse_header(header, self.n_bytes)
        self.hparams, needed = select(infos, config)
        self.data_begin = PREFIX_BYTES + len(header)
        self._masks = [info for name, info in infos.items() if is_mask(name)]
        orders = {name: memory_order(name) for name in needed}
        # an unembedding that turns out to be the embeddings once more is let go of: not in the same block
        body = {name: info for name, info in needed.items() if name != HEAD}
        self._arenas = {HEAD: Arena({HEAD: needed[HEAD]}, orders)} if HEAD in needed else {}
        self._body = Arena(body, orders)
        self._infos = dict(sorted(needed.items(), key=lambda item: item[1].begin))
        self._begins = [info.begin for info in self._infos.values()]
        self._unsettled = list(self._infos)[::-1]

    @property
    def spans(self) -> list[Span]:
        """What has to be fetched, in the file's order: the header first, neighbours as one."""
        spans = [(0, self.data_begin)]
        for info in self._infos.values():
            begin, end = spans[-1]
            spans[-1:] = [(begin, info.end)] if info.begin == end else [(begin, end), (info.begin, info.end)]
        return spans

    @property
    def masks(self) -> list[tuple[int, int, int]]:
        """(begin, end, n): the file's bytes that are an n × n lower triangle of ones in float32, surely."""
        return [
            (info.begin, info.end, info.shape[-1])
            for info in self._masks
            if info.dtype == "F32" and info.shape == (1, 1, info.shape[-1], info.shape[-1])
        ]

    def places(self, begin: int, end: int) -> list[Bytes]:
        """Where the file's bytes `begin` to `end` go: one piece of memory after the other."""
        places, names = [], list(self._infos)
        i = max(0, bisect_right(self._begins, begin) - 1)
        while begin < end:
            info = self._infos[names[i]] if i < len(names) else None
            if info is None or not info.begin <= begin < info.end:
                raise WeightsError(f"Byte {begin:,} of the file belongs to no tensor that is needed.")
            stop = min(end, info.end)
            places.append(self._arena(names[i]).place(names[i])[begin - info.begin : stop - info.begin])
            begin, i = stop, i + 1
        return places

    def settle(self, end: int) -> None:
        """Everything before the file's byte `end` is in its place: bring it into shape."""
        while self._unsettled and self._infos[self._unsettled[-1]].end <= end:
            name = self._unsettled.pop()
            self._arena(name).settle(name)

    def fill(self, file: Bytes) -> None:
        """Take all that is needed from a whole file in memory."""
        for begin, end in self.spans:
            at = max(begin, self.data_begin)
            for place in self.places(at, end):
                place[:] = file[at : at + len(place)]
                at += len(place)
            self.settle(end)

    def params(self) -> tuple[HParams, Params]:
        """Sizes and parameters. Raises WeightsError where bytes are missing."""
        if self._unsettled:
            raise WeightsError(f"{self._unsettled[-1]}: its bytes have not arrived.", "Fetch the file again.")
        tensors = {name: self._arena(name).tensor(name) for name in self._infos}
        tensors = without_tied_head(tensors)
        if HEAD not in tensors:
            self._arenas.clear()
        return self.hparams, nest(tensors)

    def _arena(self, name: str) -> Arena:
        return self._arenas.get(name, self._body)
