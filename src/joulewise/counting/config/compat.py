"""Other counters' conventions, to explain a published number."""

from __future__ import annotations

from joulewise.counting.config.families import Model
from joulewise.counting.config.feeds import Mlp
from joulewise.counting.config.mixers import Attention
from joulewise.counting.config.passes import blocks_work
from joulewise.counting.config.spec import Stack
from joulewise.errors import InputError

_DROPOUT, _NORM, _ACTIVATION, _SOFTMAX = 4, 5, 8, 5


def electra_flops(stack: Model, tokens: int) -> int:
    """Return the FLOPs of one input as the ELECTRA paper's counter gives them.

    Parameters
    ----------
    stack : Stack
        An encoder, or a decoder with plain feed-forward layers.
    tokens : int
        Length of the input.

    Returns
    -------
    int
        [FLOP]

    Raises
    ------
    InputError
        If the model has gated or expert layers, which that counter does not support.

    Notes
    -----
    The counter takes two FLOPs per multiply-add, as here. It adds element-wise operations (biases and residuals 1 per
    element, softmax 5, GELU 8, layer norm 5, dropout 4 even in inference, the scaling of scores), a head of two layers
    at every position, and the embedding look-up as a dense product of :math:`2 e V` per token, which no inference
    computes. It explains the figures of BERT-Base and the small models in the paper's Table 7 [1]_.

    References
    ----------
    .. [1] K. Clark et al., ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators, 2020 (its
       figures for BERT-Base, ELECTRA-Small and GPT).
    """
    if not isinstance(stack, Stack):
        raise InputError("the ELECTRA counter supports only encoders and plain decoders")
    hidden, total = stack.hidden, 0
    for block, times in stack.distinct_blocks():
        if not isinstance(block.feed, Mlp) or block.feed.gated:
            raise InputError(f"the ELECTRA counter does not support gated or expert layers, which {stack.family} has")
        a = block.mixer
        if not isinstance(a, Attention):
            raise InputError(f"the ELECTRA counter supports only attention, not the layers of {stack.family}")
        vectors = a.vector_params(hidden) + block.feed.width + hidden
        scores = (_SOFTMAX + 1 + _DROPOUT) * a.heads * tokens
        total += times * (
            2 * block.token_macs(hidden)
            + 2 * a.pair_macs(decoding=False) * tokens
            + scores
            + vectors
            + 2 * (_DROPOUT + 1 + _NORM) * hidden
            + _ACTIVATION * block.feed.width
        )
    width = stack.embedding_dim
    lookup = 2 * width * stack.vocab + (2 + _NORM + _DROPOUT) * width
    project = (2 * width + 1) * hidden if width != hidden else 0
    head = (2 * hidden + 1 + _ACTIVATION) * hidden + 2 * hidden + 1
    return tokens * (total + lookup + project + head)


def paper_flops(stack: Model, tokens: int) -> int:
    """Return the FLOPs of one input of a language model by the convention of the paper's Table 7.

    Its figures for encoders are the ELECTRA counter's (`electra_flops`); those for GPT-2 and GPT-3 take all tokens
    through the blocks, with attention in full and without the logits.

    Raises
    ------
    InputError
        If the model is not a plain encoder or decoder.
    """
    if not isinstance(stack, Stack):
        raise InputError("the paper's convention covers only encoders and decoders")
    if not stack.generates:
        return electra_flops(stack, tokens)
    if not all(isinstance(block.mixer, Attention) for block in stack.blocks):
        raise InputError(f"the paper has no model with the layers of {stack.family}")
    return 2 * blocks_work(stack, batch=1, cached=0, new=tokens).macs
