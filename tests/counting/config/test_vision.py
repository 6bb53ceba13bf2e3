"""Vision towers in closed form against a trace of the same model."""

from typing import Any

import pytest
import torch
import transformers

from joulewise.counting.config import count_config
from joulewise.counting.config.vision import MULTIMODAL
from joulewise.counting.trace import count_module
from joulewise.errors import InputError

TEXT: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "vocab_size": 70,
    "num_key_value_heads": 2, "head_dim": 12, "pad_token_id": 0,
}  # fmt: skip
ROPE = {"rope_type": "default", "rope_theta": 1e4}
QWEN_TEXT = {**TEXT, "rope_parameters": {**ROPE, "mrope_section": [2, 2, 2]}}
QWEN_EYE: dict[str, Any] = {
    "depth": 3, "hidden_size": 24, "intermediate_size": 20, "num_heads": 2, "patch_size": 4, "spatial_merge_size": 2,
    "out_hidden_size": 32,
}  # fmt: skip
QWEN_IDS = {"image_token_id": 60, "vision_start_token_id": 61, "video_token_id": 62}
OWN_EYE: dict[str, Any] = {
    "hidden_size": 24, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 2, "patch_size": 4,
}  # fmt: skip
QWEN3_VL: dict[str, Any] = {
    "model_type": "qwen3_vl", "text_config": QWEN_TEXT, "tie_word_embeddings": True, **QWEN_IDS,
    "vision_config": {**QWEN_EYE, "num_position_embeddings": 16, "deepstack_visual_indexes": [0, 2]},
}  # fmt: skip
QWEN3_VL_MOE: dict[str, Any] = {
    **QWEN3_VL, "model_type": "qwen3_vl_moe",
    "text_config": {**QWEN_TEXT, "num_experts": 4, "moe_intermediate_size": 10, "num_experts_per_tok": 2},
}  # fmt: skip
QWEN3_5: dict[str, Any] = {
    "model_type": "qwen3_5", **QWEN_IDS, "vision_config": {**QWEN_EYE, "num_position_embeddings": 16},
    "text_config": {**QWEN_TEXT, "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 6,
                    "linear_value_head_dim": 5, "num_hidden_layers": 4},
}  # fmt: skip
QWEN3_5_MOE: dict[str, Any] = {
    **QWEN3_5, "model_type": "qwen3_5_moe",
    "text_config": {**QWEN3_5["text_config"], "num_experts": 4, "moe_intermediate_size": 10, "num_experts_per_tok": 2,
                    "shared_expert_intermediate_size": 12},
}  # fmt: skip
QWEN2_5_VL: dict[str, Any] = {
    "model_type": "qwen2_5_vl", **QWEN_IDS,
    "text_config": {**{k: v for k, v in TEXT.items() if k != "head_dim"},
                    "rope_parameters": {**ROPE, "mrope_section": [2, 1, 1]}},
    "vision_config": {**QWEN_EYE, "window_size": 16, "fullatt_block_indexes": [1]},
}  # fmt: skip
GEMMA3: dict[str, Any] = {
    "model_type": "gemma3", "text_config": {**TEXT, "sliding_window": 64}, "mm_tokens_per_image": 16,
    "vision_config": {**OWN_EYE, "image_size": 32, "vision_use_head": False},
    "image_token_index": 60, "boi_token_index": 61, "eoi_token_index": 62,
}  # fmt: skip
LLAMA4: dict[str, Any] = {
    "model_type": "llama4", "image_token_index": 60, "boi_token_index": 61, "eoi_token_index": 62,
    "text_config": {**TEXT, "intermediate_size_mlp": 40, "num_local_experts": 2, "num_experts_per_tok": 2,
                    "attention_chunk_size": 64},
    "vision_config": {**OWN_EYE, "intermediate_size": 96, "image_size": 16, "vision_output_dim": 28,
                      "projector_input_dim": 28, "projector_output_dim": 28},
}  # fmt: skip
LLAVA: dict[str, Any] = {
    "model_type": "llava", "text_config": {"model_type": "llama", **TEXT}, "image_token_index": 60,
    "vision_config": {"model_type": "clip_vision_model", **OWN_EYE, "image_size": 32, "projection_dim": 24},
}  # fmt: skip


