"""A window in the workspace Animate."""

import pytest

from tests.ui.animate.clips import Stage, enter
from tests.ui.desk import Desk


@pytest.fixture
def stage(desk: Desk) -> Stage:
    return enter(desk)
