"""What the pages on what a GPT is and on tokens say in figures and examples is so."""

import math
import re
from pathlib import Path

import pytest

from picogpt.bpe import END_OF_TEXT, Encoder
from picogpt.views.vocabulary import greedy_ids
from picogpt.weights import HParams

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "site" / "learn" / "tokens.md").read_text("utf-8")
FIRST = (ROOT / "site" / "learn" / "what-a-gpt-is.md").read_text("utf-8")
GPT2, SMALL = (
    Encoder.from_merges((ROOT / "site" / "models" / name / "merges.txt").read_text("utf-8"))
    for name in ("gpt2", "shakespeare")
)


def says(page: str, sentence: str) -> bool:
    """Whether the page has the sentence, wherever its lines break."""
    return sentence in " ".join(page.split())


def test_the_ids_of_the_examples_are_gpt2s():
    assert says(PAGE, "in GPT-2 with the ids 1169 and 262")
    assert (GPT2.encode("the"), GPT2.encode(" the")) == ([1169], [262])
    assert says(PAGE, "`!` being 0")
    assert GPT2.ids[b"!"] == SMALL.ids[b"!"] == 0


def test_the_vocabularies_have_the_sizes_that_the_page_gives():
    assert says(PAGE, "GPT-2's list has 50,000 merges")
    assert says(PAGE, "that of the small model has 2,000")
    assert says(PAGE, "that is 50,257 and 2,257 entries")
    assert [len(one.merged) for one in (GPT2, SMALL)] == [50_000, 2_000]
    assert [one.n_vocab for one in (GPT2, SMALL)] == [50_257, 2_257]
    assert {one.label(one.end_of_text) for one in (GPT2, SMALL)} == {END_OF_TEXT}


def test_the_borrowed_letters_are_those_of_the_files():
    assert says(PAGE, "`Ġ`, the stand-in for a space, and `Ċ`, a line end")
    lines = (ROOT / "site" / "models" / "gpt2" / "merges.txt").read_text("utf-8").splitlines()
    assert lines[1] == "Ġ t"
    assert GPT2.label(256) == " t"
    assert "Ċ Ċ" in lines
    assert GPT2.ids[b"\n\n"] == 256 + lines.index("Ċ Ċ") - 1


def test_the_sentence_that_shows_the_longest_match_shows_it_in_both_vocabularies():
    (sentence,) = re.findall(r'<view-longest-match of="([^"]*)"', PAGE)
    for encoder in (GPT2, SMALL):
        words = [word.encode() for word in re.findall(r" ?\w+", sentence)]
        assert sum(encoder.word_ids(word) != greedy_ids(encoder, word) for word in words) >= 2


@pytest.mark.parametrize(("text", "n_bytes"), [("a", 1), ("é", 2), ("ж", 2), ("漢", 3), ("🌹", 4)])
def test_characters_have_as_many_bytes_as_the_page_says(text, n_bytes):
    assert len(text.encode()) == n_bytes


def test_a_hundredth_costs_what_the_first_page_says():
    assert says(FIRST, r"$\ln 100 \approx 4.6$")
    assert round(math.log(100), 1) == 4.6


def test_every_fact_on_the_pages_is_one_that_there_is():
    from picogpt.views.facts import FACTS

    names = {
        name
        for path in (ROOT / "site" / "learn").glob("*.md")
        for name in re.findall(r'<view-fact name="([^"]*)"', path.read_text("utf-8"))
    }
    assert names
    assert names <= set(FACTS)
    assert set(HParams.__annotations__) <= set(FACTS)
