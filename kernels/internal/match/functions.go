package match

import (
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
)

var activationPrimitives = map[numeric.Activation]elementwise.Primitive{
	numeric.LeakyRelu: elementwise.LeakyRelu, numeric.Elu: elementwise.Elu,
	numeric.Tanh: elementwise.Tanh, numeric.Sigmoid: elementwise.Sigmoid,
	numeric.GeluApproximate: elementwise.GeluApproximate, numeric.GeluExact: elementwise.Gelu,
}

var unaryPrimitives = map[pointwise.UnaryFunction]elementwise.Primitive{
	pointwise.Exp: elementwise.Exp, pointwise.Erf: elementwise.Erf,
	pointwise.Softplus: elementwise.Softplus, pointwise.Swish: elementwise.Swish,
	pointwise.Square: elementwise.Square, pointwise.Sqrt: elementwise.Sqrt, pointwise.Rsqrt: elementwise.Rsqrt,
}

var (
	_ = matches[pointwise.Activate](Unary, matchActivate)
	_ = matches[pointwise.Unary](Unary, matchUnary)
)

// matchActivate matches the activations of float32 that have a primitive, and Relu and Relu6, of
// which NaN stays NaN.
func matchActivate(e Element, op *pointwise.Activate) (Element, bool) {
	floor := combineValues(elementwise.Maximum, []float32{0})
	switch op.Activation {
	case numeric.Relu:
		e.Steps = []elementwise.Step{floor}
	case numeric.Relu6:
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
func matchUnary(e Element, op *pointwise.Unary) (Element, bool) {
	var step elementwise.Step
	switch op.Function {
	case pointwise.Negative:
		step = combineValues(elementwise.Multiply, []float32{-1})
	case pointwise.Reciprocal:
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
