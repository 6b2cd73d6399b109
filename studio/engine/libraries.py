"""The one place that imports torch, diffusers and transformers, set up to be quiet, offline and polite to others.

The libraries are only partly typed, so their classes are handed on as `Any`.
"""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Any

if "torch" not in sys.modules:
    # Idle OpenMP threads that spin made small models up to 25 times slower beside other load.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.update(
    HF_HUB_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    DIFFUSERS_VERBOSITY="error",
    TRANSFORMERS_VERBOSITY="error",
)
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

with warnings.catch_warnings():
    # Deprecations inside the libraries' own modules; nothing a user of this program can act on.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", FutureWarning)
    import diffusers as _diffusers
    import torch as torch
    import transformers as _transformers
    from diffusers import (
        AutoencoderKL,
        AutoencoderTiny,
        SD3Transformer2DModel,
        StableDiffusion3Img2ImgPipeline,
        StableDiffusion3Pipeline,
        StableDiffusionImg2ImgPipeline,
        StableDiffusionPipeline,
        StableDiffusionXLImg2ImgPipeline,
        StableDiffusionXLPipeline,
        UNet2DConditionModel,
    )
    from diffusers.loaders.single_file_utils import SingleFileComponentError
    from transformers import (
        BertModel,
        BertTokenizer,
        CLIPTextModel,
        CLIPTextModelWithProjection,
        CLIPTokenizer,
        T5EncoderModel,
        T5TokenizerFast,
    )

diffusers: Any = _diffusers
transformers: Any = _transformers
diffusers.utils.logging.disable_progress_bar()
transformers.utils.logging.disable_progress_bar()

MissingPartError: type[Exception] = SingleFileComponentError
UNET: Any = UNet2DConditionModel
SD3_TRANSFORMER: Any = SD3Transformer2DModel
AUTOENCODERS: dict[str, Any] = {"AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}
BERT: Any = BertModel
BERT_TOKENIZER: Any = BertTokenizer
CLIP: Any = CLIPTextModel
CLIP_PROJECTED: Any = CLIPTextModelWithProjection
CLIP_TOKENIZER: Any = CLIPTokenizer
T5: Any = T5EncoderModel
T5_TOKENIZER: Any = T5TokenizerFast
SD_PIPELINES: tuple[Any, Any] = (StableDiffusionPipeline, StableDiffusionImg2ImgPipeline)
SDXL_PIPELINES: tuple[Any, Any] = (StableDiffusionXLPipeline, StableDiffusionXLImg2ImgPipeline)
SD3_PIPELINES: tuple[Any, Any] = (StableDiffusion3Pipeline, StableDiffusion3Img2ImgPipeline)


_NUMPY_2 = "__array_(wrap)?_* (implementation doesn't accept|must accept) "
_TORCHSDE = "Should have t[ab]"


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the warnings that sound schedulers raise: numpy 2's about old code, torchsde's about float rounding."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _NUMPY_2, DeprecationWarning)
        warnings.filterwarnings("ignore", _TORCHSDE, UserWarning)
        yield


def versions() -> dict[str, str]:
    """Names and versions of the libraries that decide the pixels."""
    return {
        "python": sys.version.split()[0],
        "torch": str(torch.__version__),
        "diffusers": str(diffusers.__version__),
        "transformers": str(transformers.__version__),
        "peft": metadata.version("peft"),  # loaded only when a LoRA is used
        "torchsde": metadata.version("torchsde"),  # draws the noise of some samplers
        "pillow": metadata.version("pillow"),  # scales the pictures to start from
    }
