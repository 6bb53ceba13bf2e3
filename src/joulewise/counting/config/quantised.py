"""The bytes of weights that a configuration says are quantised.

``quantization_config`` names a method, its bits, and the modules that keep 16 bits. Only matrices of layers are
quantised: embeddings, norms, biases, convolutions and vision towers never are, nor is the router of a mixture of
experts. Scales and zero points of blocks count; those of whole rows or tensors, which are below 0.5%, do not.

References
----------
.. [1] transformers, ``utils/quantization_config.py`` (keys and defaults of each method).
.. [2] compressed-tensors, ``QuantizationConfig`` (``config_groups``, ``targets``, ``ignore``).
.. [3] Open Compute Project, Microscaling Formats, 2023 (MXFP4: a scale of 8 bits for 32 values).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate

from joulewise.counting.config.read import Keys
from joulewise.counting.config.spec import Block, Stack
from joulewise.errors import InputError

_MOST_NAMES, _LONGEST_NAME = 100_000, 500
_HEAD = "lm_head"
_ROUTED = "mlp.experts.0"
_STAY = frozenset({"mlp.gate", "mlp.shared_expert_gate"})
# Names that checkpoints of other families give to the same modules.
_OTHER_NAMES = {
    "self_attn.": ("mixer.", "attn.", "attention."),
    "mlp.gate": ("mlp.router", "block_sparse_moe.gate", "feed_forward.router", "mixer.gate"),
    "mlp.shared_experts.": ("mlp.shared_expert.", "mixer.shared_experts.", "feed_forward.shared_expert."),
    "mlp.experts.": ("block_sparse_moe.experts.", "feed_forward.experts.", "mixer.experts."),
    "mlp.": ("feed_forward.", "mixer."),
    "linear_attn.in_proj_qkvz": ("linear_attn.in_proj_qkv",),
    "linear_attn.in_proj_ba": ("linear_attn.in_proj_b",),
}
_WRAPPERS = ("model.", "model.language_model.", "language_model.model.", "backbone.")
_OTHER_TOWERS = re.compile("visi|visual|audio|vit|projector")


class Names:
    """A list of modules: exact names or parts of them, patterns with ``*``, and regular expressions after ``re:``."""

    def __init__(self, entries: Sequence[str], where: str) -> None:
        plain = [e for e in entries if "*" not in e and not e.startswith("re:") and not _OTHER_TOWERS.search(e)]
        self.plain = {re.sub(r"^.*?\b(?=layers\.\d)", "", entry) for entry in plain}
        patterns = [e.removeprefix("re:") if e.startswith("re:") else translate(e) for e in entries if e not in plain]
        try:
            self.patterns = [re.compile(p) for p in patterns if not _OTHER_TOWERS.search(p)]
        except re.error as error:
            raise InputError(f"{where}: 'quantization_config' has a pattern that is invalid: {error}") from None

    def __contains__(self, name: str) -> bool:
        """Return whether the list has the module, or one that it is part of."""
        if self.plain:
            parts = name.split(".")
            spans = ((i, j) for i in range(len(parts)) for j in range(i + 1, len(parts) + 1))
            if any(".".join(parts[i:j]) in self.plain for i, j in spans):
                return True
        wrappers = _WRAPPERS if name.startswith("layers.") else ("",)
        if not self.patterns:
            return False
        parts = name.split(".")
        parents = [".".join(parts[: i + 1]) for i in range(len(parts))]
        return any(p.match(wrapper + part) for p in self.patterns for wrapper in wrappers for part in parents)


@dataclass(frozen=True)
class Quantised:
    """How matrices are stored.

    Parameters
    ----------
    method : str
        As in ``quant_method``.
    rules : tuple of (Names or None, float)
        Modules and the bits of each of their values; the first that applies counts, and None is every module. [bit]
    left : Names
        Modules that keep 16 bits.
    only_experts : bool
        Whether nothing but the routed experts is quantised.
    head : bool
        Whether the logits' matrix is quantised unless it is listed in `left`.
    """

    method: str
    rules: tuple[tuple[Names | None, float], ...]
    left: Names
    only_experts: bool = False
    head: bool = False

    def __str__(self) -> str:
        """Return method and bits in words."""
        bits = " and ".join(dict.fromkeys(f"{bits:.4g}" for _, bits in self.rules))
        return f"{self.method}, {bits} bits per value where quantised"

    def bits(self, name: str) -> float | None:
        """Return the bits of each value of a module, or None where it is left as it is. [bit]"""
        names = [name, *_other_names(name)]
        if any(n in self.left for n in names):
            return None
        matching = (bits for which, bits in self.rules if which is None or any(n in which for n in names))
        return next(matching, None)


@dataclass(frozen=True)
class Saving:
    """Bytes by which quantised weights are smaller than at the precision of activations.

    Parameters
    ----------
    always : float
        Of the matrices that every pass reads. [B]
    experts : tuple of (Block, float)
        Layers with routed experts, and the saving of one expert. [B]
    """

    always: float = 0.0
    experts: tuple[tuple[Block, float], ...] = ()

    @property
    def total(self) -> float:
        """Saving of all weights. [B]"""
        return self.always + sum(each * b.feed.experts for b, each in self.experts if b.feed)

    def read(self, tokens: int) -> float:
        """Saving of the weights that one pass over `tokens` tokens reads. [B]"""
        touched = ((b.feed.experts - b.feed.unread_experts(tokens), each) for b, each in self.experts if b.feed)
        return self.always + sum(number * each for number, each in touched)


def saving_of(stack: Stack, quantised: Quantised | None, value_bytes: float) -> Saving:
    """Return the saving of a stack's weights, whose values have `value_bytes` bytes where they are not quantised."""
    if quantised is None:
        return Saving()

    def saved(name: str, values: int) -> float:
        bits = None if not values else quantised.bits(name)
        return 0.0 if bits is None else values * (value_bytes - bits / 8)

    always, experts = 0.0, []
    for i, block in enumerate(stack.blocks[: stack.shared_blocks or None]):
        feed, mixer = block.feed, block.mixer
        matrices = (mixer.matrices(stack.hidden) if mixer else {}) | (feed.matrices(stack.hidden) if feed else {})
        if not quantised.only_experts:
            always += sum(saved(f"layers.{i}.{name}", n) for name, n in matrices.items() if name not in _STAY)
        if feed is not None and feed.routed_matrix_params(stack.hidden):
            of_one = feed.routed_matrix_params(stack.hidden) // feed.experts
            experts.append((block, saved(f"layers.{i}.{_ROUTED}.up_proj", of_one)))
    if quantised.head and stack.head and not stack.tied:
        always += saved(_HEAD, stack.vocab * stack.hidden)
    return Saving(always, tuple(experts))


