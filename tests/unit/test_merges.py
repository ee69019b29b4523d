"""Learning merges: the algorithm of Sennrich et al. against a plain count-everything-again implementation."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picogpt.bpe import SPLIT_PATTERN, Encoder, byte_letters, format_merges
from picogpt.errors import VocabularyError
from picogpt.merges import learn_merges

ORDER = {bytes([byte]): n for n, byte in enumerate(byte_letters())}


def slow_merges(text, n_merges):
    """The definition: count all pairs anew, take the most frequent, the lowest ids among equals."""
    words = Counter(tuple(bytes([b]) for b in piece.encode()) for piece in SPLIT_PATTERN.findall(text))
    ids, merges = dict(ORDER), []
    for _ in range(n_merges):
        pairs = Counter()
        for word, weight in words.items():
            for pair in pairwise(word):
                pairs[pair] += weight
        pairs = {pair: n for pair, n in pairs.items() if pair[0] + pair[1] not in ids and n > 1}
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], ids[pair[0]], ids[pair[1]]))
        ids[best[0] + best[1]] = len(ids)
        merges.append(best)
        words = Counter({merged(word, best): weight for word, weight in words.items()})
    return merges


def merged(word, pair):
    out, at = [], 0
    while at < len(word):
        joins = word[at : at + 2] == pair
        out.append(word[at] + word[at + 1] if joins else word[at])
        at += 2 if joins else 1
    return tuple(out)


def test_the_worked_example_of_sennrich_et_al():
    text = " low" * 5 + " lower" * 2 + " newest" * 6 + " widest" * 3
    # e-s and s-t occur 9 times each, and so does es-t after the first; "e" has the lower id
    assert learn_merges(text, 3)[:2] == [(b"e", b"s"), (b"es", b"t")]


@given(st.text(alphabet="ab cé\n", max_size=120), st.integers(1, 12))
@settings(max_examples=150, deadline=None)
def test_merges_equal_those_of_counting_all_pairs_anew_each_time(text, n_merges):
    expected = slow_merges(text, n_merges)
    if len(expected) == n_merges:
        assert learn_merges(text, n_merges) == expected
    else:
        with pytest.raises(VocabularyError, match=f"after {len(expected)} no pair"):
            learn_merges(text, n_merges)


def test_a_learned_vocabulary_is_read_by_the_encoder_and_gives_back_every_text():
    text = "the quick brown fox; the quicker fox, the quickest!\n" * 3
    encoder = Encoder.from_merges(format_merges(learn_merges(text, 20)))
    assert encoder.n_vocab == 256 + 20 + 1
    other = "quick 狐 foxes\x00\n"
    assert encoder.decode(encoder.encode(other)) == other
    assert len(encoder.encode(text)) < len(text) / 2


def test_a_text_with_too_few_pairs_is_refused_with_both_counts():
    with pytest.raises(
        VocabularyError, match="10 merges were asked for; after 1 no pair occurs twice"
    ) as caught:
        learn_merges("abab", 10)
    assert "Ask for 1 or fewer" in caught.value.hint
