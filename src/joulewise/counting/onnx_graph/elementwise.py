"""Operations per element of the operators that are no products; and operators that only move values."""

# Operations per element of the first output, by the same conventions as in a traced count.
PER_OUTPUT: dict[str, int] = {
    **dict.fromkeys(
        """
            Add Sub Mul Div Neg Abs Sign Sqrt Reciprocal Exp Log Pow Sin Cos Tan Tanh Erf Sigmoid Relu Clip Max Min
            Equal Less Greater LessOrEqual GreaterOrEqual And Or Not Xor Where Floor Ceil Round Mod IsNaN IsInf Sinh
            Cosh Asin Acos Atan BitShift ThresholdedRelu QuantizeLinear DequantizeLinear CumSum MulInteger
            GatherBlockQuantized
        """.split(),
        1,
    ),
    "LeakyRelu": 2,
    "PRelu": 2,
    "Elu": 3,
    "Selu": 3,
    "Celu": 3,
    "Softplus": 3,
    "Softsign": 2,
    "HardSigmoid": 3,
    "HardSwish": 4,
    "Swish": 2,
    "Mish": 5,
    "Gelu": 8,
    "FastGelu": 8,
    "BiasGelu": 9,
    "QuickGelu": 3,
    "BatchNormalization": 2,
    "QLinearAdd": 3,
    "QLinearMul": 3,
    "DynamicQuantizeLinear": 3,
    "QLinearWhere": 3,
    "QLinearSigmoid": 3,
    "QLinearLeakyRelu": 4,
    "RotaryEmbedding": 3,
    "GemmaRotaryEmbedding": 3,
    "MRotaryEmbedding": 3,
    "BiasAdd": 2,
    "BiasDropout": 2,
    "BiasSplitGelu": 11,
    "EmbedLayerNormalization": 7,
    "QEmbedLayerNormalization": 7,
    "Resize": 11,
    "Upsample": 11,
    "GridSample": 11,
}
PER_INPUT: dict[str, int] = {
    **dict.fromkeys(
        """
            ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp
            ArgMax ArgMin Sum Mean MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool QLinearAveragePool
            QLinearGlobalAveragePool QLinearReduceMean NhwcMaxPool MaxpoolWithMask
        """.split(),
        1,
    ),
    "Softmax": 5,
    "LogSoftmax": 5,
    "LayerNormalization": 5,
    "RMSNormalization": 4,
    "SimplifiedLayerNormalization": 4,
    "SkipLayerNormalization": 6,
    "SkipSimplifiedLayerNormalization": 5,
    "BiasSoftmax": 6,
    "QLinearSoftmax": 7,
    "GroupNorm": 5,
    "SkipGroupNorm": 6,
    "GroupNormalization": 5,
    "InstanceNormalization": 5,
    "MeanVarianceNormalization": 5,
    "LpNormalization": 3,
    "LRN": 5,
}
MOVEMENT = frozenset(
    """
        Identity Reshape Transpose Squeeze Unsqueeze Flatten Concat Split Slice Gather GatherElements GatherND
        Scatter ScatterElements ScatterND Expand Tile Pad Cast CastLike Shape Size Constant ConstantOfShape Range
        Dropout DepthToSpace SpaceToDepth NonZero TopK Unique OneHot EyeLike Trilu Compress ReverseSequence
        SequenceAt SequenceConstruct SequenceEmpty SequenceInsert SequenceLength ConcatFromSequence SplitToSequence
        Bernoulli RandomNormal RandomUniform RandomNormalLike RandomUniformLike Optional OptionalGetElement
        OptionalHasElement CenterCropPad QLinearConcat ExpandDims RemovePadding RestorePadding TorchEmbedding
    """.split()
)
