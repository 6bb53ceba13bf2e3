"""Mamba-2, a state-space layer.

A prompt is processed in whole chunks, with padding, as in the published reference algorithm; later tokens are processed
one at a time. "Needed" leaves out the padding and what the causal mask of a chunk hides.

Symbols: H heads, D width of a head, N width of the state, so that a head keeps N D values; c tokens of a chunk.

References
----------
.. [1] T. Dao, A. Gu, Transformers are SSMs, arXiv:2405.21060, 2024, section 6 (the chunked scan).
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

_STATE_OPERATIONS = 4  # element-wise, on each value of the state: decay, input, their product and sum


@dataclass(frozen=True)
class Mamba2:
    """A state-space layer: each head keeps a state of `head_dim` x `state_dim` values.

    Parameters
    ----------
    heads, head_dim, state_dim : int
    groups : int
        Groups of heads that share the maps into and out of the state.
    kernel : int
        Tokens that the convolution before it sees.
    chunk : int
        Tokens of a prompt that are processed at once.
    bias, conv_bias : bool
        Whether the projections, and the convolution, have a bias.
    wide_state : bool
        Whether an engine keeps the state in 32 bits per value rather than 16.
    """

    heads: int
    head_dim: int
    state_dim: int
    groups: int
    kernel: int
    chunk: int
    bias: bool = False
    conv_bias: bool = True
    wide_state: bool = False

    @property
    def name(self) -> str:
        """Name of the layer in paths."""
        return "mamba"

    @property
    def kind(self) -> str:
        """Description of the layer."""
        return "state space"

    @property
    def serving(self) -> Serving:
        """State and work of the layer in serving."""
        return Serving(
            state_bytes=state_bytes(self.state_values, self._channels * self.kernel, self.wide_state),
            scan_flops_per_token=2 * self.scan_macs(self.chunk)[0] / self.chunk,
        )

    @property
    def _inner(self) -> int:
        return self.heads * self.head_dim

    @property
    def _channels(self) -> int:
        """Channels of the convolution: the input, and the maps into and out of the state."""
        return self._inner + 2 * self.groups * self.state_dim

    @property
    def _recurrent_values(self) -> int:
        return self.heads * self.head_dim * self.state_dim

    @property
    def state_values(self) -> int:
        """Values that one sequence keeps: H D N, and the last tokens of the convolution."""
        return self._channels * self.kernel + self._recurrent_values

    def matrices(self, hidden: int) -> dict[str, int]:
        """Return the parameters of each projection: gate, convolved channels and time steps; and back."""
        return {
            "mixer.in_proj": hidden * (self._inner + self._channels + self.heads),
            "mixer.out_proj": self._inner * hidden,
        }

    def matrix_params(self, hidden: int) -> int:
        """Return the parameters of all projections."""
        return sum(self.matrices(hidden).values())

    def vector_params(self, hidden: int) -> int:
        """Return all other parameters: convolution, norm, decay rates, skips and time biases, and biases."""
        biases = self.bias * (self._inner + self._channels + self.heads + hidden)
        return self._channels * (self.kernel + self.conv_bias) + self._inner + 3 * self.heads + biases

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
        With n chunks [1]_, scores and their use take c^2 (N + D) per chunk and head, the chunk's state and its read-out
        2 c N D, and the pass between chunks (n + 1)^2 N D. Of c^2, c (c + 1) / 2 are needed.
        """
        c, chunks = self.chunk, -(-tokens // self.chunk)
        run, needed = convolution_macs_of_prompt(self._channels, self.kernel, tokens)
        state, width = self.state_dim * self.head_dim, self.state_dim + self.head_dim
        across = 2 * chunks * c * state + (chunks + 1) ** 2 * state
        return (
            run + self.heads * (chunks * c * c * width + across),
            needed + self.heads * (chunks * (c * (c + 1) // 2) * width + across),
        )

    def step_macs(self) -> tuple[int, int]:
        """Return the multiply-adds of one token that follows, without projections: as run, and as needed.

        The read-out of the state is a product, its update element-wise.
        """
        run, needed = convolution_macs_of_step(self._channels, self.kernel)
        return run + self._recurrent_values, needed + self._recurrent_values

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
