"""The weights in parts, and what the site's index says of published models."""

import hashlib
import json

import numpy as np
import pytest

import models_index
import shards
from picogpt import models, safetensors
from picogpt.arriving import Arriving
from project import BuildError
from tests.reference import made_up
from tests.unit.references import REFERENCE

FILE = REFERENCE / "published" / "model.safetensors"


def parts_of(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    return manifest, [(folder / f"{part['name']}.bin").read_bytes() for part in manifest["parts"]]


@pytest.mark.parametrize("part_bytes", [1_000, 100_000, 1 << 30])
def test_the_parts_are_the_spans_of_the_file_each_named_by_its_sha256(tmp_path, part_bytes):
    shards.write(FILE, tmp_path, part_bytes)
    manifest, parts = parts_of(tmp_path)
    content = FILE.read_bytes()
    assert b"".join(parts) == b"".join(content[begin:end] for begin, end in manifest["spans"])
    assert [hashlib.sha256(part).hexdigest() for part in parts] == [
        part["name"] for part in manifest["parts"]
    ]
    assert all(len(part) == part_bytes for part in parts[:-1])
    assert (manifest["bytes"], manifest["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_masks_are_in_no_part(tmp_path):
    manifest = shards.write(FILE, tmp_path)
    arriving = Arriving(safetensors.header_of(np.fromfile(FILE, np.uint8)))
    n_masks = sum(end - begin for begin, end, _ in arriving.masks)
    assert n_masks > 0
    assert sum(part["bytes"] for part in manifest["parts"]) == manifest["bytes"] - n_masks


def test_a_second_run_leaves_no_part_of_the_first(tmp_path):
    shards.write(FILE, tmp_path, 1_000)
    shards.write(FILE, tmp_path, 100_000)
    manifest, _ = parts_of(tmp_path)
    assert {path.stem for path in tmp_path.glob("*.bin")} == {part["name"] for part in manifest["parts"]}


def site_with_index(folder):
    (folder / "models").mkdir(parents=True)
    index = [{"name": "small", "files": {}}, {"name": "124M", "source": {}, "files": {}}]
    (folder / "models" / "index.json").write_text(json.dumps(index))
    return folder / "models" / "index.json"


def test_the_command_writes_the_parts_and_has_the_sites_index_say_so(tmp_path, capsys):
    index = site_with_index(tmp_path)
    out = tmp_path / "models" / "124M"
    assert shards.main(["--model", "124M", "--file", str(FILE), "--out", str(out)]) == 0
    assert json.loads(index.read_text())[1]["parts"] == {"manifest": "124M/manifest.json"}
    said = capsys.readouterr()
    assert "Wrote 1 parts" in said.out
    assert "is not the published 124M" in said.err


def test_a_new_build_of_the_site_keeps_the_parts(tmp_path):
    site_with_index(tmp_path / "old")
    shards.write(FILE, tmp_path / "old" / "models" / "124M")
    index = site_with_index(tmp_path / "new")
    shards.carry_over(tmp_path / "old", tmp_path / "new")
    before, after = (parts_of(tmp_path / name / "models" / "124M") for name in ("old", "new"))
    assert before == after
    assert "parts" in json.loads(index.read_text())[1]


@pytest.mark.parametrize("content", [None, b"", b"<!doctype html><p>Sign in"])
def test_what_is_no_checkpoint_is_an_error_that_names_it(tmp_path, content):
    path = tmp_path / "model.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BuildError, match=r"model\.safetensors|web page"):
        shards.main(["--file", str(path), "--out", str(tmp_path / "out")])


def test_the_index_has_the_published_files_address_hash_and_length():
    entry = models_index.published_entry(models_index.LIST.parent, "124M", "GPT-2 124M")
    published = models.PUBLISHED["124M"]
    assert entry["source"]["url"] == published.url("model.safetensors")
    assert published.revision in entry["source"]["url"]
    assert entry["source"]["sha256"] == published.sha256
    assert entry["source"]["bytes"] == made_up.file_bytes(made_up.GPT2_124M)
    assert entry["files"]["merges"]["path"] == "gpt2/merges.txt"


@pytest.mark.parametrize(
    ("name", "sizes"),
    [("124M", (12, 768)), ("355M", (24, 1024)), ("774M", (36, 1280)), ("1558M", (48, 1600))],
)
def test_the_numbers_of_parameters_are_those_of_the_sizes(name, sizes):
    sizes = made_up.Sizes(*sizes)
    n_masks = sizes.n_layer * sizes.n_ctx**2
    data = made_up.file_bytes(sizes) - 8 - len(made_up.header(sizes))
    assert models.PUBLISHED[name].n_params == data // 4 - n_masks


def test_the_made_up_header_is_as_long_as_the_published_one():
    assert len(made_up.header(made_up.GPT2_124M)) == 14_283
    assert made_up.file_bytes(made_up.GPT2_124M) == 548_105_171


def test_a_record_of_pytorchs_logits_counts_for_the_weights_that_it_was_made_of_alone(tmp_path, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "parity.json").write_text(json.dumps({"weights_sha256": "a" * 64, "prompts": []}))
    assert models_index.parity_file(tmp_path, "mine", "a" * 64)["parity"]["path"] == "mine/parity.json"
    assert models_index.parity_file(tmp_path, "mine", "b" * 64) == {}
    assert "of other weights" in capsys.readouterr().out
    assert models_index.parity_file(tmp_path, "none", "a" * 64) == {}
