"""The shortest way from a folder with a checkpoint to a text: `python -m picogpt.greedy FOLDER PROMPT [N]`.

It is also how the copy of the model ends that a page gives away (`picogpt.script`).
"""

import sys
from collections.abc import Iterator, Sequence

import numpy as np

from picogpt import model
from picogpt.checkpoint import load_checkpoint
from picogpt.errors import PicoGPTError, VocabularyError
from picogpt.weights import Params


def greedy(ids: Sequence[int], params: Params, n_head: int, n_tokens: int) -> Iterator[int]:
    """Up to `n_tokens` ids that follow `ids`, the likeliest each time, each from the whole text."""
    text = list(ids)
    while n_tokens > 0 and len(text) <= len(params["wpe"]):
        text.append(int(np.argmax(model.gpt2(text, **params, n_head=n_head, rows=slice(-1, None))[-1])))
        yield text[-1]
        n_tokens -= 1


def print_continuation(folder: str, prompt: str, n_tokens: str = "40") -> None:
    """Print what the model in `folder` writes after `prompt`, as it writes it."""
    encoder, hparams, params = load_checkpoint(folder)
    if encoder is None:
        raise VocabularyError(f"There is no merges.txt in {folder}.", "Put the model's merges there.")
    decoder = encoder.decoder()
    ids = encoder.encode(prompt) or [encoder.end_of_text]
    for id in greedy(ids, params, hparams["n_head"], int(n_tokens)):
        if id == encoder.end_of_text:
            break
        print(decoder.feed(id), end="", flush=True)
    print(decoder.finish())


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(f"usage: python {sys.argv[0]} FOLDER PROMPT [N]")
    try:
        print_continuation(*sys.argv[1:])
    except PicoGPTError as error:
        sys.exit(str(error))
