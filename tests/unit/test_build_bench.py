"""`python3 build bench`: statistics, verdicts and the schema of its result, on samples made up here."""

import copy
import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import jsonschema
import pytest

import bench
import bench_charts
import bench_memory
import bench_result
import bench_stats
import bench_tag
import bench_targets
from project import BUILD, BuildError

SCHEMA = json.loads((BUILD / "bench.schema.json").read_text("utf-8"))
SHAPE_124M = {
    "n_ctx": 1024,
    "n_embd": 768,
    "n_head": 12,
    "n_layer": 12,
    "n_vocab": 50257,
    "n_params": 124_439_808,
}


def measures(speed):
    by_length = {"16": speed, "512": speed * 0.9}
    along = {"10": 30.0, "30": 40.0, "990": 41.0, "1010": 48.0}
    return {
        "prefill": {"128": 8 * speed, "512": 6 * speed},
        "decode": by_length,
        "token_ms": along,
        "without_cache_ms": {"20": 90.0},
    }


def session(*kinds, speed, peak_mb=900.0):
    return {
        "kinds": {kind: measures(speed) for kind in kinds},
        "model": SHAPE_124M,
        "renderer_peak_mb": peak_mb,
        "bandwidth": {"1": 10.0, "4": 12.5, "8": 12.0},
    }


def visit(ready_ms, peak_mb, **parts):
    return {"ready_ms": ready_ms, "parts": parts, "renderer_peak_mb": peak_mb}


def one_round(speed):
    return {
        "visits": {
            "network": visit(2000.0 + speed, 800.0, fetch=1700, layout=400, verify=3000),
            "storage": visit(3100.0, 790.0, fetch=3000, layout=300),
        },
        "startup": {"cold": {"first_token_ms": 3400.0}, "warm": {"first_token_ms": 2100.0}},
        "native": {"prefill": {16: 150.0}, "decode": {16: 29.0}, "load_ms": 800.0},
        "sessions": [session("relaxed", "einsum", speed=speed), session("simd128", speed=speed - 1)],
        "picogpt_ms": 6000.0,
        "profile": {
            "relaxed": {"gpt2": 0.25, "linear": 420 / speed, "sampling and the rest": 1.5},
            "einsum": {"gpt2": 0.25, "linear": 2100 / speed, "sampling and the rest": 1.5},
        },
        "peer": {
            "prefill": {"128": [150.0], "512": [140.0]},
            "decode": {"16": [16.0], "512": [10.0]},
            "load_s": 4.0,
            "renderer_peak_mb": 2500,
        },
    }


FACTS = {
    "date": "2026-01-02T03:04:05+00:00",
    "machine": {
        "processor": "made up",
        "cores": 2,
        "memory_gb": 8.0,
        "system": "Linux",
        "load_average_before": 0.1,
    },
    "versions": dict.fromkeys(("picogpt", "chromium", "pyodide", "python", "numpy", "blas"), "1"),
    "plan": bench.FULL,
}


@pytest.fixture
def result():
    return bench_result.combine([one_round(speed) for speed in (20.0, 24.0, 21.0)], FACTS, "124M")


def met(result):
    return {row["figure"]: row["met"] for row in result["targets"]}


def test_a_figure_has_the_median_and_every_sample():
    assert bench_stats.figure("ms", [3.0, 1.0, 10.0]) == {
        "unit": "ms",
        "median": 3.0,
        "samples": [3.0, 1.0, 10.0],
    }
    assert bench_stats.figure("ms", [1.0, 4.0])["median"] == 2.5


def test_what_was_not_measured_is_no_zero():
    assert bench_stats.figure("ms", [None, None]) == {"unit": "ms", "median": None, "samples": []}
    assert bench_stats.figure("ms", [None, 5.0])["samples"] == [5.0]
    assert bench_stats.ratio(None, 2.0) is None
    assert bench_stats.ratio(1.0, None) is None


def test_lengths_that_only_some_rounds_reached_keep_their_samples():
    found = bench_stats.figures("tokens/s", [{16: 1.0}, {"16": 2.0, "512": 7.0}])
    assert found["16"]["samples"] == [1.0, 2.0]
    assert found["512"]["samples"] == [7.0]


def test_samples_have_four_significant_digits():
    assert bench_stats.figure("ms", [123456.0, 0.00123456])["samples"] == [123500.0, 0.001235]


def test_the_result_has_the_documented_schema(result):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(json.dumps(result)), SCHEMA)


def test_a_result_without_a_peer_has_the_schema_too_and_no_verdict_on_it():
    rounds = [one_round(20.0)]
    del rounds[0]["peer"]
    rounds[0]["visits"]["network"]["renderer_peak_mb"] = None  # not Linux
    result = bench_result.combine(rounds, FACTS, "124M")
    jsonschema.validate(json.loads(json.dumps(result)), SCHEMA)
    verdicts = met(result)
    assert verdicts["decode after 16 tokens, against ONNX Runtime Web"] is None
    assert verdicts["time of token 1,000 against token 20, SIMD"] is not None


