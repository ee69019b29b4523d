"""Recording: which results, under which names, and nothing when nobody listens."""

import threading

import pytest

from picogpt.trace import layer, recording


@layer
def double(x):
    return 2 * x


@layer
def sum_of_doubles(*xs):
    return sum(double(x) for x in xs)


def test_results_are_kept_by_call_path_in_the_order_in_which_the_calls_end():
    with recording() as seen:
        sum_of_doubles(1, 2)
        double(5)
    assert list(seen.items()) == [
        ("sum_of_doubles.0/double.0", 2),
        ("sum_of_doubles.0/double.1", 4),
        ("sum_of_doubles.0", 6),
        ("double.0", 10),
    ]


def test_nothing_is_kept_outside_and_an_inner_recording_takes_over():
    double(1)
    with recording() as outer:
        with recording() as inner:
            double(2)
        double(3)
    double(4)
    assert (outer, inner) == ({"double.0": 6}, {"double.0": 4})


def test_a_failing_call_leaves_the_recording_usable():
    with recording() as seen:
        with pytest.raises(TypeError):
            sum_of_doubles(1, None)
        double(7)
    assert seen == {"sum_of_doubles.0/double.0": 2, "double.0": 14}


def test_threads_do_not_record_each_other():
    with recording() as seen:
        thread = threading.Thread(target=double, args=(1,))
        thread.start()
        thread.join()
    assert seen == {}
