"""Count networks of timm by name, without their weights."""

from __future__ import annotations

from typing import Any

from joulewise.counting.workload import Workload
from joulewise.errors import InputError, UnknownNameError
from joulewise.extras import import_extra, without_network


def count_timm(
    name: str,
    input_size: tuple[int, int, int] | None = None,
    batch_size: int = 1,
    precision: str = "fp32",
) -> Workload:
    """Count one forward pass of a timm network.

    Parameters
    ----------
    name : str
        As in ``timm.list_models()``; a tag after a dot (``resnet50.a1_in1k``) sets the size that its weights
        were trained for.
    input_size : (channels, height, width), optional
        By default the network's own. [px]
    batch_size : int
    precision : str
        Of weights and activations, for the bytes.

    Raises
    ------
    MissingExtraError
        If timm is not installed.
    UnknownNameError
        If it has no network of that name.
    InputError
        If the network cannot take an input of that size.
    """
    _timm(f"counting timm:{name}")
    from joulewise.counting.trace import count_module  # noqa: PLC0415

    module, image = network_of_timm(name, input_size, batch_size)
    return count_module(module, image, name=f"timm:{name}", precision=precision)


def network_of_timm(
    name: str, input_size: tuple[int, int, int] | None, batch_size: int, devices: tuple[str, ...] = ("meta", "cpu")
) -> tuple[Any, Any]:
    """Return a network without its trained weights, and a batch of images, on the first device where it can be built.

    Raises
    ------
    UnknownNameError
        If timm has no network of that name.
    InputError
        If it cannot be built.
    """
    timm = _timm(f"building timm:{name}")
    import torch  # noqa: PLC0415

    if not timm.is_model(name):
        raise UnknownNameError("timm network", name, timm.list_models())
    module, device = _build(name, input_size, devices)
    size = input_size or tuple(module.pretrained_cfg["input_size"])
    return module, torch.empty((batch_size, *size), device=device)


def all_names() -> list[str]:
    """Return the names of every network of timm."""
    return [str(name) for name in _timm("counting timm's networks").list_models()]


def _timm(purpose: str) -> Any:
    with without_network("timm", purpose):
        return import_extra("timm", "timm", purpose)


def _build(name: str, input_size: tuple[int, int, int] | None, devices: tuple[str, ...]) -> tuple[Any, str]:
    timm = _timm(f"counting timm:{name}")
    import torch  # noqa: PLC0415

    # Networks with position embeddings fix their size when they are built; others take no such argument.
    sized: list[dict[str, Any]] = [{"img_size": input_size[1:]}, {}] if input_size else [{}]
    failure: Exception | None = None
    for given in sized:
        # Some constructors read values and cannot run on meta.
        for device in devices:
            try:
                with torch.device(device):
                    return timm.create_model(name, pretrained=False, **given), device
            except Exception as error:
                failure = error
    raise InputError(f"timm cannot build {name!r}: {str(failure).splitlines()[0]}")
