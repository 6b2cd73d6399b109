"""Which kernel computes attention."""

from studio.engine.device import DevicePlan
from studio.engine.libraries import torch

_TOKENS, _HEADS, _WIDTH = 64, 2, 64


@torch.no_grad()
def attention_backend(plan: DevicePlan) -> str:
    """What torch takes for the denoisers' attention with this device and number format, such as "sdpa (flash)".

    Every family's denoiser calls torch's scaled_dot_product_attention, which chooses among "math" (the formula as it
    stands), "flash" (Dao et al. 2022, also on processors), "efficient" (Rabe & Staats 2021) and cuDNN's. It is asked
    with a typical layer; for a layer that the kernel cannot do, torch takes another.
    """
    query = torch.zeros((1, _HEADS, _TOKENS, _WIDTH), dtype=plan.dtype, device=plan.device)
    try:
        chosen = torch.nn.attention.SDPBackend(torch._fused_sdp_choice(query, query, query))
    except (AttributeError, NotImplementedError, RuntimeError, ValueError):  # a device or a torch that does not tell
        return "sdpa"
    return f"sdpa ({chosen.name.removesuffix('_ATTENTION').lower()})"
