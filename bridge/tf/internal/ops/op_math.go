package ops

import "github.com/tf2ng/tf2ng/core"

var _ = register("math",
	op{name: "Softplus", signature: featuresSignature, translate: unary(core.Softplus)},
	op{name: "Softsign", signature: featuresSignature, translate: unary(core.Softsign)},
	op{name: "Selu", signature: featuresSignature, translate: unary(core.Selu)},
	op{name: "_MklSwish", signature: "features:T=float -> activations:T=float", translate: unary(core.Swish)},
	op{name: "_MklFusedMish", signature: featuresSignature, translate: unary(core.Mish)},
	op{name: "LogSoftmax", signature: "logits:T -> logsoftmax:T", translate: apply(&core.LogSoftmax{})},
	op{name: "Expm1", signature: unarySignature, translate: unary(core.Expm1)},
	op{name: "Log1p", signature: unarySignature, translate: unary(core.Log1p)},
	op{name: "Erfc", signature: unarySignature, translate: unary(core.Erfc)},
	op{name: "Sin", signature: unarySignature, translate: unary(core.Sin)},
	op{name: "Cos", signature: unarySignature, translate: unary(core.Cos)},
	op{name: "Tan", signature: unarySignature, translate: unary(core.Tan)},
	op{name: "Asin", signature: unarySignature, translate: unary(core.Asin)},
	op{name: "Acos", signature: unarySignature, translate: unary(core.Acos)},
	op{name: "Atan", signature: unarySignature, translate: unary(core.Atan)},
	op{name: "Sinh", signature: unarySignature, translate: unary(core.Sinh)},
	op{name: "Cosh", signature: unarySignature, translate: unary(core.Cosh)},
	op{name: "Asinh", signature: unarySignature, translate: unary(core.Asinh)},
	op{name: "Acosh", signature: unarySignature, translate: unary(core.Acosh)},
	op{name: "Atanh", signature: unarySignature, translate: unary(core.Atanh)},
	op{name: "Invert", signature: unarySignature, translate: unary(core.Invert)},
	op{name: "IsNan", signature: "x:T -> y:bool", translate: apply(&core.Is{Class: core.NaN})},
	op{name: "IsInf", signature: "x:T -> y:bool", translate: apply(&core.Is{Class: core.Infinite})},
	op{name: "IsFinite", signature: "x:T -> y:bool", translate: apply(&core.Is{Class: core.Finite})},

	op{name: "TruncateDiv", signature: binarySignature, translate: binary(core.TruncateDivide)},
	op{name: "TruncateMod", signature: binarySignature, translate: binary(core.TruncateMod)},
	op{name: "Mod", signature: binarySignature, translate: binary(core.TruncateMod)},
	op{name: "DivNoNan", signature: binarySignature, translate: binary(core.DivideNoNan)},
	op{name: "MulNoNan", signature: binarySignature, translate: binary(core.MultiplyNoNan)},
	op{name: "Xdivy", signature: binarySignature, translate: binary(core.Xdivy)},
	op{name: "Xlogy", signature: binarySignature, translate: binary(core.Xlogy)},
	op{name: "Xlog1py", signature: binarySignature, translate: binary(core.Xlog1py)},
	op{name: "Atan2", signature: "y:T x:T -> z:T", translate: binary(core.Atan2)},
	op{name: "BitwiseAnd", signature: binarySignature, translate: binary(core.BitwiseAnd)},
	op{name: "BitwiseOr", signature: binarySignature, translate: binary(core.BitwiseOr)},
	op{name: "BitwiseXor", signature: binarySignature, translate: binary(core.BitwiseXor)},
	op{name: "LeftShift", signature: binarySignature, translate: binary(core.LeftShift)},
	op{name: "RightShift", signature: binarySignature, translate: binary(core.RightShift)},
	op{name: "Select", signature: "condition:bool t:T e:T -> output:T", translate: apply(&core.SelectRows{})},

	op{
		name:      "Any",
		signature: "input:bool reduction_indices:Tidx=int32 -> output:bool",
		translate: reduceBools(func(r core.BoolReduction) core.Op { return &core.Any{BoolReduction: r} }),
	},
	op{
		name:      "All",
		signature: "input:bool reduction_indices:Tidx=int32 -> output:bool",
		translate: reduceBools(func(r core.BoolReduction) core.Op { return &core.All{BoolReduction: r} }),
	},
	op{name: "EuclideanNorm", signature: reduceSignature, translate: euclideanNorm},
	op{name: "ArgMin", signature: "input:T dimension:Tidx=int32 -> output:output_type=int64", translate: argMin},
	op{name: "TopKV2", signature: "input:T k:Tk=int32 -> values:T indices:index_type=int32", translate: topK},
	op{
		name:      "Cumsum",
		signature: cumulativeSignature,
		translate: cumulative(func(a core.Cumulative) core.Op { return &core.CumSum{Cumulative: a} }),
	},
	op{
		name:      "Cumprod",
		signature: cumulativeSignature,
		translate: cumulative(func(a core.Cumulative) core.Op { return &core.CumProd{Cumulative: a} }),
	},
	op{name: "L2Loss", signature: "t:T -> output:T", translate: l2Loss},
	op{name: "Bucketize", signature: "input:T -> output:int32", translate: bucketize},
)

