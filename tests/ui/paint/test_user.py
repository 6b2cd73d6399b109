"""Any order of what a user can do with a canvas leaves what a plain list says."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from PySide6.QtWidgets import QApplication

from tests.ui.paint.user import User


def run(examples: int, steps: int) -> None:
    """Let users work."""
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    chosen = settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=checks)
    run_state_machine_as_test(User, settings=chosen)


def test_any_order_of_work_is_kept(qapp: QApplication) -> None:
    run(12, 30)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_any_long_order_of_work_is_kept(qapp: QApplication) -> None:
    run(60, 60)
