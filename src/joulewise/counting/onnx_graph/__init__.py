"""Count an ONNX graph by shape inference, without reading its weights."""

from joulewise.counting.onnx_graph.count import count_onnx

__all__ = ["count_onnx"]
