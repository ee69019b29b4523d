"""What turns arrays into addresses: whatever the layout, the kernel finds the numbers that NumPy means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from picogpt.sgemm import Sgemm, address
from tests.unit.memory_kernel import kernel

sgemm = Sgemm(kernel)
SIZES = st.integers(1, 9)
LAYOUTS = {
    "C": lambda a: a,
    "Fortran": np.asfortranarray,
    "transposed axes": lambda a: np.swapaxes(np.swapaxes(a, -1, -2).copy(), -1, -2),
    "with gaps": lambda a: np.repeat(np.repeat(a, 2, axis=-1), 3, axis=-2)[..., ::3, ::2],
    "rows with gaps": lambda a: np.concatenate([a, a], axis=-1)[..., : a.shape[-1]],
    "backwards": lambda a: a[..., ::-1, ::-1].copy()[..., ::-1, ::-1],
    "not aligned": lambda a: np.frombuffer(b"x" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
}


@given(
    st.sampled_from([((), ()), ((3,), ()), ((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (3,)), ((1, 3), (2, 1))]),
    st.tuples(SIZES, SIZES, SIZES),
    st.tuples(*[st.sampled_from(sorted(LAYOUTS))] * 2),
    st.sampled_from([None, "C", "with gaps"]),
    st.integers(0, 2**32 - 1),
)
def test_products_of_all_layouts_equal_numpys(fronts, sizes, layouts, bias, seed):
    rng = np.random.default_rng(seed)
    m, n, k = sizes
    x, w = (
        LAYOUTS[layout](rng.standard_normal((*front, *shape), dtype=np.float32))
        for front, shape, layout in zip(fronts, ((m, k), (k, n)), layouts, strict=True)
    )
    b = None if bias is None else rng.standard_normal(2 * n, dtype=np.float32)
    b = b if b is None else b[:n] if bias == "C" else b[::2]
    y = sgemm(x, w, b)
    expected = np.matmul(x, w) if b is None else np.matmul(x, w) + b
    assert y.dtype == np.float32
    assert y.flags.c_contiguous
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_address_is_that_of_the_first_element(layout):
    array = LAYOUTS[layout](np.arange(12, dtype=np.float32).reshape(3, 4))
    assert address(array) == array.ctypes.data


def test_what_the_kernel_does_not_take_is_computed_all_the_same():
    def no_kernel(*places):
        raise AssertionError("the kernel was called")

    refusing = Sgemm(no_kernel)
    x, w = np.eye(3), np.arange(6.0).reshape(3, 2)
    for a, b in ((x, w), (x.astype(np.float32), w), (x, w.astype(np.float32))):
        y = refusing(a, b)
        assert y.dtype == np.float64
        assert np.array_equal(y, w)
    assert refusing(np.empty((0, 3), np.float32), w.astype(np.float32)).shape == (0, 2)
    zeros = refusing(np.empty((2, 0), np.float32), np.empty((0, 4), np.float32), np.ones(4, np.float32))
    assert zeros.tolist() == [[1] * 4] * 2


@pytest.mark.parametrize(
    ("x", "w", "b"),
    [((2, 3), (4, 2), None), ((2, 3), (3, 2), (3,)), ((2, 3), (3, 2), (1, 2)), ((2, 2, 3), (3, 3, 2), None)],
)
def test_shapes_that_do_not_fit_are_refused_before_the_kernel_sees_them(x, w, b):
    calls = []
    with pytest.raises(ValueError):  # noqa: PT011  the text is NumPy's own in the last case
        Sgemm(lambda *places: calls.append(places))(
            *(None if shape is None else np.ones(shape, np.float32) for shape in (x, w, b))
        )
    assert calls == []


def test_a_weight_is_looked_up_once_and_forgotten_when_it_is_gone():
    x = np.arange(8, dtype=np.float32).reshape(2, 4)
    ours = Sgemm(kernel)
    for n in range(20):  # memory and ids of what is gone are given out again
        w, b = np.full((4, 3), n, np.float32, order="F"), np.full(3, -n, np.float32)
        for _ in range(3):
            np.testing.assert_allclose(ours(x, w, b), np.matmul(x, w) + b)
        assert len(ours._places) == 1
        np.testing.assert_allclose(ours(x, w, b + 1), np.matmul(x, w) + b + 1)  # another bias
        np.testing.assert_allclose(ours(x[:, ::-1], w, b), np.matmul(x[:, ::-1], w) + b)  # not in a row
        w += 1  # changed in place
        np.testing.assert_allclose(ours(x, w, b), np.matmul(x, w) + b)
    del w
    assert not ours._places
