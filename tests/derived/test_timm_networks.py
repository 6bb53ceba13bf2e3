"""Counts in the catalogue against closed forms, published figures and the other counter's own rules."""

import csv
from pathlib import Path

import polars as pl
import pytest

from joulewise import catalog
from joulewise.catalog.tables import shipped_folder
from joulewise.counting.kind import network_kind
from joulewise.counting.timm_models import count_timm
from joulewise.derived.timm_networks import architecture_of, count_network, scored_sizes
from joulewise.errors import DataError

RESULTS = catalog.vision_results()


def _fact(name: str, image_px: int, attribute: str) -> int:
    row = RESULTS.filter(name=name, image_px=image_px)
    return int(row[attribute][0])


def _vit(px: int, patch: int, width: int, depth: int, mlp: int) -> tuple[int, int]:
    """FLOPs, and values moved by products, of a plain vision transformer with a class token, by hand."""
    patches = (px // patch) ** 2
    tokens = patches + 1
    block = 2 * tokens * (4 * width**2 + 2 * width * mlp) + 4 * tokens**2 * width
    flops = 2 * patches * 3 * patch**2 * width + depth * block + 2 * width * 1000
    # Each product reads its input and writes its output: qkv, attention, projection, two of the MLP.
    moved = tokens * ((width + 3 * width) + (3 * width + width) + 2 * width + 2 * (width + mlp))
    return flops, 3 * px**2 + patches * width + depth * moved + width + 1000


def _mixer(px: int, patch: int, width: int, depth: int, token_mlp: int, channel_mlp: int) -> int:
    tokens = (px // patch) ** 2
    block = 4 * width * tokens * token_mlp + 4 * tokens * width * channel_mlp
    return 2 * tokens * 3 * patch**2 * width + depth * block + 2 * width * 1000


def _convmixer(px: int, patch: int, width: int, depth: int, kernel: int) -> int:
    places = (px // patch) ** 2
    return 2 * width * places * 3 * patch**2 + depth * 2 * width * places * (kernel**2 + width) + 2 * width * 1000


def _vgg16() -> int:
    flops, channels, side = 0, 3, 224
    for width, repeats in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(repeats):
            flops += 2 * side**2 * 9 * channels * width
            channels = width
        side //= 2
    return flops + 2 * (7 * 7 * 512 * 4096 + 4096 * 4096 + 4096 * 1000)


@pytest.mark.parametrize(
    ("name", "image_px", "flops"),
    [
        ("vit_base_patch16_224.augreg_in1k", 224, _vit(224, 16, 768, 12, 3072)[0]),
        ("vit_large_patch16_384.augreg_in21k_ft_in1k", 384, _vit(384, 16, 1024, 24, 4096)[0]),
        ("mixer_b16_224.goog_in21k_ft_in1k", 224, _mixer(224, 16, 768, 12, 384, 3072)),
        ("convmixer_768_32.in1k", 224, _convmixer(224, 7, 768, 32, 7)),
        ("vgg16.tv_in1k", 224, _vgg16()),
    ],
)
def test_flops_equal_closed_forms(name: str, image_px: int, flops: int) -> None:
    assert _fact(name, image_px, "flops") == flops


def test_values_moved_equal_a_closed_form() -> None:
    assert _fact("vit_base_patch16_224.augreg_in1k", 224, "activation_values") == _vit(224, 16, 768, 12, 3072)[1]


@pytest.mark.parametrize(
    ("name", "params_m"),
    # Printed by torchvision, and in the papers of ViT, Swin and ConvNeXt.
    [
        ("resnet50.tv_in1k", 25.557032),
        ("vit_base_patch16_224.augreg_in1k", 86.567656),
        ("swin_tiny_patch4_window7_224.ms_in1k", 28.3),
        ("convnext_tiny.fb_in1k", 28.6),
    ],
)
def test_parameters_as_published(name: str, params_m: float) -> None:
    assert RESULTS.filter(name=name)["params"][0] / 1e6 == pytest.approx(params_m, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "image_px", "gmacs"),
    # Multiply-adds as the papers print them: ResNet (torchvision's variant), Swin, ConvNeXt, EfficientNet, MobileNetV2.
    [
        ("resnet50.tv_in1k", 224, 4.09),
        ("swin_tiny_patch4_window7_224.ms_in1k", 224, 4.5),
        ("convnext_tiny.fb_in1k", 224, 4.5),
        ("efficientnet_b0.ra_in1k", 224, 0.39),
        ("mobilenetv2_100.ra_in1k", 224, 0.300),
    ],
)
def test_flops_as_published(name: str, image_px: int, gmacs: float) -> None:
    assert _fact(name, image_px, "flops") / 2e9 == pytest.approx(gmacs, rel=0.015)


def test_the_shipped_counts_are_what_counting_gives() -> None:
    for name, image_px in (("resnet18.a1_in1k", 288), ("mobilenetv3_small_100.lamb_in1k", 224)):
        counted = count_network(name, image_px)
        assert counted.flops == _fact(name, image_px, "flops")
        assert counted.params == _fact(name, image_px, "params")
        assert counted.activation_values == _fact(name, image_px, "activation_values")
        assert sum(counted.flops_by_form.values()) == counted.flops


def test_an_unknown_network_is_reported() -> None:
    with pytest.raises(DataError, match=r"timm:resnet5 at 224 px: unknown timm network"):
        count_network("resnet5", 224)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("resnet50.tv_in1k", "convolution"),
        ("resnext50_32x4d.tv_in1k", "convolution"),
        ("vgg16.tv_in1k", "convolution"),
        ("mobilenetv2_100.ra_in1k", "depthwise"),
        ("efficientnet_b0.ra_in1k", "depthwise"),
        ("convnext_base.fb_in1k", "depthwise"),
        ("vit_base_patch16_224.augreg_in1k", "transformer"),
        ("swin_tiny_patch4_window7_224.ms_in1k", "transformer"),
        ("mixer_b16_224.goog_in21k_ft_in1k", "transformer"),
        ("coatnet_0_rw_224.sw_in1k", "hybrid"),
        ("mobilevit_s.cvnets_in1k", "hybrid"),
    ],
)
def test_kinds_of_networks_whose_kind_is_no_question(name: str, kind: str) -> None:
    assert RESULTS.filter(name=name)["network_kind"][0] == kind


