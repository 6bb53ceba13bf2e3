"""Gated delta nets.

A prompt is processed in whole chunks, with padding, as in the published reference algorithm; later tokens are processed
one at a time. "Needed" leaves out the padding and what the causal mask of a chunk hides.

Symbols: H value heads, K width of a key, V width of a value, so that a head keeps K V values; c tokens of a chunk.

References
----------
.. [1] S. Yang et al., Gated Delta Networks, arXiv:2412.06464, 2024 (the chunked delta rule).
"""

from __future__ import annotations

from dataclasses import dataclass

from joulewise.counting.config.elementwise import ACTIVATION, NORM
from joulewise.counting.config.mixers.mixer import Serving
from joulewise.counting.config.mixers.recurrence import (
    convolution_macs_of_prompt,
    convolution_macs_of_step,
    recurrent_work,
    state_bytes,
)
from joulewise.counting.config.work import Work

_STATE_OPERATIONS = 7  # element-wise, on each value of the state: decay, recall, correction and read-out


@dataclass(frozen=True)
class DeltaNet:
    """A gated delta net: each value head keeps a state of `key_dim` x `value_dim` values.

    Parameters
    ----------
    key_heads, key_dim, value_heads, value_dim : int
    kernel : int
        Tokens that the convolution before it sees.
    chunk : int
        Tokens of a prompt that are processed at once.
    wide_state : bool
        Whether an engine keeps the state in 32 bits per value rather than 16.
    """

    key_heads: int
    key_dim: int
    value_heads: int
    value_dim: int
    kernel: int
    chunk: int = 64
    wide_state: bool = False

    @property
    def name(self) -> str:
        """Name of the layer in paths."""
        return "delta_net"

    @property
    def kind(self) -> str:
        """Description of the layer."""
        return "gated delta net"

    @property
    def serving(self) -> Serving:
        """State and work of the layer in serving."""
        return Serving(
            state_bytes=state_bytes(self.state_values, self._channels * self.kernel, self.wide_state),
            scan_flops_per_token=2 * self.scan_macs(self.chunk)[0] / self.chunk,
        )

    @property
    def _inner(self) -> int:
        return self.value_heads * self.value_dim

    @property
    def _channels(self) -> int:
        """Channels of the convolution: queries, keys and values."""
        return 2 * self.key_heads * self.key_dim + self._inner

    @property
    def _recurrent_values(self) -> int:
        return self.value_heads * self.key_dim * self.value_dim

    @property
    def state_values(self) -> int:
        """Values that one sequence keeps: H K V, and the last tokens of the convolution."""
        return self._channels * self.kernel + self._recurrent_values

    def matrices(self, hidden: int) -> dict[str, int]:
        """Return the parameters of each projection: queries, keys, values and output gate; decay and rate; and back."""
        return {
            "linear_attn.in_proj_qkvz": hidden * (self._channels + self._inner),
            "linear_attn.in_proj_ba": hidden * 2 * self.value_heads,
            "linear_attn.out_proj": self._inner * hidden,
        }

    def matrix_params(self, hidden: int) -> int:
        """Return the parameters of all projections."""
        return sum(self.matrices(hidden).values())

    def vector_params(self, hidden: int) -> int:
        """Return all other parameters: convolution, norm, decay rates and time biases."""
        del hidden
        return self._channels * self.kernel + self.value_dim + 2 * self.value_heads

    def token_elementwise(self) -> int:
        """Return the element-wise operations of one token: convolution's activation, gate, norm, decay and update."""
        gate_and_norm = self._inner * (ACTIVATION + 1 + NORM)
        return self._channels * ACTIVATION + gate_and_norm + _STATE_OPERATIONS * self._recurrent_values

    def token_writes(self, hidden: int) -> int:
        """Return the values that the projections of one token write."""
        return 2 * self._inner + self._channels + hidden

    def scan_macs(self, tokens: int) -> tuple[int, int]:
        """Return the multiply-adds of a prompt of one sequence, without projections: as run, and as needed.

        Notes
        -----
        Each chunk and head takes [1]_ two score matrices 2 c^2 K, their use c^2 V, reading and writing the state
        3 c K V, and the solution of its triangular systems by substitution, c^2 (K + V) / 2. Of the first
        c^2, c (c + 1) / 2 are needed.
        """
        c, chunks = self.chunk, -(-tokens // self.chunk)
        run, needed = convolution_macs_of_prompt(self._channels, self.kernel, tokens)
        width = 2 * self.key_dim + self.value_dim
        rest = 3 * c * self.key_dim * self.value_dim + c * c * (self.key_dim + self.value_dim) // 2
        return (
            run + self.value_heads * chunks * (c * c * width + rest),
            needed + self.value_heads * chunks * (c * (c + 1) // 2 * width + rest),
        )

    def step_macs(self) -> tuple[int, int]:
        """Return the multiply-adds of one token that follows: as run, and as needed; the delta rule is element-wise."""
        return convolution_macs_of_step(self._channels, self.kernel)

    def mixing(self, cached: int, new: int, passes: int = 1) -> Work:
        """Return the work of the scan, or of steps where there already is a state."""
        if cached:
            run, needed = self.step_macs()
            macs = run * new * passes, needed * new * passes
        else:
            macs = self.scan_macs(new)
        return recurrent_work(macs, self.state_values, cached, passes)

    def kept_values(self, tokens: int) -> int:
        """Return the values of the state, whatever the number of tokens."""
        del tokens
        return self.state_values
