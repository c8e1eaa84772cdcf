package ops

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
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
	op{name: "NextAfter", signature: "x1:T=float x2:T=float -> output:T=float", translate: binary(pointwise.NextAfter)},
	op{name: "PopulationCount", signature: "x:T -> y:uint8", translate: apply(&pointwise.CountBits{})},
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
	op{
		name:      "CumulativeLogsumexp",
		signature: cumulativeSignature,
		translate: cumulative(func(a reduce.Cumulative) core.Op { return &reduce.CumLogSumExp{Cumulative: a} }),
	},
	op{
		name:      "HistogramFixedWidth",
		signature: "values:T value_range:T nbins:int32 -> out:dtype=int32",
		translate: histogram,
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
	op{name: "ApproximateEqual", signature: "x:T y:T -> z:bool", translate: approximateEqual},
	op{name: "Cross", signature: "a:T b:T -> product:T", translate: cross},
	op{name: "Bincount", signature: "arr:int32 size:int32 weights:T -> bins:T", translate: bincount},
	op{name: "DenseBincount", signature: "input:Tidx size:Tidx weights:T -> output:T", translate: denseBincount},
	op{name: "InTopK", signature: "predictions:float targets:T=int32 -> precision:bool", translate: inTopK},
	op{name: "InTopKV2", signature: "predictions:float targets:T=int32 k:T=int32 -> precision:bool", translate: inTopK},
	op{name: "NthElement", signature: "input:T n:int32 -> values:T", translate: nthElement},
	op{name: "ArgMax", signature: "input:T dimension:Tidx=int32 -> output:output_type=int64", translate: argMax},

	op{name: "Add", signature: binarySignature, translate: add},
	op{name: "AddV2", signature: binarySignature, translate: add},
	op{name: "Sub", signature: binarySignature, translate: apply(&pointwise.Subtract{})},
	op{name: "Mul", signature: binarySignature, translate: apply(&pointwise.Multiply{})},
	op{name: "Div", signature: binarySignature, translate: apply(&pointwise.Divide{})},
	op{name: "RealDiv", signature: binarySignature, translate: apply(&pointwise.Divide{})},
	op{name: "FloorDiv", signature: binarySignature, translate: apply(&pointwise.FloorDivide{})},
	op{name: "FloorMod", signature: binarySignature, translate: apply(&pointwise.FloorMod{})},
	op{name: "Maximum", signature: binarySignature, translate: apply(&pointwise.Maximum{})},
	op{name: "Minimum", signature: binarySignature, translate: apply(&pointwise.Minimum{})},
	op{name: "Pow", signature: binarySignature, translate: apply(&pointwise.Power{})},
	op{name: "SquaredDifference", signature: binarySignature, translate: apply(&pointwise.SquaredDifference{})},
	op{name: "AddN", signature: "inputs:N*T -> sum:T", translate: addN},

	op{name: "Equal", signature: compareSignature, translate: equal(pointwise.Equal)},
	op{name: "NotEqual", signature: compareSignature, translate: equal(pointwise.NotEqual)},
	op{name: "Less", signature: compareSignature, translate: compare(pointwise.Less)},
	op{name: "LessEqual", signature: compareSignature, translate: compare(pointwise.LessEqual)},
	op{name: "Greater", signature: compareSignature, translate: compare(pointwise.Greater)},
	op{name: "GreaterEqual", signature: compareSignature, translate: greaterEqual},
	op{
		name:      "LogicalAnd",
		signature: "x:bool y:bool -> z:bool",
		translate: apply(&pointwise.Logical{Function: pointwise.And}),
	},
	op{
		name:      "LogicalOr",
		signature: "x:bool y:bool -> z:bool",
		translate: apply(&pointwise.Logical{Function: pointwise.Or}),
	},
	op{name: "LogicalNot", signature: "x:bool -> y:bool", translate: apply(&pointwise.LogicalNot{})},
	op{name: "SelectV2", signature: "condition:bool t:T e:T -> output:T", translate: apply(&pointwise.Select{})},

	op{name: "Abs", signature: unarySignature, translate: unary(pointwise.Abs)},
	op{name: "Neg", signature: unarySignature, translate: unary(pointwise.Negative)},
	op{name: "Sign", signature: unarySignature, translate: unary(pointwise.Sign)},
	op{name: "Square", signature: unarySignature, translate: unary(pointwise.Square)},
	op{name: "Reciprocal", signature: unarySignature, translate: unary(pointwise.Reciprocal)},
	op{name: "Inv", signature: unarySignature, translate: unary(pointwise.Reciprocal)},
	op{name: "Sqrt", signature: unarySignature, translate: unary(pointwise.Sqrt)},
	op{name: "Rsqrt", signature: unarySignature, translate: unary(pointwise.Rsqrt)},
	op{name: "Exp", signature: unarySignature, translate: unary(pointwise.Exp)},
	op{name: "Log", signature: unarySignature, translate: unary(pointwise.Log)},
	op{name: "Erf", signature: unarySignature, translate: unary(pointwise.Erf)},
	op{name: "Floor", signature: unarySignature, translate: floor},
	op{name: "Ceil", signature: unarySignature, translate: unary(pointwise.Ceil)},
	op{name: "Round", signature: unarySignature, translate: unary(pointwise.RoundEven)},
	op{name: "Rint", signature: unarySignature, translate: unary(pointwise.RoundEven)},

	op{name: "Relu", signature: "features:T -> activations:T", translate: activate(numeric.Relu)},
	op{name: "Relu6", signature: "features:T -> activations:T", translate: activate(numeric.Relu6)},
	op{name: "LeakyRelu", signature: "features:T=float -> activations:T=float", translate: leakyRelu},
	op{name: "Elu", signature: "features:T -> activations:T", translate: activate(numeric.Elu)},
	op{name: "Tanh", signature: unarySignature, translate: activate(numeric.Tanh)},
	op{name: "Sigmoid", signature: unarySignature, translate: activate(numeric.Sigmoid)},

	op{name: "Softmax", signature: "logits:T -> softmax:T", translate: apply(&normalize.Softmax{Axis: -1})},
	op{name: "ClipByValue", signature: "t:T clip_value_min:T clip_value_max:T -> output:T", translate: clipByValue},
	op{name: "Cast", signature: "x:SrcT -> y:DstT", translate: cast},
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

func histogram(c *call) []core.Value {
	return c.emit(&reduce.Histogram{Type: c.typ("dtype", core.I32)}, c.in...)
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

// approximateEqual is |x - y| <= tolerance, whatever TensorFlow's documents say.
func approximateEqual(c *call) []core.Value {
	x, y := c.in[0].Shape(), c.in[1].Shape()
	if !x.Compatible(y) {
		c.failInput(1, "got shape %v, want x's %v", y, x)
	}
	distance := c.helper("distance", &pointwise.Unary{Function: pointwise.Abs},
		c.helper("difference", &pointwise.Subtract{}, c.in...))
	return c.emit(&pointwise.Compare{Relation: pointwise.LessEqual}, distance,
		c.number("tolerance", c.floatOr("tolerance", 1e-5), distance))
}

// cross is a[1]*b[2] - a[2]*b[1] and so on, each step rounded.
func cross(c *call) []core.Value {
	a, b := c.in[0].Shape(), c.in[1].Shape()
	if !a.Compatible(b) {
		c.failInput(1, "got shape %v, want a's %v", b, a)
	}
	if a.Ranked() && (len(a) == 0 || !a[len(a)-1:].Compatible(core.Shape{3})) {
		c.failInput(0, "got shape %v, want a last dimension of 3", a)
	}
	parts := func(role string, v core.Value) []core.Value {
		return c.emitAs("#"+role, &array.Split{Axis: -1, Sizes: []int{1, 1, 1}}, v)
	}
	x, y := parts("a", c.in[0]), parts("b", c.in[1])
	if c.err != nil {
		return nil
	}
	out := make([]core.Value, 3)
	for i := range out {
		k, l := (i+1)%3, (i+2)%3
		out[i] = c.helper(fmt.Sprintf("product_%d", i), &pointwise.Subtract{},
			c.helper(fmt.Sprintf("first_%d", i), &pointwise.Multiply{}, x[k], y[l]),
			c.helper(fmt.Sprintf("second_%d", i), &pointwise.Multiply{}, x[l], y[k]))
	}
	return c.emit(&array.Concat{Axis: -1}, out...)
}

// bincount counts over all dimensions.
func bincount(c *call) []core.Value {
	weights := c.in[2]
	if s := weights.Shape(); !s.Ranked() || len(s) != 1 {
		weights = c.flat(weights)
	}
	return c.emit(&reduce.Bincount{}, c.flat(c.in[0]), c.in[1], weights)
}

// denseBincount counts in each row. With binary_output, weights have no effect.
func denseBincount(c *call) []core.Value {
	x, weights := c.in[0], c.in[2]
	s := x.Shape()
	if !s.Ranked() || len(s) > 2 {
		c.failInput(0, "got shape %v, want rank 2 at most", s)
		return nil
	}
	op := &reduce.Bincount{Binary: c.boolOr("binary_output", false)}
	if op.Binary {
		none, err := core.NewTensor(weights.Type(), core.Shape{0})
		weights = c.literal("weights", none, err)
	}
	if len(s) == 0 {
		x = c.flat(x)
		if len(weights.Shape()) == 0 {
			weights = c.flat(weights)
		}
	}
	return c.emit(op, x, c.in[1], weights)
}

// inTopK is true of rows whose numbers are finite, and of which less than k exceed that of the target.
func inTopK(c *call) []core.Value {
	c.wantRank(0, 2, "rows of predictions")
	c.wantRank(1, 1, "a target for each")
	if c.err != nil {
		return nil
	}
	targets := c.helper("targets", &pointwise.Convert{Type: core.I64}, c.in[1])
	var k core.Value
	if c.has("k") {
		k = c.helper("k", &pointwise.Convert{Type: core.I64}, c.in[2])
	} else {
		k = c.literal("k", core.Scalar(c.intOr("k", 0)), nil)
	}
	zero, along := c.literal("zero", core.Scalar(int64(0)), nil), []int{1}
	classes := c.helper("classes", &indexing.Gather{}, c.helper("shape", &core.ShapeOf{Type: core.I64}, c.in[0]),
		c.literal("axis", core.Scalar(int32(1)), nil))
	is := func(role string, r pointwise.Relation, a, b core.Value) core.Value {
		return c.helper(role, &pointwise.Compare{Relation: r}, a, b)
	}
	both := func(role string, a, b core.Value) core.Value {
		return c.helper(role, &pointwise.Logical{Function: pointwise.And}, a, b)
	}
	known := both("known", is("not_negative", pointwise.GreaterEqual, targets, zero),
		is("below", pointwise.Less, targets, classes))
	own := c.helper("own", &indexing.Gather{Axis: 1, BatchDims: 1}, c.in[0],
		c.helper("column", &array.ExpandDims{Axes: along}, c.helper("safe", &pointwise.Select{}, known, targets, zero)))
	above := c.helper("above", &pointwise.Convert{Type: core.I32}, is("exceeds", pointwise.Greater, c.in[0], own))
	count := c.helper("count", &reduce.Sum{Reduction: reduce.Reduction{Axes: along}}, above)
	less := is("less", pointwise.Less, c.helper("count_i64", &pointwise.Convert{Type: core.I64}, count), k)
	finite := c.helper("finite", &reduce.All{BoolReduction: reduce.BoolReduction{Axes: along}},
		c.helper("each_finite", &pointwise.Is{Class: pointwise.Finite}, c.in[0]))
	return c.emit(&pointwise.Logical{Function: pointwise.And}, both("counts", known, less), finite)
}

func nthElement(c *call) []core.Value {
	return c.emit(&indexing.NthElement{Reverse: c.boolOr("reverse", false)}, c.in...)
}

const (
	unarySignature   = "x:T -> y:T"
	binarySignature  = "x:T y:T -> z:T"
	compareSignature = "x:T y:T -> z:bool"
)

// apply translates the ops that become one core op with the same inputs.
func apply(op core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value { return c.emit(op, c.in...) }
}

func unary(f pointwise.UnaryFunction) func(*call) []core.Value {
	return apply(&pointwise.Unary{Function: f})
}

func compare(r pointwise.Relation) func(*call) []core.Value {
	return apply(&pointwise.Compare{Relation: r})
}

// equal translates Equal and NotEqual. They may allow shapes that do not broadcast: the tensors as a whole are then
// not equal.
func equal(r pointwise.Relation) func(*call) []core.Value {
	return func(c *call) []core.Value {
		a, b := c.in[0].Shape(), c.in[1].Shape()
		if !c.boolOr("incompatible_shape_error", true) && a.Static() && b.Static() {
			op := &pointwise.Compare{Relation: r}
			if _, err := op.Infer(core.Operands(c.in)); err != nil {
				return c.emit(&core.Constant{Value: core.Scalar(r == pointwise.NotEqual)})
			}
		}
		return c.emit(&pointwise.Compare{Relation: r}, c.in...)
	}
}

func activate(a numeric.Activation) func(*call) []core.Value {
	return func(c *call) []core.Value { return c.emitActivation(pointwise.Activate{Activation: a}) }
}

func leakyRelu(c *call) []core.Value {
	return c.emitActivation(pointwise.Activate{Activation: numeric.LeakyRelu, Alpha: c.floatOr("alpha", 0.2)})
}

func cast(c *call) []core.Value {
	return c.emit(&pointwise.Convert{Type: c.typ("DstT", core.Dynamic), Truncate: c.boolOr("Truncate", false)}, c.in...)
}

// clipByValue takes bounds of the shape of the values, or scalars.
func clipByValue(c *call) []core.Value {
	for i := 1; i <= 2; i++ {
		if s := c.in[i].Shape(); !s.Compatible(core.Shape{}) && !s.Compatible(c.in[0].Shape()) {
			c.failInput(i, "got shape %v, want [] or %v, the shape of t", s, c.in[0].Shape())
		}
	}
	return c.emit(&pointwise.Maximum{}, c.helper("clipped", &pointwise.Minimum{}, c.in[0], c.in[2]), c.in[1])
}

// addN adds from left to right.
func addN(c *call) []core.Value {
	if len(c.in) == 0 {
		c.fail("got no inputs, want at least 1")
		return nil
	}
	sum := c.in[0]
	for i, v := range c.in[1:] {
		if !v.Shape().Compatible(c.in[0].Shape()) {
			c.failInput(i+1, "got shape %v, want %v as the first", v.Shape(), c.in[0].Shape())
		}
		out := c.emitAs(roleIf(i+2 < len(c.in), "sum", i), &pointwise.Add{}, sum, v)
		if c.err != nil {
			return nil
		}
		sum = out[0]
	}
	return []core.Value{sum}
}

// roleIf returns a suffix for the name of helper number i, or none.
func roleIf(helper bool, role string, i int) string {
	if !helper {
		return ""
	}
	return fmt.Sprintf("#%s_%d", role, i)
}
