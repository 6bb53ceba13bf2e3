"""Size and precision of one inference, as given by a caller or on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class InferenceOptions:
    """The inference that is counted or run; a network ignores options that do not apply to it.

    Parameters
    ----------
    input_size : (channels, height, width), optional
        Size of an input image; by default the network's own. [px]
    batch_size : int
        Number of inputs per batch.
    prompt_tokens, output_tokens : int
        Tokens that one sequence starts from, and that are generated.
    image_size : (height, width), optional
        Size of an image before the prompt, or of one that is made. [px]
    steps : int
        Steps of a diffusion transformer.
    precision : str, optional
        Format of weights and activations; by default ``fp32`` for networks built here, ``bf16`` for language models.
    kv_precision : str, optional
        Format of the key-value cache of a configuration; by default `precision`.
    online : bool
        Whether a configuration may be fetched from a hub.
    dims : mapping of str to int
        Values for the named dimensions of an ONNX model's inputs.
    """

    input_size: tuple[int, int, int] | None = None
    batch_size: int = 1
    prompt_tokens: int = 2048
    output_tokens: int = 1
    image_size: tuple[int, int] | None = None
    steps: int = 1
    precision: str | None = None
    kv_precision: str | None = None
    online: bool = False
    dims: Mapping[str, int] = field(default_factory=dict)
