"""The table of families that are counted in closed form, each with the published total that its parameters equal."""

from __future__ import annotations

from dataclasses import dataclass

from joulewise.counting.config.diffusion import DENOISERS
from joulewise.counting.config.families import FAMILIES
from joulewise.counting.config.vision import MULTIMODAL


@dataclass(frozen=True)
class Family:
    """A family of models.

    Parameters
    ----------
    model_type : str
        As in ``config.json``; for diffusion the class name.
    kind : str
    counted : str
        ``closed form`` or ``trace``.
    model, published, source : str
        A model of the family, the total that its makers publish, and where; blank where the closed form is checked
        against transformers or diffusers alone.
    """

    model_type: str
    kind: str
    counted: str
    model: str
    published: str
    source: str


_CONFIGS = "ai-dynamo/aiconfigurator, model_configs; total on the model card"
# Model, published total and source of each family. Layers that predict further tokens are left out unless it says so.
_CHECKED: dict[str, tuple[str, str, str]] = {
    "deepseek_v3": ("deepseek-ai/DeepSeek-V3", "671 billion", _CONFIGS),
    "ernie4_5": ("baidu/ERNIE-4.5-0.3B-PT", "0.4 billion", "list of ernie4_5 models on huggingface.co"),
    "ernie4_5_moe": ("baidu/ERNIE-4.5-21B-A3B-PT", "22 billion", "list of quantised versions on huggingface.co"),
    "glm4_moe": (
        "zai-org/GLM-4.5",
        "358 billion",
        "its page on huggingface.co; with the layer that predicts further tokens",
    ),
    "gpt_oss": ("openai/gpt-oss-120b", "116.8 billion", "model card (arXiv:2508.10925)"),
    "kimi_k2": ("moonshotai/Kimi-K2-Instruct", "1.026 trillion", _CONFIGS),
    "llama": ("meta-llama/Llama-2-7b", "6,738,415,616", "the released weights"),
    "mimo_v2_flash": ("XiaomiMiMo/MiMo-V2-Flash", "309 billion", _CONFIGS),
    "minimax_m2": ("MiniMaxAI/MiniMax-M2.5", "229 billion", _CONFIGS),
    "mixtral": ("mistralai/Mixtral-8x7B-v0.1", "46.7 billion", "arXiv:2401.04088"),
    "olmo3": ("allenai/Olmo-3-1125-32B", "32 billion", "Epoch AI, notable models"),
    "qwen3_5": ("Qwen/Qwen3.5-27B", "27 billion", _CONFIGS),
    "qwen3_5_moe": ("Qwen/Qwen3.5-35B-A3B", "35 billion", _CONFIGS),
    "qwen3_moe": ("Qwen/Qwen3-235B-A22B", "235 billion", _CONFIGS),
    "smollm3": ("HuggingFaceTB/SmolLM3-3B", "3.08 billion", "sizes of its files: 4.97 and 1.18 GB at 16 bits"),
    "starcoder2": ("bigcode/starcoder2-3b", "3.03 billion", "size of its file: 12.1 GB at 32 bits"),
}
_KINDS = {
    "dense": "dense decoder",
    "mixtures": "mixture of experts",
    "hybrids": "hybrid",
    "encoders": "encoder or encoder-decoder",
}


def families() -> list[Family]:
    """Return all families, in the order of their names, and last what only a trace counts."""
    kinds = {name: _KINDS[read.__module__.rpartition(".")[2]] for name, read in FAMILIES.items()}
    kinds |= dict.fromkeys(MULTIMODAL, "language model with a vision tower")
    kinds |= dict.fromkeys(DENOISERS, "diffusion transformer")
    rows = [Family(name, kinds[name], "closed form", *_CHECKED.get(name, ("", "", ""))) for name in sorted(kinds)]
    return [*rows, Family("any other that transformers builds", "", "trace (hf:)", "", "", "")]
