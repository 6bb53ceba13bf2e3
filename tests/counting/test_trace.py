"""Counting modules against closed forms derived by hand, and against published counts."""

import warnings
from itertools import pairwise

import pytest
import torch
import transformers
from torch import nn

import joulewise
from joulewise.counting.hf_models import count_hf, sum_over_cache
from joulewise.counting.timm_models import count_timm
from joulewise.counting.trace import count_module
from joulewise.errors import InputError, UnknownNameError

B = 3


def _linear(rows: int, *widths: int) -> int:
    return sum(2 * rows * a * b for a, b in pairwise(widths))


def _encoder_layer(tokens: int, length: int, width: int, inner: int) -> int:
    return (
        _linear(tokens, width, 3 * width)
        + _linear(tokens, width, width)
        + 2 * _linear(tokens, width, inner)
        + (4 * tokens * length * width)
    )


class _Attention(nn.Module):
    def __init__(self, causal: bool) -> None:
        super().__init__()
        self.causal = causal

    def forward(self, q: torch.Tensor) -> torch.Tensor:
        return nn.functional.scaled_dot_product_attention(q, q, q, is_causal=self.causal)


class _Einsum(nn.Module):
    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.einsum("bij,bjk->bik", a, b)


CASES: list[tuple[str, nn.Module, tuple[torch.Tensor, ...], int]] = [
    ("mlp", nn.Sequential(nn.Linear(10, 20), nn.Linear(20, 5)), (torch.randn(B, 10),), _linear(B, 10, 20, 5)),
    ("conv", nn.Conv2d(6, 8, 3, stride=2, padding=1, groups=2), (torch.randn(B, 6, 9, 9),), 2 * B * 8 * 5 * 5 * 3 * 9),
    ("conv padded by name", nn.Conv2d(4, 8, 3, padding="same"), (torch.randn(B, 4, 7, 7),), 2 * B * 8 * 49 * 4 * 9),
    ("conv1d", nn.Conv1d(4, 8, 5), (torch.randn(B, 4, 20),), 2 * B * 8 * 16 * 4 * 5),
    ("transposed conv", nn.ConvTranspose2d(4, 6, 2, stride=2), (torch.randn(B, 4, 5, 5),), 2 * B * 25 * 4 * 6 * 4),
    (
        "lstm of two layers and directions",
        nn.LSTM(16, 32, 2, batch_first=True, bidirectional=True),
        (torch.randn(B, 7, 16),),
        2 * B * 7 * 2 * 4 * 32 * ((16 + 32) + (64 + 32)),
    ),
    ("gru", nn.GRU(16, 32), (torch.randn(7, B, 16),), 2 * B * 7 * 3 * 32 * (16 + 32)),
    ("plain rnn", nn.RNN(16, 32, 2), (torch.randn(7, B, 16),), 2 * B * 7 * 32 * ((16 + 32) + (32 + 32))),
    (
        "projected lstm",
        nn.LSTM(16, 32, proj_size=8),
        (torch.randn(7, B, 16),),
        2 * B * 7 * (4 * 32 * (16 + 8) + 32 * 8),
    ),
    ("rnn cell", nn.LSTMCell(16, 32), (torch.randn(B, 16),), 2 * B * 4 * 32 * (16 + 32)),
    ("attention", _Attention(False), (torch.randn(B, 4, 10, 16),), 4 * B * 4 * 10 * 10 * 16),
    (
        "encoder layer",
        nn.TransformerEncoderLayer(64, 4, 128, batch_first=True),
        (torch.randn(B, 9, 64),),
        _encoder_layer(B * 9, 9, 64, 128),
    ),
    ("einsum", _Einsum(), (torch.randn(B, 4, 5), torch.randn(B, 5, 6)), 2 * B * 4 * 5 * 6),
    ("bilinear", nn.Bilinear(4, 5, 6), (torch.randn(B, 4), torch.randn(B, 5)), 4 * B * 4 * 5 * 6),
]  # fmt: skip


