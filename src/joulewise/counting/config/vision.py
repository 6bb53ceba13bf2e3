"""Vision towers of multimodal language models, by the size of the image.

Each follows its released image processor: Gemma 3 and LLaVA resize every image to the size of the tower, Llama 4 cuts
it into tiles of that size and adds the whole image, and Qwen rounds it to whole patches.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from joulewise.counting.config.feeds import Mlp
from joulewise.counting.config.mixers import Attention
from joulewise.counting.config.read import Keys
from joulewise.counting.config.spec import Block, Stack, Tower
from joulewise.errors import InputError

_MOST_TILES = 16  # of Llama 4's processor


@dataclass(frozen=True)
class Eye:
    """A configuration of a tower within that of a model: the model's, the tower's, and the width of its text."""

    model: Keys
    vision: Keys
    text_hidden: int


def gemma3(eye: Eye, size: tuple[int, int] | None) -> Tower:
    """Return SigLIP, averaged to a fixed number of tokens; `size` does not matter."""
    del size
    c = eye.vision
    if c.flag("vision_use_head", True):
        raise InputError(f"{c.where}: the closed form has no pooling head", "set 'vision_use_head' to false")
    hidden, patches = c.whole("hidden_size"), _own_grid(c)
    tokens = eye.model.whole("mm_tokens_per_image", 256)
    taps = c.whole("num_channels", 3) * c.whole("patch_size") ** 2
    projector = hidden * eye.text_hidden
    return Tower(
        _encoder(c, patches * hidden + 2 * hidden), 1, patches,
        around_params=taps * hidden + hidden + hidden + projector,
        around_macs=patches * taps * hidden + tokens * projector,
        image_tokens=tokens,
    )  # fmt: skip


def llava(eye: Eye, size: tuple[int, int] | None) -> Tower:
    """Return CLIP and a projector of two layers; `size` does not matter."""
    del size
    c, text = eye.vision, eye.text_hidden
    hidden, patches = c.whole("hidden_size"), _own_grid(c)
    taps = c.whole("num_channels", 3) * c.whole("patch_size") ** 2
    projector = hidden * text + text * text
    return Tower(
        # A class token, positions, and norms before and after.
        _encoder(c, (patches + 2) * hidden + 4 * hidden), 1, patches + 1,
        around_params=taps * hidden + projector + 2 * text,
        around_macs=patches * taps * hidden + patches * projector,
        image_tokens=patches,
    )  # fmt: skip


def llama4(eye: Eye, size: tuple[int, int] | None) -> Tower:
    """Return Llama 4's tower: tiles of its own size and, where there are several, the whole image as one more."""
    c = eye.vision
    hidden, own, patches = c.whole("hidden_size"), c.whole("image_size"), _own_grid(c)
    tiles = min(math.ceil(size[0] / own) * math.ceil(size[1] / own), _MOST_TILES) if size else 1
    tiles += tiles > 1
    taps = c.whole("num_channels", 3) * c.whole("patch_size") ** 2
    tokens = int(patches * c.fraction("pixel_shuffle_ratio", 0.5) ** 2)
    middle, out = c.whole("projector_input_dim", 4096), c.whole("projector_output_dim", 4096)
    projector = c.whole("intermediate_size") * middle + middle * out + c.whole("vision_output_dim") * eye.text_hidden
    return Tower(
        _encoder(c, (patches + 2) * hidden + 4 * hidden), tiles, patches + 1,
        around_params=taps * hidden + projector,
        around_macs=tiles * (patches * taps * hidden + tokens * projector),
        image_tokens=tiles * tokens,
    )  # fmt: skip


def qwen3_vl(eye: Eye, size: tuple[int, int] | None) -> Tower:
    """Return Qwen3-VL's tower: patches merged by fours, and the features of some layers given to the text's first."""
    c = eye.vision
    hidden, out = c.whole("hidden_size"), c.whole("out_hidden_size")
    merge, rows, columns = _merged_grid(c, size)
    taps = c.whole("in_channels", 3) * c.whole("temporal_patch_size", 2) * c.whole("patch_size") ** 2
    wide = hidden * merge * merge
    deep = len(c.wholes("deepstack_visual_indexes", (8, 16, 24)))
    matrix = wide * wide + wide * out
    stack = _encoder(c, c.whole("num_position_embeddings", 2304) * hidden, heads="num_heads", layers="depth")
    tokens = rows * columns // merge**2
    return Tower(
        stack, 1, rows * columns,
        # Of the deep features' mergers, the norm comes after merging.
        around_params=taps * hidden + hidden + (1 + deep) * (matrix + wide + out) + 2 * hidden + deep * 2 * wide,
        around_macs=rows * columns * taps * hidden + (1 + deep) * tokens * matrix,
        image_tokens=tokens,
    )  # fmt: skip


