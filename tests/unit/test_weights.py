"""Checkpoints as they are found in the wild: names, ties, masks, and files that are not GPT-2."""

import json
import re

import numpy as np
import pytest

from picogpt import gpt2, load_checkpoint
from picogpt.checkpoint import encoder_for
from picogpt.errors import VocabularyError, WeightsError
from picogpt.safetensors import parse, read, write
from picogpt.weights import flatten, hparams_of, nest, read_params
from tests.unit.references import REFERENCE, load_reference


def tensors_of(case):
    file = (REFERENCE / case / "model.safetensors").read_bytes()
    return {name: read(file, info) for name, info in parse(file).items()}


def config_of(case):
    return json.loads((REFERENCE / case / "config.json").read_text())


def test_sizes_come_from_the_shapes(reference):
    config = json.loads((reference.folder / "config.json").read_text())
    assert reference.hparams == {
        "n_vocab": config["vocab_size"],
        "n_ctx": config["n_positions"],
        "n_embd": config["n_embd"],
        "n_head": config["n_head"],
        "n_layer": config["n_layer"],
    }


def test_without_a_config_n_head_is_n_embd_over_64():
    hparams, params = read_params(write(tensors_of("published")))  # 128 wide, 2 heads
    expected = load_reference("published").expected
    assert hparams["n_head"] == 2
    logits = gpt2(expected["input_ids"], **params, n_head=hparams["n_head"])
    assert np.abs(logits - expected["logits"]).max() <= 1e-4


def test_a_tied_lm_head_in_the_file_is_kept_once():
    tensors = tensors_of("prefixed")
    head = {"lm_head.weight": tensors["transformer.wte.weight"]}
    for config in (None, config_of("prefixed")):
        _, params = read_params(write(tensors | head), config)
        assert "lm_head" not in params
    _, params = read_params(write(tensors | {"lm_head.weight": head["lm_head.weight"] + 1}), None)
    assert "lm_head" in params


def test_masks_are_ignored_and_the_bias_of_c_attn_is_not():
    tensors = tensors_of("published")
    assert any(name.endswith("0.attn.bias") for name in tensors)
    tensors["h.0.attn.masked_bias"] = np.float32(-1e4).reshape(())
    _, params = read_params(write(tensors), config_of("published"))
    assert np.array_equal(params["blocks"][0]["attn"]["c_attn"]["b"], tensors["h.0.attn.c_attn.bias"])


def test_parameters_are_aligned_and_float32_whatever_the_file(reference):
    for array in flatten(reference.params).values():
        assert array.dtype == np.float32
        assert array.ctypes.data % 4 == 0


def test_nesting_and_flattening_are_inverse(reference):
    again = flatten(nest(flatten(reference.params)))
    before = flatten(reference.params)
    assert again.keys() == before.keys()
    assert all(np.array_equal(again[name], before[name]) for name in before)


@pytest.mark.parametrize("name", sorted(tensors_of("prefixed")))
def test_a_missing_or_misshapen_tensor_is_named(name):
    tensors, short = tensors_of("prefixed"), name.removeprefix("transformer.")
    missing = {key: value for key, value in tensors.items() if key != name}
    with pytest.raises(WeightsError, match=re.escape(short)):
        read_params(write(missing), config_of("prefixed"))
    with pytest.raises(WeightsError, match=r"shape"):
        read_params(write(tensors | {name: tensors[name].ravel()[:-1]}), config_of("prefixed"))


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"model.embed_tokens.weight": (3, 3)}, "model.embed_tokens.weight: not a tensor of GPT-2"),
        ({"transformer.h.7.ln_1.weight": (96,)}, "blocks"),
        ({"wte.weight": (301, 96)}, "twice"),
        ({"h." + "9" * 5000 + ".ln_1.bias": (1,)}, "not a tensor of GPT-2"),
    ],
)
def test_tensors_of_other_models_are_refused(extra, says):
    tensors = tensors_of("prefixed") | {name: np.zeros(shape, np.float32) for name, shape in extra.items()}
    with pytest.raises(WeightsError, match=says):
        read_params(write(tensors), config_of("prefixed"))


def test_a_file_without_blocks_is_refused():
    with pytest.raises(WeightsError, match="blocks"):
        hparams_of(parse(write({"wte.weight": np.zeros((5, 4)), "wpe.weight": np.zeros((3, 4))})))


@pytest.mark.parametrize(
    "odd",
    [{"model_type": "llama"}, {"activation_function": "relu"}, {"layer_norm_epsilon": 1e-6}, {"n_head": 5},
     {"n_head": 0}, {"n_head": "2"}, {"scale_attn_by_inverse_layer_idx": True}],
)  # fmt: skip
def test_a_config_of_another_model_is_refused(odd):
    with pytest.raises(WeightsError, match=next(iter(odd))):
        read_params(write(tensors_of("prefixed")), config_of("prefixed") | odd)


def test_a_folder_without_weights_says_so(tmp_path):
    with pytest.raises(WeightsError, match=r"no model.safetensors"):
        load_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(WeightsError, match="empty"):
        load_checkpoint(tmp_path)


def test_a_config_that_is_not_json_says_so(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(write(tensors_of("prefixed")))
    for text in ("<html>", "[]"):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(WeightsError, match=r"config\.json"):
            load_checkpoint(tmp_path)


def test_the_encoder_is_none_without_merges_and_refused_where_it_has_more_ids_than_the_model(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(write(tensors_of("untied")))
    encoder, hparams, _ = load_checkpoint(tmp_path)
    assert encoder is None
    (tmp_path / "merges.txt").write_text("#version: 0.2\nt h\n")  # 258 ids, the model has 211
    with pytest.raises(WeightsError, match="258 ids, the model only 211"):
        load_checkpoint(tmp_path)
    with pytest.raises(VocabularyError):
        encoder_for(hparams, "no merges here")
