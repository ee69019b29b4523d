"""Makes up checkpoints with the layout of the published GPT-2 124M, which is not part of the project.

    python tests/reference/made_up.py PATH            write the 548 MB file, seeded: always the same bytes
    python tests/reference/made_up.py PATH --record   … and have PyTorch continue it (torch==2.13.0,
                                                      transformers==4.57.6): into made_up.json beside this

Names, shapes, dtypes, masks, the file's length and the header's (14,283 bytes, so that the data begins at an
odd byte) are as published; the order of the tensors, which is not known here, is one that gives this length.
The numbers are scaled so that no greedy choice is a close call.
"""

import argparse
import hashlib
import json
import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

EXPECTED = Path(__file__).with_suffix(".json")
N_GREEDY = 24
PROMPT_IDS = [36235, 39141, 18765, 1143, 326, 9061, 561, 530, 1110, 1716]  # "Alan Turing theorized that …"


class Sizes(NamedTuple):
    """Of a GPT-2."""

    n_layer: int
    n_embd: int
    n_vocab: int = 50_257
    n_ctx: int = 1024


GPT2_124M = Sizes(12, 768)
REDUCED = Sizes(3, 64)  # the same layout in 26 MB


def shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Every tensor of the published file, in the file's order: by blocks, the small ones first."""
    c = sizes.n_embd
    found: dict[str, tuple[int, ...]] = {
        "wpe.weight": (sizes.n_ctx, c),
        "ln_f.bias": (c,),
        "ln_f.weight": (c,),
    }
    for n in range(sizes.n_layer):
        block = {f"h.{n}.{norm}.{kind}": (c,) for norm in ("ln_1", "ln_2") for kind in ("weight", "bias")}
        block[f"h.{n}.attn.bias"] = (1, 1, sizes.n_ctx, sizes.n_ctx)
        for name, (n_in, n_out) in {
            "attn.c_attn": (c, 3 * c),
            "attn.c_proj": (c, c),
            "mlp.c_fc": (c, 4 * c),
            "mlp.c_proj": (4 * c, c),
        }.items():
            block |= {f"h.{n}.{name}.weight": (n_in, n_out), f"h.{n}.{name}.bias": (n_out,)}
        found |= dict(sorted(block.items(), key=lambda item: (math.prod(item[1]), item[0])))
    return found | {"wte.weight": (sizes.n_vocab, c)}


def file_bytes(sizes: Sizes) -> int:
    """The file's length."""
    return 8 + len(header(sizes)) + sum(4 * math.prod(shape) for shape in shapes(sizes).values())


def header(sizes: Sizes) -> bytes:
    """The header's JSON, compact; not padded to a multiple of 8, as today's would be."""
    entries: dict[str, object] = {}
    at = 0
    for name, shape in shapes(sizes).items():
        n_bytes = 4 * math.prod(shape)
        entries[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + n_bytes]}
        at += n_bytes
    return json.dumps(entries, separators=(",", ":")).encode() + b" "


def numbers(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Made-up numbers, from random bits that NumPy promises to keep from version to version."""
    if name.endswith(".attn.bias"):
        return np.tril(np.ones(shape[-2:], "<f4"))
    n = math.prod(shape)
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    bits = np.random.PCG64(seed).random_raw((n + 3) // 4).astype("<u8").view("<u2")[:n]
    uniform = (bits.astype("<f4") - np.float32(32767.5)) / np.float32(32768)
    if ".ln_" in name or name.startswith("ln_f"):
        return uniform * np.float32(0.1) + np.float32(name.endswith("weight"))
    if ".c_" in name and name.endswith("weight"):
        return uniform * np.float32(2.5 / shape[0] ** 0.5)
    return uniform * np.float32(0.1)


def pieces(sizes: Sizes) -> Iterator[bytes]:
    """The file."""
    text = header(sizes)
    yield struct.pack("<Q", len(text)) + text
    for name, shape in shapes(sizes).items():
        yield numbers(name, shape).astype("<f4").tobytes()


def write(path: Path, sizes: Sizes = GPT2_124M) -> str:
    """Write the file unless it is there already; its sha256."""
    digest, part = hashlib.sha256(), path.with_name(path.name + ".part")
    if path.exists():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    with part.open("wb") as file:
        for piece in pieces(sizes):
            digest.update(piece)
            file.write(piece)
    part.replace(path)
    return digest.hexdigest()


def record(path: Path, sizes: Sizes) -> dict[str, object]:
    """What PyTorch makes of the file: the ids that follow PROMPT_IDS, and how close the closest call was."""
    import torch
    import transformers
    from safetensors.torch import load_file

    config = transformers.GPT2Config(
        n_layer=sizes.n_layer, n_embd=sizes.n_embd, n_head=max(1, sizes.n_embd // 64), n_positions=sizes.n_ctx
    )
    model = transformers.GPT2LMHeadModel(config)
    missing, _ = model.transformer.load_state_dict(load_file(path), strict=False)
    assert not missing, missing
    model.eval()
    ids, margins = torch.tensor(PROMPT_IDS), []
    with torch.no_grad():
        for _ in range(N_GREEDY):
            best = model(ids[None]).logits[0, -1].topk(2)
            margins.append(float(best.values[0] - best.values[1]))
            ids = torch.cat([ids, best.indices[:1]])
    return {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "input_ids": PROMPT_IDS,
        "greedy": ids[len(PROMPT_IDS) :].tolist(),
        "smallest_margin": min(margins),
    }


def main() -> None:
    """Write the files; record where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    results = {}
    for name, sizes, path in (
        ("124M", GPT2_124M, options.path),
        ("reduced", REDUCED, options.path.with_name("reduced-" + options.path.name)),
    ):
        results[name] = {"sha256": write(path, sizes), "bytes": path.stat().st_size}
        if options.record:
            results[name] |= record(path, sizes)
    if options.record:
        EXPECTED.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
