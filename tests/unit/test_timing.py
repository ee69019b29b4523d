"""Timing: each function's own time, by its name."""

import pytest

from picogpt import timing as module
from picogpt.timing import timing
from picogpt.trace import layer


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless it is put forward."""
    now = [0.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])

    def advance(seconds):
        now[0] += seconds

    return advance


@layer
def inner(advance):
    advance(1.0)


@layer
def outer(advance):
    advance(0.25)
    inner(advance)
    advance(0.5)
    inner(advance)
    return "result"


def test_a_functions_own_time_leaves_out_that_of_the_functions_it_calls(clock):
    outer(clock)
    with timing() as spent:
        assert outer(clock) == "result"
        inner(clock)
    outer(clock)
    assert spent.own_s == {"inner": 3.0, "outer": 0.75}
    assert spent.calls == {"inner": 3, "outer": 1}


def test_a_function_that_fails_has_taken_its_time_too(clock):
    @layer
    def failing():
        inner(clock)
        raise KeyError

    with timing() as spent, pytest.raises(KeyError):
        failing()
    assert spent.own_s == {"inner": 1.0, "failing": 0.0}
