"""A dense feed-forward part. Symbols: h width of the model, w width of the part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from joulewise.counting.config.elementwise import ACTIVATION


@dataclass(frozen=True)
class Mlp:
    """A dense feed-forward part, gated (three matrices) or plain (two).

    Examples
    --------
    A layer of Llama 3.1 8B:

    >>> Mlp(width=14336, gated=True).params(hidden=4096)  # 3 x 4096 x 14336
    176160768
    """

    width: int
    gated: bool
    bias: bool = False

    experts: ClassVar[int] = 1
    top_k: ClassVar[int] = 1

    @property
    def kind(self) -> str:
        """Description of the part."""
        return "mlp"

    def params(self, hidden: int) -> int:
        """Return the number of all parameters: 3 h w or 2 h w, and biases."""
        return self.dense_matrix_params(hidden) + self._biases(hidden)

    def active_params(self, hidden: int) -> int:
        """Return the parameters that one token uses: all of them."""
        return self.params(hidden)

    def matrices(self, hidden: int) -> dict[str, int]:
        """Return the parameters of each matrix."""
        names = ("gate_proj", "up_proj", "down_proj") if self.gated else ("up_proj", "down_proj")
        return {f"mlp.{name}": hidden * self.width for name in names}

    def dense_matrix_params(self, hidden: int) -> int:
        """Return the parameters of the matrices: 3 h w if gated, else 2 h w."""
        return (2 + self.gated) * hidden * self.width

    def routed_matrix_params(self, hidden: int) -> int:
        """Return 0: nothing is routed."""
        del hidden
        return 0

    def token_macs(self, hidden: int) -> int:
        """Return the multiply-adds of one token, one for each parameter of a matrix."""
        return self.dense_matrix_params(hidden)

    def token_elementwise(self, hidden: int) -> int:
        """Return the element-wise operations of one token: activation, gate, biases."""
        return (ACTIVATION + self.gated) * self.width + self._biases(hidden)

    def token_writes(self, hidden: int) -> int:
        """Return the values that the matrix products of one token write."""
        return (1 + self.gated) * self.width + hidden

    def expert_params(self, hidden: int) -> int:
        """Return the parameters of the only expert: all of them."""
        return self.params(hidden)

    def unread_experts(self, tokens: int) -> float:
        """Return 0: every pass reads all parameters."""
        del tokens
        return 0.0

    def _biases(self, hidden: int) -> int:
        return ((1 + self.gated) * self.width + hidden) * self.bias
