"""What every layer that mixes tokens can say of its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from joulewise.counting.config.work import Work


@dataclass(frozen=True)
class Serving:
    """What one layer keeps and computes while a sequence is served; what a layer lacks is 0.

    Parameters
    ----------
    cache_values_per_token : int
        Values that each token leaves in the cache.
    cache_heads : int
        Heads among which the cache can be split; 1 where it cannot.
    pair_macs : int
        Multiply-adds of one query with one cached key, all heads together: score and output.
    window : int or None
        Number of latest tokens that a query sees, where not all.
    state_bytes : int
        Size of the state that one sequence keeps, whatever its length. [B]
    scan_flops_per_token : float
        FLOPs of one prompt token, projections aside, where a state stands in for the cache. [FLOP]
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
        """What the layer keeps and computes while a sequence is served."""

    def matrix_params(self, hidden: int) -> int:
        """Return the parameters of the projections; each token is multiplied with each of them once."""

    def vector_params(self, hidden: int) -> int:
        """Return all other parameters: biases, norms, convolutions, decay rates, sinks."""

    def token_elementwise(self) -> int:
        """Return the element-wise operations of one token, those of `vector_params` and of `mixing` aside."""

    def token_writes(self, hidden: int) -> int:
        """Return the values that the projections of one token write."""

    def mixing(self, cached: int, new: int, passes: int = 1) -> Work:
        """Return the work between the tokens of one sequence, projections aside.

        Parameters
        ----------
        cached : int
            Tokens that went before the first pass.
        new : int
            Tokens of each pass; 1 where there are several passes.
        passes : int
        """

    def kept_values(self, tokens: int) -> int:
        """Return the values that the cache or the state of one sequence holds after `tokens` tokens."""
