"""Softmax attention: grouped, latent, windowed or over blocks.

Symbols: H query heads, G key-value heads, d width of a query and key, v width of a value, h width of the model.

References
----------
.. [1] J. Kaplan et al., Scaling Laws for Neural Language Models, arXiv:2001.08361, 2020, Table 1 (FLOPs of a layer;
   it counts attention at the causal average, here it is given in full and as needed).
.. [2] J. Ainslie et al., GQA, arXiv:2305.13245, 2023 (fewer key-value heads than query heads).
.. [3] DeepSeek-AI, DeepSeek-V2, arXiv:2405.04434, 2024, section 2.1 (multi-head latent attention).
"""

from __future__ import annotations

from dataclasses import dataclass

from joulewise.counting.config.elementwise import ACTIVATION, ROTARY, SOFTMAX_AND_SCALE
from joulewise.counting.config.mixers.mixer import Serving
from joulewise.counting.config.work import Work


@dataclass(frozen=True)
class Latent:
    """Multi-head latent attention: queries and keys through narrow latents, part of each head rotated.

    `query_rank` is 0 where queries are projected at once.
    """

    query_rank: int
    kv_rank: int
    nope_dim: int
    rope_dim: int


@dataclass(frozen=True)
class Attention:
    """Self-attention.

    Parameters
    ----------
    heads, kv_heads : int
        Query heads, and heads of keys and values.
    head_dim, value_dim : int
        Width of a head's queries and keys, and of its values.
    window : int or None
        Largest number of keys that a query sees; also the chunk of chunked attention.
    causal : bool
    qkv_bias, out_bias : bool
    norm_params : int
        Parameters of norms on queries and keys.
    extra_params : int
        Parameters of sinks and the like.
    rotary : bool
        Whether queries and keys are rotated (element-wise work).
    latent : Latent or None
    output_gate : bool
        Whether a gate as wide as the queries, projected together with them, weighs the output.
    block_pairs : int or None
        Query-key pairs of one sequence and head, where tokens see only those of their own block.

    Examples
    --------
    A layer of Llama 3.1 8B, of width 4096: queries and output of 32 heads, keys and values of 8:

    >>> layer = Attention(heads=32, kv_heads=8, head_dim=128, value_dim=128)
    >>> layer.matrix_params(hidden=4096)  # 2 (32 + 8) 128 x 4096
    41943040
    >>> layer.cache_values_per_token  # 2 x 8 x 128
    2048
    >>> layer.pairs(cached=0, new=4)  # 4 x 4, and 1 + 2 + 3 + 4
    (16, 10)
    """

    heads: int
    kv_heads: int
    head_dim: int
    value_dim: int
    window: int | None = None
    causal: bool = True
    qkv_bias: bool = False
    out_bias: bool = False
    norm_params: int = 0
    extra_params: int = 0
    rotary: bool = True
    latent: Latent | None = None
    output_gate: bool = False
    block_pairs: int | None = None

    @property
    def name(self) -> str:
        """Name of the layer in paths."""
        return "attention"

    @property
    def kind(self) -> str:
        """Description of the layer, with its window."""
        return "attention" if self.window is None else f"attention, window {self.window}"

    @property
    def serving(self) -> Serving:
        """Cache and work of the layer in serving; a cache of latents cannot be split."""
        return Serving(
            cache_values_per_token=self.cache_values_per_token,
            cache_heads=1 if self.latent else self.kv_heads,
            pair_macs=self.pair_macs(decoding=True),
            window=self.window,
        )

    @property
    def cache_values_per_token(self) -> int:
        """Values that one token leaves in the cache: G (d + v), or the latent and the rotated part of [3]_."""
        if self.latent is not None:
            return self.latent.kv_rank + self.latent.rope_dim
        return self.kv_heads * (self.head_dim + self.value_dim)

    def matrices(self, hidden: int) -> dict[str, int]:
        """Return the parameters of each projection: h (H d + G (d + v) + H v) in all [2]_.

        Latent attention [3]_ of ranks q and c, with n plain and r rotated dimensions a head, has
        (h + H d) q for the queries, h (c + r) + c H (n + v) for keys and values, and H v h for the output.
        An output gate is one more matrix of H v h.
        """
        out = self.heads * self.value_dim * hidden
        queries = hidden * self.heads * self.head_dim + out * self.output_gate
        if self.latent is None:
            return {
                "self_attn.q_proj": queries,
                "self_attn.k_proj": hidden * self.kv_heads * self.head_dim,
                "self_attn.v_proj": hidden * self.kv_heads * self.value_dim,
                "self_attn.o_proj": out,
            }
        m = self.latent
        narrow = {
            "self_attn.q_a_proj": hidden * m.query_rank,
            "self_attn.q_b_proj": m.query_rank * self.heads * self.head_dim + out * self.output_gate,
        }
        return {
            **(narrow if m.query_rank else {"self_attn.q_proj": queries}),
            "self_attn.kv_a_proj_with_mqa": hidden * (m.kv_rank + m.rope_dim),
            "self_attn.kv_b_proj": m.kv_rank * self.heads * (m.nope_dim + self.value_dim),
            "self_attn.o_proj": out,
        }

    def matrix_params(self, hidden: int) -> int:
        """Return the parameters of all projections."""
        return sum(self.matrices(hidden).values())

    def vector_params(self, hidden: int) -> int:
        """Return all other parameters: norms, sinks, and where it has them H d + G (d + v) and h biases."""
        if self.latent is None:
            biases = self.heads * self.head_dim + self.kv_heads * (self.head_dim + self.value_dim)
        else:
            biases = self.latent.query_rank + self.latent.kv_rank + self.latent.rope_dim
        return self.norm_params + self.extra_params + biases * self.qkv_bias + hidden * self.out_bias

    def token_elementwise(self) -> int:
        """Return the element-wise operations of one token: rotation of queries and keys, and the output gate."""
        rotated = self.latent.rope_dim if self.latent else self.head_dim
        rotation = ROTARY * rotated * (self.heads + self.kv_heads) * self.rotary
        return rotation + (ACTIVATION + 1) * self.heads * self.value_dim * self.output_gate

    def token_writes(self, hidden: int) -> int:
        """Return the values that the projections of one token write."""
        queries_and_output = self.heads * (self.head_dim + self.value_dim * (1 + self.output_gate))
        return queries_and_output + self.cache_values_per_token + hidden

    def pair_macs(self, decoding: bool) -> int:
        """Return the multiply-adds of one query-key pair, all heads: H (d + v), the score and its part of the output.

        With a cache of latents a decoding step works on these at once (the "absorbed" form of [3]_): scores over
        the latent and the rotated part, output over the latent, H (2 c + r). A prompt's keys are expanded.
        """
        if decoding and self.latent is not None:
            return self.heads * (2 * self.latent.kv_rank + self.latent.rope_dim)
        return self.heads * (self.head_dim + self.value_dim)

    def pairs(self, cached: int, new: int) -> tuple[int, int]:
        """Return the query-key pairs of one sequence and head: in full, and as a causal mask needs them.

        In full, each of the `new` queries is compared with every key, `cached` and new, or with the `window` where
        there is one; as needed, only with those before it.
        """
        if self.block_pairs is not None:
            return self.block_pairs, self.block_pairs
        keys = cached + new
        full = new * (min(keys, self.window) if self.window else keys)
        if not self.causal:
            return full, full
        return full, sum_of_lengths(cached + 1, keys, self.window)

    def mixing(self, cached: int, new: int, passes: int = 1) -> Work:
        """Return the work of all query-key pairs of one sequence; each pass reads the cache once."""
        if passes == 1:
            full, needed = self.pairs(cached, new)
        else:  # one token a pass, which sees what is needed and no more
            full = needed = sum_of_lengths(cached + 1, cached + passes, self.window)
        macs_per_pair = self.pair_macs(decoding=cached > 0)
        keys_read = sum_of_lengths(cached + new, cached + new + passes - 1, self.window)
        return Work(
            macs=macs_per_pair * full,
            macs_needed=macs_per_pair * needed,
            elementwise=SOFTMAX_AND_SCALE * self.heads * full,
            values_read=self.cache_values_per_token * keys_read,
        )

    def kept_values(self, tokens: int) -> int:
        """Return the values in the cache of one sequence after `tokens` tokens, or after the window's."""
        return self.cache_values_per_token * min(tokens, self.window or tokens)


def sum_of_lengths(first: int, last: int, window: int | None) -> int:
    """Return the sum of all whole numbers from `first` to `last`, each cut to `window`.

    >>> sum_of_lengths(3, 6, window=None)  # 3 + 4 + 5 + 6
    18
    >>> sum_of_lengths(3, 6, window=4)  # 3 + 4 + 4 + 4
    15
    """
    if last < first:
        return 0
    if window is None or last <= window:
        return (first + last) * (last - first + 1) // 2
    if first > window:
        return window * (last - first + 1)
    return (first + window) * (window - first + 1) // 2 + window * (last - window)
