"""A checkpoint that arrives in pieces: only what is needed, into one place, whatever the pieces' sizes."""

import tracemalloc

import numpy as np
import pytest

from picogpt import browser, matmul, safetensors, weights
from picogpt.arena import ALIGNMENT
from picogpt.arriving import Arriving
from picogpt.errors import WeightsError
from picogpt.safetensors import parse, read, write
from picogpt.weights import flatten
from tests.unit.references import CASES, REFERENCE


def file_of(case):
    return (REFERENCE / case / "model.safetensors").read_bytes()


def header_of(file):
    return safetensors.header_of(np.frombuffer(file, np.uint8))


def feed(arriving, file, piece):
    """Write what is needed of `file`, `piece` bytes at a time; the number of bytes written."""
    n = 0
    for begin, end in arriving.spans:
        for at in range(max(begin, arriving.data_begin), end, piece):
            stop = min(at + piece, end)
            source = np.frombuffer(file, np.uint8)[at:stop]
            for place in arriving.places(at, stop):
                place[...] = source[: len(place)]
                source = source[len(place) :]
            assert len(source) == 0
            arriving.settle(stop)
            n += stop - at
    return n


@pytest.fixture(params=["C", "F"])
def order(request, monkeypatch):
    monkeypatch.setattr(weights, "WEIGHT_ORDER", request.param)
    return request.param


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("piece", [1_009, 65_536, 1 << 30])
def test_tensors_equal_the_files_whatever_pieces_they_come_in(case, piece, order):
    file = file_of(case)
    arriving = Arriving(header_of(file), len(file))
    feed(arriving, file, piece)
    _, params = arriving.params()
    infos = weights.without_prefix(parse(file))
    for name, array in flatten(params).items():
        assert np.array_equal(array, read(file, infos[name])), name


@pytest.mark.parametrize("case", CASES)
def test_every_tensor_is_aligned_and_lies_in_the_order_that_the_product_wants(case, order):
    file = file_of(case)
    arriving = Arriving(header_of(file), len(file))
    feed(arriving, file, 1 << 20)
    _, params = arriving.params()
    for name, array in flatten(params).items():
        assert array.ctypes.data % ALIGNMENT == 0
        assert array.dtype == np.float32
        is_linear = ".c_" in name and array.ndim == 2
        assert array.flags.f_contiguous if is_linear and order == "F" else array.flags.c_contiguous


def test_the_masks_are_not_fetched_and_are_what_they_are_said_to_be():
    file = file_of("published")
    arriving = Arriving(header_of(file), len(file))
    n_fetched = feed(arriving, file, 4096)
    assert len(arriving.masks) == arriving.hparams["n_layer"]
    n_masks = sum(end - begin for begin, end, _ in arriving.masks)
    assert arriving.data_begin + n_fetched + n_masks == len(file)
    assert sum(end - begin for begin, end in arriving.spans) == arriving.data_begin + n_fetched
    for begin, end, n in arriving.masks:
        assert file[begin:end] == np.tril(np.ones((n, n), "<f4")).tobytes()


def test_the_length_of_a_file_follows_from_its_header():
    file = file_of("published")
    assert safetensors.announced_bytes(header_of(file)) == len(file)
    assert Arriving(header_of(file)).n_bytes == len(file)


def test_a_file_of_another_length_than_its_headers_is_refused_before_anything_is_fetched():
    file = file_of("published")
    with pytest.raises(WeightsError, match=f"describes {len(file):,} bytes, the file has {len(file) - 1:,}"):
        Arriving(header_of(file), len(file) - 1)


def test_a_model_is_not_made_of_half_a_file():
    file = file_of("published")
    arriving = Arriving(header_of(file))
    _, end = arriving.spans[0]
    arriving.settle(end)
    with pytest.raises(WeightsError, match="have not arrived"):
        arriving.params()


def test_bytes_that_belong_to_no_needed_tensor_have_no_place():
    file = file_of("published")
    arriving = Arriving(header_of(file))
    begin, end, _ = arriving.masks[0]
    for span in [(begin, end), (begin - 4, begin + 4), (0, 8), (len(file), len(file) + 1)]:
        with pytest.raises(WeightsError, match="belongs to no tensor"):
            arriving.places(*span)


def test_an_embedding_that_comes_twice_is_kept_once_and_another_one_is_kept():
    file = file_of("prefixed")
    tensors = {name: read(file, info) for name, info in parse(file).items()}
    wte = tensors["transformer.wte.weight"]
    for head, is_kept in ((wte, False), (wte + 1, True)):
        again = write(tensors | {"lm_head.weight": head})
        arriving = Arriving(header_of(again))
        feed(arriving, again, 5_000)
        assert ("lm_head" in arriving.params()[1]) == is_kept


