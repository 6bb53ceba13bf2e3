"""The closed forms of layers that keep a state instead of a cache: Mamba-2 and gated delta nets.

A prompt is taken through in chunks, padded to whole ones, as the published reference algorithms do; then
one token at a time. "Needed" leaves out the padding and what a chunk's causal mask hides.

References
----------
.. [1] T. Dao, A. Gu, Transformers are SSMs, arXiv:2405.21060, 2024, section 6 (the chunked scan).
.. [2] S. Yang et al., Gated Delta Networks, arXiv:2412.06464, 2024 (the chunked delta rule).
"""

from __future__ import annotations

from joulewise.counting.config.elementwise import ACTIVATION, NORM
from joulewise.counting.config.spec import DeltaNet, Mamba2


def matrix(mixer: Mamba2 | DeltaNet, hidden: int) -> int:
    """Return the parameters of the projections; each token meets each of them once."""
    if isinstance(mixer, Mamba2):
        inner = mixer.heads * mixer.head_dim
        return hidden * (inner + conv_channels(mixer) + mixer.heads) + inner * hidden
    values = mixer.value_heads * mixer.value_dim
    return hidden * (2 * mixer.key_heads * mixer.key_dim + 2 * values + 2 * mixer.value_heads) + values * hidden


def vectors(mixer: Mamba2 | DeltaNet, hidden: int) -> int:
    """Return the other parameters: convolution, decay rates, norms, biases."""
    channels = conv_channels(mixer)
    if isinstance(mixer, DeltaNet):
        return channels * mixer.kernel + mixer.value_dim + 2 * mixer.value_heads
    inner = mixer.heads * mixer.head_dim
    biases = mixer.bias * (inner + channels + mixer.heads + hidden)
    return channels * (mixer.kernel + mixer.conv_bias) + inner + 3 * mixer.heads + biases


def conv_channels(mixer: Mamba2 | DeltaNet) -> int:
    """Return the channels of the short convolution, each by itself."""
    if isinstance(mixer, Mamba2):
        return mixer.heads * mixer.head_dim + 2 * mixer.groups * mixer.state_dim
    return 2 * mixer.key_heads * mixer.key_dim + mixer.value_heads * mixer.value_dim


def scan_macs(mixer: Mamba2 | DeltaNet, tokens: int) -> tuple[int, int]:
    """Return multiply-adds of a prompt of one sequence, projections aside: as run, and as needed.

    Notes
    -----
    With n chunks of c tokens, a head of width D and a state of N x D [1]_: scores and their use
    c^2 (N + D) a chunk, the chunk's state and its read-out 2 c N D, the pass between chunks
    (n + 1)^2 N D. The delta rule [2]_ with keys of K and values of V: two score matrices 2 c^2 K, their use
    c^2 V, reading and writing the state 3 c K V, and the solution of its triangular systems by substitution,
    c^2 (K + V) / 2.
    """
    channels, c = conv_channels(mixer), mixer.chunk
    chunks = -(-tokens // c)
    # The convolution is padded at both ends, and a prompt shorter than it up to its length.
    full = channels * mixer.kernel * (max(tokens, mixer.kernel) + mixer.kernel - 1)
    needed = channels * mixer.kernel * tokens
    square, half = c * c, c * (c + 1) // 2
    if isinstance(mixer, Mamba2):
        state, width = mixer.state_dim * mixer.head_dim, mixer.state_dim + mixer.head_dim
        across = 2 * chunks * c * state + (chunks + 1) ** 2 * state
        return (
            full + mixer.heads * (chunks * square * width + across),
            needed + mixer.heads * (chunks * half * width + across),
        )
    width = 2 * mixer.key_dim + mixer.value_dim
    rest = 3 * c * mixer.key_dim * mixer.value_dim + square * (mixer.key_dim + mixer.value_dim) // 2
    return (
        full + mixer.value_heads * chunks * (square * width + rest),
        needed + mixer.value_heads * chunks * (half * width + rest),
    )


def step_macs(mixer: Mamba2 | DeltaNet) -> tuple[int, int]:
    """Return multiply-adds of one token that follows, projections aside: as run, and as needed.

    The delta rule's step is element-wise, as is the update of Mamba-2's state; its read-out is a product.
    """
    conv = conv_channels(mixer) * mixer.kernel
    read_out = mixer.heads * mixer.state_dim * mixer.head_dim if isinstance(mixer, Mamba2) else 0
    # The convolution over the kept tokens and the new one gives a second position, which is dropped.
    return 2 * conv + read_out, conv + read_out


def state_values(mixer: Mamba2 | DeltaNet) -> int:
    """Return the values that one sequence's state holds, the convolution's last tokens included."""
    return conv_channels(mixer) * mixer.kernel + _state(mixer)


def _state(mixer: Mamba2 | DeltaNet) -> int:
    if isinstance(mixer, Mamba2):
        return mixer.heads * mixer.head_dim * mixer.state_dim
    return mixer.value_heads * mixer.key_dim * mixer.value_dim


def token_elementwise(mixer: Mamba2 | DeltaNet) -> int:
    """Return the element-wise operations of one token: convolution's activation, gate, norm, decay and update."""
    if isinstance(mixer, Mamba2):
        inner, per_state = mixer.heads * mixer.head_dim, 4
    else:
        inner, per_state = mixer.value_heads * mixer.value_dim, 7
    return conv_channels(mixer) * ACTIVATION + inner * (ACTIVATION + 1 + NORM) + per_state * _state(mixer)


def token_writes(mixer: Mamba2 | DeltaNet, hidden: int) -> int:
    """Return the values that the projections of one token write."""
    inner = mixer.heads * mixer.head_dim if isinstance(mixer, Mamba2) else mixer.value_heads * mixer.value_dim
    return 2 * inner + conv_channels(mixer) + hidden
