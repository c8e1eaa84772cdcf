package ops

import (
	"fmt"

	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// The ops that control which nodes run. Package tf translates the loops and conditionals that they form as a whole; a
// node that reaches a translator here is part of neither.
var _ = register("graph",
	op{name: "While", signature: "input:[T] -> output:[T]", translate: uncontrolled},
	op{name: "StatelessWhile", signature: "input:[T] -> output:[T]", translate: uncontrolled},
	op{name: "If", signature: "cond:Tcond input:[Tin] -> output:[Tout]", translate: uncontrolled},
	op{name: "StatelessIf", signature: "cond:Tcond input:[Tin] -> output:[Tout]", translate: uncontrolled},
	op{name: "Case", signature: "branch_index:int32 input:[Tin] -> output:[Tout]", translate: uncontrolled},
	op{name: "StatelessCase", signature: "branch_index:int32 input:[Tin] -> output:[Tout]", translate: uncontrolled},
	op{
		name:      "Switch",
		signature: "data:T pred:bool -> output_false:T output_true:T",
		translate: uncontrolled,
		passes:    true,
	},
	op{name: "_SwitchN", signature: "data:T output_index:int32 -> outputs:num_outs*T", translate: uncontrolled},
	op{
		name:      "Merge",
		signature: "inputs:N*T -> output:T value_index:int32",
		translate: uncontrolled,
		passes:    true,
	},
	op{name: "Enter", signature: "data:T -> output:T", translate: uncontrolled, passes: true},
	op{name: "LoopCond", signature: "input:bool -> output:bool", translate: uncontrolled},
	op{name: "NextIteration", signature: "data:T -> output:T", translate: uncontrolled, passes: true},
	op{name: "Exit", signature: "data:T -> output:T", translate: passThrough, passes: true},
	op{name: "RandomUniform", signature: randomSignature, translate: randomUniform, random: true},
	op{name: "RandomStandardNormal", signature: randomSignature, translate: anyRandom, random: true},
	op{name: "TruncatedNormal", signature: randomSignature, translate: anyRandom, random: true},
	op{
		name:      "RandomUniformInt",
		signature: "shape:T minval:Tout maxval:Tout -> output:Tout",
		translate: anyRandom,
		random:    true,
	},
	op{
		name:      "Multinomial",
		signature: "logits:T num_samples:int32 -> output:output_dtype=int64",
		translate: anyRandom,
		random:    true,
	},
	op{name: "RandomShuffle", signature: "value:T -> output:T", translate: anyRandom, random: true},
)

const randomSignature = "shape:T -> output:dtype"

// uncontrolled refuses a node that is not part of a recognised loop or conditional.
func uncontrolled(c *call) []core.Value {
	c.fail("it is not part of a loop or conditional as TensorFlow writes them, so what it does cannot be told")
	return nil
}

// randomNumbers represents random numbers during translation. It never occurs in the result: random numbers are
// accepted only where their values do not matter.
type randomNumbers struct {
	typ  core.Type
	unit bool // they are in [0,1)
}

// Infer returns the type and an unknown shape.
func (op *randomNumbers) Infer([]core.Operand) ([]core.Fact, error) {
	return []core.Fact{{Type: op.typ}}, nil
}

// Eval is never called.
func (op *randomNumbers) Eval(_, _ []*core.Tensor) error {
	return core.Violation("", -1, "has no values")
}

// IsRandom reports whether an op represents random numbers.
func IsRandom(op core.Op) bool {
	_, ok := op.(*randomNumbers)
	return ok
}

// IsRandomOp reports whether a TensorFlow op produces random numbers.
func IsRandomOp(name string) bool { return table[name] != nil && table[name].random }

func randomUniform(c *call) []core.Value {
	return c.emit(&randomNumbers{c.typ("dtype", core.Dynamic), true}, c.in...)
}

func anyRandom(c *call) []core.Value {
	types, _, err := c.op.out.Expand(c.node, 1)
	c.keep(err)
	if c.err != nil {
		return nil
	}
	return c.emit(&randomNumbers{typ: types[0]}, c.in...)
}

// isUnit reports whether a value is random numbers in [0,1).
func isUnit(v core.Value) bool {
	r, ok := v.Node.Op().(*randomNumbers)
	return ok && r.unit
}

// certain returns the result of a comparison or sum of random numbers if it does not depend on them: a tensor of one
// number, with the shape that was asked for; false if it does.
func (c *call) certain(uniform, other core.Value, holds func(float64) bool, number *core.Tensor) ([]core.Value, bool) {
	t := other.Folded()
	if c.err != nil || !isUnit(uniform) || t == nil || t.Len() != 1 || !t.Type().IsFloat() {
		return nil, false
	}
	wide, err := core.EvalOp(&pointwise.Convert{Type: core.F64}, []*core.Tensor{t})
	if err != nil || !holds(core.Data[float64](wide[0])[0]) {
		return nil, false
	}
	one := c.literal("certain", number, nil)
	return c.emit(&array.BroadcastTo{}, one, uniform.Node.Inputs()[0]), true
}

// greaterEqual is GreaterEqual. It is true for random numbers in [0,1) compared with a number that is not positive,
// which is how dropout looks when it drops nothing.
func greaterEqual(c *call) []core.Value {
	if out, ok := c.certain(c.in[0], c.in[1], func(x float64) bool { return x <= 0 }, core.Scalar(true)); ok {
		return out
	}
	return compare(pointwise.GreaterEqual)(c)
}

// floor is Floor. It is 1 for the sum of 1 and random numbers in [0,1), which is how older programs wrote such
// dropout.
func floor(c *call) []core.Value {
	x := c.in[0].Node
	if _, sum := x.Op().(*pointwise.Add); sum {
		for i, v := range x.Inputs() {
			one, err := core.EvalOp(&pointwise.Convert{Type: v.Type()}, []*core.Tensor{core.Scalar(float32(1))})
			if err != nil {
				break
			}
			if out, ok := c.certain(v, x.Inputs()[1-i], func(x float64) bool { return x == 1 }, one[0]); ok {
				return out
			}
		}
	}
	return unary(pointwise.Floor)(c)
}

var _ = register("graph",
	op{name: "Const", signature: "-> output:dtype", translate: constant},
	op{name: "HostConst", signature: "-> output:dtype", translate: constant},
	op{name: "Placeholder", signature: "-> output:dtype", translate: unfedPlaceholder},
	op{name: "PlaceholderWithDefault", signature: "input:dtype -> output:dtype", translate: passThrough},
	op{name: "Identity", signature: "input:T -> output:T", translate: passThrough, passes: true},
	op{name: "Snapshot", signature: "input:T -> output:T", translate: passThrough, passes: true},
	op{name: "StopGradient", signature: "input:T -> output:T", translate: passThrough, passes: true},
	op{name: "PreventGradient", signature: "input:T -> output:T", translate: passThrough, passes: true},
	op{name: "CheckNumerics", signature: "tensor:T -> output:T", translate: checkNumerics},
	op{name: "IdentityN", signature: "input:[T] -> output:[T]", translate: passThrough},
	op{name: "NoOp", signature: "->", translate: passThrough},
	op{name: "Assert", signature: "condition:bool data:[T] ->", translate: nothing},
)

// constant translates Const and HostConst. The content is not copied from the file.
func constant(c *call) []core.Value {
	t, err := opdef.Tensor(c.node, "value")
	c.keep(err)
	if c.err != nil {
		return nil
	}
	if want := c.typ("dtype", core.Dynamic); c.err == nil && t.Type() != want {
		declared, _ := c.node.Type("dtype")
		got, _ := c.node.Tensor("value")
		c.failAttr("value", "got a %v tensor, want %v as attribute \"dtype\" says", got.Type, declared)
	}
	return c.emit(&core.Constant{Value: t})
}

// passThrough translates the ops that return their inputs.
func passThrough(c *call) []core.Value { return c.in }

// checkNumerics refuses NaN and infinities when the graph runs.
func checkNumerics(c *call) []core.Value {
	return c.emit(&pointwise.CheckFinite{Message: c.strOr("message", "")}, c.in...)
}

// nothing translates the ops without outputs.
func nothing(*call) []core.Value { return nil }

// unfedPlaceholder is never reached for a Placeholder that the outputs need, since those are inputs.
func unfedPlaceholder(c *call) []core.Value {
	c.keep(fmt.Errorf("is not among the inputs"))
	return nil
}
