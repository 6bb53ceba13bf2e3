"""Times that make up the generation of a batch of images or videos by a denoiser, and the work of decoding its latents.

Shares, volumes and the host's times are fitted to measurements [2]_; `parameters` has each with its prior.

References
----------
.. [1] J. Fang et al., "xDiT: an Inference Engine for Diffusion Transformers (DiTs) with Massive Parallelism",
   arXiv 2411.01738, 2024: sequences split over accelerators by heads or with keys and values going round a ring.
.. [2] J.-W. Chung et al., "The ML.ENERGY Benchmark: Toward Automated Inference Energy Measurement and Optimization",
   arXiv 2505.06371, 2025.
"""

from __future__ import annotations

import numpy as np

from joulewise.energy.physics import Floats, Numeric

_MEGAPIXEL = 2.0**20


def compute_time(
    passes: Numeric,
    product_flops: Numeric,
    product_share: Numeric,
    attention_flops: Numeric,
    attention_share: Numeric,
    n: Numeric,
    peak_flops_per_s: Numeric,
    speed: Numeric,
) -> Floats:
    """Return the time of a step's arithmetic, split evenly over the accelerators. [s]

    Parameters
    ----------
    passes : float or array
        Passes of the denoiser in a step, over the whole batch and with guidance, m. [1]
    product_flops, attention_flops : float or array
        Work of one pass in products or convolutions, C_p, and in attention, C_a. [FLOPs]
    product_share, attention_share : float or array
        Shares of the peak that are achieved in either, e_p and e_a. [1]
    n : float or array
        Accelerators. [1]
    peak_flops_per_s : float or array
        Peak rate of one accelerator, F. [FLOP/s]
    speed : float or array
        Achieved rates of this design of chip and engine, relative to the measured reference, g. [1]

    Notes
    -----
    .. math:: t = \\frac{m (C_p / e_p + C_a / e_a)}{n F g}

    Examples
    --------
    Two passes of 4e12 FLOPs at half and 1e12 at a quarter of 1 PFLOP/s, on two accelerators: 2 x 12e12 / 2e15.

    >>> float(compute_time(2.0, 4e12, 0.5, 1e12, 0.25, 2.0, 1e15, 1.0))
    0.012
    """
    compute_s = passes * (product_flops / product_share + attention_flops / attention_share)
    return np.asarray(compute_s / (n * peak_flops_per_s * speed))


def repetition(unsplit: Numeric, pixels: Numeric, n: Numeric) -> Floats:
    """Return by how much the arithmetic of a step grows because accelerators repeat what is not split. [1]

    Parameters
    ----------
    unsplit : float or array
        Share of the work on an image of one megapixel (2^20 pixels) that each accelerator repeats, u. [1]
    pixels : float or array
        Pixels of an image, or of all frames of a video, A. [1]
    n : float or array
        Accelerators. [1]

    Notes
    -----
    .. math:: r = 1 + u \\frac{2^{20}}{A} (n - 1)

    Text and conditioning are not split: the longer the sequence of the image, the less they are of the whole.

    Examples
    --------
    >>> float(repetition(0.25, 2.0**21, 3.0))
    1.25
    """
    return np.asarray(1 + unsplit * _MEGAPIXEL / pixels * (n - 1))


def activations_time(
    passes: Numeric,
    activation_bytes: Numeric,
    n: Numeric,
    bandwidth_bytes_per_s: Numeric,
    share: Numeric,
    speed: Numeric,
) -> Floats:
    """Return the time to move activations between operations in a step. [s]

    Parameters
    ----------
    passes, n, speed : float or array
        As for `compute_time`: m, n and g.
    activation_bytes : float or array
        Moved in one pass, Q. [B]
    bandwidth_bytes_per_s : float or array
        Bandwidth of one accelerator's memory, W. [B/s]
    share : float or array
        Share of the bandwidth that is achieved, e. [1]

    Notes
    -----
    .. math:: t = \\frac{m Q}{n W e g}

    Examples
    --------
    >>> float(activations_time(2.0, 1e10, 2.0, 1e12, 0.5, 0.8))
    0.025
    """
    return np.asarray(passes * activation_bytes / (n * bandwidth_bytes_per_s * share * speed))


