"""What every test runs under."""

import gc
import signal

from hypothesis import HealthCheck, settings

# A busy machine is no counterexample, neither in a test nor in the drawing of its examples.
settings.register_profile("safelight", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Ten times as many examples, for a night: `pytest --hypothesis-profile slow -o timeout=7200 tests/imaging`.
settings.register_profile("slow", parent=settings.get_profile("safelight"), max_examples=1000)
settings.load_profile("safelight")

# Started in the background or by nohup, the tests inherit ignored signals, and so would the programs they start.
for _name, _usual in (("SIGINT", signal.default_int_handler), ("SIGTERM", signal.SIG_DFL), ("SIGHUP", signal.SIG_DFL)):
    _number = getattr(signal, _name, None)  # Windows has no SIGHUP
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)


def pytest_collection_finish() -> None:
    """What the tests import lives to the end: it is kept from every later collection of garbage.

    Many tests collect, to prove that nothing of theirs stays. In a process that holds torch, Qt and every module of
    tests, each of those collections would look through a million objects that no test has made.
    """
    gc.collect()
    gc.freeze()
