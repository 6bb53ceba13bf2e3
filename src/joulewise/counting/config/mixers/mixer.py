"""The costs that every layer that mixes tokens reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from joulewise.counting.config.work import Work


@dataclass(frozen=True)
class Serving:
    """Cache, state and work of one layer in serving; a quantity that a layer lacks is 0.

    Parameters
    ----------
    cache_values_per_token : int
        Values that each token leaves in the cache.
    cache_heads : int
        Heads among which the cache can be split; 1 where it cannot.
    pair_macs : int
        Multiply-adds of one query with one cached key, all heads together: score and output.
    window : int or None
        Number of most recent tokens that a query sees, where it does not see all.
    state_bytes : int
        Size of the state that one sequence keeps, whatever its length. [B]
    scan_flops_per_token : float
        FLOPs of one prompt token, without projections, in a layer with a state instead of a cache. [FLOP]
    """

    cache_values_per_token: int = 0
    cache_heads: int = 1
    pair_macs: int = 0
    window: int | None = None
    state_bytes: int = 0
    scan_flops_per_token: float = 0.0


class Mixer(Protocol):
    """A layer that mixes the tokens of a sequence; `hidden` is always the width of the model.

    A new kind of layer is a frozen dataclass with these members in a file of its own, and a family that reads it.
    """

    @property
    def name(self) -> str:
        """Name of the layer in paths, e.g. ``attention``."""

    @property
    def kind(self) -> str:
        """Description of the layer, e.g. ``attention, window 4096``."""

    @property
    def serving(self) -> Serving:
        """Cache, state and work of the layer in serving."""

    def matrices(self, hidden: int) -> dict[str, int]:
        """Return the parameters of each projection, by the module's name in checkpoints, e.g. ``self_attn.q_proj``."""

    def matrix_params(self, hidden: int) -> int:
        """Return the parameters of the projections; each token is multiplied with each of them once."""

    def vector_params(self, hidden: int) -> int:
        """Return all other parameters: biases, norms, convolutions, decay rates, sinks."""

    def token_elementwise(self) -> int:
        """Return the element-wise operations of one token, without those of `vector_params` and of `mixing`."""

    def token_writes(self, hidden: int) -> int:
        """Return the values that the projections of one token write."""

    def mixing(self, cached: int, new: int, passes: int = 1) -> Work:
        """Return the work between the tokens of one sequence, without projections.

        Parameters
        ----------
        cached : int
            Tokens before the first pass.
        new : int
            Tokens of each pass; 1 where there are several passes.
        passes : int
        """

    def kept_values(self, tokens: int) -> int:
        """Return the values that the cache or the state of one sequence holds after `tokens` tokens."""
