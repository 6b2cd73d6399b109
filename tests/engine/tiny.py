"""Tiny random models of the real classes: a few hundred kilobytes each, loaded in milliseconds."""

import string
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    PNDMScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from tokenizers import pre_tokenizers
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
WORDS = ("red", "green", "fox", "boat", "sea", "night", "the", "a", "over", "sun", "mountain", "and")


def build_sd1(folder: Path, width: int = 32, in_channels: int = 4) -> Path:
    """A Stable Diffusion 1 pipeline folder with 8× latents of 4 channels; `width` is that of the text states.

    With 9 `in_channels` it is one made for inpainting.
    """
    torch.manual_seed(1)
    tokenizer = _clip_tokenizer("<|endoftext|>")
    pipe = StableDiffusionPipeline(
        vae=_vae(0.18215),
        unet=_unet(cross_attention_dim=width, in_channels=in_channels),
        text_encoder=CLIPTextModel(_clip_config(len(tokenizer), width)).eval(),
        tokenizer=tokenizer,
        scheduler=PNDMScheduler(**BETAS, skip_prk_steps=True, steps_offset=1, set_alpha_to_one=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    return _saved(pipe, folder)


def build_sdxl(folder: Path, in_channels: int = 4) -> Path:
    """A Stable Diffusion XL pipeline folder with two text encoders; with 9 `in_channels` one made for inpainting."""
    torch.manual_seed(2)
    first, second = _clip_tokenizer("<|endoftext|>"), _clip_tokenizer("!")
    unet = _unet(
        in_channels=in_channels,
        cross_attention_dim=64,
        transformer_layers_per_block=(1, 1),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 32,
    )
    pipe = StableDiffusionXLPipeline(
        vae=_vae(0.13025),
        unet=unet,
        text_encoder=CLIPTextModel(_clip_config(len(first))).eval(),
        tokenizer=first,
        text_encoder_2=CLIPTextModelWithProjection(_clip_config(len(second))).eval(),
        tokenizer_2=second,
        scheduler=EulerDiscreteScheduler(**BETAS, steps_offset=1, timestep_spacing="leading"),
        add_watermarker=False,
    )
    return _saved(pipe, folder)


def build_sd3(folder: Path, with_t5: bool = True) -> Path:
    """A Stable Diffusion 3.5 pipeline folder: a transformer on shifted latents of 16 channels, two CLIPs and T5."""
    torch.manual_seed(4)
    first, second = _clip_tokenizer("<|endoftext|>"), _clip_tokenizer("!")
    transformer = SD3Transformer2DModel(
        sample_size=16,
        num_layers=4,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=80,
        caption_projection_dim=32,
        pooled_projection_dim=64,
        pos_embed_max_size=16,
        dual_attention_layers=(0,),
        qk_norm="rms_norm",
    )
    pipe = StableDiffusion3Pipeline(
        transformer=transformer.eval(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_vae(1.5305, latent_channels=16, shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=CLIPTextModelWithProjection(_clip_config(len(first))).eval(),
        tokenizer=first,
        text_encoder_2=CLIPTextModelWithProjection(_clip_config(len(second))).eval(),
        tokenizer_2=second,
        text_encoder_3=_t5(80) if with_t5 else None,
        tokenizer_3=_t5_tokenizer() if with_t5 else None,
    )
    return _saved(pipe, folder)


def build_starter(folder: Path) -> Path:
    """A folder like the starter model's: rectified flow, BERT states as context, 16× latents of 8 channels."""
    torch.manual_seed(3)
    unet = _unet(
        in_channels=8,
        out_channels=8,
        cross_attention_dim=384,
        addition_embed_type="text",
        addition_embed_type_num_heads=6,
        use_linear_projection=True,
    )
    vae = AutoencoderTiny(
        encoder_block_out_channels=(8,) * 5,
        decoder_block_out_channels=(8,) * 5,
        num_encoder_blocks=(1,) * 5,
        num_decoder_blocks=(1,) * 5,
        latent_channels=8,
        scaling_factor=1.0,
    )
    _spread_out(vae)
    tokenizer = _bert_tokenizer()
    text = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=384,
        num_hidden_layers=1,
        num_attention_heads=6,
        intermediate_size=64,
        max_position_embeddings=40,
    )
    text.use_attention_mask = True
    scheduler = DPMSolverMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=1.5, solver_order=2, steps_offset=1
    )
    pipe = StableDiffusionPipeline(
        vae=vae,
        unet=unet,
        text_encoder=BertModel(text).eval(),
        tokenizer=tokenizer,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    return _saved(pipe, folder)


def _saved(pipe: Any, folder: Path) -> Path:
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def _spread_out(vae: Any) -> None:
    """An untrained decoder answers everything with black; this makes it depend on its input."""
    last = vae.decoder.layers[-1]
    with torch.no_grad():
        last.weight.mul_(20)
        last.bias.fill_(0.5)


def _clip_tokenizer(pad: str) -> CLIPTokenizer:
    """A byte-level BPE vocabulary with two merges."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("c", "a"), ("ca", "t</w>")]
    tokens = letters + [letter + "</w>" for letter in letters] + ["".join(merge) for merge in merges]
    vocab = {token: i for i, token in enumerate([*tokens, "<|startoftext|>", "<|endoftext|>"])}
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=77, pad_token=pad)


def _bert_tokenizer() -> BertTokenizer:
    letters = list(string.ascii_lowercase + string.digits + string.punctuation)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters), *WORDS]
    return BertTokenizer(vocab={token: i for i, token in enumerate(dict.fromkeys(tokens))}, model_max_length=32)


def _t5_tokenizer() -> T5TokenizerFast:
    letters = [(letter, -3 - 0.01 * i) for i, letter in enumerate(string.ascii_lowercase + string.punctuation)]
    words = [(f"▁{word}", -1.0) for word in WORDS]
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    return T5TokenizerFast(vocab=[*special, *words, *letters], extra_ids=0, model_max_length=512)


def _t5(width: int) -> T5EncoderModel:
    config = T5Config(
        vocab_size=len(_t5_tokenizer()),
        d_model=width,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        is_encoder_decoder=False,
        use_cache=False,
    )
    return T5EncoderModel(config).eval()


def _clip_config(size: int, width: int = 32) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=size,
        hidden_size=width,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=77,
        bos_token_id=size - 2,
        eos_token_id=size - 1,
        pad_token_id=size - 1,
        projection_dim=32,
    )


def _unet(**options: Any) -> UNet2DConditionModel:
    settings = {
        "sample_size": 8,
        "block_out_channels": (16, 32),
        "layers_per_block": 1,
        "norm_num_groups": 8,
        "attention_head_dim": 4,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        **options,
    }
    return UNet2DConditionModel(**settings).eval()


def _vae(scaling_factor: float, **options: Any) -> AutoencoderKL:
    settings = {"latent_channels": 4, **options}
    return AutoencoderKL(
        block_out_channels=(16, 16, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=8,
        scaling_factor=scaling_factor,
        **settings,
    ).eval()