@pytest.mark.parametrize(("module", "inputs", "flops"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_closed_forms(module: nn.Module, inputs: tuple[torch.Tensor, ...], flops: int) -> None:
    work = count_module(module, *inputs)
    assert work.flops == flops
    assert work.uncounted == {}
    assert work.method == "torch:meta"
    assert work.params == sum(p.numel() for p in module.parameters())
    assert sum(layer.flops for layer in work.layers) == flops


def test_fused_multi_head_attention_counts_like_its_parts() -> None:
    attention = nn.MultiheadAttention(64, 4, batch_first=True)
    x = torch.randn(B, 9, 64)
    work = count_module(attention, x, x, x, need_weights=False)
    assert work.flops == _linear(B * 9, 64, 192) + _linear(B * 9, 64, 64) + 4 * B * 9 * 9 * 64


def test_half_of_causal_attention() -> None:
    work = count_module(_Attention(True), torch.randn(B, 4, 10, 16))
    assert work.flops == 4 * B * 4 * 100 * 16
    assert work.flops_causal_half == 4 * B * 4 * 55 * 16


def test_shared_weights_count_once_and_run_twice() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Linear(8, 8)
            self.two = self.one

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(self.two(self.one(x)))

    work = count_module(Shared(), torch.randn(B, 8))
    assert work.params == 72
    assert work.flops == 2 * _linear(B, 8, 8)
    assert work.phases["forward"].bytes_read == 4 * (64 + 8 + 2 * B * 8)


class _Odd(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.special.bessel_j0(x)


def test_an_operator_without_a_formula_is_listed() -> None:
    assert count_module(_Odd(), torch.randn(4)).uncounted == {"aten.special_bessel_j0": 1}


class _ReadsValues(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ x if float(x.sum()) > 0 else x


def test_falls_back_and_says_so() -> None:
    work = count_module(_ReadsValues(), torch.ones(4, 4))
    assert (work.flops, work.method) == (2 * 64, "torch:cpu")


def test_the_module_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
    module[1].eval()
    before = {name: p.clone() for name, p in module.named_parameters()}
    count_module(module, torch.randn(2, 4))
    assert module.training
    assert module[0].training
    assert not module[1].training
    assert all(torch.equal(before[name], p) for name, p in module.named_parameters())


def test_a_wrong_shape_names_the_layer_and_the_shapes() -> None:
    module = nn.Sequential(nn.Linear(10, 20), nn.Linear(21, 5))
    with pytest.raises(InputError, match=r"in layer '1'.*3x20 and 21x5"):
        count_module(module, torch.randn(B, 10))


@pytest.mark.parametrize(
    ("name", "gflops", "params"),
    [
        # Counts by closed form and by two other tools agree on these.
        ("resnet50", 8.1784, 25_557_032),
        ("vit_base_patch16_224", 35.1277, 86_567_656),
        ("swin_base_patch4_window7_224", 30.8619, 87_768_224),
        ("mobilenetv2_100", 0.6015, 3_504_872),
        ("efficientnet_b0", 0.7716, 5_288_548),
        ("convnext_base", 30.7095, 88_591_464),
        ("resnext50_32x4d", 8.4610, 25_028_904),
    ],
)
def test_timm_networks(name: str, gflops: float, params: int) -> None:
    work = count_timm(name)
    assert round(work.flops / 1e9, 4) == gflops
    assert work.params == params
    assert work.uncounted == {}


@pytest.mark.parametrize(
    ("name", "size", "gflops"),
    [
        # The paper's Table 2, which doubles the multiply-adds that the networks' papers print.
        ("dm_nfnet_f6", 576, 754.56),
        ("swin_large_patch4_window12_384", 384, 207.8),
        ("cait_m48_448", 448, 659.2),
        ("crossvit_18_240", 240, 18.06),
        ("vit_gigantic_patch14_224", 224, 965.3),
        ("resnest269e", 416, 155.8),
        ("pnasnet5large", 331, 50.0),
    ],
)
def test_counts_of_the_papers_networks(name: str, size: int, gflops: float) -> None:
    assert count_timm(name, (3, size, size)).flops / 1e9 == pytest.approx(gflops, rel=0.01)


def test_timm_takes_another_size_and_names_near_misses() -> None:
    assert count_timm("resnet50", (3, 448, 448)).flops == pytest.approx(4 * count_timm("resnet50").flops, rel=0.01)
    assert count_timm("resnet50", batch_size=4).flops == 4 * count_timm("resnet50").flops
    with pytest.raises(UnknownNameError, match="resnet50"):
        count_timm("resnett50")
    with pytest.raises(InputError, match="cannot run on these inputs"):
        count_timm("resnet50", (4, 224, 224))


def test_the_public_function_takes_modules_and_names() -> None:
    assert joulewise.count(nn.Linear(4, 4), torch.randn(2, 4)).flops == 2 * 2 * 16
    assert joulewise.count("timm:resnet18").params == 11_689_512
    with pytest.raises(InputError, match="cannot tell what"):
        joulewise.count("resnet")
    with pytest.raises(InputError, match="inputs are for a module"):
        joulewise.count("timm:resnet18", torch.randn(2))


@pytest.mark.parametrize(("first", "last"), [(1, 1), (3, 4), (2, 100), (1, 17)])
def test_sums_over_the_cache_are_exact_with_a_window_too(first: int, last: int) -> None:
    asked: list[int] = []

    def step(length: int) -> tuple[int, ...]:
        asked.append(length)
        return 7 + 3 * length, 5 * min(length, 13)

    expected = tuple(map(sum, zip(*(step(n) for n in range(first, last + 1)), strict=True)))
    asked.clear()
    assert sum_over_cache(step, first, last) == expected
    assert len(asked) == len(set(asked)) <= 20


def test_t5_by_hand() -> None:
    d, inner, heads, kv, layers, V, S, T = 32, 64, 4, 8, 2, 50, 11, 5
    t5 = transformers.T5Config(
        d_model=d, d_ff=inner, num_heads=heads, d_kv=kv, num_layers=layers, vocab_size=V,
        architectures=["T5ForConditionalGeneration"],
    )  # fmt: skip
    work = count_hf(t5, prompt_tokens=S, output_tokens=T, batch_size=B)
    w = heads * kv
    encoder = layers * (4 * _linear(S, d, w) + 2 * _linear(S, d, inner) + 4 * S * S * w)
    decoder = layers * (
        4 * _linear(T, d, w) + 4 * T * T * w  # self-attention
        + 2 * _linear(T, d, w) + 2 * _linear(S, d, w) + 4 * T * S * w  # over the encoder's output
        + 2 * _linear(T, d, inner)
    )  # fmt: skip
    assert work.flops == B * (encoder + decoder + _linear(T, d, V))


def test_vit_by_hand() -> None:
    n, d, layers = 197, 768, 12
    body = layers * (2 * n * 12 * d * d + 4 * n * n * d)
    assert count_timm("vit_base_patch16_224").flops == 2 * 196 * 768 * d + body + 2 * d * 1000


def test_swin_by_hand() -> None:
    flops, n, d = 2 * 56 * 56 * 48 * 128, 56 * 56, 128
    for stage, depth in enumerate((2, 2, 18, 2)):
        if stage:
            n //= 4
            flops += 2 * n * (4 * d) * (2 * d)  # four neighbours merged into twice the width
            d *= 2
        flops += depth * (2 * n * 12 * d * d + 4 * n * 49 * d)  # windows of 7 x 7
    assert count_timm("swin_base_patch4_window7_224").flops == flops + 2 * d * 1000


def test_layers_of_generation_add_up_with_decoding() -> None:
    config = transformers.LlamaConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, vocab_size=50
    )
    work = count_hf(config, prompt_tokens=5, output_tokens=4)
    assert sum(layer.flops for layer in work.layers) == work.flops
    assert sum(layer.flops for layer in work.layers if layer.path != "(decode)") == work.phases["prefill"].flops


class _Packed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(16, 32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([7, 5, 2]))
        return torch.as_tensor(self.rnn(packed)[0].data)


def test_packed_sequences_count_their_own_steps() -> None:
    assert count_module(_Packed(), torch.randn(7, 3, 16)).flops == 2 * (7 + 5 + 2) * 4 * 32 * (16 + 32)


class _ReadsAfterLstm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(16, 32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.as_tensor(self.rnn(x)[0])
        return out if float(out.sum()) < 1e9 else out @ out.mT


def test_a_recurrent_layer_counts_the_same_for_real() -> None:
    work = count_module(_ReadsAfterLstm(), torch.randn(7, B, 16))
    assert (work.method, work.flops) == ("torch:cpu", 2 * B * 7 * 4 * 32 * (16 + 32))


@pytest.mark.parametrize(
    "name", ["resnet18", "mobilenetv2_100", "convnext_atto", "vit_tiny_patch16_224", "mixer_s32_224"]
)
def test_the_convention_of_fvcore_is_fvcores(name: str) -> None:
    import timm  # noqa: PLC0415

    network, image = timm.create_model(name).eval(), torch.zeros(1, 3, 224, 224)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fvcore.nn import FlopCountAnalysis  # type: ignore[import-untyped]  # noqa: PLC0415

        analysis = FlopCountAnalysis(network, image)
        theirs = analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()
    assert count_module(network, image).by_fvcore == theirs


def test_fvcore_counts_no_named_padding_and_no_fused_layer() -> None:
    same = torch.nn.Conv2d(3, 8, 3, padding="same")
    assert count_module(same, torch.zeros(1, 3, 8, 8)).by_fvcore == 0
    fused = torch.nn.TransformerEncoderLayer(16, 2, batch_first=True)
    assert count_module(fused, torch.zeros(1, 4, 16)).by_fvcore is None
