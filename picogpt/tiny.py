"""A tiny GPT from nothing, on any text: its vocabulary, its sizes, and the Python that makes its trainer.

The recipe is a text: the page prints it and runs it, so what stands there is what happens. Whoever puts
`text = open("mine.txt").read()` in front of it has the same numbers in a terminal.
"""

import math
from dataclasses import dataclass
from typing import Any

from picogpt.bpe import Encoder
from picogpt.errors import SettingsError, VocabularyError
from picogpt.merges import learn_merges
from picogpt.train import Trainer

SIZES = {  # with a context of 128 a step has 1,024 or 512 tokens: a browser should take well below 0.3 s
    "tiny": {"n_layer": 2, "n_embd": 64, "n_head": 2, "batch_size": 8},
    "small": {"n_layer": 3, "n_embd": 128, "n_head": 4, "batch_size": 4},
}
N_CTX = 128
N_MERGES = 512
MIN_CHARACTERS, MAX_CHARACTERS = 1_000, 500_000
MAX_STEPS = 20_000
MUON_SHARE = 7  # Muon's learning rate by AdamW's: 0.02 beside 0.003, as the small model of the site had

RECIPE = """\
from picogpt.initial import initial_params
from picogpt.tiny import hold_out, vocabulary
from picogpt.tokens import Batches, encode_texts
from picogpt.train import Settings, Trainer
from picogpt.weights import HParams

text, held_out = hold_out(text)
encoder = vocabulary(text, n_merges={n_merges})
ids = encode_texts(encoder, [text])
hparams = HParams(
    n_vocab=encoder.n_vocab, n_ctx={n_ctx}, n_embd={n_embd}, n_head={n_head}, n_layer={n_layer}
)
params = initial_params(hparams, seed={seed})
batches = Batches(ids, n_ctx={n_ctx}, batch_size={batch_size}, seed={seed})
settings = Settings(
    n_steps={n_steps}, learning_rate={learning_rate}, muon_learning_rate={muon_learning_rate},
    n_warmup={n_warmup}, n_hold={n_hold}, n_texts_at_once={batch_size}, seed={seed}
)
trainer = Trainer(params, hparams["n_head"], batches, settings)
"""


@dataclass(frozen=True)
class Choice:
    """What a reader chooses: one of `SIZES`, how many steps, AdamW's learning rate, the seed."""

    size: str = "tiny"
    n_steps: int = 300
    learning_rate: float = 3e-3
    seed: int = 1

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise SettingsError(f"There is no size {self.size!r}.", f"Choose among {', '.join(SIZES)}.")
        for name, low, high in (("n_steps", 1, MAX_STEPS), ("seed", 0, 2**32 - 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise SettingsError(f"{name} is {value}.", f"It is a whole number from {low} to {high:,}.")
        if not (math.isfinite(self.learning_rate) and 0 < self.learning_rate <= 1):
            raise SettingsError(
                f"learning_rate is {self.learning_rate}.", "It is above 0 and at most 1; 0.003 is usual here."
            )

    @property
    def recipe(self) -> str:
        """The Python that makes of a `text` its encoder, hparams, params and trainer."""
        return RECIPE.format(
            **SIZES[self.size],
            n_ctx=N_CTX,
            n_merges=N_MERGES,
            n_steps=self.n_steps,
            learning_rate=self.learning_rate,
            muon_learning_rate=float(f"{MUON_SHARE * self.learning_rate:.6g}"),
            n_warmup=self.n_steps // 20,
            n_hold=self.n_steps // 2,
            seed=self.seed,
        )


@dataclass(frozen=True)
class Start:
    """What the recipe makes: all that training needs."""

    trainer: Trainer
    encoder: Encoder
    hparams: Any
    held_out: str


def start(text: str, choice: Choice) -> Start:
    """Run the recipe on a text. Raises SettingsError where the text is too short or too long for it."""
    if not MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS:
        raise SettingsError(
            f"The text has {len(text):,} characters.",
            f"Give {MIN_CHARACTERS:,} to {MAX_CHARACTERS:,}; from 20,000 on there is something to learn.",
        )
    made: dict[str, Any] = {"text": text}
    exec(choice.recipe, made)
    return Start(made["trainer"], made["encoder"], made["hparams"], made["held_out"])


def hold_out(text: str) -> tuple[str, str]:
    """(what is trained on, what is held out): the last twentieth, at most 4,000 characters of it.

    A text of fewer than 10,000 cannot spare any.
    """
    n_held_out = min(len(text) // 20, 4_000) if len(text) >= 10_000 else 0
    cut = len(text) - n_held_out
    return text[:cut], text[cut:]


def vocabulary(text: str, n_merges: int) -> Encoder:
    """The encoder of the merges that `text` gives: `n_merges`, or half as many, and so on, of a short one."""
    while n_merges:
        try:
            return Encoder(learn_merges(text, n_merges))
        except VocabularyError:  # no pair of neighbours occurs twice any more
            n_merges //= 2
    return Encoder([])
