"""What the page can ask for: one function per kind of message, plain values in and out.

The page reaches all of them through `attempt`, so that an error arrives as data: class, message, hint.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picogpt import edit, matmul
from picogpt.arriving import Arriving
from picogpt.bpe import Encoder
from picogpt.checkpoint import encoder_for, parse_config
from picogpt.errors import EditError, PicoGPTError, PromptError, WeightsError
from picogpt.generate import Generation, Read, Token
from picogpt.safetensors import header_of
from picogpt.sampling import GREEDY, Sampling
from picogpt.sgemm import Kernel, Sgemm
from picogpt.weights import HParams, Params

Event = dict[str, Any]

GPT2_N_VOCAB = 50_257


@dataclass
class Model:
    """A loaded checkpoint, and what it has read last."""

    encoder: Encoder | None
    hparams: HParams
    params: Params
    read: Read | None = None

    def encode(self, prompt: str | Sequence[int]) -> list[int]:
        """Ids of a prompt, which may be ids already; an empty text is the start of a text."""
        if not isinstance(prompt, str):
            return [int(id) for id in prompt]
        if self.encoder is None:
            raise PromptError(
                "This model came without a vocabulary, so it cannot read text.",
                "Open it together with its merges.txt (vocab.bpe).",
            )
        return self.encoder.encode(prompt) or [self.encoder.end_of_text]

    def text(self, id: int) -> str:
        """One token as text, whole or not."""
        return f"⟨{id}⟩" if self.encoder is None else self.encoder.decode([id])


_models: dict[str, Model] = {}
_current = ""
_arriving: Arriving | None = None
_encoder: Encoder | None = None  # of what is arriving


def attempt(name: str, *args: Any) -> dict[str, Any]:
    """{"value": what the function `name` returns} or {"error": {class, message, hint}}."""
    try:
        return {"value": _function(name)(*args)}
    except (Exception, SystemExit) as error:  # exit() in a reader's code ends nothing but that
        return {"error": explain(error)}


def _function(name: str) -> Callable[..., Any]:
    for module in ("browser_edits", "browser_training"):  # loaded when a reader edits, or trains
        if name not in FUNCTIONS:
            FUNCTIONS.update(import_module(f"picogpt.{module}").FUNCTIONS)
    return FUNCTIONS[name]


def explain(error: BaseException) -> dict[str, Any]:
    """An exception as plain data: class, message, hint; an EditError's place and traceback as `edit`."""
    if not isinstance(error, (PicoGPTError, MemoryError)):
        error = edit.explained(error) or error
    data: dict[str, Any] = {"class": type(error).__name__}
    if isinstance(error, EditError):
        data["edit"] = {"name": error.name, "lineno": error.lineno, "traceback": error.traceback}
    if isinstance(error, PicoGPTError):
        message, hint = error.message, error.hint
    elif isinstance(error, MemoryError):
        message, hint = "The browser gave no more memory.", "Close other tabs, or choose a smaller model."
    else:
        message, hint = (
            f"{type(error).__name__}: {error}",
            "This is a bug: please report it, then reload the page.",
        )
    return {**data, "message": message, "hint": hint}


def load(
    name: str, weights: memoryview | NDArray[np.uint8], config: str | None = None, merges: str | None = None
) -> dict[str, Any]:
    """Make a model of a whole safetensors file (and its config.json, its merges) and choose it.

    Nothing that is arriving meanwhile is disturbed.
    """
    file = np.frombuffer(weights, np.uint8)
    whole = Arriving(header_of(file), len(file), parse_config(config) if config else None)
    whole.fill(file)
    hparams, params = whole.params()
    encoder = encoder_for(hparams, merges) if merges else None
    return _keep(name, Model(encoder, hparams, read_only(params)))


