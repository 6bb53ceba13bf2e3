"""Element-wise operations per value, by the same conventions as in a traced count."""

NORM, SOFTMAX_AND_SCALE, ACTIVATION, ROTARY = 5, 6, 8, 3
