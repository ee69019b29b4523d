"""Fixtures of the unit tests."""

import pytest

from tests.unit.references import CASES, Reference, load_reference


@pytest.fixture(scope="session", params=CASES)
def reference(request) -> Reference:
    return load_reference(request.param)