def _qwen_image(height: int, width: int) -> dict[str, Any]:
    rows, columns = height // 4, width // 4
    pixels = torch.randn(rows * columns, 3 * 2 * 4 * 4)
    return {"pixel_values": pixels, "image_grid_thw": torch.tensor([[1, rows, columns]])}


@pytest.mark.parametrize(
    ("config", "name", "size"),
    [
        (QWEN3_VL, "Qwen3VLForConditionalGeneration", (24, 16)),
        (QWEN3_VL_MOE, "Qwen3VLMoeForConditionalGeneration", (24, 16)),
        (QWEN3_5, "Qwen3_5ForConditionalGeneration", (24, 16)),
        (QWEN3_5_MOE, "Qwen3_5MoeForConditionalGeneration", (24, 16)),
        (QWEN2_5_VL, "Qwen2_5_VLForConditionalGeneration", (40, 24)),
        (GEMMA3, "Gemma3ForConditionalGeneration", (32, 32)),
        (LLAMA4, "Llama4ForConditionalGeneration", (16, 16)),
        (LLAVA, "LlavaForConditionalGeneration", (32, 32)),
    ],
)
def test_an_image_before_a_prompt_equals_its_trace(config: dict[str, Any], name: str, size: tuple[int, int]) -> None:
    values = {key: value for key, value in config.items() if key != "model_type"}
    made = transformers.CONFIG_MAPPING[config["model_type"]](**values)
    for part in (made, made.text_config, made.vision_config):
        part._attn_implementation = "eager"
        part._experts_implementation = "eager"
    model = getattr(transformers, name)(made).eval()
    closed = count_config(config, prompt_tokens=6, image_size=size)
    image = torch.full((1, closed.inputs["image_tokens"]), 60)
    ids = torch.cat([image, torch.arange(1, 7)[None]], 1)
    given: dict[str, Any] = {"pixel_values": torch.randn(1, 3, *size)}
    if name.startswith("Qwen"):
        given = {**_qwen_image(*size), "mm_token_type_ids": (ids == 60).int()}
    elif name.startswith("Gemma"):
        given["token_type_ids"] = (ids == 60).long()
    traced = count_module(model, input_ids=ids, use_cache=True, logits_to_keep=1, **given)
    assert closed.params == traced.params
    assert closed.flops == traced.flops
    assert sum(layer.flops for layer in closed.layers) == closed.flops


def test_without_an_image_the_tower_has_parameters_alone() -> None:
    seen, unseen = (count_config(QWEN3_VL, prompt_tokens=6, image_size=size) for size in ((24, 16), None))
    assert seen.params == unseen.params
    assert unseen.flops == count_config({"model_type": "qwen3_vl_text", **TEXT, "tie_word_embeddings": True},
                                        prompt_tokens=6).flops  # fmt: skip
    assert unseen.inputs["image_size"] == "no image"


def test_llama4_tiles_large_images() -> None:
    one, four = (count_config(LLAMA4, image_size=size).inputs["image_tokens"] for size in ((16, 16), (32, 32)))
    # Four tiles and the whole.
    assert four == 5 * one


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vision_config": None}, "must be objects"),
        ({"vision_config": {**OWN_EYE, "image_size": 32}}, "no pooling head"),
        ({"text_config": {**TEXT, "model_type": "gemma9"}}, "gemma9"),
    ],
)
def test_odd_parts_are_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        count_config({**GEMMA3, **change}, image_size=(32, 32))


def test_a_language_model_takes_no_image() -> None:
    with pytest.raises(InputError, match="takes no image"):
        count_config({"model_type": "gpt2"}, prompt_tokens=5, image_size=(32, 32))


@pytest.mark.parametrize("family", list(MULTIMODAL))
def test_parts_that_leave_defaults_out_have_those_of_transformers(family: str) -> None:
    # As released files do, which list what differs alone.
    parts: dict[str, Any] = {"text_config": {"num_hidden_layers": 3}, "vision_config": {}}
    if family == "gemma3":
        parts["vision_config"] = {"vision_use_head": False}
    elif family == "llava":
        parts = {"text_config": {"model_type": "llama"}, "vision_config": {"model_type": "clip_vision_model"}}
    full = transformers.CONFIG_MAPPING[family](**parts).to_dict()
    sparse = {"model_type": family, **parts}
    closed, listed = (count_config(c, prompt_tokens=5, image_size=(448, 448)) for c in (sparse, full))
    assert closed.params == listed.params
    assert closed.flops == listed.flops
