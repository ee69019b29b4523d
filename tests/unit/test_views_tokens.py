"""The views of the page on tokens, against tiktoken, the merges file itself, and examples worked by hand."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tiktoken
from tiktoken.load import data_gym_to_mergeable_bpe_ranks

from picogpt import browser, load_checkpoint
from picogpt.bpe import Encoder
from picogpt.views import Text, inspect

ROOT = Path(__file__).parents[2]
MERGES = ROOT / "site" / "models" / "gpt2" / "merges.txt"
UNTIED = ROOT / "tests" / "reference" / "untied"
SIZES = {"n_vocab": 50_257, "n_ctx": 1024, "n_embd": 4, "n_head": 2, "n_layer": 1}
PROMPT = "Don't! The café: слово 漢字 🌹👨‍👩‍👧\n\n  x = 1234 understand yonder"
WORDS = [" yonder", "understand", " don", " caf\u00e9", " 🌹👨", "слово", "aaaaaaa", "a", "\n\n  ", "x" * 150]

gpt2 = Encoder.from_merges(MERGES.read_text("utf-8"))
openai = tiktoken.Encoding(
    "gpt2",
    pat_str=r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    mergeable_ranks=data_gym_to_mergeable_bpe_ranks(
        str(MERGES), str(ROOT / "tests" / "reference" / "gpt2" / "encoder.json")
    ),
    special_tokens={"<|endoftext|>": 50256},
)


def text_of(prompt: str, encoder: Encoder = gpt2, token: int = -1) -> Text:
    """These views read no parameter: a model of no size is enough."""
    params = {"wte": np.zeros((encoder.n_vocab, 4), np.float32), "wpe": np.zeros((1024, 4), np.float32)}
    ids = encoder.encode(prompt) or [encoder.end_of_text]
    return Text(ids, params, SIZES, encoder, 0, 0, token % len(ids), prompt=prompt)


def ask(text: Text, view: str, **options):
    (answer,) = inspect(text, [{"view": view, **options}], browser.explain)
    assert "error" not in answer, answer
    return answer["value"]


def bytes_of(label: str) -> bytes:
    """Of a token as the page shows it."""
    if label.startswith("⟨") and label.endswith("⟩"):
        return bytes.fromhex(label[1:-1].replace("·", ""))
    return label.encode()


def test_words_join_to_the_text_and_their_tokens_are_tiktokens():
    value = ask(text_of(PROMPT), "words")
    words = value["words"]
    assert "".join(one["word"] for one in words) == PROMPT
    assert [one["word"] for one in words[:5]] == ["Don", "'t", "!", " The", " café"]
    assert [id for one in words for id in one["ids"]] == openai.encode_ordinary(PROMPT)
    for one in words:
        assert [bytes_of(piece) for piece in one["pieces"]] == [
            openai.decode_single_token_bytes(id) for id in one["ids"]
        ]
    assert value["n_characters"] == len(PROMPT)
    assert value["n_bytes"] == len(PROMPT.encode())
    assert value["n_tokens"] == len(openai.encode_ordinary(PROMPT))


def test_half_a_character_is_shown_by_its_bytes():
    pieces = ask(text_of("🌹"), "words")["words"][0]["pieces"]
    assert len(pieces) > 1
    assert b"".join(map(bytes_of, pieces)) == "🌹".encode()
    assert all(piece.startswith("⟨") for piece in pieces)


def test_the_word_looked_at_is_the_one_that_has_the_token():
    n_tokens = len(openai.encode_ordinary(PROMPT))
    seen = []
    for token in range(n_tokens):
        value = ask(text_of(PROMPT, token=token), "words")
        word = value["words"][value["word"]]
        assert word["begin"] <= token < word["begin"] + len(word["ids"])
        seen.append(value["word"])
        assert ask(text_of(PROMPT, token=token), "merges")["word"] == word["word"]
        assert ask(text_of(PROMPT, token=token), "utf8")["word"] == word["word"]
    assert seen == sorted(seen)


@pytest.fixture(scope="module")
def ranks() -> dict[tuple[bytes, bytes], int]:
    """The rank of every pair: its line in the merges file, whose letters Hugging Face's byte table reads."""
    letters = {letter: byte for byte, letter in bytes_to_unicode().items()}
    lines = MERGES.read_text("utf-8").splitlines()[1:]
    halves = ([bytes(letters[c] for c in half) for half in line.split()] for line in lines)
    return {(left, right): rank for rank, (left, right) in enumerate(halves)}


