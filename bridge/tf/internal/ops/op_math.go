package ops

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
)

const reduceSignature = "input:T reduction_indices:Tidx=int32 -> output:T"

var _ = register("math",
	op{name: "Softplus", signature: featuresSignature, translate: unary(pointwise.Softplus)},
	op{name: "Softsign", signature: featuresSignature, translate: unary(pointwise.Softsign)},
	op{name: "Selu", signature: featuresSignature, translate: unary(pointwise.Selu)},
	op{name: "_MklSwish", signature: "features:T=float -> activations:T=float", translate: unary(pointwise.Swish)},
	op{name: "_MklFusedMish", signature: featuresSignature, translate: unary(pointwise.Mish)},
	op{name: "LogSoftmax", signature: "logits:T -> logsoftmax:T", translate: apply(&normalize.LogSoftmax{})},
	op{name: "Expm1", signature: unarySignature, translate: unary(pointwise.Expm1)},
	op{name: "Log1p", signature: unarySignature, translate: unary(pointwise.Log1p)},
	op{name: "Erfc", signature: unarySignature, translate: unary(pointwise.Erfc)},
	op{name: "Sin", signature: unarySignature, translate: unary(pointwise.Sin)},
	op{name: "Cos", signature: unarySignature, translate: unary(pointwise.Cos)},
	op{name: "Tan", signature: unarySignature, translate: unary(pointwise.Tan)},
	op{name: "Asin", signature: unarySignature, translate: unary(pointwise.Asin)},
	op{name: "Acos", signature: unarySignature, translate: unary(pointwise.Acos)},
	op{name: "Atan", signature: unarySignature, translate: unary(pointwise.Atan)},
	op{name: "Sinh", signature: unarySignature, translate: unary(pointwise.Sinh)},
	op{name: "Cosh", signature: unarySignature, translate: unary(pointwise.Cosh)},
	op{name: "Asinh", signature: unarySignature, translate: unary(pointwise.Asinh)},
	op{name: "Acosh", signature: unarySignature, translate: unary(pointwise.Acosh)},
	op{name: "Atanh", signature: unarySignature, translate: unary(pointwise.Atanh)},
	op{name: "Invert", signature: unarySignature, translate: unary(pointwise.Invert)},
	op{name: "IsNan", signature: "x:T -> y:bool", translate: apply(&pointwise.Is{Class: pointwise.NaN})},
	op{name: "IsInf", signature: "x:T -> y:bool", translate: apply(&pointwise.Is{Class: pointwise.Infinite})},
	op{name: "IsFinite", signature: "x:T -> y:bool", translate: apply(&pointwise.Is{Class: pointwise.Finite})},

	op{name: "TruncateDiv", signature: binarySignature, translate: binary(pointwise.TruncateDivide)},
	op{name: "TruncateMod", signature: binarySignature, translate: binary(pointwise.TruncateMod)},
	op{name: "Mod", signature: binarySignature, translate: binary(pointwise.TruncateMod)},
	op{name: "DivNoNan", signature: binarySignature, translate: binary(pointwise.DivideNoNan)},
	op{name: "MulNoNan", signature: binarySignature, translate: binary(pointwise.MultiplyNoNan)},
	op{name: "Xdivy", signature: binarySignature, translate: binary(pointwise.Xdivy)},
	op{name: "Xlogy", signature: binarySignature, translate: binary(pointwise.Xlogy)},
	op{name: "Xlog1py", signature: binarySignature, translate: binary(pointwise.Xlog1py)},
	op{name: "Atan2", signature: "y:T x:T -> z:T", translate: binary(pointwise.Atan2)},
	op{name: "BitwiseAnd", signature: binarySignature, translate: binary(pointwise.BitwiseAnd)},
	op{name: "BitwiseOr", signature: binarySignature, translate: binary(pointwise.BitwiseOr)},
	op{name: "BitwiseXor", signature: binarySignature, translate: binary(pointwise.BitwiseXor)},
	op{name: "LeftShift", signature: binarySignature, translate: binary(pointwise.LeftShift)},
	op{name: "RightShift", signature: binarySignature, translate: binary(pointwise.RightShift)},
	op{name: "Select", signature: "condition:bool t:T e:T -> output:T", translate: apply(&pointwise.SelectRows{})},

	op{
		name:      "Any",
		signature: "input:bool reduction_indices:Tidx=int32 -> output:bool",
		translate: reduceBools(func(r reduce.BoolReduction) core.Op { return &reduce.Any{BoolReduction: r} }),
	},
	op{
		name:      "All",
		signature: "input:bool reduction_indices:Tidx=int32 -> output:bool",
		translate: reduceBools(func(r reduce.BoolReduction) core.Op { return &reduce.All{BoolReduction: r} }),
	},
	op{name: "EuclideanNorm", signature: reduceSignature, translate: euclideanNorm},
	op{name: "ArgMin", signature: "input:T dimension:Tidx=int32 -> output:output_type=int64", translate: argMin},
	op{name: "TopKV2", signature: "input:T k:Tk=int32 -> values:T indices:index_type=int32", translate: topK},
	op{
		name:      "Cumsum",
		signature: cumulativeSignature,
		translate: cumulative(func(a reduce.Cumulative) core.Op { return &reduce.CumSum{Cumulative: a} }),
	},
	op{
		name:      "Cumprod",
		signature: cumulativeSignature,
		translate: cumulative(func(a reduce.Cumulative) core.Op { return &reduce.CumProd{Cumulative: a} }),
	},
	op{name: "L2Loss", signature: "t:T -> output:T", translate: l2Loss},
	op{name: "Bucketize", signature: "input:T -> output:int32", translate: bucketize},
	op{
		name:      "Mean",
		signature: reduceSignature,
		translate: reduction(func(r reduce.Reduction) core.Op { return &reduce.Mean{Reduction: r} }),
	},
	op{
		name:      "Sum",
		signature: reduceSignature,
		translate: reduction(func(r reduce.Reduction) core.Op { return &reduce.Sum{Reduction: r} }),
	},
	op{
		name:      "Prod",
		signature: reduceSignature,
		translate: reduction(func(r reduce.Reduction) core.Op { return &reduce.Prod{Reduction: r} }),
	},
	op{
		name:      "Max",
		signature: reduceSignature,
		translate: reduction(func(r reduce.Reduction) core.Op { return &reduce.Max{Reduction: r} }),
	},
	op{
		name:      "Min",
		signature: reduceSignature,
		translate: reduction(func(r reduce.Reduction) core.Op { return &reduce.Min{Reduction: r} }),
	},
	op{name: "ArgMax", signature: "input:T dimension:Tidx=int32 -> output:output_type=int64", translate: argMax},
)