def test_loading_never_takes_two_copies_of_the_model(order):
    shapes = weights.tensor_shapes(weights.HParams(n_vocab=6000, n_ctx=64, n_embd=256, n_head=4, n_layer=12))
    file = write({name: np.ones(shape, np.float32) for name, shape in shapes.items()})
    n_largest = 256 * 1024 * 4  # of the matrices that are turned
    tracemalloc.start()
    arriving = Arriving(header_of(file))
    feed(arriving, file, 1 << 20)
    _, params = arriving.params()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(file) + n_largest + (1 << 20)
    assert len(flatten(params)) == len(shapes)


def call(name, *args):
    reply = browser.attempt(name, *args)
    assert "error" not in reply, reply
    return reply["value"]


def test_the_page_loads_a_model_by_begin_places_settle_and_finish():
    file = file_of("published")
    plan = call("begin", memoryview(header_of(file)), len(file), None)
    for begin, end in plan["spans"]:
        begin = max(begin, plan["data_begin"])
        source = np.frombuffer(file, np.uint8)[begin:end]
        for place in call("places", begin, end):
            place[...], source = source[: len(place)], source[len(place) :]
        call("settle", end)
    info = call("finish", "mine")
    assert info["name"] == "mine"
    assert info["matmul"] == matmul.KIND
    expected = np.load(REFERENCE / "published" / "expected.npz")
    settings = {"n_tokens": 16, "greedy": True, "seed": None}
    events = list(browser.generate(expected["input_ids"].tolist(), settings))
    assert [event["id"] for event in events if event["type"] == "token"] == expected["greedy"][:16].tolist()
    call("unload", "mine")
    assert "mine" not in call("loaded")
    assert browser.attempt("settle", 1)["error"]["class"] == "WeightsError"


def test_a_whole_file_that_is_loaded_meanwhile_disturbs_nothing_that_arrives():
    file, other = file_of("published"), file_of("prefixed")
    plan = call("begin", header_of(file), len(file), None)
    config = (REFERENCE / "prefixed" / "config.json").read_text("utf-8")
    info = call("load", "whole", memoryview(other), config, None)
    assert info["name"] == "whole"
    for begin, end in plan["spans"]:
        source = np.frombuffer(file, np.uint8)[max(begin, plan["data_begin"]) : end]
        for place in call("places", max(begin, plan["data_begin"]), end):
            place[...], source = source[: len(place)], source[len(place) :]
        call("settle", end)
    assert call("finish", "in pieces")["name"] == "in pieces"
    for name, folder in (("whole", "prefixed"), ("in pieces", "published")):
        call("use", name)
        expected = np.load(REFERENCE / folder / "expected.npz")
        settings = {"n_tokens": 8, "greedy": True, "seed": None}
        events = list(browser.generate(expected["input_ids"].tolist(), settings))
        assert [event["id"] for event in events if event["type"] == "token"] == expected["greedy"][
            :8
        ].tolist()
        call("unload", name)


def test_a_header_of_something_else_is_an_error_with_a_hint_and_leaves_no_model_arriving():
    error = browser.attempt("begin", b"<!doctype html>", None, None)["error"]
    assert error["class"] == "WeightsError"
    assert error["hint"]
    assert browser.attempt("finish", "x")["error"]["message"] == "No model is arriving."


def test_parity_is_the_largest_difference_to_recorded_logits():
    file = file_of("published")
    call("load", "mine", np.frombuffer(file, np.uint8), None, None)
    expected = np.load(REFERENCE / "published" / "expected.npz")
    logits = expected["logits"][-1]
    tokens = [0, 5, int(logits.argmax())]
    prompt = {"ids": expected["input_ids"].tolist(), "tokens": tokens, "logits": logits[tokens].tolist()}
    result = call("parity", [prompt, prompt])
    assert result["n"] == 6
    assert result["difference"] <= 1e-4
    wrong = prompt | {"logits": (logits[tokens] + np.float32([0, 0.25, 0])).tolist()}
    assert call("parity", [prompt, wrong])["difference"] == pytest.approx(0.25, abs=1e-4)
    call("unload", "mine")


def test_gpt2s_vocabulary_is_lent_to_models_of_its_size_alone(monkeypatch):
    file = file_of("published")
    merges = "#version: 0.2\nt h\n"
    for n_vocab, has_vocabulary in ((503, True), (504, False)):
        monkeypatch.setattr(browser, "GPT2_N_VOCAB", n_vocab)
        plan = call("begin", header_of(file), len(file), None)
        for begin, end in plan["spans"]:
            for place in call("places", max(begin, plan["data_begin"]), end):
                place[...] = 0
            call("settle", end)
        call("vocabulary", None, merges)
        assert call("finish", "lent")["has_vocabulary"] == has_vocabulary
    call("unload", "lent")


def test_a_model_that_no_array_can_hold_is_a_memory_error(monkeypatch):
    file = file_of("published")
    monkeypatch.setattr("picogpt.arena.sys.maxsize", 1000)
    error = browser.attempt("begin", header_of(file), None, None)["error"]
    assert error["class"] == "MemoryError"
    assert error["message"] == "The browser gave no more memory."
