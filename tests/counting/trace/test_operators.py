"""Operators of unusual kinds: each count is the number of multiply-adds by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.attention.flex_attention import create_block_mask, flex_attention
from torch.nn.utils.rnn import pack_padded_sequence

import joulewise
from joulewise.counting.trace import count_module
from joulewise.errors import InputError

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


class Does(nn.Module):
    """Runs a function, of a linear layer of width 6 and the inputs."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.line = nn.Linear(6, 6)
        self.function = function

    def forward(self, *inputs: Any) -> Any:
        return self.function(self.line, *inputs)


class Packs(nn.Module):
    def __init__(self, kind: str, layers: int, both: bool) -> None:
        super().__init__()
        self.rnn = getattr(nn, kind)(6, 8, layers, bidirectional=both)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        packed = pack_padded_sequence(x, torch.tensor([6, 4, 4, 1]))
        return torch.as_tensor(self.rnn(packed)[0].data)


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize(("layers", "both"), [(1, True), (2, False), (3, True)])
def test_packed_sequences_count_their_own_steps(kind: str, layers: int, both: bool) -> None:
    directions = 2 if both else 1
    widths = [6, *(8 * directions for _ in range(layers - 1))]
    work = count_module(Packs(kind, layers, both), torch.randn(6, 4, 6))
    assert work.flops == 2 * (6 + 4 + 4 + 1) * directions * sum(GATES[kind] * 8 * (width + 8) for width in widths)
    assert work.uncounted == {}


def test_flex_attention_counts_its_products_and_no_mask_that_is_a_function() -> None:
    def causal(_b: Any, _h: Any, row: Any, column: Any) -> Any:
        return row >= column

    def run(_line: Any, q: Any, k: Any, v: Any) -> Any:
        mask = create_block_mask(causal, None, None, 12, 20, device=q.device)
        return flex_attention(q, k, v, block_mask=mask, enable_gqa=True)

    q, k, v = torch.randn(2, 6, 12, 8), torch.randn(2, 3, 20, 8), torch.randn(2, 3, 20, 8)
    assert count_module(Does(run), q, k, v).flops == 2 * 2 * 6 * 12 * 20 * (8 + 8)


def test_the_branch_that_is_taken_counts() -> None:
    def run(line: Any, x: Any) -> Any:
        return torch.cond(x.sum() > 0, lambda x: line(line(line(x))), line, (x,))

    assert count_module(Does(run), torch.ones(5, 6)).flops == 3 * 2 * 5 * 36
    assert count_module(Does(run), -torch.ones(5, 6)).flops == 2 * 5 * 36


def test_loops_count_each_step() -> None:
    from torch._higher_order_ops import scan  # noqa: PLC0415
    from torch._higher_order_ops.while_loop import while_loop  # noqa: PLC0415

    def loops(line: Any, x: Any) -> Any:
        start = torch.zeros((), dtype=torch.long, device=x.device)
        return while_loop(lambda i, _: i < 4, lambda i, y: (i + 1, line(y)), (start, x))[1]

    def scans(line: Any, x: Any) -> Any:
        return scan(lambda state, y: (line(state) + y, state.clone()), torch.zeros(2, 6, device=x.device), x)[0]

    assert count_module(Does(loops), torch.ones(3, 6)).flops == 4 * 2 * 3 * 36
    assert count_module(Does(scans), torch.ones(7, 2, 6)).flops == 7 * 2 * 2 * 36


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_nested_tensors_count_their_own_rows() -> None:
    parts = [torch.randn(n, 6) for n in (3, 1, 5)]
    jagged = torch.nested.nested_tensor(parts, layout=torch.jagged)
    assert count_module(Does(lambda line, x: line(x)), jagged).flops == 2 * 9 * 36

    heads = torch.nested.nested_tensor([torch.randn(n, 2, 4) for n in (3, 1, 5)], layout=torch.jagged).transpose(1, 2)
    attends = Does(lambda _line, x: nn.functional.scaled_dot_product_attention(x, x, x))
    assert count_module(attends, heads).flops == 4 * 2 * 4 * (9 + 1 + 25)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_nested_tensors_of_the_old_layout_are_refused_in_one_line() -> None:
    old = torch.nested.nested_tensor([torch.randn(n, 6) for n in (3, 1)], layout=torch.strided)
    with pytest.raises(
        InputError, match=r"in layer 'line': nested tensors are counted in the layout torch.jagged only"
    ):
        count_module(Does(lambda line, x: line(x)), old)


