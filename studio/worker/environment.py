"""The environment an engine runs in; it must be set before the libraries below it are imported."""

import os

VARIABLES = {
    # Nothing leaves the machine: the hub's client, and what builds on it, may not even look for updates.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    # Progress is reported by events; bars would only fill the worker's standard error.
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Threads that have nothing to do must not spin on the core that is left to the window.
    "OMP_WAIT_POLICY": "PASSIVE",
    # Operations Metal lacks run on the CPU instead of failing the job.
    "PYTORCH_ENABLE_MPS_FALLBACK": "1",
}


def apply() -> None:
    """Set the variables in this process."""
    os.environ.update(VARIABLES)
