"""Costs that layers with a state instead of a cache share: a short convolution, and traffic of the state.

The convolution is depthwise: each channel sees its own last `kernel` tokens.
"""

from __future__ import annotations

from joulewise.counting.config.work import Work


def convolution_macs_of_prompt(channels: int, kernel: int, tokens: int) -> tuple[int, int]:
    """Return the multiply-adds of the short convolution over a prompt: as run, and as needed.

    It is padded at both ends, and a prompt shorter than the kernel is padded to its length.

    >>> convolution_macs_of_prompt(channels=10, kernel=4, tokens=100)  # 10 x 4 x (100 + 3), and 10 x 4 x 100
    (4120, 4000)
    """
    per_token = channels * kernel
    return per_token * (max(tokens, kernel) + kernel - 1), per_token * tokens


def convolution_macs_of_step(channels: int, kernel: int) -> tuple[int, int]:
    """Return the multiply-adds of the short convolution for one token that follows: as run, and as needed.

    The convolution over the kept tokens and the new one gives a second position, which is dropped.
    """
    return 2 * channels * kernel, channels * kernel


def recurrent_work(macs: tuple[int, int], state_values: int, cached: int, passes: int) -> Work:
    """Return multiply-adds, as run and as needed, with the traffic of a state.

    Each pass reads the state, where there already is one, and writes it; the result is read once more, like every
    result of a product.
    """
    written = passes * state_values
    return Work(
        macs=macs[0],
        macs_needed=macs[1],
        values_read=written * (cached > 0) + written,
        values_written=written,
    )


def state_bytes(state_values: int, convolution_values: int, wide: bool) -> int:
    """Return the bytes of one sequence's state: 16 bits per value, or 32 where the model keeps it `wide`.

    The last tokens of the convolution stay at 16 bits. [B]
    """
    return 2 * convolution_values + (4 if wide else 2) * (state_values - convolution_values)
