package ops

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

const (
	unarySignature   = "x:T -> y:T"
	binarySignature  = "x:T y:T -> z:T"
	compareSignature = "x:T y:T -> z:bool"
)

var _ = register("elementwise",
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
