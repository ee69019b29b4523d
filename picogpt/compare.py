"""Before and after an edit: what each of the two models writes, and what the other thinks of it."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

from picogpt import edit
from picogpt.generate import Generation, Read, Token
from picogpt.sampling import GREEDY, Sampling, probabilities
from picogpt.weights import Params

ORIGINAL, EDITED = "original", "edited"
SIDES = (ORIGINAL, EDITED)


def as_on(side: str) -> AbstractContextManager[None]:
    """The model of one side, within a `with` block: as it came, or as it is now."""
    return edit.original() if side == ORIGINAL else nullcontext()


class Continuation:
    """What one side writes: iterate to get (token, its probability by the other side's model).

    The arguments are those of Generation. Both models are given the same tokens, one more each time: a whole
    text at once would let a model without a causal mask see what it is asked for.
    """

    def __init__(
        self,
        side: str,
        inputs: Sequence[int],
        params: Params,
        n_head: int,
        n_tokens_to_generate: int,
        sampling: Sampling = GREEDY,
        seed: int | None = None,
        stop_id: int | None = None,
    ) -> None:
        self.side, self.other = side, SIDES[1 - SIDES.index(side)]
        self.generation = Generation(inputs, params, n_head, n_tokens_to_generate, sampling, seed, stop_id)

    def __iter__(self) -> Iterator[tuple[Token, float]]:
        tokens, run = iter(self.generation), self.generation
        ids, read = list(run.inputs), Read(run.params)
        while True:
            with as_on(
                self.side
            ):  # never longer than one token: what asks for it may do other things between
                token = next(tokens, None)
            if token is None:
                return
            with as_on(self.other):
                (probability,) = probabilities([token.id], read.logits_after(ids, run.params, run.n_head))
            yield token, probability
            ids.append(token.id)
