"""Diffusion transformers in closed form against a trace of diffusers' own."""

from typing import Any

import pytest
import torch

from joulewise.counting.config import count_config, diffusion
from joulewise.counting.trace import count_module
from joulewise.errors import InputError

FLUX = {
    "in_channels": 8, "num_layers": 2, "num_single_layers": 3, "attention_head_dim": 16, "num_attention_heads": 2,
    "joint_attention_dim": 12, "pooled_projection_dim": 10, "guidance_embeds": True, "axes_dims_rope": (4, 6, 6),
}  # fmt: skip
SD3 = {
    "sample_size": 8, "num_layers": 3, "attention_head_dim": 8, "num_attention_heads": 4, "caption_projection_dim": 32,
    "joint_attention_dim": 12, "pooled_projection_dim": 10, "in_channels": 4, "out_channels": 4,
    "dual_attention_layers": (0,), "qk_norm": "rms_norm", "pos_embed_max_size": 12,
}  # fmt: skip
DIT = {
    "num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 2, "sample_size": 8, "num_embeds_ada_norm": 7,
}  # fmt: skip
PIXART = {
    "num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 2, "sample_size": 8, "in_channels": 4,
    "out_channels": 8, "cross_attention_dim": 16, "caption_channels": 12, "use_additional_conditions": False,
}  # fmt: skip
TEXT = 5


def _inputs(name: str) -> tuple[dict[str, Any], tuple[int, int]]:
    one = torch.ones(1)
    if name.startswith("Flux"):
        return {
            "hidden_states": torch.randn(1, 6, 8), "encoder_hidden_states": torch.randn(1, TEXT, 12), "timestep": one,
            "pooled_projections": torch.randn(1, 10), "guidance": one, "img_ids": torch.zeros(6, 3),
            "txt_ids": torch.zeros(TEXT, 3),
        }, (32, 48)  # fmt: skip
    if name.startswith("SD3"):
        return {
            "hidden_states": torch.randn(1, 4, 4, 6), "encoder_hidden_states": torch.randn(1, TEXT, 12),
            "pooled_projections": torch.randn(1, 10), "timestep": one,
        }, (32, 48)  # fmt: skip
    latents = {"hidden_states": torch.randn(1, 4, 8, 8), "timestep": one}
    if name.startswith("DiT"):
        return {**latents, "class_labels": torch.zeros(1, dtype=torch.long)}, (64, 64)
    extra = {
        "encoder_hidden_states": torch.randn(1, TEXT, 12),
        "added_cond_kwargs": {"resolution": None, "aspect_ratio": None},
    }
    return {**latents, **extra}, (64, 64)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("FluxTransformer2DModel", FLUX),
        ("SD3Transformer2DModel", SD3),
        ("DiTTransformer2DModel", DIT),
        ("PixArtTransformer2DModel", PIXART),
    ],
)
def test_a_step_equals_its_trace(name: str, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    models = pytest.importorskip("diffusers.models")
    for constant in ("FLUX_TEXT", "SD3_TEXT", "PIXART_TEXT"):
        monkeypatch.setattr(diffusion, constant, TEXT)
    inputs, size = _inputs(name)
    traced = count_module(getattr(models, name)(**values).eval(), **inputs)
    closed = count_config({"_class_name": name, **values}, image_size=size)
    assert closed.params == traced.params
    assert closed.flops == traced.flops
    assert sum(layer.flops for layer in closed.layers) == closed.flops


@pytest.mark.parametrize(
    ("config", "params"),
    # As published: FLUX.1 has 12 billion, Stable Diffusion 3.5 Large 8.1, DiT-XL/2 0.675, PixArt-Sigma 0.6.
    [
        ({"_class_name": "FluxTransformer2DModel", "guidance_embeds": True}, 12e9),
        ({"_class_name": "SD3Transformer2DModel", "num_layers": 38, "num_attention_heads": 38,
          "caption_projection_dim": 2432, "qk_norm": "rms_norm"}, 8.1e9),
        ({"_class_name": "PixArtTransformer2DModel", "use_additional_conditions": False}, 0.61e9),
    ],
)  # fmt: skip
def test_published_parameters(config: dict[str, Any], params: float) -> None:
    assert count_config(config).params == pytest.approx(params, rel=0.02)


def test_flops_are_linear_in_steps() -> None:
    one, many = (count_config({"_class_name": "DiTTransformer2DModel", **DIT}, steps=n) for n in (1, 28))
    assert many.flops == 28 * one.flops
    assert many.params == one.params
    assert many.inputs["steps"] == 28


def test_bad_sizes() -> None:
    with pytest.raises(InputError, match="not a multiple of 16 pixels"):
        count_config({"_class_name": "FluxTransformer2DModel"}, image_size=(100, 100))
    with pytest.raises(InputError, match="takes no steps"):
        count_config({"model_type": "gpt2"}, prompt_tokens=5, steps=2)
    with pytest.raises(InputError, match="'caption_projection_dim' must be"):
        count_config({"_class_name": "SD3Transformer2DModel", "num_attention_heads": 3})
