"""What every test runs under."""

from hypothesis import settings

settings.register_profile("safelight", deadline=None)  # a busy machine is no counterexample
settings.load_profile("safelight")
