"""The file that a reader takes along: alone with numpy and regex, it writes what the package writes."""

import ast
import subprocess
import sys

import pytest

from picogpt import Generation, edit, load_checkpoint
from picogpt.errors import EditError
from picogpt.models import shipped_folder
from picogpt.presets import PRESETS
from picogpt.script import script
from tests.unit.references import REFERENCE, load_reference

FOLDER = shipped_folder() / "shakespeare"
ENCODER, HPARAMS, PARAMS = load_checkpoint(FOLDER)
PROMPT = "JULIET:\nO Romeo, wherefore “art” thou 1597?\n"
IDS = ENCODER.encode(PROMPT)


@pytest.fixture(autouse=True)
def _as_it_came():
    yield
    edit.restore()


def python(tmp_path, *arguments):
    """What the file prints in a Python that does not know the package's folder."""
    path = tmp_path / "gpt2.py"
    path.write_text(script(), "utf-8")
    line = [sys.executable, "-I", "-X", "utf8", *(str(path) if a is None else a for a in arguments)]
    return subprocess.run(line, capture_output=True, text=True, encoding="utf-8", cwd=tmp_path)


def greedy_text(n):
    tokens = Generation(IDS, PARAMS, HPARAMS["n_head"], n, stop_id=ENCODER.end_of_text)
    return ENCODER.decode([token.id for token in tokens])


EDITS = {
    "as it came": {},
    **{preset.title: {preset.name: preset.source} for preset in PRESETS[:6:5]},
    "several": {
        "gelu": "import math as m\n\nLOW = m.log(1)\n\n\ndef gelu(x):\n    return np.maximum(x, LOW)",
        "embeddings": "def embeddings(inputs, wte, wpe, n_past):\n    return wte[np.asarray(inputs)]",
    },
}


@pytest.mark.parametrize("name", EDITS)
def test_the_file_alone_writes_what_the_edited_package_writes(tmp_path, name):
    for function, text in EDITS[name].items():
        edit.replace(function, text, PARAMS, HPARAMS["n_head"])
    result = python(tmp_path, None, str(FOLDER), PROMPT, "24")
    assert (result.stderr, result.returncode) == ("", 0)
    assert result.stdout == greedy_text(24) + "\n"


def test_its_ids_are_the_packages_and_it_imports_nothing_of_it(tmp_path):
    edit.replace("gelu", "gelu = lambda x: x * (x > 0)", PARAMS, HPARAMS["n_head"])
    code = (
        "import runpy, sys; m = runpy.run_path(sys.argv[1]); e, h, p = m['load_checkpoint'](sys.argv[2]);"
        "print(*m['greedy'](e.encode(sys.argv[3]), p, h['n_head'], 16)); print(*sorted(sys.modules))"
    )
    result = python(tmp_path, "-c", code, None, str(FOLDER), PROMPT)
    ids, modules = result.stdout.splitlines()
    tokens = Generation(IDS, PARAMS, HPARAMS["n_head"], 16)
    assert [int(id) for id in ids.split()] == [token.id for token in tokens]
    assert {"numpy", "regex"} <= set(modules.split())
    assert not [name for name in modules.split() if name.startswith("picogpt")]


def test_it_reads_what_the_package_reads(tmp_path):
    reference = load_reference("bfloat16")
    code = (
        "import runpy, sys; m = runpy.run_path(sys.argv[1]); e, h, p = m['load_checkpoint'](sys.argv[2]);"
        "print(*m['greedy']([int(i) for i in sys.argv[3].split()], p, h['n_head'], 16))"
    )
    inputs = reference.expected["input_ids"].tolist()
    result = python(tmp_path, "-c", code, None, str(REFERENCE / "bfloat16"), " ".join(map(str, inputs)))
    assert [int(id) for id in result.stdout.split()] == reference.expected["greedy"][:16].tolist()


def test_the_model_in_it_is_the_text_that_the_page_shows():
    edit.replace("gelu", "# no curve\n\n\ndef gelu(x):\n    return np.maximum(x, 0)  # but a corner")
    text = script()
    assert "gelu edited" in text.splitlines()[0]
    for name in ("gelu", "attention", "gpt2"):
        assert edit.source(name) in text
    assert "# no curve" in text
    assert "picogpt." not in text.partition('"""\n')[2]
    defined = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert len(defined) == len(set(defined))
    assert not {"recording", "write", "flatten", "is_mask"} & set(defined)  # what nothing in it needs


def test_two_things_of_one_name_are_refused_rather_than_mixed_up():
    edit.replace("gelu", "def parse(x):\n    return x\n\n\ndef gelu(x):\n    return parse(x)")
    with pytest.raises(EditError, match=r"parse is defined in .*, which become one file. Give yours another"):
        script()


def test_it_says_how_it_is_used_and_what_is_wrong(tmp_path):
    assert "usage: python" in python(tmp_path, None).stderr
    assert "There is no model.safetensors" in python(tmp_path, None, str(tmp_path), "x").stderr
    assert "There is no merges.txt" in python(tmp_path, None, str(REFERENCE / "bfloat16"), "x").stderr
