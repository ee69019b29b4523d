"""Learning a vocabulary: the byte-pair merges of a text, in the format that the encoder reads.

Begin with single bytes; again and again, find the pair of neighbours that occurs most often and make it one
entry of the vocabulary. Text is split first as the encoder splits it, so that no entry spans two words.
Source: Sennrich et al. 2016, https://arxiv.org/abs/1508.07909.
"""

import heapq
from collections import Counter, defaultdict
from itertools import pairwise

from picogpt.bpe import SPLIT_PATTERN, Pair, byte_letters
from picogpt.errors import VocabularyError


class _Words:
    """The distinct pieces of a text as lists of ids, and how often each pair of neighbours occurs in them."""

    def __init__(self, text: str, id_of_byte: dict[int, int]) -> None:
        pieces = Counter(SPLIT_PATTERN.findall(text))
        self.ids = [[id_of_byte[byte] for byte in piece.encode("utf-8", "replace")] for piece in pieces]
        self.weights = list(pieces.values())
        self.counts: Counter[Pair] = Counter()
        self.where: defaultdict[Pair, set[int]] = defaultdict(set)  # may name words that lost the pair
        for n in range(len(self.ids)):
            self._count(n, self.weights[n])

    def _count(self, n: int, weight: int) -> None:
        ids = self.ids[n]
        for pair in pairwise(ids):
            self.counts[pair] += weight
            self.where[pair].add(n)

    def merge(self, pair: Pair, joined: int) -> set[Pair]:
        """Write `joined` for `pair` in every word; the pairs whose counts may have changed."""
        changed: set[Pair] = set()
        for n in self.where.pop(pair):
            before = self.ids[n]
            changed.update(pairwise(before))
            self._count(n, -self.weights[n])
            self.ids[n] = after = _replace(before, pair, joined)
            changed.update(pairwise(after))
            self._count(n, self.weights[n])
        return changed


def _replace(ids: list[int], pair: Pair, joined: int) -> list[int]:
    """`ids` with every `pair`, from the left, replaced by `joined`."""
    out: list[int] = []
    at = 0
    while at < len(ids):
        if at + 1 < len(ids) and (ids[at], ids[at + 1]) == pair:
            out.append(joined)
            at += 2
        else:
            out.append(ids[at])
            at += 1
    return out


def learn_merges(text: str, n_merges: int) -> list[tuple[bytes, bytes]]:
    """The `n_merges` merges that byte-pair encoding learns from `text`, most frequent first.

    Equal counts are settled by the lower ids, so the same text gives the same merges. Raises VocabularyError
    where the text has fewer pairs that occur twice than merges were asked for.
    """
    pieces = [bytes([byte]) for byte in byte_letters()]
    words = _Words(text, {piece[0]: id for id, piece in enumerate(pieces)})
    merges: list[tuple[bytes, bytes]] = []
    made: set[bytes] = set()
    heap = [(-count, pair) for pair, count in words.counts.items()]
    heapq.heapify(heap)
    while len(merges) < n_merges:
        if not heap or heap[0][0] > -2:
            raise VocabularyError(
                f"{n_merges:,} merges were asked for; after {len(merges):,} no pair occurs twice.",
                f"Ask for {len(merges):,} or fewer, or give more text.",
            )
        count, pair = heapq.heappop(heap)
        # entries are never taken out of the heap: one may give an old count
        if -count != words.counts[pair]:
            continue
        left, right = pieces[pair[0]], pieces[pair[1]]
        if left + right in made:  # another pair spells the same bytes: an entry may be made only once
            continue
        made.add(left + right)
        merges.append((left, right))
        pieces.append(left + right)
        for other in words.merge(pair, len(pieces) - 1):
            heapq.heappush(heap, (-words.counts[other], other))
    return merges
