"""OpenAI's byte-pair encoder: text to ids and back, from the merges file alone.

A text is split into pieces (words with their leading space, numbers, runs of signs), each piece into its
UTF-8 bytes; then the two neighbours that were merged earliest in training are merged again and again.
Source: OpenAI's gpt-2/src/encoder.py, and Sennrich et al. 2016, https://arxiv.org/abs/1508.07909.
"""

import codecs
import functools
import heapq
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import regex

from picogpt.errors import VocabularyError

SPLIT_PATTERN = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
END_OF_TEXT = "<|endoftext|>"

Pair = tuple[int, int]


def byte_letters() -> dict[int, str]:
    """The letter that stands for each byte in a merges file, in the order of the bytes' ids.

    Printable bytes stand for themselves; the 68 others borrow the letters from U+0100 on, so that a merges
    file has neither white space nor control signs in it.
    """
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    borrowed = (byte for byte in range(256) if byte not in set(printable))
    letters = {byte: chr(byte) for byte in printable}
    return letters | {byte: chr(256 + n) for n, byte in enumerate(borrowed)}


def split_words(text: str) -> list[str]:
    """The words of a text, as the split pattern has them: a merge never reaches from one into the next.

    A lone surrogate, which has no UTF-8, is read as U+FFFD, as tiktoken does.
    """
    return list(SPLIT_PATTERN.findall(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")))


# 50,000 merges are read before GPT-2 can begin: `re` matches such simple lines three times as fast as `regex`
BYTE_OF = {ord(letter): byte for byte, letter in byte_letters().items()}
PAIR_OF_LETTERS = re.compile("([{0}]+) ([{0}]+)\r?".format(re.escape("".join(map(chr, BYTE_OF)))))


def parse_merges(text: str) -> list[tuple[bytes, bytes]]:
    """The pairs of a merges file (GPT-2's `vocab.bpe`, `merges.txt` elsewhere), earliest first."""
    in_bytes = functools.cache(lambda letters: letters.translate(BYTE_OF).encode("latin-1"))
    merges = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or (number == 1 and line.startswith("#version")):
            continue
        pair = PAIR_OF_LETTERS.fullmatch(line)
        if pair is None:
            raise VocabularyError(
                f"Line {number} of the merges is not a pair of byte-pair letters: {line[:60]!r}.",
                "Use GPT-2's vocab.bpe (or merges.txt), a pair a line, separated by one space.",
            )
        merges.append((in_bytes(pair[1]), in_bytes(pair[2])))
    return merges


def format_merges(merges: Iterable[tuple[bytes, bytes]]) -> str:
    """The text of a merges file, as GPT-2's own is written."""
    letters = byte_letters()
    lines = (" ".join("".join(letters[byte] for byte in half) for half in pair) for pair in merges)
    return "\n".join(["#version: 0.2", *lines, ""])


class Encoder:
    """Byte-pair encoder of one vocabulary: 256 bytes, one entry a merge, and `<|endoftext|>` last."""

    def __init__(self, merges: Sequence[tuple[bytes, bytes]]) -> None:
        self.pieces: list[bytes] = [bytes([byte]) for byte in byte_letters()]
        ids = {piece: id for id, piece in enumerate(self.pieces)}
        self.merged: dict[Pair, int] = {}  # a pair of ids -> the id of the two joined
        for left, right in merges:
            if left not in ids or right not in ids or left + right in ids:
                raise VocabularyError(
                    f"Merge {len(self.merged) + 1} joins {left!r} and {right!r}, of which one is not made by "
                    "an earlier merge, or makes what is there already.",
                    "The merges must stand in the order in which they were learned.",
                )
            ids[left + right] = self.merged[ids[left], ids[right]] = len(self.pieces)
            self.pieces.append(left + right)
        self.ids = ids
        self.end_of_text = len(self.pieces)
        self.pieces.append(END_OF_TEXT.encode())
        self._merge_cached = functools.lru_cache(maxsize=2**16)(self._merge)

    @classmethod
    def from_merges(cls, text: str) -> "Encoder":
        """The encoder of a merges file's text. Raises VocabularyError where it is not one."""
        return cls(parse_merges(text))

    @property
    def n_vocab(self) -> int:
        """How many ids there are: 256 + merges + 1."""
        return len(self.pieces)

    def encode(self, text: str, allow_special: bool = False) -> list[int]:
        """Ids of `text`. `<|endoftext|>` in it is plain text, or one special id with `allow_special`."""
        if not allow_special:
            return self._encode_ordinary(text)
        ids: list[int] = []
        for n, part in enumerate(text.split(END_OF_TEXT)):
            ids += [self.end_of_text] * (n > 0) + self._encode_ordinary(part)
        return ids

    def _encode_ordinary(self, text: str) -> list[int]:
        ids: list[int] = []
        for word in split_words(text):
            ids += self.word_ids(word.encode())
        return ids

    def word_ids(self, word: bytes) -> list[int]:
        """Ids of one word of `split_words`, in UTF-8."""
        # a long run of one sort is likely met once: keep the memory for words
        return self._merge_cached(word) if len(word) <= 64 else self._merge(word)

    def _merge(self, word: bytes) -> list[int]:
        ids = self.byte_ids(word)
        for _ in self.merge_steps(ids):
            pass
        return [id for id in ids if id >= 0]

    def byte_ids(self, word: bytes) -> list[int]:
        """The ids of a word's single bytes: what merging begins with."""
        return [self.ids[bytes([byte])] for byte in word]

    def merge_steps(self, ids: list[int]) -> Iterator[tuple[int, int]]:
        """Merge the `ids` of a word's bytes in place, and yield each merge: the id that it makes, and where.

        Of two ids that become one, the first gives way to it and the second to -1. In O(n log n): a heap of
        the pairs that can be merged, over a linked list.
        """
        after, before = list(range(1, len(ids) + 1)), list(range(-1, len(ids) - 1))
        heap = [(self.merged[pair], at) for at, pair in enumerate(pairwise(ids)) if pair in self.merged]
        heapq.heapify(heap)
        while heap:
            joined, at = heapq.heappop(heap)
            right = after[at]
            # entries are never taken out of the heap: one may speak of a pair that is gone
            if ids[at] < 0 or right >= len(ids) or self.merged.get((ids[at], ids[right])) != joined:
                continue
            ids[at], ids[right] = joined, -1
            after[at] = after[right]
            if after[at] < len(ids):
                before[after[at]] = at
            for left in (before[at], at):
                if left >= 0 and after[left] < len(ids):
                    again = self.merged.get((ids[left], ids[after[left]]))
                    if again is not None:
                        heapq.heappush(heap, (again, left))
            yield joined, at

    def piece(self, id: int) -> bytes:
        """The bytes that an id stands for. Raises VocabularyError for an id that is not in the vocabulary."""
        if not 0 <= id < len(self.pieces):
            raise VocabularyError(f"There is no token {id}: ids go from 0 to {len(self.pieces) - 1}.")
        return self.pieces[id]

    def label(self, id: int) -> str:
        """An id's text; where that is no whole characters, its bytes: "⟨F0·9F⟩"."""
        piece = self.piece(id)
        try:
            return piece.decode()
        except UnicodeDecodeError:
            return "⟨{}⟩".format(piece.hex(" ").upper().replace(" ", "·"))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`; bytes that are not UTF-8 become U+FFFD."""
        return b"".join(self.piece(int(id)) for id in ids).decode("utf-8", "replace")

    def decoder(self) -> "IncrementalDecoder":
        """A decoder to feed one id at a time."""
        return IncrementalDecoder(self)


class IncrementalDecoder:
    """Ids in, text out, one at a time, and never half a character."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, id: int) -> str:
        """The text that `id` completes: empty while a character's last bytes are still to come."""
        return self._utf8.decode(self._encoder.piece(id))

    def finish(self) -> str:
        """What is left when no more ids come: U+FFFD if the text ends within a character."""
        return self._utf8.decode(b"", final=True)