def begin(header: bytes, n_bytes: int | None = None, config: str | None = None) -> dict[str, Any]:
    """Make room for a model whose safetensors file begins with `header` (its JSON, without the length).

    What follows is `vocabulary`, `places` (the page writes there, in the file's order), `settle`, and
    `finish` or `abandon`.
    spans: what is needed of the file, as [begin, end] in bytes, the header included; masks: what is known
    anyway, as [begin, end, n]: a lower triangle of ones, n × n float32.
    """
    global _arriving
    abandon()
    _arriving = Arriving(bytes(header), n_bytes, parse_config(config) if config else None)
    return {
        "n_bytes": _arriving.n_bytes,
        "data_begin": _arriving.data_begin,
        "spans": [list(span) for span in _arriving.spans],
        "masks": [list(mask) for mask in _arriving.masks],
    }


def places(begin: int, end: int) -> list[NDArray[np.uint8]]:
    """Where the file's bytes `begin` to `end` go: one piece of memory after the other."""
    return _the_arriving().places(begin, end)


def settle(end: int) -> None:
    """Everything before the file's byte `end` is in its place."""
    _the_arriving().settle(end)


def vocabulary(merges: str | None = None, gpt2_merges: str | None = None) -> None:
    """Give what is arriving its vocabulary, while its bytes are still on their way.

    Without `merges` of its own, one with GPT-2's number of tokens gets GPT-2's: most checkpoints of that size
    are fine-tunings that kept the vocabulary.
    """
    global _encoder
    hparams = _the_arriving().hparams
    if not merges and hparams["n_vocab"] == GPT2_N_VOCAB:
        merges = gpt2_merges
    _encoder = encoder_for(hparams, merges) if merges else None


def finish(name: str) -> dict[str, Any]:
    """Make a model of what has arrived, and choose it."""
    hparams, params = _the_arriving().params()
    model = Model(_encoder, hparams, read_only(params))
    abandon()
    return _keep(name, model)


def abandon() -> None:
    """Let go of what was arriving."""
    global _arriving, _encoder
    _arriving = _encoder = None