def bytes_to_unicode() -> dict[int, str]:
    """As in OpenAI's gpt-2/src/encoder.py."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {b: chr(b) for b in printable} | {b: chr(256 + n) for n, b in enumerate(others)}


def steps_by_hand(word: bytes, ranks):
    """The rounds that the page tells of: all pairs looked at, the lowest rank joined, leftmost first."""
    parts = [bytes([byte]) for byte in word]
    while True:
        found = [ranks.get(pair, -1) for pair in pairwise(parts)]
        if max(found, default=-1) < 0:
            yield parts, found, -1
            return
        at = min((rank, i) for i, rank in enumerate(found) if rank >= 0)[1]
        yield parts, found, at
        parts = [*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :]]


@pytest.mark.parametrize("word", WORDS[:-1])
def test_every_merge_is_that_of_the_lowest_rank_and_its_id_follows_from_the_rank(word, ranks):
    value = ask(text_of(word, token=0), "merges")
    assert value["word"] == word
    rows = [*value["steps"], value["end"]]
    expected = list(steps_by_hand(word.encode(), ranks))
    assert value["n_merges"] == len(expected) - 1
    for row, (parts, found, at) in zip(rows, expected, strict=True):
        assert [bytes_of(piece) for piece in row["pieces"]] == parts
        assert row["ranks"] == found
        assert (row["at"], row["first"], row["n_parts"]) == (at, 0, len(parts))
    for before, after in pairwise(rows):
        assert after["ids"][before["at"]] == 256 + before["ranks"][before["at"]]
    assert value["end"]["ids"] == openai.encode_ordinary(word)


def test_a_long_word_is_shown_around_the_merge_and_only_so_many_steps():
    value = ask(text_of("x" * 150, token=0), "merges", n=5)
    assert len(value["steps"]) == 5
    assert value["n_merges"] == 150 - len(openai.encode_ordinary("x" * 150))
    step = value["steps"][-1]
    assert len(step["pieces"]) == 40
    assert step["n_parts"] == 146
    assert step["ranks"][step["at"]] >= 0


def test_the_turns_lead_to_the_first_tokens_of_the_words_beside():
    value = ask(text_of("But soft yonder", token=1), "merges")
    begins = [one["begin"] for one in ask(text_of("But soft yonder"), "words")["words"]]
    assert [value["previous"], value["next"]] == [begins[0], begins[2]]
    assert ask(text_of("But"), "merges")["previous"] == ask(text_of("But"), "merges")["next"] == -1


def test_characters_have_their_code_points_and_bytes():
    found = ask(text_of("é🌹", token=0), "utf8")["characters"]
    assert found == [
        {"character": "é", "code": "U+00E9", "bytes": ["C3", "A9"], "letters": ["Ã", "©"], "ids": [127, 102]}
    ]
    rose = ask(text_of("é🌹"), "utf8")["characters"][0]
    assert (rose["code"], rose["bytes"]) == ("U+1F339", ["F0", "9F", "8C", "B9"])
    space = ask(text_of("a b"), "utf8")["characters"][0]
    assert (space["letters"], space["ids"]) == (["Ġ"], [220])
    assert ask(text_of("a" * 100), "utf8")["left_out"] == 68


@pytest.mark.parametrize("view", ["words", "merges", "utf8", "vocabulary", "longest_match"])
def test_an_empty_prompt_has_no_words(view):
    value = ask(text_of(""), view)
    if "n_words" in value:
        assert value["n_words"] == 0


def test_a_lone_surrogate_is_shown_as_it_is_encoded():
    prompt = "a\ud83d b"
    value = ask(text_of(prompt), "words")
    assert [id for one in value["words"] for id in one["ids"]] == gpt2.encode(prompt)


def test_the_search_finds_itself_first_and_then_in_the_order_of_the_merges():
    value = ask(text_of("x"), "vocabulary", query=" the", n=7)
    known = [openai.decode_single_token_bytes(id) for id in range(50256)]
    having = [id for id, piece in enumerate(known) if b" the" in piece]
    assert value["n_found"] == len(having)
    assert value["entries"][0]["id"] == 262 == openai.encode_single_token(" the")
    assert [entry["id"] for entry in value["entries"][1:]] == [id for id in having if id != 262][:6]
    for entry in value["entries"]:
        assert b"".join(map(bytes_of, entry["halves"])) == known[entry["id"]]
        assert all(half < entry["id"] for half in entry["half_ids"])


def test_the_search_takes_digits_for_an_id_too_and_text_for_text():
    value = ask(text_of("x"), "vocabulary", query=1169)
    assert value["entries"][0]["piece"] == "the"
    assert all("1169" in entry["piece"] for entry in value["entries"][1:])
    assert ask(text_of("x"), "vocabulary", query="50256")["entries"][0]["piece"] == "<|endoftext|>"
    assert ask(text_of("x"), "vocabulary", query="50257")["n_found"] == 0
    assert ask(text_of("x"), "vocabulary", query="no such entry")["entries"] == []


def test_merging_and_the_longest_match_differ_where_a_merge_has_used_up_a_letter():
    encoder = Encoder([(b"b", b"c"), (b"a", b"b")])  # bc has the lower rank, ab is longest
    value = ask(text_of("abc ab bc", encoder), "longest_match")
    assert value["words"] == [
        {
            "word": "abc",
            "merged": ["a", "bc"],
            "greedy": ["ab", "c"],
            "merged_ids": [64, 256],
            "greedy_ids": [257, 66],
        }
    ]
    assert (value["n_words"], value["n_different"]) == (3, 1)
    assert value["n_tokens"] == {"merged": 6, "greedy": 6}


def test_the_longest_match_writes_the_same_text():
    value = ask(text_of(PROMPT), "longest_match", of="tokens understand " + PROMPT)
    assert value["n_different"] >= 2
    for word in value["words"]:
        for way in ("merged_ids", "greedy_ids"):
            assert openai.decode(word[way]) == word["word"]


@pytest.mark.parametrize("view", ["words", "merges", "utf8", "vocabulary", "longest_match"])
def test_a_model_without_a_vocabulary_is_told_so(view):
    _, hparams, params = load_checkpoint(UNTIED)
    text = Text([1, 2, 3], params, hparams, None, 0, 0, 2)
    (answer,) = inspect(text, [{"view": view}], browser.explain)
    assert "came without a vocabulary" in answer["error"]["message"]
    assert "merges.txt" in answer["error"]["hint"]
