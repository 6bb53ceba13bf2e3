"""Parameters of the model of image and video generators, each with its prior."""

from __future__ import annotations

from joulewise.energy.parameter import Parameter, seconds, share

PARAMETERS: dict[str, Parameter] = {
    "product_compute": share(0.6, 0.3, "share of peak FLOP/s in matrix products of transformers"),
    "convolution_compute": share(0.35, 0.3, "share of peak FLOP/s in U-Nets"),
    "attention_compute": share(0.5, 0.3, "share of peak FLOP/s in attention"),
    "activation_bandwidth": share(0.6, 0.4, "share of peak bandwidth for activations between operations"),
    "decode_pixel_flops": Parameter(1e7, 0.5, "FLOP", "work of decoding a pixel from the latent image"),
    "frame_decode": share(1.0, 0.5, "work of decoding a video's pixel, relative to an image's"),
    "request_s": seconds(0.1, 0.7, "text encoder and set-up of a batch"),
    "step_host_s": seconds(5e-3, 0.6, "host's work for a step"),
    "block_host_s": seconds(1e-3, 0.6, "host's launches of a block of the denoiser"),
    "split_s": seconds(0.2e-3, 0.7, "host's exchanges of a block where a sequence is split"),
    "ring_s": seconds(0.2e-3, 0.7, "the same for each further accelerator that keys and values go round"),
    "split_volume": share(1.0, 0.7, "of the activations, what crosses the link where a sequence is split"),
    "ring_volume": share(1.0, 0.7, "the same where keys and values go round a ring"),
    "unsplit": share(0.03, 0.7, "of the work on a megapixel, what each accelerator repeats where a sequence is split"),
    "early_speed": share(0.85, 0.2, "speed of diffusers' pipelines relative to xDiT's"),
    "speed.other": share(0.9, 0.0, "achieved rate of a die never measured, relative to GH100's"),
    "speed.GB100": share(0.9, 0.2, "achieved rate relative to GH100's"),
    "speed.GA100": share(1.05, 0.2, "the same"),
    "speed.GH100": share(1.0, 0.0, "1 by definition"),
    "idle.other": share(0.2, 0.0, "idle floor of a die never measured"),
    "idle.GH100": share(0.2, 0.3, "idle floor, relative to the power limit"),
    "idle.GB100": share(0.2, 0.3, "the same"),
    "idle.GA100": share(0.2, 0.3, "the same"),
    "power_busy": share(0.3, 0.4, "power of being busy at all, relative to the limit"),
    "power_compute": share(0.9, 0.3, "power of arithmetic at its peak, relative to the limit"),
    "power_memory": share(0.3, 0.4, "power of moving activations while they move, relative to the limit"),
    "power_knee": share(6, 0.4, "how sharply power bends at its limit"),
}
