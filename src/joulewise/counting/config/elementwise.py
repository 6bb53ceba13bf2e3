"""Element-wise operations for each value, by the same conventions as the traced count."""

NORM, SOFTMAX_AND_SCALE, ACTIVATION, ROTARY = 5, 6, 8, 3
