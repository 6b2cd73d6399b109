"""Random models of real size for the benchmark: random weights cost what trained ones cost."""

from pathlib import Path
from typing import Any

from studio.engine import libraries as lib
from studio.engine.libraries import diffusers, torch, transformers

_BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,"


def random_starter(folder: Path) -> Path:
    """A model of the starter's shape: 8 × 8 pixel latents of 8 channels, MiniLM states, rectified flow. Made once."""
    if folder.exists():
        return folder
    unet = lib.UNET(
        sample_size=32,
        in_channels=8,
        out_channels=8,
        block_out_channels=(64, 128, 256),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        cross_attention_dim=384,
        attention_head_dim=(1, 2, 4),
        use_linear_projection=True,
        addition_embed_type="text",
        addition_embed_type_num_heads=6,
    )
    vae = lib.AUTOENCODERS["AutoencoderTiny"](
        encoder_block_out_channels=(32,) * 4,
        decoder_block_out_channels=(32,) * 4,
        num_encoder_blocks=(1, 2, 3, 4),
        num_decoder_blocks=(5, 5, 3, 2),
        latent_channels=8,
        scaling_factor=1.0,
    )
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_LETTERS, *(f"##{letter}" for letter in _LETTERS)]
    tokenizer = lib.BERT_TOKENIZER(vocab={token: i for i, token in enumerate(tokens)}, model_max_length=32)
    text = transformers.BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536)
    text.use_attention_mask = True
    scheduler = diffusers.DPMSolverMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=1.5, steps_offset=1
    )
    return _saved(folder, unet, vae, lib.BERT(text), tokenizer, scheduler)


def random_sd15(folder: Path) -> Path:
    """A model of Stable Diffusion 1.5's shape: 860 M parameters in the denoiser. Made once, in half precision."""
    if folder.exists():
        return folder
    unet = lib.UNET(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
    vae = lib.AUTOENCODERS["AutoencoderKL"](
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
        scaling_factor=0.18215,
    )
    letters = sorted({chr(i) for i in range(33, 127)})
    vocab = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    tokenizer = lib.CLIP_TOKENIZER(
        vocab={token: i for i, token in enumerate(vocab)}, merges=[], model_max_length=77, pad_token="<|endoftext|>"
    )
    text = transformers.CLIPTextConfig(
        hidden_size=768,
        intermediate_size=3072,
        num_hidden_layers=12,
        num_attention_heads=12,
        bos_token_id=len(vocab) - 2,
        eos_token_id=len(vocab) - 1,
        pad_token_id=len(vocab) - 1,
    )
    scheduler = diffusers.PNDMScheduler(**_BETAS, skip_prk_steps=True, steps_offset=1, set_alpha_to_one=False)
    return _saved(folder, unet, vae, lib.CLIP(text), tokenizer, scheduler)


def _saved(folder: Path, unet: Any, vae: Any, encoder: Any, tokenizer: Any, scheduler: Any) -> Path:
    pipe = lib.SD_PIPELINES[0](
        unet=unet,
        vae=vae,
        text_encoder=encoder,
        tokenizer=tokenizer,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.to(torch.float16).save_pretrained(folder, safe_serialization=True)
    return folder