def quantised_of(c: Keys) -> Quantised | None:
    """Return how the weights of a configuration are quantised, or None if they are not.

    Raises
    ------
    InputError
        If the method is not known, or a key of it is missing or invalid.
    """
    text = c.get("text_config")
    inner = text if isinstance(text, dict) else {}
    found = next((v for v in (c.get(_KEY), c.get("compression_config"), inner.get(_KEY)) if v is not None), None)
    if found is None:
        return None
    if not isinstance(found, Mapping):
        raise InputError(f"{c.where}: {_KEY!r} must be an object, not {found!r}")
    q = Keys({**found, "model_type": c.family}, f"{c.where}: {_KEY}")
    # Older configurations of two methods do not name them.
    unnamed = "bitsandbytes" if "load_in_4bit" in found else "modelopt" if "quant_algo" in found else ""
    method = str(q.get("quant_method", unnamed))
    if method not in _METHODS:
        raise InputError(
            f"{q.where}: 'quant_method' {method!r} is not known",
            f"known are {', '.join(_METHODS)}; or give the format of all weights with --precision",
        )
    return _METHODS[method](q, method)


_KEY = "quantization_config"


def _names(q: Keys, *keys: str) -> Names:
    entries: list[str] = []
    for key in keys:
        value = q.get(key, [])
        valid = isinstance(value, list) and all(isinstance(v, str) and len(v) <= _LONGEST_NAME for v in value)
        if not valid or len(value) > _MOST_NAMES:
            raise InputError(f"{q.where}: {key!r} must be a list of names of modules")
        entries += value
    return Names(entries, q.where)


def _per_block(bits: float, scale_bits: float, values: int) -> float:
    """Return bits per value with a share of the block's scale. [bit]"""
    return bits + scale_bits / values


def _fp8(q: Keys, method: str) -> Quantised:
    block = q.wholes("weight_block_size", ())
    if block and (len(block) != 2 or min(block) < 1):
        raise InputError(f"{q.where}: 'weight_block_size' must be two whole numbers of at least 1, not {block!r}")
    bits = _per_block(8, 32, block[0] * block[1]) if block else 8.0
    return Quantised(method, ((None, bits),), _names(q, "modules_to_not_convert", "ignored_layers"))


def _mxfp4(q: Keys, method: str) -> Quantised:
    # The experts alone have kernels for it.
    return Quantised(method, ((None, 4.25),), _names(q, "modules_to_not_convert"), only_experts=True)


