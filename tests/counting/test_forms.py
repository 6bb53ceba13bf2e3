"""FLOPs by the form of product, and the values that products move, against sums by hand."""

import torch
from torch import nn

from joulewise.counting.trace import count_module


class Mixed(nn.Module):
    """A convolution, a depthwise one, a patch embedding whose weight is standardised, a linear layer and attention."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Conv2d(3, 8, 3, padding=1)
        self.grouped = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.depthwise = nn.Conv2d(8, 8, 5, padding=2, groups=8)
        self.patch = nn.Conv2d(8, 16, 4, stride=4)
        self.linear = nn.Linear(16, 32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return tokens that have attended to one another."""
        x = self.depthwise(self.grouped(self.dense(x)).relu())
        weight = self.patch.weight - self.patch.weight.mean()
        tokens = nn.functional.conv2d(x, weight, self.patch.bias, stride=4).flatten(2).transpose(1, 2)
        tokens = self.linear(tokens)
        attended: torch.Tensor = (tokens @ tokens.transpose(1, 2)).softmax(-1) @ tokens
        return attended


def test_each_product_has_its_form() -> None:
    work = count_module(Mixed(), torch.empty(1, 3, 16, 16))
    assert work.flops_by_form == {
        "convolution": 2 * 256 * (27 * 8 + 36 * 8),
        "depthwise": 2 * 256 * 25 * 8,
        "pointwise": 2 * 16 * (16 * 8 * 16 + 16 * 32),
        "attention": 2 * 2 * 16 * 16 * 32,
    }
    assert sum(work.flops_by_form.values()) == work.flops


def test_values_moved_are_those_of_inputs_and_outputs_without_weights() -> None:
    work = count_module(Mixed(), torch.empty(1, 3, 16, 16))
    convolutions = 256 * (3 + 8) + 2 * 256 * (8 + 8)
    patch, linear = 256 * 8 + 16 * 16, 16 * (16 + 32)
    scores, mixed = 2 * 16 * 32 + 16 * 16, 16 * 16 + 2 * 16 * 32
    # The weight of the patch embedding is computed in the pass, and is a weight all the same.
    assert work.activation_values == convolutions + patch + linear + scores + mixed
