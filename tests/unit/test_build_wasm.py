"""The kernel's build: small modules that import Python's memory and have none of their own."""

import pytest

import compile_wasm
from project import BuildError

MEMORY_SECTION, GLOBAL_SECTION = 5, 6


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wasm") / "made"
    compile_wasm.fill(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_there_is_a_module_for_every_kind_and_each_is_small(modules):
    assert sorted(modules) == ["bandwidth.wasm", "sgemm-relaxed.wasm", "sgemm-simd128.wasm"]
    for module in modules.values():
        assert module[:8] == b"\0asm\1\0\0\0"
        assert len(module) < 8_000
    assert modules["sgemm-relaxed.wasm"] != modules["sgemm-simd128.wasm"]


def test_the_memory_is_imported_and_neither_data_nor_memory_are_the_modules_own(modules):
    for module in modules.values():
        found = compile_wasm.sections(module)
        assert b"\x03env\x06memory" in module
        assert MEMORY_SECTION not in found
        assert compile_wasm.DATA_SECTION not in found


def test_the_same_source_makes_the_same_bytes(modules, tmp_path):
    compile_wasm.fill(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == modules


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("EXPORT int f(int i) { volatile int a[9]; a[i] = i; return a[8 - i]; }", "stack"),
        ("const int table[] = {1, 5, 2}; EXPORT int f(int i) { return table[i]; }", "constants or static"),
        ("static int calls; EXPORT int f(void) { return ++calls; }", "constants or static"),
        ("int g(int); EXPORT int f(int i) { return g(i); }", "undefined symbol: g"),
        ("EXPORT int f(int i) { return i + }", "error: expected expression"),
    ],
)
def test_code_that_would_need_memory_or_a_library_is_refused(source, says, tmp_path):
    export = '#define EXPORT __attribute__((export_name("f")))\n'
    (tmp_path / "bad.c").write_text(export + source)
    with pytest.raises(BuildError, match=says):
        compile_wasm.compile_to(tmp_path / "bad.wasm", ["-msimd128"], tmp_path / "bad.c")


@pytest.mark.parametrize(
    ("data", "number", "end"), [(b"\x05", 5, 1), (b"\x80\x01", 128, 2), (b"\xe5\x8e\x26", 624_485, 3)]
)
def test_numbers_of_variable_length_are_read_as_the_specification_says(data, number, end):
    assert compile_wasm.leb128(data, 0) == (number, end)
