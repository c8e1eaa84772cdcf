package match

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
)

var activationPrimitives = map[core.Activation]elementwise.Primitive{
	core.LeakyRelu: elementwise.LeakyRelu, core.Elu: elementwise.Elu,
	core.Tanh: elementwise.Tanh, core.Sigmoid: elementwise.Sigmoid,
	core.GeluApproximate: elementwise.GeluApproximate, core.GeluExact: elementwise.Gelu,
}

var unaryPrimitives = map[core.UnaryFunction]elementwise.Primitive{
	core.ExpOf: elementwise.Exp, core.Erf: elementwise.Erf,
	core.Softplus: elementwise.Softplus, core.Swish: elementwise.Swish,
	core.Square: elementwise.Square, core.Sqrt: elementwise.Sqrt, core.Rsqrt: elementwise.Rsqrt,
}

var (
	_ = matches[core.Activate](Unary, matchActivate)
	_ = matches[core.Unary](Unary, matchUnary)
)

// matchActivate matches the activations of float32 that have a primitive, and Relu and Relu6, of
// which NaN stays NaN.
func matchActivate(e Element, op *core.Activate) (Element, bool) {
	floor := combineValues(elementwise.Maximum, []float32{0})
	switch op.Activation {
	case core.Relu:
		e.Steps = []elementwise.Step{floor}
	case core.Relu6:
		e.Steps = []elementwise.Step{floor, combineValues(elementwise.Minimum, []float32{6})}
	default:
		p, ok := activationPrimitives[op.Activation]
		if !ok {
			return e, false
		}
		numbers := elementwise.Numbers{Scale: op.Alpha}
		e.Steps = []elementwise.Step{{Kind: elementwise.Apply, Primitive: p, Numbers: numbers}}
	}
	return e, isComputedReal(e.Node)
}

// matchUnary matches the functions of float32 that have a primitive.
func matchUnary(e Element, op *core.Unary) (Element, bool) {
	var step elementwise.Step
	switch op.Function {
	case core.Negative:
		step = combineValues(elementwise.Multiply, []float32{-1})
	case core.Reciprocal:
		step = combineValues(elementwise.Divide, []float32{1})
		step.Kind = elementwise.CombineSwapped
	default:
		p, ok := unaryPrimitives[op.Function]
		if !ok {
			return e, false
		}
		step = elementwise.Step{Kind: elementwise.Apply, Primitive: p}
	}
	e.Steps = []elementwise.Step{step}
	return e, isComputedReal(e.Node)
}