def _grouped(q: Keys, method: str) -> Quantised:
    """GPTQ, AWQ and AutoRound: each group has a scale of 16 bits and a zero point as wide as a value."""
    bits, size = q.whole("bits", q.get("w_bit", 4), most=16), q.whole("group_size", 128, least=-1)
    if size == 0:
        raise InputError(f"{q.where}: 'group_size' must be at least 1, or -1 for whole rows, not 0")
    stored = _per_block(bits, 16 + bits, size) if size > 0 else float(bits)
    left = _names(q, "modules_to_not_convert")
    special = q.get("extra_config", {})
    if isinstance(special, dict):
        wide = [n for n, v in special.items() if isinstance(v, dict) and v.get("bits", bits) in {16, 32}]
        left = Names([*q.get("modules_to_not_convert", []), *wide], q.where)
    if q.get("modules_in_block_to_quantize") is not None:
        listed = q.get("modules_in_block_to_quantize")
        flat = [n for part in listed for n in (part if isinstance(part, list) else [part])] if listed else []
        return Quantised(method, ((Names([str(n) for n in flat], q.where), stored),), left)
    return Quantised(method, ((None, stored),), left, head=q.flag("lm_head", False))


def _bitsandbytes(q: Keys, method: str) -> Quantised:
    left = _names(q, "llm_int8_skip_modules")
    if not q.flag("load_in_4bit", q.flag("_load_in_4bit", False)):
        return Quantised(f"{method} int8", ((None, 8.0),), left)
    # Each block of 64 has a scale of 32 bits; quantised in turn, of 8 bits and 32 for each 256 of these.
    double = q.flag("bnb_4bit_use_double_quant", False)
    bits = 4 + 8 / 64 + 32 / (64 * 256) if double else _per_block(4, 32, 64)
    return Quantised(f"{method} {q.get('bnb_4bit_quant_type', 'fp4')}", ((None, bits),), left)


# Bits of a value of NVIDIA's algorithms, with its share of the block's scale.
_MODELOPT = {
    "NVFP4": 4.5, "NVFP4_AWQ": 4.5, "W4A16_NVFP4": 4.5, "FP8": 8.0, "FP8_PER_CHANNEL_PER_TOKEN": 8.0,
    "FP8_PB_WO": 8 + 32 / 128**2, "MXFP8": 8.25, "MXFP4": 4.25, "W4A8_MXFP4_FP8": 4.25, "W4A16_AWQ": 4 + 16 / 128,
    "W4A8_AWQ": 4 + 16 / 128, "INT8": 8.0, "W8A8_SQ_PER_CHANNEL": 8.0,
}  # fmt: skip


def _modelopt(q: Keys, method: str) -> Quantised:
    algorithm = str(q.get("quant_algo", ""))
    if algorithm == "MIXED_PRECISION" and q.get("config_groups"):
        return _compressed(q, f"{method} mixed")
    if algorithm not in _MODELOPT:
        raise InputError(
            f"{q.where}: 'quant_algo' {algorithm!r} is not known",
            f"known are {', '.join(_MODELOPT)}; or give the format of all weights with --precision",
        )
    left = _names(q, "ignore", "exclude_modules")
    return Quantised(f"{method} {algorithm}", ((None, _MODELOPT[algorithm]),), left, head=True)


def _compressed(q: Keys, method: str) -> Quantised:
    """Compressed-tensors: groups of modules, each with its own bits; the first that names a module counts."""
    groups = q.get("config_groups")
    if not isinstance(groups, Mapping) or not groups:
        raise InputError(f"{q.where}: 'config_groups' must be an object of at least one group")
    rules = []
    for key, group in groups.items():
        weights = group.get("weights") if isinstance(group, Mapping) else None
        if not isinstance(weights, Mapping):
            raise InputError(f"{q.where}: config_groups: {key!r} must have 'weights', an object")
        w = Keys({**weights, "model_type": q.family}, f"{q.where}: config_groups: {key}: weights")
        g = Keys({**group, "model_type": q.family}, f"{q.where}: config_groups: {key}")
        every = "Linear" in g.get("targets", ["Linear"])
        rules.append(
            (None if every else _names(g, "targets"), _bits_of_group(w, str(g.get("format", q.get("format")))))
        )
    # Named modules come before every module of a class.
    rules.sort(key=lambda rule: rule[0] is None)
    return Quantised(method, tuple(rules), _names(q, "ignore"), head=True)


def _bits_of_group(w: Keys, form: str) -> float:
    bits, size = w.whole("num_bits", 8, most=16), w.optional_whole("group_size")
    # Blocks of floating-point numbers of 4 bits have scales of 8.
    scale = 8 if form.startswith(("nvfp4", "mxfp")) or (w.get("type") == "float" and bits == 4) else 16
    zero = 0 if w.flag("symmetric", True) else bits
    return _per_block(bits, scale + zero, size) if size else float(bits)


def _other_names(name: str) -> list[str]:
    return [name.replace(own, other) for own, others in _OTHER_NAMES.items() if f".{own}" in name for other in others]


_METHODS: dict[str, Callable[[Keys, str], Quantised]] = {
    "auto-round": _grouped,
    "awq": _grouped,
    "bitsandbytes": _bitsandbytes,
    "compressed-tensors": _compressed,
    "fbgemm_fp8": _fp8,
    "fp8": _fp8,
    "gptq": _grouped,
    "modelopt": _modelopt,
    "mxfp4": _mxfp4,
}
