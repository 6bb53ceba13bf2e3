"""Accuracy, time and memory of counting, compared with two peers, on a dozen networks, in one run.

The truth is a closed form or a count that several tools agree on, given here by hand. Peers report
multiply-adds and are doubled. Needs the extras timm and hf, and: pip install fvcore ptflops. Run:
python benchmarks/counting_peers.py
"""

import json
import subprocess
import sys

# Network, input, exact GFLOPs (products and convolutions; for bert, gpt2, llama, lstm and encoder by closed form).
NETWORKS = {
    "timm:vit_base_patch16_224": 35.1277,
    "timm:swin_base_patch4_window7_224": 30.8619,
    "timm:resnet50": 8.1784,
    "timm:mobilenetv2_100": 0.6015,
    "timm:efficientnet_b0": 0.7716,
    "timm:convnext_base": 30.7095,
    "timm:deit_base_distilled_patch16_224": 35.3136,
    "timm:resnext50_32x4d": 8.4610,
    "bert": 2 * 512 * 12 * (12 * 768**2 + 2 * 768 * 512) / 1e9 + 2 * 768**2 / 1e9,
    "gpt2": 2 * 1024 * (12 * (12 * 768**2 + 2 * 768 * 1024) + 768 * 50257) / 1e9,
    "lstm": 2 * 64 * 8 * 4 * 256 * (128 + 256 + 256 + 256) / 1e9,
    "encoder": 6 * (2 * 8 * 64 * (4 * 512**2 + 2 * 512 * 2048) + 4 * 8 * 64 * 64 * 512) / 1e9,
}
TOOLS = ("joulewise", "fvcore", "ptflops")

WORK = """
import json, logging, resource, sys, time, warnings
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
tool, network = sys.argv[1:]
import torch
{shim}
def build():
    if network.startswith("timm:"):
        import timm
        return timm.create_model(network[5:]).eval(), torch.randn(1, 3, 224, 224)
    if network == "lstm":
        return torch.nn.LSTM(128, 256, 2, batch_first=True).eval(), torch.randn(8, 64, 128)
    if network == "encoder":
        layer = torch.nn.TransformerEncoderLayer(512, 8, 2048, batch_first=True)
        return torch.nn.TransformerEncoder(layer, 6).eval(), torch.randn(8, 64, 512)
    import transformers
    if network == "bert":
        model, length = transformers.BertModel(transformers.BertConfig(vocab_size=1000)), 512
    else:
        model, length = transformers.GPT2LMHeadModel(transformers.GPT2Config()), 1024
    return model.eval(), torch.zeros(1, length, dtype=torch.long)
if tool == "joulewise":
    from joulewise.counting.trace import count_module
elif tool == "fvcore":
    from fvcore.nn import FlopCountAnalysis
else:
    from ptflops import get_model_complexity_info
module, x = build()
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
with torch.no_grad():
    if tool == "joulewise":
        flops = count_module(module, x).flops
    elif tool == "fvcore":
        quiet = FlopCountAnalysis(module, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        flops = 2 * quiet.total()
    else:
        options = dict(as_strings=False, print_per_layer_stat=False, verbose=False)
        flops = 2 * get_model_complexity_info(module, tuple(x.shape), input_constructor=lambda _: x, **options)[0]
taken, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([flops / 1e9, taken, (after - before) / 1024]))
"""


def run(tool: str, network: str, shim: str) -> tuple[float, float, float] | None:
    """Return GFLOPs, seconds and the memory [MB] that counting took on top of the network; None if it failed."""
    code = WORK.replace("{shim}", shim)
    done = subprocess.run([sys.executable, "-c", code, tool, network], capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    flops, seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return flops, seconds, megabytes


def main() -> None:
    """Print one row per network, and how many of them each tool counts within 1%."""
    shim = "import tests.counting.conftest"  # lets timm be imported with a CPU build of torch
    right = dict.fromkeys(TOOLS, 0)
    print(f"{'network':38s}" + "".join(f"{tool:>12s} / exact      s     MB" for tool in TOOLS))
    for network, exact in NETWORKS.items():
        cells = []
        for tool in TOOLS:
            found = run(tool, network, shim)
            if found is None:
                cells.append(f"{'failed':>35s}")
                continue
            flops, seconds, megabytes = found
            right[tool] += abs(flops / exact - 1) <= 0.01
            cells.append(f"{flops / exact:20.3f} {seconds:6.2f} {megabytes:6.0f} ")
        print(f"{network:38s}" + "".join(cells))
    print("within 1%: " + ", ".join(f"{tool} {n} of {len(NETWORKS)}" for tool, n in right.items()))


if __name__ == "__main__":
    main()
