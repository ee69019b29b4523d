"""Record PyTorch's logits for a model of the site: the page compares its own with them.

    pip install torch==2.13.0 transformers==4.57.6
    python tests/reference/record_parity.py FOLDER [WEIGHTS]

FOLDER is site/models/NAME; WEIGHTS is its model.safetensors unless named: for OpenAI's 124M, which is not
part of the site, FOLDER is site/models/124M and WEIGHTS wherever the file is. To be run again whenever the
weights change: a record of other weights is left out of the site.
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file

N_SPREAD, N_LARGEST = 480, 20


def load(weights: Path, config: Path) -> transformers.GPT2LMHeadModel:
    """The checkpoint as transformers reads it; sizes by its shapes where there is no config.json."""
    tensors = {
        name.removeprefix("transformer."): tensor.float() for name, tensor in load_file(weights).items()
    }
    if config.is_file():
        sizes = json.loads(config.read_text())
    else:
        (n_vocab, n_embd), (n_ctx, _) = tensors["wte.weight"].shape, tensors["wpe.weight"].shape
        n_layer = sum(name.endswith(".ln_1.weight") for name in tensors)
        sizes = {"vocab_size": n_vocab, "n_embd": n_embd, "n_positions": n_ctx, "n_layer": n_layer}
        sizes["n_head"] = n_embd // 64
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes))
    missing, _ = model.transformer.load_state_dict(tensors, strict=False)
    assert not missing, missing
    return model.eval()


@torch.no_grad()
def record(model: transformers.GPT2LMHeadModel) -> list[dict[str, list[float]]]:
    """For three prompts of made-up ids: some of the logits of the next token, the largest among them."""
    prompts, n_vocab = [], model.config.vocab_size
    for seed, length in enumerate((1, 12, min(100, model.config.n_positions))):
        ids = torch.randint(n_vocab, (length,), generator=torch.Generator().manual_seed(seed))
        logits = model(ids[None]).logits[0, -1]
        spread = torch.linspace(0, n_vocab - 1, min(n_vocab, N_SPREAD)).long()
        tokens = sorted({*spread.tolist(), *logits.topk(min(n_vocab, N_LARGEST)).indices.tolist()})
        values = [round(float(logits[token]), 6) for token in tokens]
        prompts.append({"ids": ids.tolist(), "tokens": tokens, "logits": values})
    return prompts


def main() -> None:
    """Write FOLDER/parity.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights", type=Path, nargs="?")
    options = parser.parse_args()
    weights = options.weights or options.folder / "model.safetensors"
    with weights.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with_what = f"PyTorch {torch.__version__.partition('+')[0]}, transformers {transformers.__version__}"
    prompts = record(load(weights, options.folder / "config.json"))
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / "parity.json"
    path.write_text(json.dumps({"with": with_what, "weights_sha256": sha256, "prompts": prompts}) + "\n")
    print(f"{path}: {with_what}, {sum(len(prompt['tokens']) for prompt in prompts)} logits")


if __name__ == "__main__":
    main()
