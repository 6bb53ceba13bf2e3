"""Parameters of the serving model of language models, each with its prior."""

from __future__ import annotations

from joulewise.energy.parameter import Parameter, seconds, share

_DIES = ("GH100", "GB100", "GA100", "GV100", "GA102")
"""Designs of accelerators that were measured; GH100 is the one that rates of memory are relative to."""

SERVING: dict[str, Parameter] = {
    "weight_bandwidth": share(0.85, 0.2, "share of peak bandwidth at which dense weights are read"),
    "kv_bandwidth": share(0.6, 0.3, "share of peak bandwidth at which the cache is read"),
    "expert_bandwidth": share(0.7, 0.3, "share of peak bandwidth at which 16-bit experts are read"),
    "expert_bandwidth_fp8": share(0.5, 0.4, "the same for 8-bit experts"),
    "expert_bandwidth_fp4": share(0.6, 0.4, "the same for 4-bit experts, where the chip computes in 4 bits"),
    "expert_bandwidth_fp4_emulated": share(0.5, 0.4, "the same where it does not, and widens them"),
    "decode_compute": share(0.7, 0.3, "share of peak FLOP/s while decoding, beyond what hides behind memory"),
    "prefill_compute": share(0.6, 0.2, "share of peak FLOP/s while reading prompts"),
    "fp8_gain": share(1.3, 0.3, "speed of 8-bit arithmetic over 16-bit, as achieved"),
    "expert_spread": share(0.6, 0.3, "of a batch's tokens, those that choose experts independently"),
    "expert_imbalance": share(0.3, 0.5, "extra time of the busiest accelerator where experts are spread"),
    "expert_launch_s": seconds(60e-6, 0.5, "dispatch of a layer of 16-bit experts"),
    "expert_launch_fp8_s": seconds(150e-6, 0.5, "the same for 8-bit experts"),
    "expert_launch_fp4_s": seconds(60e-6, 0.5, "the same for 4-bit experts"),
    "expert_tile_s": seconds(0.5e-6, 0.8, "each expert that an accelerator holds, in a layer, with tokens or without"),
    "expert_tile_fp8_s": seconds(2e-6, 0.8, "the same for 8-bit experts, whose scales come by blocks"),
    "link_s": seconds(12e-6, 0.4, "latency of one exchange between accelerators"),
    "link_volume": share(3, 0.2, "times that activations cross the link in an exchange"),
    "expert_link_s": seconds(15e-6, 0.5, "latency of one exchange where experts are spread"),
    "expert_link_volume": share(4, 0.2, "times that activations cross the link where experts are spread"),
    "eager_host_s": seconds(10e-3, 0.6, "host's work for a step, eager engine"),
    "eager_layer_s": seconds(400e-6, 0.5, "host's work for a layer, eager engine"),
    "early_host_s": seconds(4e-3, 0.5, "host's work for a step, early engine"),
    "early_host_per_sequence_s": seconds(0.4e-3, 0.5, "host's work for a sequence and step, early engine"),
    "early_parallel_host_s": seconds(20e-3, 0.6, "host's work to feed several accelerators, early engine"),
    "early_layer_s": seconds(60e-6, 0.6, "launches of a layer, early engine"),
    "current_host_s": seconds(4e-3, 0.6, "host's work for a step, current engine"),
    "current_host_per_sequence_s": seconds(50e-6, 0.6, "host's work for a sequence and step, current engine"),
    "current_layer_s": seconds(20e-6, 0.6, "launches of a layer, current engine"),
    "current_overlap": share(2.5, 0.3, "how well host and accelerator overlap: 1 not at all, infinite fully"),
    "image_host_s": seconds(50e-3, 0.6, "host's work to prepare an image"),
    "video_host_s": seconds(50e-3, 0.6, "host's work to prepare a video"),
    "bandwidth.other": share(0.9, 0.0, "achieved bandwidth of a die never measured, relative to GH100"),
    "bandwidth.GB100": share(0.85, 0.15, "achieved bandwidth relative to GH100's"),
    "bandwidth.GA100": share(1.0, 0.15, "the same"),
    "bandwidth.GV100": share(0.9, 0.15, "the same"),
    "bandwidth.GA102": share(0.85, 0.15, "the same"),
    "bandwidth.GH100": share(1.0, 0.0, "1 by definition"),
    "idle.other": share(0.26, 0.0, "idle floor of a die never measured"),
    **{f"idle.{die}": share(0.25, 0.3, "idle floor, relative to the power limit") for die in _DIES},
    "power_busy": share(0.3, 0.4, "power of being busy at all, relative to the limit"),
    "power_memory": share(0.4, 0.3, "power of memory at its peak bandwidth, relative to the limit"),
    "power_compute": share(0.9, 0.3, "power of arithmetic at its 16-bit peak, relative to the limit"),
    "power_experts": share(0.4, 0.3, "power of grouped products of experts while they run, beyond that of memory"),
    "power_experts_fp8": share(0.4, 0.3, "the same for 8-bit experts"),
    "power_knee": share(6, 0.4, "how sharply power bends at its limit"),
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
"""Mean prompt of each task. Public measurements do not report prompt lengths, so they are fitted too; the data
determine only their ratio to the speed of prefill."""

PARAMETERS = SERVING | PROMPTS
