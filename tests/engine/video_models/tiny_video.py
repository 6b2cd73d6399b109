"""Tiny random video models and motion modules of the real classes."""

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLLTXVideo,
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    LTXPipeline,
    LTXVideoTransformer3DModel,
    MotionAdapter,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from transformers import T5Config, T5EncoderModel, UMT5Config, UMT5EncoderModel

from tests.engine.tiny import _t5_tokenizer

WIDTH = 32  # of T5's states


def build_module(folder: Path, frames: int = 32, strength: float = 1.0) -> Path:
    """A motion module for `tests.engine.tiny.build_sd1`; one of `strength` 0 leaves each frame alone."""
    torch.manual_seed(11)
    adapter = MotionAdapter(
        block_out_channels=(16, 32),
        motion_layers_per_block=1,
        motion_norm_num_groups=8,
        motion_num_attention_heads=4,
        use_motion_mid_block=False,
        motion_max_seq_length=frames,
    )
    with torch.no_grad():
        for name, weight in adapter.named_parameters():
            if "proj_out" in name:
                weight.mul_(strength * 5)
    adapter.save_pretrained(folder, safe_serialization=True)
    return folder


def build_wan(folder: Path, *, pictures: bool = False, second: bool = False) -> Path:
    """A Wan 2 folder: latents of 16 channels, 4 frames and 8 × 8 pixels each. With `pictures` it reads first and last
    ones; with `second` another transformer takes over for the low noise, as in Wan 2.2.
    """
    torch.manual_seed(12)
    vae = AutoencoderKLWan(
        base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    tokenizer = _t5_tokenizer()
    pipe = WanPipeline(
        tokenizer=tokenizer,
        text_encoder=UMT5EncoderModel(UMT5Config(**_t5(len(tokenizer)))).eval(),
        vae=vae.eval(),
        scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0),
        transformer=_wan_transformer(pictures),
        transformer_2=_wan_transformer(pictures) if second else None,
        boundary_ratio=0.8 if second else None,
    )
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def build_ltx(folder: Path) -> Path:
    """An LTX-Video folder: latents of 8 channels, 8 frames and 32 × 32 pixels each."""
    torch.manual_seed(13)
    vae = AutoencoderKLLTXVideo(
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
    )
    transformer = LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=4,
        attention_head_dim=8,
        cross_attention_dim=32,
        num_layers=2,
        caption_channels=WIDTH,
    )
    tokenizer = _t5_tokenizer()
    pipe = LTXPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True, base_shift=0.95, max_shift=2.05, shift_terminal=0.1, base_image_seq_len=1024
        ),
        vae=vae.eval(),
        text_encoder=T5EncoderModel(T5Config(**_t5(len(tokenizer)))).eval(),
        tokenizer=tokenizer,
        transformer=transformer.eval(),
    )
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def _t5(size: int) -> dict[str, object]:
    return {
        "vocab_size": size,
        "d_model": WIDTH,
        "d_kv": 8,
        "d_ff": 64,
        "num_layers": 2,
        "num_heads": 4,
        "feed_forward_proj": "gated-gelu",
        "is_encoder_decoder": False,
        "use_cache": False,
    }


def _wan_transformer(pictures: bool) -> WanTransformer3DModel:
    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=36 if pictures else 16,
        out_channels=16,
        text_dim=WIDTH,
        freq_dim=32,
        ffn_dim=32,
        num_layers=2,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=64,
    ).eval()