def parity(prompts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The largest difference between recorded logits and the chosen model's own.

    Each of `prompts` has `ids`, and of the token that follows them some `tokens` and their `logits`.
    """
    model = chosen()
    differences: list[float] = []
    for prompt in prompts:
        logits = Read(model.params).logits_after(prompt["ids"], model.params, model.hparams["n_head"])
        recorded = np.array(prompt["logits"], np.float32)
        differences += np.abs(logits[np.array(prompt["tokens"])] - recorded).tolist()
    return {"difference": max(differences), "n": len(differences)}


def unload(name: str) -> None:
    """Let go of a model; the memory is free for the next one."""
    _models.pop(name, None)


def _the_arriving() -> Arriving:
    if _arriving is None:
        raise WeightsError("No model is arriving.", "Begin with its header.")
    return _arriving


def _keep(name: str, model: Model) -> dict[str, Any]:
    global _current
    _current = name
    return add(name, model)


def add(name: str, model: Model) -> dict[str, Any]:
    """Have a model among the loaded ones, without choosing it; what it is."""
    _models[name] = model
    return _about(name)


def use(name: str) -> dict[str, Any]:
    """Choose among the loaded models."""
    global _current
    if name not in _models:
        raise WeightsError(f"The model {name!r} is not loaded.", "Load it first.")
    _current = name
    return info()


def loaded() -> list[str]:
    """Names of the loaded models."""
    return list(_models)


def offer_kernel(kind: str, kernel: Kernel) -> None:
    """Take a kernel for the matrix product (see `picogpt.sgemm`) and use it from now on."""
    matmul.offer(kind, Sgemm(kernel))


def use_matmul(kind: str) -> str:
    """Choose how products are computed from now on, even in mid-text: one of `info()["matmuls"]`."""
    matmul.use(kind)
    return matmul.KIND


def info() -> dict[str, Any]:
    """What the chosen model is."""
    chosen()
    return _about(_current)


def _about(name: str) -> dict[str, Any]:
    model = _models[name]
    return {
        "name": name,
        **model.hparams,
        "n_params": _count(model.params),
        "has_vocabulary": model.encoder is not None,
        "matmul": matmul.KIND,
        "matmuls": list(matmul.KINDS),
    }


def chosen() -> Model:
    """The model that the page has chosen."""
    if _current not in _models:
        raise WeightsError("No model is loaded.", "Load one first.")
    return _models[_current]


def read_only(params: Params) -> Params:
    """The same arrays, shut: an edit that writes into them (`g *= 2`) ends there, and Reset undoes all."""
    for array in _arrays(params):
        array.flags.writeable = False
    return params


def _count(params: Params) -> int:
    return sum(array.size for array in _arrays(params))


def _arrays(params: Any) -> Iterator[NDArray[Any]]:
    if isinstance(params, np.ndarray):
        yield params
        return
    for value in params.values() if isinstance(params, dict) else params:
        yield from _arrays(value)


def tokenize(prompt: str) -> dict[str, Any]:
    """Ids of a text, and each one's own text."""
    model = chosen()
    ids = model.encode(prompt)
    return {"ids": ids, "pieces": [model.text(id) for id in ids]}


def inspect(
    prompt: str | Sequence[int], focus: Mapping[str, int], wants: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What the views of a page show of a text; see `picogpt.views`.

    `focus` has the layer, head and token that the reader looks at (-1: the last one); what the model does not
    have is brought into its range, and the answer says what was taken.
    """
    from picogpt import views  # not before a page asks: it would delay the first token

    model = chosen()
    ids = model.encode(prompt)
    most = {"layer": model.hparams["n_layer"], "head": model.hparams["n_head"], "token": len(ids)}
    taken = {name: min(focus.get(name, 0), n - 1) % n for name, n in most.items()}
    written = prompt if isinstance(prompt, str) else ""
    text = views.Text(ids, model.params, model.hparams, model.encoder, **taken, prompt=written)
    answers = views.inspect(text, wants, explain)
    return {"focus": taken, "ids": ids, "pieces": text.pieces, "model": info(), "answers": answers}


def generate(prompt: str | Sequence[int], settings: Mapping[str, Any]) -> Iterator[Event]:
    """A stream of events: "prompt", then a "token" each, then "end"; or "error" as the last one."""
    try:
        yield from _generate(chosen(), prompt, settings)
    except (Exception, SystemExit) as error:
        yield {"type": "error", "error": explain(error)}


def _generate(model: Model, prompt: str | Sequence[int], settings: Mapping[str, Any]) -> Iterator[Event]:
    ids = model.encode(prompt)
    seed = seed_of(settings)
    stop_id = None if model.encoder is None else model.encoder.end_of_text
    n_head, sampling = model.hparams["n_head"], sampling_of(settings)
    read, model.read = model.read, None  # nobody else's while this generation goes on
    generation = Generation(
        *(ids, model.params, n_head, settings["n_tokens"], sampling, seed, stop_id, read),
        slide=settings.get("slide", False),
    )
    decoder = model.encoder.decoder() if model.encoder else None
    try:
        yield {"type": "prompt", "ids": ids, "n_ctx": generation.n_ctx, "seed": seed}
        for token in generation:
            yield token_event(model, token, decoder.feed(token.id) if decoder else model.text(token.id))
    finally:  # before the last word, since the next prompt may come right after it; and where nobody hears it
        model.read = generation.read
    yield {"type": "end", "reason": generation.reason, "text": decoder.finish() if decoder else ""}


def seed_of(settings: Mapping[str, Any]) -> int:
    """The seed that was asked for, or a new one."""
    return settings["seed"] if settings.get("seed") is not None else secrets.randbelow(2**32)


def sampling_of(settings: Mapping[str, Any]) -> Sampling:
    """How the page wants its tokens chosen."""
    if settings["greedy"]:
        return GREEDY
    return Sampling(settings["temperature"], settings["top_k"], settings["top_p"])


def token_event(model: Model, token: Token, text: str) -> Event:
    """What the page is told of a token; `text` is what it completes."""
    alternatives = [{"id": id, "text": model.text(id), "probability": p} for id, p in token.alternatives]
    return {
        "type": "token",
        "id": token.id,
        "text": text,
        "probability": token.probability,
        "alternatives": alternatives,
    }


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(load, begin, vocabulary, places, settle, finish, abandon, unload, parity),
        *(use, loaded, offer_kernel, use_matmul, info, tokenize, inspect, generate),
    )
}
