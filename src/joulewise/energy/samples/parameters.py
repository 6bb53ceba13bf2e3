"""Parameters of the model of single-pass networks at the wall, each with its prior."""

from __future__ import annotations

from joulewise.energy.parameter import Parameter, seconds, share

_DIES = ("GH100", "GA100", "GA102", "GA107", "AD104", "TU104", "GA10B", "GV11B", "AIC100")

PARAMETERS: dict[str, Parameter] = {
    "compute": share(0.5, 0.4, "share of peak rate in convolutions"),
    "kind.convolution": share(1.0, 0.0, "1 by definition"),
    "kind.transformer": share(1.0, 0.5, "rate of encoders relative to convolutions"),
    "kind.detection": share(0.5, 0.5, "rate of detectors on large images relative to convolutions"),
    "kind.depthwise": share(0.2, 0.6, "rate of depthwise convolutions and their post-processing, relative"),
    "activation_bandwidth": share(0.6, 0.5, "share of peak bandwidth for activations and weights"),
    "latency_s": seconds(0.3e-3, 0.8, "overhead of one request alone"),
    "rate.SingleStream": share(0.4, 0.4, "rate with one sample at a time, relative to large batches"),
    "rate.MultiStream": share(0.7, 0.3, "rate with eight samples at a time, relative to large batches"),
    "rate.Server": share(0.9, 0.2, "rate under a limit of latency, relative to large batches"),
    "rate.Offline": share(1.0, 0.0, "1 by definition"),
    "host.server": Parameter(200, 0.4, "W", "a server without its accelerators"),
    "host.edge": Parameter(6, 0.5, "W", "a small host of an accelerator module"),
    "host.soc": Parameter(3, 0.6, "W", "a board beyond its chip"),
    "per_accelerator": Parameter(15, 0.5, "W", "fans and conversion for each accelerator of a server"),
    "idle": share(0.2, 0.4, "power of an accelerator that waits, relative to a busy one"),
    "alone": share(0.6, 0.3, "power with one sample at a time, relative to large batches"),
    "speed.other": share(1.0, 0.0, "rate of a die never measured, relative to GA100"),
    "memory.other": share(1.0, 0.0, "the same of bandwidth"),
    "power.other": share(0.9, 0.0, "power of a die never measured, relative to its limit"),
    **{f"speed.{d}": share(1.0, 0.0 if d == "GA100" else 0.4, "rate relative to GA100") for d in _DIES},
    **{
        f"memory.{d}": share(3.0 if d == "AIC100" else 1.0, 0.0 if d == "GA100" else 0.4, "bandwidth, relative")
        for d in _DIES
    },
    **{f"power.{d}": share(0.85, 0.3, "power when busy, relative to the limit") for d in _DIES},
}
