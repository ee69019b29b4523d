"""The loop: read the prompt, choose a token, read that token, and so on, until there is a reason to stop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from picogpt import edit, model
from picogpt.cache import Cache
from picogpt.errors import PromptError, SettingsError
from picogpt.matmul import Float
from picogpt.sampling import GREEDY, Sampling, choose, likeliest, probabilities
from picogpt.weights import Params

N_ALTERNATIVES = 5


@dataclass(frozen=True)
class Token:
    """A generated token.

    Its probability and the likeliest alternatives (id, probability) are the model's own, over the whole
    vocabulary, before temperature, top-k and top-p.
    """

    id: int
    probability: float
    alternatives: tuple[tuple[int, float], ...]


def check_prompt(ids: Sequence[int], n_ctx: int, n_vocab: int) -> None:
    """Raise PromptError unless a model with this context and vocabulary can read `ids`."""
    if len(ids) == 0:
        raise PromptError("The prompt is empty.", "Give the model at least one token to go on from.")
    if len(ids) > n_ctx:
        raise PromptError(
            f"The prompt has {len(ids):,} tokens; this model reads at most {n_ctx:,}.",
            f"Shorten it by {len(ids) - n_ctx:,} tokens.",
        )
    if not 0 <= min(ids) <= max(ids) < n_vocab:
        odd = next(id for id in ids if not 0 <= id < n_vocab)
        raise PromptError(
            f"Token {odd} is not in the vocabulary: ids go from 0 to {n_vocab - 1:,}.",
            "Do the ids come from another model's vocabulary?",
        )


def _check_count(what: str, n: int) -> None:
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or n < 0:
        raise SettingsError(f"{what} is {n!r}.", "It must be a whole number, 0 or more.")


class Read:
    """What a model has read, and its cache of that: a text that begins alike need not be read again.

    While the model is edited nothing counts as read: each token comes from the whole text and an empty cache.
    """

    def __init__(self, params: Params) -> None:
        self.ids: list[int] = []
        self.cache = Cache(len(params["blocks"]), n_ctx=len(params["wpe"]))
        self._edition = edit.edition()

    def rest_of(self, ids: list[int]) -> list[int]:
        """Forget all that `ids` does not begin with; the part of `ids` that is still to be read.

        That is the last id at least: what is wanted are the logits that follow it.
        """
        if self._edition or edit.edition():  # what was read is an edited model's, or would be its from now on
            self.ids, self.cache, self._edition = [], self.cache.emptied(), edit.edition()
        n_known = min(len(self.ids), len(ids) - 1)
        if self.ids[:n_known] != ids[:n_known]:
            pairs = zip(self.ids, ids[:n_known], strict=False)
            n_known = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
        del self.ids[n_known:]
        self.cache.truncate(n_known)  # of all blocks, even if an error came between two of them
        return ids[n_known:]

    def logits_after(self, ids: list[int], params: Params, n_head: int) -> Float:  # ids [T] -> [V]
        """Logits of the token that follows `ids`; what is known of them is not read again."""
        new = self.rest_of(ids)
        logits = model.gpt2(new, **params, n_head=n_head, cache=self.cache, rows=slice(-1, None))[-1]
        self.ids += new
        return np.asarray(logits)


class Generation:
    """Iterate to get one `Token` at a time; afterwards `reason` says why it ended.

    `reason` is "length" (as many tokens as asked for), "context" (the context is full) or "end_of_text"
    (the model chose `stop_id`, which is not given out). Raises PromptError or SettingsError at once, and
    computes nothing before the first token is asked for. `read`, if given, is what this model has read before
    (what `inputs` begins with is not computed again) and goes along with this text. `slide` goes on when the
    context is full: the older half of the text is forgotten, and the rest is read anew from position 0 on,
    because what the cache holds of it belongs to the positions where it stood.
    """

    def __init__(
        self,
        inputs: Sequence[int],
        params: Params,
        n_head: int,
        n_tokens_to_generate: int,
        sampling: Sampling = GREEDY,
        seed: int | None = None,
        stop_id: int | None = None,
        read: Read | None = None,
        slide: bool = False,
    ) -> None:
        self.n_ctx, n_vocab = len(params["wpe"]), len(params["wte"])
        check_prompt(inputs, self.n_ctx, n_vocab)
        _check_count("The number of tokens to generate", n_tokens_to_generate)
        _check_count("The seed", 0 if seed is None else seed)
        self.inputs, self.params, self.n_head = list(inputs), params, n_head
        self.n_tokens, self.sampling, self.stop_id = n_tokens_to_generate, sampling, stop_id
        self.slide = slide
        self.rng = np.random.default_rng(seed)
        self.reason = "length"
        self.read = Read(params) if read is None else read

    def __iter__(self) -> Iterator[Token]:
        ids = list(self.inputs)
        for _ in range(self.n_tokens):
            if len(ids) > self.n_ctx:
                if not self.slide:
                    self.reason = "context"
                    return
                del ids[: max(1, self.n_ctx // 2)]
            token = self._token(self.read.logits_after(ids, self.params, self.n_head))
            if token.id == self.stop_id:
                self.reason = "end_of_text"
                return
            yield token
            ids.append(token.id)

    def _token(self, logits: Float) -> Token:  # [V] -> Token
        id = choose(logits, self.sampling, self.rng)
        others = likeliest(logits, N_ALTERNATIVES).tolist()
        probability, *of_others = probabilities([id, *others], logits)
        return Token(id, probability, tuple(zip(others, of_others, strict=True)))


def generate(inputs: Sequence[int], params: Params, n_head: int, n_tokens_to_generate: int) -> list[int]:
    """The `n_tokens_to_generate` ids that follow `inputs`, greedily; fewer if the context fills up."""
    return [token.id for token in Generation(inputs, params, n_head, n_tokens_to_generate)]