const (
	featuresSignature   = "features:T -> activations:T"
	cumulativeSignature = "x:T axis:Tidx=int32 -> out:T"
)

func binary(f core.BinaryFunction) func(*call) []core.Value { return apply(&core.Binary{Function: f}) }

func reduceBools(reducer func(core.BoolReduction) core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		return c.emit(reducer(core.BoolReduction{Axes: c.integers(1), KeepDims: c.boolOr("keep_dims", false)}), c.in[0])
	}
}

func euclideanNorm(c *call) []core.Value {
	op := &core.Sum{Reduction: core.Reduction{Axes: c.integers(1), KeepDims: c.boolOr("keep_dims", false)}}
	sum := c.helper("sum", op, c.helper("squares", &core.Unary{Function: core.Square}, c.in[0]))
	return c.emit(&core.Unary{Function: core.Sqrt}, sum)
}

func argMin(c *call) []core.Value {
	return c.emit(&core.ArgMin{Axis: c.integer(1), Type: c.typ("output_type", core.I64)}, c.in[0])
}

// topK translates TopKV2. Without sorted TensorFlow leaves the order open.
func topK(c *call) []core.Value {
	return c.emit(&core.TopK{Type: c.typ("index_type", core.I32)}, c.in...)
}

func cumulative(op func(core.Cumulative) core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		a := core.Cumulative{
			Axis:      c.integer(1),
			Exclusive: c.boolOr("exclusive", false),
			Reverse:   c.boolOr("reverse", false),
		}
		return c.emit(op(a), c.in[0])
	}
}

// l2Loss is half the sum of the squares.
func l2Loss(c *call) []core.Value {
	flat := c.flat(c.in[0])
	sum := c.helper("sum", &core.Sum{Reduction: core.Reduction{Axes: []int{0}}},
		c.helper("squares", &core.Unary{Function: core.Square}, flat))
	half := c.helper("half", &core.Convert{Type: c.in[0].Type()},
		c.literal("half_value", core.Scalar(float32(0.5)), nil))
	return c.emit(&core.Multiply{}, sum, half)
}

// flat returns a value as a vector.
func (c *call) flat(v core.Value) core.Value {
	to, err := core.TensorOf(core.Shape{1}, []int64{-1})
	return c.helper("flat", &core.Reshape{}, v, c.literal("flat_shape", to, err))
}

func bucketize(c *call) []core.Value {
	boundaries, err := c.node.FloatsOr("boundaries", nil)
	c.keep(err)
	return c.emit(&core.Bucketize{Boundaries: boundaries}, c.in...)
}
