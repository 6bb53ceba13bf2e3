"""The costs that every feed-forward part reports."""

from __future__ import annotations

from typing import Protocol


class Feed(Protocol):
    """A feed-forward part, which processes each token separately; `hidden` is always the width of the model.

    A dense part is one expert that every token uses.
    """

    @property
    def kind(self) -> str:
        """Description of the part, e.g. ``mixture of experts``."""

    @property
    def experts(self) -> int:
        """Number of routed experts."""

    @property
    def top_k(self) -> int:
        """Number of routed experts that each token uses."""

    def params(self, hidden: int) -> int:
        """Return the number of all parameters."""

    def active_params(self, hidden: int) -> int:
        """Return the parameters that one token uses."""

    def dense_matrix_params(self, hidden: int) -> int:
        """Return the parameters of matrices that every token is multiplied with."""

    def matrices(self, hidden: int) -> dict[str, int]:
        """Return the parameters of these matrices, by the module's name in checkpoints, e.g. ``mlp.up_proj``."""

    def routed_matrix_params(self, hidden: int) -> int:
        """Return the parameters of the matrices of all routed experts together; 0 for a dense part."""

    def token_macs(self, hidden: int) -> int:
        """Return the multiply-adds of one token."""

    def token_elementwise(self, hidden: int) -> int:
        """Return the element-wise operations of one token."""

    def token_writes(self, hidden: int) -> int:
        """Return the values that the matrix products of one token write."""

    def expert_params(self, hidden: int) -> int:
        """Return the parameters of one routed expert."""

    def unread_experts(self, tokens: int) -> float:
        """Return the expected number of experts that none of `tokens` tokens selects; 0 for a dense part."""
