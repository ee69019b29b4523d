"""What the page on attention says of the small model is true."""

import re
import textwrap
from pathlib import Path

from picogpt import load_checkpoint
from picogpt.model import gpt2
from picogpt.trace import recording

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "site" / "learn" / "attention.md").read_text("utf-8")


def test_a_head_of_the_small_model_looks_at_what_followed_the_name_before():
    block = re.search(r"^ *```text\n(.*?)^ *```", PAGE, re.MULTILINE | re.DOTALL)[1]
    prompt = textwrap.dedent(block).removesuffix("\n")
    encoder, hparams, params = load_checkpoint(ROOT / "site" / "models" / "shakespeare")
    ids = encoder.encode(prompt)
    first = ids.index(ids[-1])
    assert encoder.decode([ids[-1]]) == "QUEEN"
    assert encoder.decode([ids[first + 1]]).strip() == "MARGARET"
    with recording() as seen:
        logits = gpt2(ids, **params, n_head=hparams["n_head"])
    weights = [array for path, array in seen.items() if path.endswith("/attention_weights.0")]
    later = weights[len(weights) // 2 :]
    assert max(layer[:, -1, first + 1].max() for layer in later) > 0.5
    assert logits[-1].argmax() == ids[first + 1]


def test_weights_after_a_token_are_zero_and_a_row_grows_by_e_for_each_point_of_score():
    encoder, hparams, params = load_checkpoint(ROOT / "site" / "models" / "shakespeare")
    with recording() as seen:
        gpt2(encoder.encode("ROMEO:\nBut soft"), **params, n_head=hparams["n_head"])
    path = "gpt2.0/transformer_block.1/mha.0/attention.0/attention_weights.0"
    weights, scores = seen[path][2].astype(float), seen[f"{path}/attention_scores.0"][2].astype(float)
    n = len(weights)
    assert all(weights[i, j] == 0 for i in range(n) for j in range(i + 1, n))
    gain = scores[n - 1, 1] - scores[n - 1, 0]
    assert abs(weights[n - 1, 1] / weights[n - 1, 0] / 2.718281828**gain - 1) < 1e-3
