"""Training data: texts as one long row of ids in a file, and batches cut from it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from picogpt.bpe import Encoder
from picogpt.errors import SettingsError
from picogpt.gradients import Ids


def encode_texts(encoder: Encoder, texts: Iterable[str]) -> Ids:
    """All texts as one row of ids, `<|endoftext|>` before each; 2 bytes an id up to 65,536 of them."""
    ids: list[int] = []
    for text in texts:
        ids.append(encoder.end_of_text)
        ids += encoder.encode(text)
    return np.array(ids, np.uint16 if encoder.n_vocab <= 2**16 else np.uint32)


def write_tokens(path: Path, ids: Ids) -> None:
    """Write ids to a .npy file."""
    np.save(path, ids, allow_pickle=False)


def read_tokens(path: Path) -> Ids:
    """The ids of a token file, mapped into memory: only what a batch reads is fetched from the disk."""
    ids: Ids = np.load(path, mmap_mode="r", allow_pickle=False)
    return ids


class Batches:
    """Batches of pieces of n_ctx + 1 ids; which ones, is a function of seed and step alone.

    An epoch cuts the whole row into pieces that follow each other, beginning at a place that chance chooses
    anew for each epoch (so that no token always stands at the start of a context), and deals them in a
    shuffled order. The last id of a piece is the first of the next: it is a target here, read there.
    """

    def __init__(self, ids: Ids, n_ctx: int, batch_size: int, seed: int = 0) -> None:
        self.ids, self.n_ctx, self.batch_size, self.seed = ids, n_ctx, batch_size, seed
        if n_ctx < 1 or batch_size < 1:
            raise SettingsError(
                f"The context is {n_ctx} and the batch {batch_size}.", "Both must be at least 1."
            )
        # an epoch may begin up to n_ctx - 1 ids late: what fits then, fits always
        self.n_pieces = (len(ids) - n_ctx) // n_ctx
        if self.n_pieces < 1:
            raise SettingsError(
                f"The text has {len(ids):,} tokens; a context of {n_ctx:,} needs at least {2 * n_ctx:,}.",
                "Give more text, or a shorter context.",
            )
        self._dealt: tuple[int, Ids] = (-1, np.empty(0, np.int64))

    def __getitem__(self, step: int) -> Ids:  # -> ids [B, T + 1]
        """The batch of step `step`, counted from 0."""
        first = step * self.batch_size
        begins = [self._begin(n) for n in range(first, first + self.batch_size)]
        return np.stack([self.ids[begin : begin + self.n_ctx + 1] for begin in begins]).astype(np.int64)

    def _begin(self, n: int) -> int:
        """Where the n-th piece since the start of training begins."""
        epoch, at = divmod(n, self.n_pieces)
        if self._dealt[0] != epoch:
            rng = np.random.default_rng([self.seed, epoch])
            begin = rng.integers(self.n_ctx)
            self._dealt = epoch, begin + self.n_ctx * rng.permutation(self.n_pieces)
        return int(self._dealt[1][at])
