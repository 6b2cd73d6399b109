import os
import subprocess
import sys

import pytest

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.messages import WorkerOptions
from studio.engine import device
from studio.engine.attention import attention_backend
from studio.engine.device import plan_for
from studio.engine.libraries import torch
from studio.engine.run import create


def test_the_plan_for_the_cpu_leaves_one_core_to_the_window() -> None:
    spare, whole = plan_for(WorkerOptions("cpu")), plan_for(WorkerOptions("cpu", spare_core=False))
    assert spare.threads == max(1, whole.threads - 1)
    assert plan_for(WorkerOptions("cpu", threads=1)).threads == 1
    assert spare.device == "cpu"
    assert spare.memory > 2**28


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"amx_bf16": True}, torch.bfloat16),
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"avx512_f": True}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_bfloat16_is_used_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, flags: dict[str, object], expected: torch.dtype
) -> None:
    monkeypatch.setattr(device, "_capabilities", lambda: flags)
    assert plan_for(WorkerOptions("cpu")).dtype is expected


@pytest.mark.parametrize("name", ["tpu", "cuda:99", "cuda:x", "cpu:1", "", "mps:2"])
def test_a_device_that_is_not_there_is_a_problem_with_a_hint(name: str) -> None:
    with pytest.raises(StudioError) as caught:
        plan_for(WorkerOptions(name))
    assert caught.value.problem.kind is ErrorKind.ENVIRONMENT
    assert caught.value.problem.hint


def test_an_engine_describes_itself() -> None:
    threads = torch.get_num_threads()
    ready = create(WorkerOptions("cpu", threads=1)).describe()
    assert (ready.device, ready.threads) == ("cpu", 1)
    assert ready.dtype in ("bfloat16", "float32")
    assert {"torch", "diffusers", "transformers", "torchsde", "pillow"} <= set(ready.versions)
    assert ready.attention.startswith("sdpa")
    torch.set_num_threads(threads)


def test_the_kernel_of_attention_is_the_one_that_the_formula_is_computed_by() -> None:
    plan = plan_for(WorkerOptions("cpu"))
    usual = attention_backend(plan)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        assert attention_backend(plan) == "sdpa (math)"
    with torch.profiler.profile() as seen:
        query = torch.zeros((1, 2, 64, 64), dtype=plan.dtype)
        torch.nn.functional.scaled_dot_product_attention(query, query, query)
    kernel = usual.removeprefix("sdpa (").rstrip(")")
    assert any(f"_{kernel}" in event.key for event in seen.key_averages())


def test_importing_the_engine_sets_the_libraries_to_be_quiet_offline_and_polite() -> None:
    wanted = ("OMP_WAIT_POLICY", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY")
    code = f"import studio.engine.run, os; print([os.environ[name] for name in {wanted!r}])"
    clean = {name: value for name, value in os.environ.items() if name not in wanted}
    done = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['PASSIVE', '1', '1', '1']"
    assert not done.stderr
