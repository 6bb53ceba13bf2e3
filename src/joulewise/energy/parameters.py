"""The parameters of the calibrated model: what each means, and what was known of it before any fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """A positive quantity that the data decide.

    Parameters
    ----------
    prior, log_sd : float
        Centre, and standard deviation of its logarithm, of what is plausible before the data are seen.
    unit : str
    meaning : str
    """

    prior: float
    log_sd: float
    unit: str
    meaning: str


def _share(prior: float, log_sd: float, meaning: str) -> Parameter:
    return Parameter(prior, log_sd, "1", meaning)


def _time(prior: float, log_sd: float, meaning: str) -> Parameter:
    return Parameter(prior, log_sd, "s", meaning)


DIES = ("GH100", "GB100", "GA100", "GV100", "GA102")
"""Designs of accelerators that were measured; GH100 is the one that rates of memory are relative to."""

LANGUAGE: dict[str, Parameter] = {
    "weight_bandwidth": _share(0.85, 0.2, "share of peak bandwidth at which dense weights are read"),
    "kv_bandwidth": _share(0.6, 0.3, "share of peak bandwidth at which the cache is read"),
    "expert_bandwidth": _share(0.7, 0.3, "share of peak bandwidth at which 16-bit experts are read"),
    "expert_bandwidth_fp8": _share(0.5, 0.4, "the same for 8-bit experts"),
    "expert_bandwidth_fp4": _share(0.6, 0.4, "the same for 4-bit experts, where the chip computes in 4 bits"),
    "expert_bandwidth_fp4_emulated": _share(0.5, 0.4, "the same where it does not, and widens them"),
    "decode_compute": _share(0.7, 0.3, "share of peak FLOP/s while decoding, beyond what hides behind memory"),
    "prefill_compute": _share(0.6, 0.2, "share of peak FLOP/s while reading prompts"),
    "fp8_gain": _share(1.3, 0.3, "speed of 8-bit arithmetic over 16-bit, as achieved"),
    "expert_spread": _share(0.6, 0.3, "of a batch's tokens, those that choose experts independently"),
    "expert_imbalance": _share(0.3, 0.5, "extra time of the busiest accelerator where experts are spread"),
    "expert_launch_s": _time(60e-6, 0.5, "dispatch of a layer of 16-bit experts"),
    "expert_launch_fp8_s": _time(150e-6, 0.5, "the same for 8-bit experts"),
    "expert_launch_fp4_s": _time(60e-6, 0.5, "the same for 4-bit experts"),
    "expert_tile_s": _time(0.5e-6, 0.8, "each expert that an accelerator holds, in a layer, with tokens or without"),
    "expert_tile_fp8_s": _time(2e-6, 0.8, "the same for 8-bit experts, whose scales come by blocks"),
    "link_s": _time(12e-6, 0.4, "latency of one exchange between accelerators"),
    "link_volume": _share(3, 0.2, "times that activations cross the link in an exchange"),
    "expert_link_s": _time(15e-6, 0.5, "latency of one exchange where experts are spread"),
    "expert_link_volume": _share(4, 0.2, "times that activations cross the link where experts are spread"),
    "eager_host_s": _time(10e-3, 0.6, "host's work for a step, eager engine"),
    "eager_layer_s": _time(400e-6, 0.5, "host's work for a layer, eager engine"),
    "early_host_s": _time(4e-3, 0.5, "host's work for a step, early engine"),
    "early_host_per_sequence_s": _time(0.4e-3, 0.5, "host's work for a sequence and step, early engine"),
    "early_parallel_host_s": _time(20e-3, 0.6, "host's work to feed several accelerators, early engine"),
    "early_layer_s": _time(60e-6, 0.6, "launches of a layer, early engine"),
    "current_host_s": _time(4e-3, 0.6, "host's work for a step, current engine"),
    "current_host_per_sequence_s": _time(50e-6, 0.6, "host's work for a sequence and step, current engine"),
    "current_layer_s": _time(20e-6, 0.6, "launches of a layer, current engine"),
    "current_overlap": _share(2.5, 0.3, "how well host and accelerator overlap: 1 not at all, infinite fully"),
    "image_host_s": _time(50e-3, 0.6, "host's work to prepare an image"),
    "video_host_s": _time(50e-3, 0.6, "host's work to prepare a video"),
    "bandwidth.other": _share(0.9, 0.0, "achieved bandwidth of a die never measured, relative to GH100"),
    "bandwidth.GB100": _share(0.85, 0.15, "achieved bandwidth relative to GH100's"),
    "bandwidth.GA100": _share(1.0, 0.15, "the same"),
    "bandwidth.GV100": _share(0.9, 0.15, "the same"),
    "bandwidth.GA102": _share(0.85, 0.15, "the same"),
    "bandwidth.GH100": _share(1.0, 0.0, "1 by definition"),
    "idle.other": _share(0.26, 0.0, "idle floor of a die never measured"),
    **{f"idle.{die}": _share(0.25, 0.3, "idle floor, relative to the power limit") for die in DIES},
    "power_busy": _share(0.3, 0.4, "power of being busy at all, relative to the limit"),
    "power_memory": _share(0.4, 0.3, "power of memory at its peak bandwidth, relative to the limit"),
    "power_compute": _share(0.9, 0.3, "power of arithmetic at its 16-bit peak, relative to the limit"),
    "power_experts": _share(0.4, 0.3, "power of grouped products of experts while they run, beyond that of memory"),
    "power_experts_fp8": _share(0.4, 0.3, "the same for 8-bit experts"),
    "power_knee": _share(6, 0.4, "how sharply power bends at its limit"),
}

PROMPTS: dict[str, Parameter] = {
    "prompt.lm-arena-chat": Parameter(279, 0.25, "tokens", "effective prompt of the task"),
    "prompt.gpqa": Parameter(424, 0.25, "tokens", "effective prompt of the task"),
    "prompt.sourcegraph-fim": Parameter(1920, 0.3, "tokens", "effective prompt of the task"),
    "prompt.image-chat": Parameter(700, 0.6, "tokens", "effective prompt of the task, its image included"),
    "prompt.video-chat": Parameter(2080, 0.5, "tokens", "effective prompt of the task, its video included"),
    "prompt.llm_text_generation-chat": Parameter(161, 0.25, "tokens", "effective prompt of the task"),
    "prompt.llm_text_generation-code": Parameter(187, 0.25, "tokens", "effective prompt of the task"),
    "prompt.mllm_text_generation-chat": Parameter(60, 0.5, "tokens", "effective prompt of the task, without images"),
    "prompt.chat": Parameter(100, 0.5, "tokens", "effective prompt of the v1 tasks"),
}
"""Public measurements give no prompt lengths. These are fitted beside the physics, which decides only
their ratio to the speed of prefill."""

GENERATORS: dict[str, Parameter] = {
    "product_compute": _share(0.6, 0.3, "share of peak FLOP/s in matrix products of transformers"),
    "convolution_compute": _share(0.35, 0.3, "share of peak FLOP/s in U-Nets"),
    "attention_compute": _share(0.5, 0.3, "share of peak FLOP/s in attention"),
    "activation_bandwidth": _share(0.6, 0.4, "share of peak bandwidth for activations between operations"),
    "decode_pixel_flops": Parameter(1e7, 0.5, "FLOP", "work of decoding a pixel from the latent image"),
    "frame_decode": _share(1.0, 0.5, "work of decoding a video's pixel, relative to an image's"),
    "request_s": _time(0.1, 0.7, "text encoder and set-up of a batch"),
    "step_host_s": _time(5e-3, 0.6, "host's work for a step"),
    "block_host_s": _time(1e-3, 0.6, "host's launches of a block of the denoiser"),
    "split_s": _time(0.2e-3, 0.7, "host's exchanges of a block where a sequence is split"),
    "ring_s": _time(0.2e-3, 0.7, "the same for each further accelerator that keys and values go round"),
    "split_volume": _share(1.0, 0.7, "of the activations, what crosses the link where a sequence is split"),
    "ring_volume": _share(1.0, 0.7, "the same where keys and values go round a ring"),
    "unsplit": _share(0.03, 0.7, "of the work on a megapixel, what each accelerator repeats where a sequence is split"),
    "early_speed": _share(0.85, 0.2, "speed of diffusers' pipelines relative to xDiT's"),
    "speed.other": _share(0.9, 0.0, "achieved rate of a die never measured, relative to GH100's"),
    "speed.GB100": _share(0.9, 0.2, "achieved rate relative to GH100's"),
    "speed.GA100": _share(1.05, 0.2, "the same"),
    "speed.GH100": _share(1.0, 0.0, "1 by definition"),
    "idle.other": _share(0.2, 0.0, "idle floor of a die never measured"),
    "idle.GH100": _share(0.2, 0.3, "idle floor, relative to the power limit"),
    "idle.GB100": _share(0.2, 0.3, "the same"),
    "idle.GA100": _share(0.2, 0.3, "the same"),
    "power_busy": _share(0.3, 0.4, "power of being busy at all, relative to the limit"),
    "power_compute": _share(0.9, 0.3, "power of arithmetic at its peak, relative to the limit"),
    "power_memory": _share(0.3, 0.4, "power of moving activations while they move, relative to the limit"),
    "power_knee": _share(6, 0.4, "how sharply power bends at its limit"),
}

WALL_DIES = ("GH100", "GA100", "GA102", "GA107", "AD104", "TU104", "GA10B", "GV11B", "AIC100")

WALL: dict[str, Parameter] = {
    "compute": _share(0.5, 0.4, "share of peak rate in convolutions"),
    "kind.convolution": _share(1.0, 0.0, "1 by definition"),
    "kind.transformer": _share(1.0, 0.5, "rate of encoders relative to convolutions"),
    "kind.detection": _share(0.5, 0.5, "rate of detectors on large images relative to convolutions"),
    "kind.depthwise": _share(0.2, 0.6, "rate of depthwise convolutions and their post-processing, relative"),
    "activation_bandwidth": _share(0.6, 0.5, "share of peak bandwidth for activations and weights"),
    "latency_s": _time(0.3e-3, 0.8, "overhead of one request alone"),
    "rate.SingleStream": _share(0.4, 0.4, "rate with one sample at a time, relative to large batches"),
    "rate.MultiStream": _share(0.7, 0.3, "rate with eight samples at a time, relative to large batches"),
    "rate.Server": _share(0.9, 0.2, "rate under a limit of latency, relative to large batches"),
    "rate.Offline": _share(1.0, 0.0, "1 by definition"),
    "host.server": Parameter(200, 0.4, "W", "a server without its accelerators"),
    "host.edge": Parameter(6, 0.5, "W", "a small host of an accelerator module"),
    "host.soc": Parameter(3, 0.6, "W", "a board beyond its chip"),
    "per_accelerator": Parameter(15, 0.5, "W", "fans and conversion for each accelerator of a server"),
    "idle": _share(0.2, 0.4, "power of an accelerator that waits, relative to a busy one"),
    "alone": _share(0.6, 0.3, "power with one sample at a time, relative to large batches"),
    "speed.other": _share(1.0, 0.0, "rate of a die never measured, relative to GA100"),
    "memory.other": _share(1.0, 0.0, "the same of bandwidth"),
    "power.other": _share(0.9, 0.0, "power of a die never measured, relative to its limit"),
    **{f"speed.{d}": _share(1.0, 0.0 if d == "GA100" else 0.4, "rate relative to GA100") for d in WALL_DIES},
    **{
        f"memory.{d}": _share(3.0 if d == "AIC100" else 1.0, 0.0 if d == "GA100" else 0.4, "bandwidth, relative")
        for d in WALL_DIES
    },
    **{f"power.{d}": _share(0.85, 0.3, "power when busy, relative to the limit") for d in WALL_DIES},
}
