"""How the text became tokens: words, bytes, merges."""

from dataclasses import dataclass
from itertools import pairwise

from picogpt.bpe import Encoder, byte_letters, split_words
from picogpt.errors import PromptError
from picogpt.views.registry import Answer, Text, view

MOST_PARTS = 40  # of a word in one row of its merges
MOST_CHARACTERS = 32


@dataclass(frozen=True)
class Word:
    """A word of the text, and the position of its first token."""

    text: str
    ids: list[int]
    begin: int


def encoder_of(text: Text) -> Encoder:
    """The model's vocabulary. Raises PromptError for a model that came without one."""
    if text.encoder is None:
        raise PromptError(
            "This model came without a vocabulary: nobody knows what its tokens stand for.",
            "Open it together with its merges.txt (vocab.bpe).",
        )
    return text.encoder


def words_of(text: Text) -> list[Word]:
    """The text's words; none of an empty text, for which the model gets `<|endoftext|>`."""
    encoder, words, begin = encoder_of(text), [], 0
    for word in split_words(text.prompt):
        ids = encoder.word_ids(word.encode())
        words.append(Word(word, ids, begin))
        begin += len(ids)
    return words


def looked_at(words: list[Word], token: int) -> int:
    """The number of the word that has the token at this position; -1 if there is none."""
    return max((n for n, word in enumerate(words) if word.begin <= token), default=-1)


def labels(encoder: Encoder, ids: list[int]) -> list[str]:
    """Ids as a reader sees them."""
    return [encoder.label(id) for id in ids]


@view()
def words(text: Text) -> Answer:
    """The text cut by the split pattern, and each word's tokens; `word` is the one that is looked at."""
    encoder, found = encoder_of(text), words_of(text)
    listed = [
        {"word": word.text, "begin": word.begin, "ids": word.ids, "pieces": labels(encoder, word.ids)}
        for word in found
    ]
    return {
        "words": listed,
        "word": looked_at(found, text.token),
        "n_characters": len(text.prompt),
        "n_bytes": sum(len(word.text.encode()) for word in found),
        "n_tokens": len(text.ids),
    }


@view()
def utf8(text: Text) -> Answer:
    """The characters of the word that is looked at, their bytes, and the bytes' ids and letters."""
    encoder, found = encoder_of(text), words_of(text)
    number = looked_at(found, text.token)
    word = found[number].text if found else ""
    letters = byte_letters()
    characters = [
        {
            "character": character,
            "code": f"U+{ord(character):04X}",
            "bytes": [f"{byte:02X}" for byte in character.encode()],
            "letters": [letters[byte] for byte in character.encode()],
            "ids": encoder.byte_ids(character.encode()),
        }
        for character in word[:MOST_CHARACTERS]
    ]
    return {"word": word, "characters": characters, "left_out": len(word) - len(characters)}


@view()
def merges(text: Text, n: int = 24) -> Answer:
    """What `Encoder.merge_steps` does to the word that is looked at: the parts before each of the first `n`
    merges, the rank of every pair of neighbours, the place of the pair that is merged; and the last parts.

    `previous` and `next` are where the words beside this one begin, -1 where there is none.
    """
    encoder, found = encoder_of(text), words_of(text)
    number = looked_at(found, text.token)
    word = found[number] if found else Word("", [], 0)
    ids = encoder.byte_ids(word.text.encode())
    steps, n_merges = [], 0
    before = list(ids)
    for _, at in encoder.merge_steps(ids):
        n_merges += 1
        if n_merges <= n:
            steps.append(_step(encoder, before, at))
        before = list(ids)
    return {
        "word": word.text,
        "number": number,
        "n_words": len(found),
        "previous": found[number - 1].begin if number > 0 else -1,
        "next": found[number + 1].begin if number + 1 < len(found) else -1,
        "steps": steps,
        "n_merges": n_merges,
        "end": _step(encoder, before, -1),
    }


def _step(encoder: Encoder, ids: list[int], at: int) -> Answer:
    """The parts of a word (`ids`, with -1 where one has been merged away), `at` the first of those to merge.

    A long word is shown around that place.
    """
    parts = [id for id in ids if id >= 0]
    chosen = sum(id >= 0 for id in ids[:at]) if at >= 0 else -1
    first = max(0, min(chosen - MOST_PARTS // 2, len(parts) - MOST_PARTS))
    shown = parts[first : first + MOST_PARTS]
    return {
        "pieces": labels(encoder, shown),
        "ids": shown,
        "ranks": [rank(encoder, pair) for pair in pairwise(shown)],
        "at": chosen - first if at >= 0 else -1,
        "first": first,
        "n_parts": len(parts),
    }


def rank(encoder: Encoder, pair: tuple[int, int]) -> int:
    """The number of the merge that joins a pair, the earliest being 0; -1 if there is none."""
    return encoder.merged.get(pair, 255) - 256