@pytest.mark.parametrize("key", ["engines", "bandwidth", "startup"])
def test_the_schema_refuses_a_result_with_something_missing_or_misspelt(result, key):
    bad = copy.deepcopy(result)
    bad[f"{key}_"] = bad.pop(key)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, SCHEMA)


def test_verdicts_follow_from_the_medians(result):
    verdicts = met(result)
    # decode 21 / 16 = 1.31; 18.9 / 10 = 1.89; prefill 168 / 150 = 1.12; 126 / 140 = 0.9
    assert verdicts["decode after 16 tokens, against ONNX Runtime Web"] is True
    assert verdicts["decode after 512 tokens, against ONNX Runtime Web"] is False
    assert verdicts["prefill of 128 tokens, against ONNX Runtime Web"] is True
    assert verdicts["prefill of 512 tokens, against ONNX Runtime Web"] is False
    # 800 MB against 2500 MiB = 2621 MB: 0.305; 2.02 s against 4.0 s; 48 ms (token 1010) against 30 (token 10)
    assert verdicts["peak memory of the renderer, against ONNX Runtime Web"] is True
    assert verdicts["from the click to ready, against ONNX Runtime Web"] is True
    assert verdicts["from the click to ready, files from localhost"] is True
    assert verdicts["from the click to ready, from storage"] is False
    assert verdicts["peak memory of the renderer, a first visit"] is True
    assert verdicts["time of token 1,000 against token 20, SIMD"] is False
    # 21 tokens/s by einsum against one in 6 s
    assert verdicts["pure NumPy decode after 16 tokens, against picoGPT's own way (no cache, x @ w)"] is True
    assert verdicts["small model: page opened (warm HTTP cache) to first token"] is False
    assert verdicts["small model: page opened (cold) to first token"] is True


def test_loading_is_told_by_where_the_model_came_from(result):
    assert result["load"]["network"]["ready_ms"]["samples"] == [2020.0, 2024.0, 2021.0]
    assert result["load"]["network"]["verify"]["median"] == 3000
    assert "verify" not in result["load"]["storage"]
    peaks = {name: of_name["renderer_peak"]["median"] for name, of_name in result["memory"].items()}
    assert peaks == {"network": 800, "storage": 790, "relaxed": 900, "simd128": 900}
    text = bench_result.summary(result)
    assert "loading, network, ms: ready_ms 2021, fetch 1700, layout 400, verify 3000; peak 800 MB" in text
    assert "loading, storage, ms: ready_ms 3100" in text


def test_the_share_of_the_bandwidth_is_that_of_the_same_round(result):
    # 124M reads 124,439,808 - 1024 * 768 floats a token: 494.6 MB; at 20, 24, 21 tokens/s of 12.5 GB/s
    assert result["model"]["bytes_per_token"] == 494_613_504
    samples = result["decode_share"]["relaxed"]["16"]["samples"]
    assert samples == pytest.approx([79.14, 94.97, 83.10], abs=0.01)
    row = next(row for row in result["targets"] if "share of the read bandwidth" in row["figure"])
    assert row["value"] == pytest.approx(83.1, abs=0.01)
    assert row["met"] is False


def test_another_model_gets_verdicts_on_the_start_up_alone():
    rounds = [one_round(20.0)]
    for session in rounds[0]["sessions"]:
        session["model"] = {**SHAPE_124M, "n_params": 3_000_000}
    verdicts = met(bench_result.combine(rounds, FACTS, "small"))
    assert {figure for figure, is_met in verdicts.items() if is_met is not None} == {
        "small model: page opened (warm HTTP cache) to first token",
        "small model: page opened (cold) to first token",
    }


def test_the_table_says_of_each_target_whether_it_is_met(result):
    lines = bench_targets.table(result["targets"]).splitlines()
    assert len(lines) == len(result["targets"]) == len(bench_targets.TARGETS)
    for line, row in zip(lines, result["targets"], strict=True):
        assert line.startswith({True: "met ", False: "NOT MET ", None: "no verdict "}[row["met"]])


