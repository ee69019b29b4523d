"""The workflow that publishes the site runs on GitHub alone: what can be known of it here is checked here."""

import re
import shlex
import subprocess
import sys

import pytest
import yaml

import build_site
import models_index
import pages
import shards
from project import DIST, ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "pages.yml"
TEXT = WORKFLOW.read_text("utf-8")
PARSED = yaml.safe_load(TEXT)
[JOB] = PARSED["jobs"].values()
STEPS = JOB["steps"]
OUTPUTS = {"configure-pages": {"base_url", "base_path", "origin", "host"}, "deploy-pages": {"page_url"}}
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def action(step):
    """The name of the action that a step uses."""
    return re.sub(r"^actions/|@.*$", "", step.get("uses", ""))


def commands():
    return [shlex.split(step["run"]) for step in STEPS if "run" in step]


def test_it_has_the_form_of_a_workflow():
    line = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    found = subprocess.run([*line, str(WORKFLOW)], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_action_is_pinned_by_its_commit_and_says_its_version():
    uses = re.findall(r"uses: (.*)", TEXT)
    assert len(uses) == 5
    for used in uses:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used


def test_what_it_asks_of_a_step_that_step_gives():
    asked = re.findall(r"steps\.(\w+)\.outputs\.(\w+)", TEXT)
    assert {name for name, _ in asked} == {"pages", "deployment"}
    by_id = {step["id"]: action(step) for step in STEPS if "id" in step}
    assert [output for name, output in asked if output not in OUTPUTS[by_id[name]]] == []


def test_what_it_asks_of_the_reader_is_asked():
    inputs = PARSED[True]["workflow_dispatch"]["inputs"]  # YAML takes "on" for true
    assert set(re.findall(r"\binputs\.(\w+)", TEXT)) == set(inputs)


def test_it_may_do_what_publishing_takes_and_no_more():
    assert PARSED["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
    assert JOB["environment"]["name"] == "github-pages"


def test_the_site_is_built_before_it_is_uploaded_and_uploaded_from_where_it_was_built():
    names = [action(step) or " ".join(step["run"].split()[1:3]) for step in STEPS]
    order = ["checkout", "setup-python", "configure-pages", "build site", "build shard"]
    assert names == [*order, "upload-pages-artifact", "deploy-pages"]
    [upload] = [step for step in STEPS if action(step) == "upload-pages-artifact"]
    assert ROOT / upload["with"]["path"] == DIST / "site"


@pytest.mark.parametrize("address", ["https://name.github.io/picogpt", "https://gpt.example.org"])
def test_the_site_is_built_for_the_forks_own_address(monkeypatch, address):
    built = {}
    monkeypatch.setattr(build_site, "build", lambda **given: built.update(given))
    [line] = [line for line in commands() if line[2] == "site"]
    assert line[:2] == ["python3", "build"]
    assert EXPRESSION.search(line[-1])[1] == "steps.pages.outputs.base_url"
    build_site.main([EXPRESSION.sub(address, argument) for argument in line[3:]])
    assert pages.checked(built["site_url"]) == f"{address}/"


def test_the_parts_go_into_the_site_that_was_built(monkeypatch):
    written = []
    monkeypatch.setattr(shards, "model_folder", lambda model, _: ROOT / "models" / model)
    monkeypatch.setattr(
        shards, "write", lambda path, out: written.append((path, out)) or {"sha256": "", "parts": []}
    )
    monkeypatch.setattr(models_index, "add_parts", lambda index, name, folder: False)
    [line] = [line for line in commands() if line[2] == "shard"]
    monkeypatch.chdir(ROOT)
    shards.main(line[3:])
    [(path, out)] = written
    assert path == ROOT / "models" / "124M" / "model.safetensors"
    assert ROOT / out == DIST / "site" / "models" / "124M"