@pytest.mark.filterwarnings("ignore:Sparse")
def test_sparse_products_count_the_elements_that_are_stored() -> None:
    sparse = torch.tensor([[0.0, 2, 0], [1, 0, 3]]).to_sparse()
    dense = torch.randn(3, 5)
    multiply = Does(lambda _line, a, b: torch.sparse.mm(a, b))
    assert count_module(multiply, sparse, dense).flops == 2 * 3 * 5
    assert count_module(multiply, sparse.to_sparse_csr(), dense).flops == 2 * 3 * 5

    class Graph(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("edges", sparse)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(torch.mm(self.get_buffer("edges"), x))

    assert count_module(Graph(), dense).flops == 2 * 3 * 5


def test_gradients_that_a_forward_pass_asks_for_count() -> None:
    def force(line: Any, x: Any) -> Any:
        x.requires_grad_()
        return torch.autograd.grad(line(x).sum(), x)[0]

    network = Does(force)
    assert count_module(network, torch.ones(4, 6)).flops == 2 * (2 * 4 * 36)  # forward, and back to the input
    assert network.line.weight.grad is None


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_scripted_and_traced_modules_count_as_what_they_were_made_of() -> None:
    plain = nn.Sequential(nn.Linear(6, 4), nn.GELU(), nn.Linear(4, 3))
    x = torch.ones(5, 6)
    flops = 2 * 5 * (24 + 12)
    made: Any
    for made in (torch.jit.script(plain), torch.jit.trace(plain, x), nn.DataParallel(plain), torch.compile(plain)):
        work = count_module(made, x)
        assert (work.flops, work.params) == (flops, 24 + 4 + 12 + 3)


@pytest.mark.parametrize(
    ("network", "shapes", "products"),
    [
        (Does(lambda _line, a, b: a @ b), [(3, 4), (4, 7)], 3 * 4 * 7),
        (Does(lambda _line, a, b: a @ b), [(5, 3, 4), (5, 4, 7)], 5 * 3 * 4 * 7),
        (nn.Linear(4, 7, dtype=torch.complex64), [(3, 4)], 3 * 4 * 7),
        (nn.Conv2d(4, 6, 3, dtype=torch.complex64), [(2, 4, 6, 5)], 2 * 6 * 4 * 3 * 4 * 9),
        (nn.ConvTranspose1d(4, 6, 3, dtype=torch.complex64), [(2, 4, 5)], 2 * 4 * 5 * 6 * 3),
    ],
)
def test_a_complex_multiply_add_is_eight_operations(
    network: nn.Module, shapes: list[tuple[int, ...]], products: int
) -> None:
    inputs = [torch.randn(shape, dtype=torch.complex64) for shape in shapes]
    assert count_module(network, *inputs).flops == 8 * products


def test_sums_of_embeddings_are_no_products() -> None:
    work = count_module(nn.EmbeddingBag(30, 8, mode="sum"), torch.zeros(2, 7, dtype=torch.long))
    assert (work.flops, work.flops_all_ops) == (0, 2 * 7 * 8)


def test_keywords_of_a_forward_pass_may_have_any_name() -> None:
    class Takes(nn.Module):
        def forward(self, module: Any, target: Any, *, options: Any, name: Any, precision: Any, named: Any) -> Any:
            return module @ target @ options @ name @ precision @ named

    square = torch.ones(3, 3)
    theirs = dict.fromkeys(("options", "name", "precision", "named"), square)
    assert joulewise.count(Takes(), module=square, target=square, named=theirs).flops == 5 * 2 * 27
    assert count_module(Takes(), module=square, target=square, named=theirs).flops == 5 * 2 * 27
