"""GPT-2 in pure NumPy.

>>> encoder, hparams, params = load_encoder_hparams_and_params("124M", "models")
>>> ids = generate(encoder.encode("Alan Turing"), params, hparams["n_head"], 40)
>>> encoder.decode(ids)
"""

import functools
from typing import TYPE_CHECKING, Any

from picogpt import model
from picogpt.bpe import Encoder
from picogpt.checkpoint import load_checkpoint
from picogpt.errors import PicoGPTError
from picogpt.generate import Generation, Token, generate
from picogpt.sampling import Sampling

if TYPE_CHECKING:
    from picogpt.__main__ import main
    from picogpt.models import load_encoder_hparams_and_params

__all__ = [
    "Encoder",
    "Generation",
    "PicoGPTError",
    "Sampling",
    "Token",
    "generate",
    "gpt2",
    "load_checkpoint",
    "load_encoder_hparams_and_params",
    "main",
]


@functools.wraps(model.gpt2)
def gpt2(*args: Any, **kwargs: Any) -> Any:
    return model.gpt2(*args, **kwargs)  # looked up at each call: an edit of it (picogpt.edit) counts here too


def __getattr__(name: str) -> Any:
    # these two need the network's part of the standard library, which a browser does not: only on demand
    if name == "main":
        from picogpt.__main__ import main

        return main
    if name == "load_encoder_hparams_and_params":
        from picogpt.models import load_encoder_hparams_and_params

        return load_encoder_hparams_and_params
    raise AttributeError(f"module 'picogpt' has no attribute {name!r}")