def test_charts_draw_bars_in_proportion_and_give_the_same_numbers_as_a_table(result):
    tree = ElementTree.fromstring(f"<div>{bench_charts.html(result)}</div>")
    figures = {figure.findtext("figcaption"): figure for figure in tree.iter("figure")}
    assert list(figures) == [
        "Tokens per second, reading a prompt of 128 tokens",
        "Tokens per second, reading a prompt of 512 tokens",
        "Tokens per second, writing after 16 tokens",
        "Tokens per second, writing after 512 tokens",
        "Weights read while writing, as a share of what this browser can read: 12.5 GB/s",
        "Milliseconds per token along one text",
        "Milliseconds of one token in each function itself, not in those that it calls",
        "Starting, in milliseconds",
        "Loading, in milliseconds",
    ]
    loading = {row[0].text: [cell.text for cell in row[1:]] for row in figures.popitem()[1].iter("tr")}
    assert loading["from the click to a model that can be used, ms"] == ["2,021", "3,100"]
    assert loading["the sha256 of the whole file, once the model can be used"] == ["3,000", "–"]
    assert loading["most memory of the page's process, MB"] == ["800", "790"]
    starting = {row[0].text: [cell.text for cell in row[1:]] for row in figures.popitem()[1].iter("tr")}
    assert starting["from opening the page to the small model's first token, ms"] == ["3,400", "2,100"]
    rows = [[cell.text or cell[0].text for cell in row] for row in list(figures.values())[-1].iter("tr")]
    assert rows == [  # 420 / 21 and 2100 / 21
        ["function", "SIMD (relaxed)", "NumPy in the browser"],
        ["linear", "20", "100"],
        ["sampling and the rest", "1.5", "1.5"],
        ["gpt2", "0.25", "0.25"],
        ["in all", "21.8", "102"],
    ]
    (share,) = (figure for title, figure in figures.items() if "share" in title)
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in share.iter("tr")}
    assert rows["SIMD (relaxed)"] == ["83 %", "75 %"]  # 21 × 0.4946 of 12.5, and 0.9 of that
    chart = figures["Tokens per second, writing after 16 tokens"]
    numbers = {row[0].text: float(row[1].text) for row in chart.iter("tr")}
    assert numbers == {
        "SIMD (relaxed)": 21,
        "SIMD (simd128)": 20,
        "NumPy in the browser": 21,
        "ONNX Runtime Web": 16,
        "NumPy on CPython": 29,
    }
    widths = [float(bar.get("width")) for bar in chart.iter("rect")]
    assert [width / widths[-1] for width in widths] == pytest.approx(
        [n / 29 for n in numbers.values()], abs=0.01
    )


def test_charts_say_where_their_numbers_come_from_and_nothing_of_it_is_markup(result):
    result["machine"]["processor"] = "<b>AMD & co</b>"
    found = bench_charts.html(result)
    assert "&lt;b&gt;AMD &amp; co&lt;/b&gt;" in found
    assert "medians over 3 round(s) on 2026-01-02" in found


def test_the_tag_becomes_the_charts_of_the_recorded_result_or_says_that_there_is_none(result, tmp_path):
    page = "# Speed\n\n{{ benchmark recorded/124M.json }}\n\nMore.\n"
    assert bench_tag.expand(page, tmp_path) == f"# Speed\n\n{bench_tag.NOTHING}\n\nMore.\n"
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / "124M.json").write_text(json.dumps(result), "utf-8")
    expanded = bench_tag.expand(page, tmp_path)
    assert expanded.count("<figure ") == 9
    assert "{{" not in expanded
    assert expanded.endswith("</p>\n\n\nMore.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--rounds", "0"], "--rounds: expected 1 or more, got 0"),
        (["--model", "nowhere"], "expected a folder with a model.safetensors"),
        (["--peers", "somewhere"], "--peers and --peers-script go together"),
        (["--peers", "nowhere", "--peers-script", "run.py"], "expected a folder with venv/bin/python"),
    ],
)
def test_bad_options_are_refused_before_anything_is_built(arguments, says):
    with pytest.raises(BuildError, match=says):
        bench.parse(arguments)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_peak_of_a_renderer_is_found_among_the_descendants_and_outlives_the_memory():
    code = "import sys; a = bytearray(90_000_000); del a; print(flush=True); sys.stdin.read()"
    line = [sys.executable, "-c", code, "--type=renderer"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        peak_mb = bench_memory.renderer_peak_mb()
        elsewhere = bench_memory.renderer_peak_mb(ancestor=child.pid + 10_000_000)
        child.stdin.close()
    assert 90 < peak_mb < 200
    assert elsewhere is None
    assert bench_memory.peak_mb(os.getpid()) > 1


def fake_peer(folder, prints):
    """A folder as --peers expects it, and a script that prints this when it is called as the real one is."""
    (folder / "venv" / "bin").mkdir(parents=True)
    (folder / "venv" / "bin" / "python").symlink_to(sys.executable)
    script = folder / "run.py"
    script.write_text(
        "import sys\n"
        f"assert sys.argv[1:] == [{str(folder)!r}, '--threads', '1', '--graph', 'last', '--repeats', '1']\n"
        f"print({prints!r})\n"
    )
    return folder, script


@pytest.mark.skipif(os.name == "nt", reason="needs a symbolic link")
def test_the_other_runtime_is_run_on_one_thread_and_its_json_read(tmp_path):
    expected = one_round(20.0)["peer"]
    assert bench.peer(*fake_peer(tmp_path, json.dumps(expected))) == expected


@pytest.mark.skipif(os.name == "nt", reason="needs a symbolic link")
def test_the_other_runtimes_own_error_ends_the_benchmark_in_its_words(tmp_path):
    folder, script = fake_peer(tmp_path, json.dumps({"error": "no such graph"}))
    with pytest.raises(BuildError, match="no such graph"):
        bench.peer(folder, script)
    script.write_text("raise SystemExit('out of memory')")
    with pytest.raises(BuildError, match="out of memory"):
        bench.peer(folder, script)
