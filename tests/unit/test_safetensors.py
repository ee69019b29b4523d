"""The format against the safetensors library: what it accepts, what it refuses, what it reads."""

import json
import struct

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from picogpt.errors import WeightsError
from picogpt.safetensors import parse, read, write
from tests.unit.references import CASES, REFERENCE

names = st.text(min_size=1, max_size=8)
shapes = st.lists(st.integers(0, 5), max_size=4).map(tuple)


def arrays_of(shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def library_accepts(file):
    try:
        safetensors.deserialize(file)
    except Exception:
        return False
    return True


def we_accept(file):
    try:
        parse(file)
    except WeightsError:
        return False
    return True


@settings(deadline=None)
@given(st.dictionaries(names, shapes.map(arrays_of), max_size=5))
def test_the_library_reads_what_we_write(tensors):
    loaded = safetensors.numpy.load(write(tensors))
    assert loaded.keys() == tensors.keys()
    assert all(np.array_equal(loaded[name], tensors[name]) for name in tensors)


@settings(deadline=None)
@given(st.dictionaries(names, shapes.map(arrays_of), max_size=5), st.sampled_from(["float32", "float16"]))
def test_we_read_what_the_library_writes(tensors, dtype):
    tensors = {name: array.astype(dtype) for name, array in tensors.items()}
    file = safetensors.numpy.save(tensors)
    infos = parse(file)
    assert infos.keys() == tensors.keys()
    for name, array in tensors.items():
        ours = read(file, infos[name])
        assert ours.dtype == np.float32
        assert ours.flags.aligned
        assert np.array_equal(ours, array.astype(np.float32))


@pytest.mark.parametrize("case", CASES)
def test_bfloat16_and_the_rest_of_the_references_are_read_as_the_library_reads_them(case):
    file = (REFERENCE / case / "model.safetensors").read_bytes()
    infos = parse(file)
    for name, theirs in safetensors.deserialize(file):
        if theirs["dtype"] == "BF16":  # widened by hand: NumPy has no bfloat16
            halves = np.frombuffer(bytes(theirs["data"]), "<u2")
            widened = [struct.unpack("<f", struct.pack("<HH", 0, half))[0] for half in halves]
            expected = np.array(widened, "f4")
        else:
            kind = {"F32": "<f4", "F16": "<f2"}[theirs["dtype"]]
            expected = np.frombuffer(bytes(theirs["data"]), kind).astype("f4")
        assert np.array_equal(read(file, infos[name]).ravel(), expected)
        assert infos[name].shape == tuple(theirs["shape"])


sizes = st.integers(0, 40) | st.sampled_from([-1, 2**31, 2**62, 2**63, 2**64, 2**64 + 8, 10**30])
entries = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "F16", "BF16", "U8", "BOOL", "I64", "F4", "X9", "f32", 7, None]),
        "shape": st.lists(sizes, max_size=3) | st.none() | st.just([1.5]) | st.just([True]),
        "data_offsets": st.lists(sizes, min_size=2, max_size=2) | st.just([0]) | st.just([0, 4, 8]),
    },
    optional={"extra": st.integers()},
)
headers = st.dictionaries(st.sampled_from(["a", "b", "c", "__metadata__"]), entries | st.none(), max_size=3)


@settings(max_examples=1000, deadline=None)
@given(headers, st.binary(max_size=40))
def test_a_made_up_header_the_library_refuses_we_refuse(header, data):
    file = file_of(header, data)
    assert we_accept(file) <= library_accepts(file)


VALID = write({"a": arrays_of((2, 3)), "b": arrays_of((4,)), "c": arrays_of((0, 2))})


@settings(max_examples=2000, deadline=None)
@given(st.integers(0, len(VALID) - 1), st.integers(0, 255))
def test_a_changed_byte_that_the_library_refuses_we_refuse(at, byte):
    file = bytearray(VALID)
    file[at] = byte
    assert we_accept(bytes(file)) <= library_accepts(bytes(file))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_refused_without_a_crash(noise):
    assert not we_accept(noise)


@pytest.mark.parametrize("length", range(0, len(VALID), 7))
def test_a_file_cut_short_anywhere_is_refused(length):
    with pytest.raises(WeightsError):
        parse(VALID[:length])


def test_a_file_with_something_behind_it_is_refused():
    with pytest.raises(WeightsError, match=r"describes [\d,]+ bytes, the file has"):
        parse(VALID + b"x")


def F32(*shape_and_offsets):  # noqa: N802
    *shape, begin, end = shape_and_offsets
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "0 bytes"),
        (b"<!doctype html><html>not found", "web page"),
        (b"\n<html>", "web page|too short"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "LFS pointer"),
        (struct.pack("<Q", 2**63) + b"{}", "9,223,372,036,854,775,808 bytes"),
        (struct.pack("<Q", 99_000_000) + b"{}", "99,000,000 bytes"),
        (file_of(b"[" * 100_000), "not JSON"),
        (file_of(b'{"a": 1' + b"0" * 5000 + b"}"), "not JSON|a:"),
        (file_of(b"\xff\xfe"), "not JSON"),
        (file_of(b"[]"), "not a JSON object"),
        (file_of(b' {"a": {}}'), "not a JSON object"),
        (file_of(b'{"a": {}, "a": {}}'), "'a' twice"),
        (file_of({"__metadata__": {"x": 1}}), "__metadata__"),
        (file_of({"a": F32(2, 0, 8), "b": F32(1, 4, 8)}, bytes(8)), "overlap"),
        (file_of({"a": F32(1, 0, 4), "b": F32(1, 8, 12)}, bytes(12)), "gap"),
        (file_of({"a": F32(2, 0, 4)}, bytes(4)), r"a: F32 of shape \(2,\) takes 8 bytes"),
        (file_of({"a": F32(2**40, 2**40, 0, 4)}, bytes(4)), "a:"),
        (file_of({"a": {"dtype": "Q8", "shape": [1], "data_offsets": [0, 1]}}, b"x"), "a: 'Q8' is no dtype"),
    ],
)
def test_a_hostile_file_is_refused_and_the_error_names_what_is_wrong(file, says):
    with pytest.raises(WeightsError, match=says):
        parse(file)


def test_numbers_that_are_not_floats_are_refused_when_read():
    file = safetensors.numpy.save({"a": np.arange(3)})
    with pytest.raises(WeightsError, match="a: the numbers are I64"):
        read(file, parse(file)["a"])