const (
	featuresSignature   = "features:T -> activations:T"
	cumulativeSignature = "x:T axis:Tidx=int32 -> out:T"
)

func binary(f pointwise.BinaryFunction) func(*call) []core.Value {
	return apply(&pointwise.Binary{Function: f})
}

func reduceBools(reducer func(reduce.BoolReduction) core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		return c.emit(reducer(reduce.BoolReduction{Axes: c.integers(1), KeepDims: c.boolOr("keep_dims", false)}), c.in[0])
	}
}

func euclideanNorm(c *call) []core.Value {
	op := &reduce.Sum{Reduction: reduce.Reduction{Axes: c.integers(1), KeepDims: c.boolOr("keep_dims", false)}}
	sum := c.helper("sum", op, c.helper("squares", &pointwise.Unary{Function: pointwise.Square}, c.in[0]))
	return c.emit(&pointwise.Unary{Function: pointwise.Sqrt}, sum)
}

func argMin(c *call) []core.Value {
	return c.emit(&reduce.ArgMin{Axis: c.integer(1), Type: c.typ("output_type", core.I64)}, c.in[0])
}

// topK translates TopKV2. Without sorted, TensorFlow leaves the order open.
func topK(c *call) []core.Value {
	return c.emit(&indexing.TopK{Type: c.typ("index_type", core.I32)}, c.in...)
}

func cumulative(op func(reduce.Cumulative) core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		a := reduce.Cumulative{
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
	sum := c.helper("sum", &reduce.Sum{Reduction: reduce.Reduction{Axes: []int{0}}},
		c.helper("squares", &pointwise.Unary{Function: pointwise.Square}, flat))
	half := c.helper("half", &pointwise.Convert{Type: c.in[0].Type()},
		c.literal("half_value", core.Scalar(float32(0.5)), nil))
	return c.emit(&pointwise.Multiply{}, sum, half)
}

// flat returns a value as a vector.
func (c *call) flat(v core.Value) core.Value {
	to, err := core.TensorOf(core.Shape{1}, []int64{-1})
	return c.helper("flat", &array.Reshape{}, v, c.literal("flat_shape", to, err))
}

func bucketize(c *call) []core.Value {
	boundaries, err := c.node.FloatsOr("boundaries", nil)
	c.keep(err)
	return c.emit(&pointwise.Bucketize{Boundaries: boundaries}, c.in...)
}

func reduction(reducer func(reduce.Reduction) core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		return c.emit(reducer(reduce.Reduction{Axes: c.integers(1), KeepDims: c.boolOr("keep_dims", false)}), c.in[0])
	}
}

func argMax(c *call) []core.Value {
	return c.emit(&reduce.ArgMax{Axis: c.integer(1), Type: c.typ("output_type", core.I64)}, c.in[0])
}
