"""A mixture of experts. Symbols: h width of the model, w width of an expert, E experts, k used by each token."""

from __future__ import annotations

from dataclasses import dataclass

from joulewise.counting.config.elementwise import ACTIVATION, SOFTMAX_AND_SCALE
from joulewise.counting.config.feeds.mlp import Mlp


@dataclass(frozen=True)
class Experts:
    """A mixture of experts.

    Parameters
    ----------
    experts, top_k : int
        Number of routed experts, and how many of them each token uses.
    width : int
        Width of one expert.
    gated, bias : bool
        Whether an expert is gated and has biases, as in `Mlp`.
    router_bias : bool
    shared_width : int
        Width of the experts that every token uses, together; 0 if there are none.
    shared_gate : bool
        Whether a scalar gate weighs the shared expert.
    latent_width : int
        Width to which tokens are projected before the routed experts, and back after; 0 where they are not.

    Examples
    --------
    A layer of Mixtral 8x7B: of 8 experts each token uses 2.

    >>> layer = Experts(experts=8, top_k=2, width=14336)
    >>> layer.params(hidden=4096)  # 8 x 3 x 4096 x 14336, and the router's 4096 x 8
    1409318912
    >>> layer.active_params(hidden=4096)  # 2 x 3 x 4096 x 14336, and the router's 4096 x 8
    352354304
    """

    experts: int
    top_k: int
    width: int
    gated: bool = True
    bias: bool = False
    router_bias: bool = False
    shared_width: int = 0
    shared_gate: bool = False
    latent_width: int = 0

    @property
    def kind(self) -> str:
        """Description of the part."""
        return "mixture of experts"

    def params(self, hidden: int) -> int:
        """Return the number of all parameters."""
        return self._params_with(self.experts, hidden)

    def active_params(self, hidden: int) -> int:
        """Return the parameters that one token uses."""
        return self._params_with(self.top_k, hidden)

    def matrices(self, hidden: int) -> dict[str, int]:
        """Return the parameters of router, shared experts and their gate, and projections to the latent width."""
        shared = Mlp(self.shared_width, self.gated).matrices(hidden)
        return {
            "mlp.gate": hidden * self.experts,
            "mlp.shared_expert_gate": hidden * self.shared_gate,
            **{name.replace("mlp.", "mlp.shared_experts."): size for name, size in shared.items()},
            "mlp.fc1_latent_proj": hidden * self.latent_width,
            "mlp.fc2_latent_proj": hidden * self.latent_width,
        }

    def dense_matrix_params(self, hidden: int) -> int:
        """Return the parameters of all matrices but those of routed experts."""
        return sum(self.matrices(hidden).values())

    def routed_matrix_params(self, hidden: int) -> int:
        """Return the parameters of the matrices of all routed experts: 3 h w E if gated, else 2 h w E."""
        return self.experts * self._expert().dense_matrix_params(self.latent_width or hidden)

    def token_macs(self, hidden: int) -> int:
        """Return the multiply-adds of one token: with the parts that every token uses, and with its k experts."""
        routed = self.top_k * self._expert().dense_matrix_params(self.latent_width or hidden)
        return self.dense_matrix_params(hidden) + routed

    def token_elementwise(self, hidden: int) -> int:
        """Return the element-wise operations of one token: activations, the router's softmax, the weighted sum."""
        used = self.top_k * self.width + self.shared_width
        return (ACTIVATION + self.gated) * used + SOFTMAX_AND_SCALE * self.experts + 2 * self.top_k * hidden

    def token_writes(self, hidden: int) -> int:
        """Return the values that the matrix products of one token write."""
        used = self.top_k * self.width + self.shared_width
        outputs = (self.top_k + bool(self.shared_width)) * hidden
        return self.experts + (1 + self.gated) * used + outputs + 2 * self.latent_width

    def expert_params(self, hidden: int) -> int:
        """Return the parameters of one routed expert."""
        return self._expert().params(self.latent_width or hidden)

    def unread_experts(self, tokens: int) -> float:
        """Return the expected number of experts that none of `tokens` tokens selects."""
        return self.experts - self.touched(tokens)

    def touched(self, tokens: int) -> float:
        """Return the expected number of different experts that `tokens` tokens use, each selecting at random.

        Notes
        -----
        :math:`E (1 - (1 - k/E)^T)`. Real routers are less even, so this is an upper bound on average.

        Examples
        --------
        >>> Experts(experts=8, top_k=2, width=1).touched(tokens=2)  # 8 (1 - 0.75^2)
        3.5
        """
        return self.experts * (1 - (1 - self.top_k / self.experts) ** tokens)

    def _expert(self) -> Mlp:
        return Mlp(self.width, self.gated, self.bias)

    def _params_with(self, experts: int, hidden: int) -> int:
        always = self.dense_matrix_params(hidden) + self.experts * self.router_bias
        return always + experts * self.expert_params(hidden)
