"""A page's head names the modules that the page imports; with a prompt box it starts Python as well."""

import re

import pytest

import preload
from project import BuildError

POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">'
PAGE = '<html><head>{policy}</head><body>{body}<script src="{root}js/main.js" type="module"></script></body>'
MODULES = {
    "main.js": 'import "./widgets/box.js";\n',
    "start.js": 'import { engine } from "./engine.js";\nengine.start();\n',
    "engine.js": 'import {\n  one,\n  two,\n} from "./parts/one.js";\n',
    "learn.js": 'import "./views.js";\nimport "./engine.js";\n',
    "views.js": 'const later = () => import("./later.js");\n',
    "later.js": "",
    "widgets/box.js": 'import { engine } from "../engine.js";\nexport { two } from "../parts/one.js";\n',
    "parts/one.js": "/**\n * @typedef {import('./types.js').Type} Type\n */\nexport const one = 1;\n",
}


@pytest.fixture
def site(tmp_path):
    for name, source in MODULES.items():
        path = tmp_path / "js" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")
    return tmp_path


def written(site, name, body="", root="", policy=POLICY):
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGE.format(policy=policy, body=body, root=root), "utf-8")
    preload.write(site)
    return path.read_text("utf-8")


def preloaded(page):
    return re.findall(r'<link rel="modulepreload" href="([^"]*)">', page)


def test_all_that_is_imported_is_named_once_and_what_is_imported_later_is_not(site):
    page = written(site, "index.html")
    assert preloaded(page) == ["js/main.js", "js/widgets/box.js", "js/engine.js", "js/parts/one.js"]
    assert "js/start.js" not in page


def test_a_page_with_a_prompt_box_starts_python_and_has_the_engines_modules_first(site):
    page = written(site, "deep/er/index.html", "<prompt-box></prompt-box>", root="../../")
    assert preloaded(page)[:3] == ["../../js/start.js", "../../js/engine.js", "../../js/parts/one.js"]
    assert len(preloaded(page)) == len(set(preloaded(page))) == 5
    assert '<script type="module" async src="../../js/start.js"></script>' in page


def test_a_page_of_learn_has_its_views_too(site):
    assert "js/views.js" in preloaded(written(site, "index.html", "<learn-bench></learn-bench>"))


def test_the_tags_stand_after_the_policy(site):
    page = written(site, "index.html", "<prompt-box></prompt-box>")
    assert page.index("Content-Security-Policy") < page.index("modulepreload") < page.index("start.js")


def test_the_root_of_a_page_that_is_shown_at_any_address_stays_absolute(site):
    assert preloaded(written(site, "404.html", root="/picogpt/"))[0] == "/picogpt/js/main.js"


def test_pages_without_the_script_stay_as_they_are(site):
    (site / "bare.html").write_text("<p>Nothing", "utf-8")
    preload.write(site)
    assert (site / "bare.html").read_text("utf-8") == "<p>Nothing"


def test_a_page_without_the_policy_ends_the_build(site):
    with pytest.raises(BuildError, match=r"index\.html: no policy"):
        written(site, "index.html", policy="")


def test_an_import_of_nothing_ends_the_build(site):
    (site / "js" / "main.js").write_text('import "./lost.js";\n', "utf-8")
    with pytest.raises(BuildError, match=r"js/lost\.js is imported"):
        written(site, "index.html")
