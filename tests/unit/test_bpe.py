"""The encoder against tiktoken and Hugging Face tokenizers, both built from OpenAI's published vocabulary."""

import time
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken.load import data_gym_to_mergeable_bpe_ranks
from tokenizers import ByteLevelBPETokenizer

from picogpt.bpe import END_OF_TEXT, Encoder, byte_letters, format_merges, parse_merges
from picogpt.errors import VocabularyError

ROOT = Path(__file__).parents[2]
MERGES = ROOT / "site" / "models" / "gpt2" / "merges.txt"
ENCODER_JSON = ROOT / "tests" / "reference" / "gpt2" / "encoder.json"
# tiktoken's own, from its definition of gpt2
TIKTOKEN_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"

encoder = Encoder.from_merges(MERGES.read_text("utf-8"))
openai = tiktoken.Encoding(
    "gpt2",
    pat_str=TIKTOKEN_PATTERN,
    mergeable_ranks=data_gym_to_mergeable_bpe_ranks(str(MERGES), str(ENCODER_JSON)),
    special_tokens={END_OF_TEXT: 50256},
)
hugging_face = ByteLevelBPETokenizer(str(ENCODER_JSON), str(MERGES))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
wordy = st.lists(
    st.sampled_from(["the", " The", "'s", "'LL", " don't", "  ", "\n", "\t", "\r\n", "123", " 45",
                     "é", "e\u0301", "🙂", "👨‍👩‍👧", "漢字", " слово", "مرحبا", "\u00a0", "\u3000",
                     "…", "--", END_OF_TEXT, "<|", "_a"]),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(texts | wordy)
def test_ids_equal_tiktokens_and_decode_to_the_text(text):
    ids = encoder.encode(text)
    assert ids == openai.encode_ordinary(text)
    assert encoder.decode(ids) == text


@settings(max_examples=300, deadline=None)
@given(texts | wordy)
def test_ids_equal_hugging_faces(text):
    assert encoder.encode(text) == hugging_face.encode(text).ids


@settings(max_examples=200, deadline=None)
@given(wordy)
def test_end_of_text_is_special_only_when_asked_for(text):
    assert encoder.encode(text, allow_special=True) == openai.encode(text, allowed_special="all")
    assert 50256 not in encoder.encode(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 50256), max_size=50))
def test_any_ids_decode_as_tiktoken_decodes_them_whole_or_one_at_a_time(ids):
    expected = openai.decode(ids, errors="replace")
    assert encoder.decode(ids) == expected
    decoder = encoder.decoder()
    assert "".join([*map(decoder.feed, ids), decoder.finish()]) == expected


def test_a_character_of_several_tokens_appears_whole_with_its_last_one():
    ids = encoder.encode("🙂")
    decoder = encoder.decoder()
    assert len(ids) > 1
    assert [decoder.feed(id) for id in ids] == [""] * (len(ids) - 1) + ["🙂"]
    assert decoder.finish() == ""


def test_half_a_character_at_the_end_becomes_the_replacement_character():
    decoder = encoder.decoder()
    assert decoder.feed(encoder.encode("🙂")[0]) == ""
    assert decoder.finish() == "\ufffd"


def test_a_lone_surrogate_is_encoded_as_tiktoken_does():
    assert encoder.encode("\ud83d x") == openai.encode_ordinary("\ud83d x")


def test_the_merges_alone_give_openais_vocabulary():
    expected = openai.token_byte_values()
    assert sorted(encoder.pieces[:-1]) == sorted(expected)
    assert all(openai.encode_single_token(piece) == id for id, piece in enumerate(encoder.pieces[:-1]))
    assert encoder.n_vocab == openai.n_vocab == 50257


@pytest.mark.parametrize("unit", ["a", " ", "ab", "!?", "\n"])
def test_pathological_text_takes_seconds_not_minutes(unit):
    text = unit * (200_000 // len(unit))
    begun = time.monotonic()
    ids = encoder.encode(text)
    assert time.monotonic() - begun < 10  # quadratic code takes hours here
    assert encoder.decode(ids) == text


def test_pathological_text_equals_tiktoken():
    for text in ("a" * 5_000, "ab" * 3_000, "aab" * 2_000, " " * 5_000):
        assert encoder.encode(text) == openai.encode_ordinary(text)


def test_merges_survive_writing_and_reading():
    text = MERGES.read_text("utf-8")
    assert format_merges(parse_merges(text)) == text


def test_every_byte_has_a_letter_of_its_own():
    letters = byte_letters()
    assert sorted(letters) == list(range(256))
    assert len(set(letters.values())) == 256
    assert (letters[ord("A")], letters[ord(" ")], letters[ord("\n")]) == ("A", "Ġ", "Ċ")


@pytest.mark.parametrize(
    "text",
    ["a b c", "ab", "a ", " a", "a\tb", "Ġ t\n<html>", "日 本", "t h\nx yz", "t h\nt h", "\x00 \x01"],
)
def test_a_text_that_is_no_merges_file_is_refused(text):
    with pytest.raises(VocabularyError):
        Encoder.from_merges(text)


def test_windows_line_ends_in_a_merges_file_do_no_harm():
    assert Encoder.from_merges("#version: 0.2\r\nt h\r\nth e\r\n").encode("the") == [257]


@pytest.mark.parametrize("id", [-1, 50257, 10**9])
def test_an_id_outside_the_vocabulary_is_refused(id):
    with pytest.raises(VocabularyError, match="0 to 50256"):
        encoder.decode([id])