def exchange_time(
    passes: Numeric,
    activation_bytes: Numeric,
    n: Numeric,
    ring: Numeric,
    link_bytes_per_s: Numeric,
    split_volume: Numeric,
    ring_volume: Numeric,
) -> Floats:
    """Return the time of a step's exchanges between accelerators; zero on a single one. [s]

    Parameters
    ----------
    passes, activation_bytes, n : float or array
        As for `activations_time`: m, Q and n.
    ring : float or array
        Accelerators among which keys and values go round, r; 1 where heads are split instead [1]_. [1]
    link_bytes_per_s : float or array
        Rate of one accelerator's link, W. [B/s]
    split_volume, ring_volume : float or array
        Share of the activations that crosses the link where a sequence is split, v_s, and where keys and values go
        round, v_r. [1]

    Notes
    -----
    .. math:: t = \\frac{m Q}{n W} \\left(\\frac{n - 1}{n} v_s + \\frac{r - 1}{r} v_r\\right)

    Examples
    --------
    2 x 1e10 / (4 x 1e11) = 0.05 s for all activations, of which 3/4 x 0.4 + 1/2 x 0.2 cross.

    >>> round(float(exchange_time(2.0, 1e10, 4.0, 2.0, 1e11, 0.4, 0.2)), 12)
    0.02
    """
    links_s = passes * activation_bytes / (n * link_bytes_per_s)
    return np.asarray(links_s * ((1 - 1 / n) * split_volume + (1 - 1 / ring) * ring_volume))


def host_time(
    step_s: Numeric,
    blocks: Numeric,
    block_s: Numeric,
    n: Numeric,
    split_s: Numeric,
    ring: Numeric,
    ring_s: Numeric,
) -> Floats:
    """Return the host's time for a step: launches of the denoiser's blocks, and of their exchanges. [s]

    Parameters
    ----------
    step_s, block_s : float or array
        Host's work for a step, h, and for each block of the denoiser, tau. [s]
    blocks : float or array
        Blocks of the denoiser, one after another, k. [1]
    n, ring : float or array
        Accelerators, n, and those among which keys and values go round, r. [1]
    split_s, ring_s : float or array
        Exchanges of a block where a sequence is split, s, and those for each further accelerator of a ring, q. [s]

    Notes
    -----
    .. math:: t = h + k (\\tau + s [n > 1] + q (r - 1))

    Examples
    --------
    0.01 + 50 x (1e-3 + 4e-4 + 3 x 2e-4), in seconds.

    >>> round(float(host_time(0.01, 50.0, 1e-3, 8.0, 4e-4, 4.0, 2e-4)), 12)
    0.11
    """
    return np.asarray(step_s + blocks * (block_s + np.greater(n, 1) * split_s + (ring - 1) * ring_s))


def decoder_flops(
    batch_size: Numeric, pixels: Numeric, pixel_flops: Numeric, frames: Numeric, frame_factor: Numeric
) -> Floats:
    """Return the work of decoding the latents of a batch. [FLOPs]

    Parameters
    ----------
    batch_size, pixels, frames : float or array
        Images or videos, B; pixels of one, over all its frames, A; its frames. [1]
    pixel_flops : float or array
        Work of a pixel of an image, c. [FLOPs]
    frame_factor : float or array
        Work of a pixel of a video relative to that, v. [1]

    Notes
    -----
    .. math:: C = B A c \\quad (\\times v \\text{ with more than one frame})

    Examples
    --------
    >>> float(decoder_flops(2.0, 1e6, 1e7, 1.0, 0.5)), float(decoder_flops(2.0, 1e6, 1e7, 16.0, 0.5))
    (20000000000000.0, 10000000000000.0)
    """
    return np.asarray(batch_size * pixels * pixel_flops * np.where(np.greater(frames, 1), frame_factor, 1.0))


def decoder_time(flops: Numeric, peak_flops_per_s: Numeric, share: Numeric, speed: Numeric) -> Floats:
    """Return the time of decoding the latents of a batch, on one accelerator. [s]

    Parameters
    ----------
    flops : float or array
        Work of decoding, C; see `decoder_flops`. [FLOPs]
    peak_flops_per_s, speed : float or array
        As for `compute_time`: F and g.
    share : float or array
        Share of the peak that convolutions achieve, e. [1]

    Notes
    -----
    .. math:: t = \\frac{C}{F e g}

    Examples
    --------
    >>> float(decoder_time(1e13, 1e15, 0.5, 0.8))
    0.025
    """
    return np.asarray(flops / (peak_flops_per_s * share * speed))