def qwen2_5_vl(eye: Eye, size: tuple[int, int] | None) -> Tower:
    """Return Qwen2.5-VL's tower: most layers attend within windows of patches."""
    c = eye.vision
    hidden, out = c.whole("hidden_size"), c.whole("out_hidden_size")
    merge, rows, columns = _merged_grid(c, size)
    taps = c.whole("in_channels", c.whole("in_chans", 3)) * c.whole("temporal_patch_size", 2)
    taps *= c.whole("patch_size") ** 2
    wide = hidden * merge * merge
    side = max(1, c.whole("window_size", 112) // merge // c.whole("patch_size"))
    in_windows = _squares(rows // merge, side) * _squares(columns // merge, side) * merge**4
    plain = _block(c, "num_heads")
    full = replace(plain, mixer=_attention(c, "num_heads"), feed=Mlp(c.whole("intermediate_size"), True, bias=True),
                   norm_params=2 * hidden)  # fmt: skip
    windowed = replace(full, mixer=replace(_attention(c, "num_heads"), block_pairs=in_windows))
    everywhere = c.wholes("fullatt_block_indexes", (7, 15, 23, 31))
    blocks = tuple(full if i in everywhere else windowed for i in range(c.layers("depth")))
    tokens, matrix = rows * columns // merge**2, wide * wide + wide * out
    return Tower(
        replace(_encoder(c, 0, heads="num_heads", layers="depth"), blocks=blocks), 1, rows * columns,
        around_params=taps * hidden + hidden + matrix + wide + out,
        around_macs=rows * columns * taps * hidden + tokens * matrix,
        image_tokens=tokens,
    )  # fmt: skip


def _attention(c: Keys, heads_key: str) -> Attention:
    heads = c.whole(heads_key)
    head_dim = c.per_head(c.whole("hidden_size"), heads)
    return Attention(heads, heads, head_dim, head_dim, causal=False, qkv_bias=True, out_bias=True, rotary=False)


def _block(c: Keys, heads_key: str) -> Block:
    mlp = Mlp(c.whole("intermediate_size"), False, bias=True)
    return Block(_attention(c, heads_key), mlp, 2, 4 * c.whole("hidden_size"))


def _encoder(
    c: Keys, extra_params: int, heads: str = "num_attention_heads", layers: str = "num_hidden_layers"
) -> Stack:
    hidden = c.whole("hidden_size")
    return Stack(
        "vision tower", hidden, 0, (_block(c, heads),) * c.layers(layers), generates=False, head=False,
        embedding_dim=hidden, extra_params=extra_params,
    )  # fmt: skip


def _own_grid(c: Keys) -> int:
    return (c.whole("image_size") // c.whole("patch_size")) ** 2


def _merged_grid(c: Keys, size: tuple[int, int] | None) -> tuple[int, int, int]:
    """Return merge, and rows and columns of patches; without an image, of the smallest that there is."""
    merge = c.whole("spatial_merge_size", 2)
    unit = c.whole("patch_size") * merge
    rows, columns = (max(1, round(side / unit)) * merge for side in size or (unit, unit))
    return merge, rows, columns


def _squares(length: int, side: int) -> int:
    """Return the sum of the squares of the pieces that `side` cuts `length` into."""
    whole, rest = divmod(length, side)
    return whole * side * side + rest * rest


# Family -> family of its text, where the configuration does not state it, and its tower.
MULTIMODAL: dict[str, tuple[str, Callable[[Eye, tuple[int, int] | None], Tower]]] = {
    "gemma3": ("gemma3_text", gemma3),
    "llama4": ("llama4_text", llama4),
    "llava": ("llama", llava),
    "qwen2_5_vl": ("qwen2_5_vl_text", qwen2_5_vl),
    "qwen3_5": ("qwen3_5_text", qwen3_vl),
    "qwen3_5_moe": ("qwen3_5_moe_text", qwen3_vl),
    "qwen3_vl": ("qwen3_vl_text", qwen3_vl),
    "qwen3_vl_moe": ("qwen3_vl_moe_text", qwen3_vl),
}
