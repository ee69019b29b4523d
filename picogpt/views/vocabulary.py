"""The vocabulary: a search through it, and what another way of using it would make of the text."""

from picogpt.bpe import Encoder, split_words
from picogpt.views.registry import Answer, Text, view
from picogpt.views.tokenization import encoder_of, labels


@view()
def vocabulary(text: Text, query: str | int = "", n: int = 24) -> Answer:
    """Entries that have `query` in them: itself, then in the order in which they were merged; `n` at most.

    A query that is an id of the vocabulary finds that entry, too, and first.
    """
    encoder, wanted = encoder_of(text), str(query)
    data = wanted.encode("utf-8", "replace")
    found = [id for id, piece in enumerate(encoder.pieces) if data in piece]
    found.sort(key=lambda id: encoder.pieces[id] != data)
    if wanted.isdecimal() and int(wanted) < encoder.n_vocab:
        found = [int(wanted), *(id for id in found if id != int(wanted))]
    pairs = list(encoder.merged)
    return {
        "query": wanted,
        "n_found": len(found),
        "n_vocab": encoder.n_vocab,
        "entries": [entry(encoder, pairs, id) for id in found[:n]],
    }


def entry(encoder: Encoder, pairs: list[tuple[int, int]], id: int) -> Answer:
    """An entry of the vocabulary, and the two that it was merged of, if it was."""
    halves = list(pairs[id - 256]) if 256 <= id < encoder.end_of_text else []
    return {"id": id, "piece": encoder.label(id), "halves": labels(encoder, halves), "half_ids": halves}


@view()
def longest_match(text: Text, of: str | None = None, n: int = 12) -> Answer:
    """Words that the longest entry first, from the left, would cut otherwise than byte-pair encoding.

    Of the reader's text, or of the text `of`; each word once, `n` at most.
    """
    encoder = encoder_of(text)
    words = split_words(text.prompt if of is None else str(of))
    n_tokens = {"merged": 0, "greedy": 0}
    differ: dict[str, Answer] = {}
    for word in words:
        merged, greedy = encoder.word_ids(word.encode()), greedy_ids(encoder, word.encode())
        n_tokens["merged"] += len(merged)
        n_tokens["greedy"] += len(greedy)
        if merged != greedy:
            pieces = {"merged": labels(encoder, merged), "greedy": labels(encoder, greedy)}
            differ.setdefault(word, {"word": word, **pieces, "merged_ids": merged, "greedy_ids": greedy})
    return {
        "words": list(differ.values())[:n],
        "n_different": len(differ),
        "n_words": len(words),
        "n_tokens": n_tokens,
    }


def greedy_ids(encoder: Encoder, word: bytes) -> list[int]:
    """A word cut into the longest entry that it begins with, then the longest that goes on from there, …"""
    ids = []
    while word:
        n_bytes = next(n for n in range(min(len(word), 128), 0, -1) if word[:n] in encoder.ids)
        ids.append(encoder.ids[word[:n_bytes]])
        word = word[n_bytes:]
    return ids
