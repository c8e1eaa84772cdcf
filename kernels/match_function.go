package kernels

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
)

var activationPrimitives = map[core.Activation]elementwise.Primitive{
	core.LeakyRelu: elementwise.LeakyRelu, core.Elu: elementwise.Elu, core.Tanh: elementwise.Tanh, core.Sigmoid: elementwise.Sigmoid,
	core.GeluApproximate: elementwise.GeluApproximate, core.GeluExact: elementwise.Gelu,
}

var unaryPrimitives = map[core.UnaryFunction]elementwise.Primitive{
	core.ExpOf: elementwise.Exp, core.Erf: elementwise.Erf, core.Softplus: elementwise.Softplus, core.Swish: elementwise.Swish,
	core.Square: elementwise.Square, core.Sqrt: elementwise.Sqrt, core.Rsqrt: elementwise.Rsqrt,
}

// matchFunction matches a function of float32 that has a primitive.
func matchFunction(e element) (element, bool) {
	step := elementwise.Step{Kind: elementwise.Apply}
	var ok bool
	switch op := e.node.Op().(type) {
	case *core.Activate:
		step.Primitive, ok = activationPrimitives[op.Activation]
		step.Numbers.Scale = op.Alpha
	case *core.Unary:
		switch op.Function {
		case core.Negative:
			step, ok = combineOne(elementwise.Combine, elementwise.Multiply, -1), true
		case core.Reciprocal:
			step, ok = combineOne(elementwise.CombineSwapped, elementwise.Divide, 1), true
		default:
			step.Primitive, ok = unaryPrimitives[op.Function]
		}
	}
	e.kind, e.steps = elementUnary, []elementwise.Step{step}
	in := e.node.Inputs()[0]
	return e, ok && in.Type() == core.F32 && in.Constant() == nil
}

// combineOne is a step that combines each value with one number.
func combineOne(kind elementwise.StepKind, p elementwise.Primitive, v float32) elementwise.Step {
	return elementwise.Step{Kind: kind, Primitive: p, Source: elementwise.Source{Values: []float32{v}}}
}