def test_kind_and_architecture_follow_the_forms() -> None:
    assert network_kind({"pointwise": 10}) == "transformer"
    assert architecture_of({"pointwise": 10}, "mlp_mixer") == "MLP"
    assert network_kind({"pointwise": 90, "attention": 5, "depthwise": 5}) == "hybrid"
    assert architecture_of({"attention": 5, "depthwise": 5}, "x") == "Hybrid"
    assert network_kind({"convolution": 100, "attention": 1}) == "convolution"
    assert architecture_of({"convolution": 1, "depthwise": 2}, "x") == "CNN"
    assert architecture_of({"pointwise": 1}, "sequencer") == "LSTM"


def test_every_scored_size_is_counted_and_grows() -> None:
    loaded = catalog.load()
    sizes = scored_sizes(loaded)
    assert sizes.join(RESULTS.filter(pl.col("flops").is_null()), on=["id", "image_px"], how="semi").height == 0
    growth = RESULTS.filter(pl.col("flops").is_not_null()).sort("id", "image_px")
    steps = growth.select(pl.col("flops").log().diff().over("id") / pl.col("image_px").log().diff().over("id"))
    exponents = [float(step) for step in steps.to_series().drop_nulls()]
    # Convolutions grow with the pixels, attention over all tokens up to their square.
    assert len(exponents) > 200
    assert min(exponents) > 1.5
    assert max(exponents) < 4


def _published() -> list[dict[str, str]]:
    with Path(shipped_folder() / "timm_published_counts.csv").open() as file:
        return list(csv.DictReader(file))


def test_every_published_count_that_differs_has_its_reason() -> None:
    for row in _published():
        ours, theirs = int(row["flops"]) / 2e9, float(row["published_gmacs"])
        assert row["reason"]
        assert abs(theirs - ours) > 0.03 * ours
        assert float(row["difference_percent"]) == pytest.approx(100 * (theirs / ours - 1), abs=0.06)
        listed = RESULTS.filter(pl.col("name").str.split(".").list.first() == row["architecture"])
        assert int(row["flops"]) in listed.filter(image_px=int(row["image_px"]))["flops"].cast(pl.Int64).to_list()


@pytest.mark.parametrize(
    ("network", "image_px"), [("mnasnet_100", 224), ("deit_tiny_patch16_224", 224), ("convmixer_768_32", 224)]
)
def test_the_other_counters_rules_give_the_published_count(network: str, image_px: int) -> None:
    by_their_rules = count_timm(network, (3, image_px, image_px)).by_fvcore
    at = (network, str(image_px))
    published = [float(r["published_gmacs"]) for r in _published() if (r["architecture"], r["image_px"]) == at]
    assert by_their_rules is not None
    assert any(abs(by_their_rules / 1e9 - theirs) < 0.0051 + 0.01 * theirs for theirs in published)
