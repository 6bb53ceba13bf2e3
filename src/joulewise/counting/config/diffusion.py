"""Diffusion transformers from the ``config.json`` of a diffusers transformer, by image size.

One pass is one step. Text encoders and the autoencoder are separate networks and are not counted; guidance, which runs
each step twice, is a `batch_size` of two.

References
----------
.. [1] W. Peebles, S. Xie, Scalable Diffusion Models with Transformers, arXiv:2212.09748, 2022 (DiT).
.. [2] J. Chen et al., PixArt-alpha, arXiv:2310.00426, 2023.
.. [3] P. Esser et al., Scaling Rectified Flow Transformers, arXiv:2403.03206, 2024 (Stable Diffusion 3).
.. [4] Black Forest Labs, FLUX.1, 2024, as published in diffusers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from joulewise.counting.config.elementwise import ACTIVATION, NORM, SOFTMAX_AND_SCALE
from joulewise.counting.config.read import Keys
from joulewise.errors import InputError

_PIXELS_A_LATENT = 8  # a side, in the autoencoders that these models come with
_TIME_CHANNELS = 256  # sinusoids that stand for the step's time
# Tokens that the released pipelines pad prompts to.
FLUX_TEXT, SD3_TEXT, PIXART_TEXT = 512, 77 + 256, 300


@dataclass(frozen=True)
class Piece:
    """One operation of a pass, for one image; `written` are values."""

    path: str
    kind: str
    params: int
    macs: int
    elementwise: int = 0
    written: int = 0


@dataclass(frozen=True)
class Denoiser:
    """A network that runs once per step.

    Parameters
    ----------
    pieces : tuple of Piece
    image_tokens, text_tokens : int
        For each image.
    image_size : (height, width)
        [px]
    """

    pieces: tuple[Piece, ...]
    image_tokens: int
    text_tokens: int
    image_size: tuple[int, int]


def _linear(path: str, inputs: int, outputs: int, tokens: int, *, bias: bool = True, act: bool = False,
            stored: bool = True) -> Piece:  # fmt: skip
    params = (inputs * outputs + outputs * bias) * stored
    extra = tokens * outputs * (bias + ACTIVATION * act)
    return Piece(path, "linear", params, tokens * inputs * outputs, extra, tokens * outputs)


def _norm(path: str, width: int, tokens: int, params: int = 0) -> Piece:
    return Piece(path, "norm", params, 0, NORM * width * tokens)


def _scores(path: str, width: int, heads: int, queries: int, keys: int) -> Piece:
    pairs = queries * keys
    return Piece(path, "attention", 0, 2 * width * pairs, SOFTMAX_AND_SCALE * heads * pairs, width * queries)


def _condition(path: str, inputs: int, hidden: int, stored: bool = True) -> list[Piece]:
    """Return the two layers that project the time of a step, or a pooled prompt, to the width of the model."""
    return [
        _linear(f"{path}.linear_1", inputs, hidden, 1, act=True, stored=stored),
        _linear(f"{path}.linear_2", hidden, hidden, 1, stored=stored),
    ]


def _modulation(path: str, hidden: int, times: int, tokens: int) -> list[Piece]:
    """Return an adaptive norm: shifts and scales from the condition, and a norm without parameters."""
    return [_linear(f"{path}.linear", hidden, times * hidden, 1), _norm(path, hidden, tokens)]


def _feed_forward(path: str, hidden: int, tokens: int) -> list[Piece]:
    return [
        _norm(f"{path}.norm", hidden, tokens),
        _linear(f"{path}.up", hidden, 4 * hidden, tokens, act=True),
        _linear(f"{path}.down", 4 * hidden, hidden, tokens),
    ]


def _projections(path: str, hidden: int, tokens: int, *, out: bool, normed: int = 0, bias: bool = True) -> list[Piece]:
    """Return queries, keys, values and, where used, the output of a stream; `normed` is the width of norms on heads."""
    pieces = [_linear(f"{path}.{name}", hidden, hidden, tokens, bias=bias) for name in ("q", "k", "v")]
    pieces += [_norm(f"{path}.norm_{name}", hidden, tokens, normed) for name in "qk" if normed]
    return pieces + [_linear(f"{path}.out", hidden, hidden, tokens)] * out


def flux(c: Keys, size: tuple[int, int] | None) -> Denoiser:
    """Return FLUX.1 [4]_: blocks of two streams, then blocks of one, with attention and MLP in parallel."""
    heads, head_dim = c.whole("num_attention_heads", 24), c.whole("attention_head_dim", 128)
    hidden, channels = heads * head_dim, c.whole("in_channels", 64)
    size = size or (1024, 1024)
    image, text = _latent_tokens(c, size, 2), FLUX_TEXT
    both = image + text
    pieces = [_linear("x_embedder", channels, hidden, image), *_condition("time_embed", _TIME_CHANNELS, hidden)]
    if c.flag("guidance_embeds", False):
        pieces += _condition("guidance_embed", _TIME_CHANNELS, hidden)
    pieces += _condition("text_embed", c.whole("pooled_projection_dim", 768), hidden)
    pieces.append(_linear("context_embedder", c.whole("joint_attention_dim", 4096), hidden, text))
    for i in range(c.layers("num_layers", 19)):
        pieces += _joint_block(f"blocks.{i}", hidden, heads, image, text, normed=head_dim)
    for i in range(c.layers("num_single_layers", 38)):
        path = f"single_blocks.{i}"
        pieces += _modulation(f"{path}.norm", hidden, 3, both)
        pieces += _projections(f"{path}.attention", hidden, both, out=False, normed=head_dim)
        pieces += [
            _scores(f"{path}.attention", hidden, heads, both, both),
            _linear(f"{path}.mlp", hidden, 4 * hidden, both, act=True),
            _linear(f"{path}.out", 5 * hidden, hidden, both),
        ]
    pieces += _modulation("norm_out", hidden, 2, image)
    pieces.append(_linear("proj_out", hidden, c.whole("out_channels", channels), image))
    return Denoiser(tuple(pieces), image, text, size)


def sd3(c: Keys, size: tuple[int, int] | None) -> Denoiser:
    """Return Stable Diffusion 3 and 3.5 [3]_: blocks of two streams; the last passes no text on."""
    heads, head_dim = c.whole("num_attention_heads", 18), c.whole("attention_head_dim", 64)
    hidden, patch, channels = heads * head_dim, c.whole("patch_size", 2), c.whole("in_channels", 16)
    if c.whole("caption_projection_dim", 1152) != hidden:
        raise InputError(f"{c.where}: 'caption_projection_dim' must be {hidden}, the width of its {heads} heads")
    side = c.whole("sample_size", 128) * _PIXELS_A_LATENT
    size = size or (side, side)
    image, text = _latent_tokens(c, size, patch), SD3_TEXT
    pieces = [
        _linear("pos_embed", channels * patch * patch, hidden, image),
        *_condition("time_embed", _TIME_CHANNELS, hidden),
        *_condition("text_embed", c.whole("pooled_projection_dim", 2048), hidden),
        _linear("context_embedder", c.whole("joint_attention_dim", 4096), hidden, text),
    ]
    normed, count = head_dim * (c.get("qk_norm") is not None), c.layers("num_layers", 18)
    for i in range(count):
        dual = i in c.wholes("dual_attention_layers", ())
        pieces += _joint_block(f"blocks.{i}", hidden, heads, image, text, normed=normed, last=i == count - 1, dual=dual)
    pieces += _modulation("norm_out", hidden, 2, image)
    pieces.append(_linear("proj_out", hidden, patch * patch * c.whole("out_channels", channels), image))
    return Denoiser(tuple(pieces), image, text, size)


def _joint_block(
    path: str, hidden: int, heads: int, image: int, text: int, *, normed: int, last: bool = False, dual: bool = False
) -> list[Piece]:
    """Return a block of an image and a text stream with one attention over both."""
    both = image + text
    pieces = _modulation(f"{path}.norm", hidden, 9 if dual else 6, image)
    pieces += _modulation(f"{path}.norm_text", hidden, 2 if last else 6, text)
    pieces += _projections(f"{path}.attention", hidden, image, out=True, normed=normed)
    pieces += _projections(f"{path}.attention_text", hidden, text, out=not last, normed=normed)
    pieces.append(_scores(f"{path}.attention", hidden, heads, both, both))
    if dual:
        pieces += _projections(f"{path}.attention_2", hidden, image, out=True, normed=normed)
        pieces.append(_scores(f"{path}.attention_2", hidden, heads, image, image))
    pieces += _feed_forward(f"{path}.mlp", hidden, image)
    return pieces if last else pieces + _feed_forward(f"{path}.mlp_text", hidden, text)


def dit(c: Keys, size: tuple[int, int] | None) -> Denoiser:
    """Return DiT [1]_; as published in diffusers, where each block embeds time and class itself."""
    heads, head_dim = c.whole("num_attention_heads", 16), c.whole("attention_head_dim", 72)
    hidden, patch, channels = heads * head_dim, c.whole("patch_size", 2), c.whole("in_channels", 4)
    side = c.whole("sample_size", 32) * _PIXELS_A_LATENT
    size = size or (side, side)
    image = _latent_tokens(c, size, patch)
    bias = c.flag("attention_bias", True)
    classes = c.whole("num_embeds_ada_norm", 1000) + 1  # one for no class
    pieces = [_linear("pos_embed", channels * patch * patch, hidden, image)]
    for i in range(c.layers("num_layers", 28)):
        path = f"blocks.{i}"
        pieces += _condition(f"{path}.time_embed", _TIME_CHANNELS, hidden)
        pieces.append(Piece(f"{path}.class_embed", "embedding", classes * hidden, 0))
        pieces += _modulation(f"{path}.norm", hidden, 6, image)
        pieces += _projections(f"{path}.attention", hidden, image, out=True, bias=bias)
        pieces.append(_scores(f"{path}.attention", hidden, heads, image, image))
        pieces += _feed_forward(f"{path}.mlp", hidden, image)
    # The condition is embedded once more, with the first block's weights.
    pieces += _condition("time_embed", _TIME_CHANNELS, hidden, stored=False)
    pieces += [_linear("proj_out_1", hidden, 2 * hidden, 1), _norm("norm_out", hidden, image)]
    pieces.append(_linear("proj_out_2", hidden, patch * patch * c.whole("out_channels", channels), image))
    return Denoiser(tuple(pieces), image, 0, size)


def pixart(c: Keys, size: tuple[int, int] | None) -> Denoiser:
    """Return PixArt-alpha [2]_ and -Sigma: one adaptive norm for all blocks, cross-attention to the prompt."""
    heads, head_dim = c.whole("num_attention_heads", 16), c.whole("attention_head_dim", 72)
    hidden, patch, channels = heads * head_dim, c.whole("patch_size", 2), c.whole("in_channels", 4)
    side = c.whole("sample_size", 128) * _PIXELS_A_LATENT
    size = size or (side, side)
    image, text = _latent_tokens(c, size, patch), PIXART_TEXT
    bias, cross = c.flag("attention_bias", True), c.whole("cross_attention_dim", 1152)
    pieces = [
        _linear("pos_embed", channels * patch * patch, hidden, image),
        *_condition("time_embed", _TIME_CHANNELS, hidden),
        _linear("adaln_single", hidden, 6 * hidden, 1),
        _linear("caption.linear_1", c.whole("caption_channels", 4096), hidden, text, act=True),
        _linear("caption.linear_2", hidden, hidden, text),
    ]
    if c.flag("use_additional_conditions", c.whole("sample_size", 128) == 128):
        third = hidden // 3
        for name, times in (("resolution", 2), ("aspect_ratio", 1)):
            pieces += [
                _linear(f"{name}.linear_1", _TIME_CHANNELS, third, times, act=True),
                _linear(f"{name}.linear_2", third, third, times),
            ]
    for i in range(c.layers("num_layers", 28)):
        path = f"blocks.{i}"
        pieces.append(_norm(f"{path}.norm", hidden, image, 6 * hidden))
        pieces += _projections(f"{path}.attention", hidden, image, out=True, bias=bias)
        pieces.append(_scores(f"{path}.attention", hidden, heads, image, image))
        pieces += [
            _linear(f"{path}.cross.q", hidden, hidden, image, bias=bias),
            _linear(f"{path}.cross.k", cross, hidden, text, bias=bias),
            _linear(f"{path}.cross.v", cross, hidden, text, bias=bias),
            _scores(f"{path}.cross", hidden, heads, image, text),
            _linear(f"{path}.cross.out", hidden, hidden, image),
        ]
        pieces += _feed_forward(f"{path}.mlp", hidden, image)
    pieces.append(_norm("norm_out", hidden, image, 2 * hidden))
    pieces.append(_linear("proj_out", hidden, patch * patch * c.whole("out_channels", channels), image))
    return Denoiser(tuple(pieces), image, text, size)


def _latent_tokens(c: Keys, size: tuple[int, int], patch: int) -> int:
    unit = _PIXELS_A_LATENT * patch
    if size[0] % unit or size[1] % unit:
        raise InputError(f"{c.where}: an image of {size[0]}x{size[1]} is not a multiple of {unit} pixels a side")
    return (size[0] // unit) * (size[1] // unit)


DENOISERS: dict[str, Callable[[Keys, tuple[int, int] | None], Denoiser]] = {
    "DiTTransformer2DModel": dit,
    "FluxTransformer2DModel": flux,
    "PixArtTransformer2DModel": pixart,
    "SD3Transformer2DModel": sd3,
}
"""``_class_name`` of diffusers -> the function that reads it."""
