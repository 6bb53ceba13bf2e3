"""FLOPs of a scaled network, from those of the network it was scaled from.

References
----------
.. [1] M. Tan and Q. V. Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, 2019.
.. [2] Desislavov et al., Compute and Energy Consumption Trends in Deep Learning Inference, 2021, appendix.
"""

from __future__ import annotations

from joulewise.errors import InputError


def scale_cnn_flops(
    flops: float, *, width_ratio: float = 1.0, depth_ratio: float = 1.0, resolution_ratio: float = 1.0
) -> float:
    """Return the FLOPs of a convolutional network scaled in width, depth and resolution.

    Parameters
    ----------
    flops : float
        FLOPs of the network it was scaled from. [FLOP]
    width_ratio, depth_ratio, resolution_ratio : float
        Channels, layers and side of the input image, relative to that network.

    Returns
    -------
    float
        [FLOP]

    Raises
    ------
    InputError
        If an argument is not positive.

    Notes
    -----
    The work of a convolution is proportional to its input and output channels and to the area of its output, so

    .. math:: \\mathrm{FLOPs} \\propto d \\, w^2 r^2

    (Eq. 3 of [2]_, after [1]_). Eq. 4 of [2]_ applies it to EfficientNet-L2. It ignores that stem and
    head do not scale with depth: a count of EfficientNet-L2 at 800 px is 9% lower.

    Examples
    --------
    NoisyStudent-L2 from EfficientNet-B7:

    >>> ratios = {"width_ratio": 4.3 / 2, "depth_ratio": 5.3 / 3.1, "resolution_ratio": 800 / 600}
    >>> round(scale_cnn_flops(74e9, **ratios) / 1e9)
    1040
    """
    _require_positive(flops=flops, width_ratio=width_ratio, depth_ratio=depth_ratio, resolution_ratio=resolution_ratio)
    return flops * depth_ratio * width_ratio**2 * resolution_ratio**2


def scale_transformer_flops(flops: float, *, resolution_ratio: float) -> float:
    """Return the FLOPs of a vision transformer at another resolution, by the paper's rule.

    Parameters
    ----------
    flops : float
        At the known resolution. [FLOP]
    resolution_ratio : float
        Side of the new input image over that of the old.

    Notes
    -----
    .. math:: \\mathrm{FLOPs} \\propto r^2

    The number of tokens is proportional to the area of the image, and so is the work of projections and MLP. The work
    of attention scores is proportional to its square, which the rule leaves out; see `transformer_flops_from_two`.
    """
    _require_positive(flops=flops, resolution_ratio=resolution_ratio)
    return flops * resolution_ratio**2


def transformer_flops_from_two(tokens: float, known: tuple[tuple[float, float], tuple[float, float]]) -> float:
    """Return a transformer's FLOPs at a number of tokens, from its FLOPs at two others.

    Parameters
    ----------
    tokens : float
        Input tokens (patches, for an image).
    known : pair of (tokens, flops)
        Two points of the same network.

    Returns
    -------
    float
        [FLOP]

    Raises
    ------
    InputError
        If an argument is not positive, or both points have the same number of tokens.

    Notes
    -----
    Exact for a transformer without class token: every layer takes :math:`a n + b n^2` FLOPs for
    :math:`n` tokens, the second term being the attention scores and their product with the values.

    Examples
    --------
    ViT-G/14 at 518 px (37 x 37 patches) from 224 px (16 x 16) and 384 px (27 x 27); a count of the
    network gives 5645:

    >>> round(transformer_flops_from_two(37**2, ((16**2, 965.3e9), (27**2, 2859.9e9))) / 1e9)
    5653
    """
    (n1, f1), (n2, f2) = known
    _require_positive(tokens=tokens, tokens_1=n1, flops_1=f1, tokens_2=n2, flops_2=f2)
    if n1 == n2:
        raise InputError("two points with the same number of tokens do not determine how FLOPs grow with tokens")
    b = (f2 / n2 - f1 / n1) / (n2 - n1)
    a = f1 / n1 - b * n1
    return a * tokens + b * tokens**2


def _require_positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise InputError(f"{name} must be above zero, not {value}")
