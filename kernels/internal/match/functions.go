package match

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
)

var activationPrimitives = map[numeric.Activation]elementwise.Primitive{
	numeric.LeakyRelu: elementwise.LeakyRelu, numeric.Elu: elementwise.Elu,
	numeric.Tanh: elementwise.Tanh, numeric.Sigmoid: elementwise.Sigmoid,
	numeric.GeluApproximate: elementwise.GeluApproximate, numeric.GeluExact: elementwise.Gelu,
	numeric.FusedElu: elementwise.FusedElu, numeric.FusedTanh: elementwise.FusedTanh,
	numeric.FusedSigmoid: elementwise.FusedSigmoid,
}

// Activation returns the primitive of an activation that is not piecewise linear, or of LeakyRelu, whose slope is its
// Scale; false for others.
func Activation(a numeric.Activation) (elementwise.Primitive, bool) {
	p, ok := activationPrimitives[a]
	return p, ok
}

var unaryPrimitives = map[pointwise.UnaryFunction]elementwise.Primitive{
	pointwise.Exp: elementwise.Exp, pointwise.Erf: elementwise.Erf,
	pointwise.Mish: elementwise.Mish, pointwise.Softplus: elementwise.Softplus, pointwise.Swish: elementwise.Swish,
	pointwise.Square: elementwise.Square, pointwise.Sqrt: elementwise.Sqrt, pointwise.Rsqrt: elementwise.Rsqrt,
	pointwise.Expm1: elementwise.Expm1, pointwise.Log: elementwise.Log, pointwise.Log1p: elementwise.Log1p,
	pointwise.Selu: elementwise.Selu, pointwise.Softsign: elementwise.Softsign,
	pointwise.Sin: elementwise.Sin, pointwise.Cos: elementwise.Cos,
	pointwise.Tan: elementwise.Tan, pointwise.Erfc: elementwise.Erfc, pointwise.Atan: elementwise.Atan,
	pointwise.Asin: elementwise.Asin, pointwise.Acos: elementwise.Acos, pointwise.Atanh: elementwise.Atanh,
	pointwise.Sinh: elementwise.Sinh, pointwise.Cosh: elementwise.Cosh,
	pointwise.Asinh: elementwise.Asinh, pointwise.Acosh: elementwise.Acosh,
	pointwise.Abs: elementwise.Abs, pointwise.Sign: elementwise.Sign, pointwise.Floor: elementwise.Floor,
	pointwise.Ceil: elementwise.Ceil, pointwise.RoundEven: elementwise.RoundEven,
}

var (
	_ = matches[pointwise.Activate](Unary, matchActivate)
	_ = matches[pointwise.Unary](Unary, matchUnary)
	_ = matches[pointwise.FlushSubnormals](Unary, matchFlushSubnormals)
	_ = matches[pointwise.Power](Binary, matchPower)
	_ = matches[pointwise.Binary](Binary, matchBinary)
)

// matchActivate matches the activations of float32 that have a primitive, and Relu and Relu6, for which NaN stays NaN.
func matchActivate(e Element, op *pointwise.Activate) (Element, bool) {
	floor := combineValues(elementwise.Maximum, []float32{0})
	switch op.Activation {
	case numeric.Relu:
		e.Steps = []elementwise.Step{floor}
	case numeric.Relu6:
		e.Steps = []elementwise.Step{floor, combineValues(elementwise.Minimum, []float32{6})}
	default:
		p, ok := Activation(op.Activation)
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

func matchFlushSubnormals(e Element, _ *pointwise.FlushSubnormals) (Element, bool) {
	e.Steps = []elementwise.Step{{Kind: elementwise.Apply, Primitive: elementwise.Flushed}}
	return e, isComputedReal(e.Node)
}

// matchPower matches powers of float32; those of 2 and 3 are products.
func matchPower(e Element, _ *pointwise.Power) (Element, bool) {
	in, out := e.Node.Inputs(), e.Node.Outputs()[0]
	if y := ValuesOf(in[1], out.Shape); len(y) == 1 && in[0].Shape().Equal(out.Shape) && isComputedReal(e.Node) {
		p := map[float32]elementwise.Primitive{2: elementwise.Square, 3: elementwise.Cube}[y[0]]
		if p != 0 {
			e.Kind, e.Steps = Unary, []elementwise.Step{{Kind: elementwise.Apply, Primitive: p}}
			return e, true
		}
	}
	e.Primitive = elementwise.Power
	return e, out.Type == core.F32 && isOperands(in[0], in[1], out.Shape)
}

var binaryPrimitives = map[pointwise.BinaryFunction]elementwise.Primitive{
	pointwise.TruncateDivide: elementwise.Divide, pointwise.TruncateMod: elementwise.TruncateMod,
	pointwise.DivideNoNan: elementwise.DivideNoNaN, pointwise.MultiplyNoNan: elementwise.MultiplyNoNaN,
	pointwise.Xdivy: elementwise.Xdivy, pointwise.Xlogy: elementwise.Xlogy, pointwise.Xlog1py: elementwise.Xlog1py,
	pointwise.Atan2: elementwise.Atan2,
}

// Function returns the primitive for a function of two float32, and the primitives to apply to its result; false if
// there is none.
func Function(f pointwise.BinaryFunction) (p elementwise.Primitive, then []elementwise.Primitive, ok bool) {
	if f == pointwise.TruncateDivide {
		then = []elementwise.Primitive{elementwise.Trunc}
	}
	p, ok = binaryPrimitives[f]
	return p, then, ok
}

func matchBinary(e Element, op *pointwise.Binary) (Element, bool) {
	p, then, ok := Function(op.Function)
	e.Primitive = p
	for _, f := range then {
		e.Steps = append(e.Steps, apply(f))
	}
	in, out := e.Node.Inputs(), e.Node.Outputs()[0]
	return e, ok && out.Type == core.F32 && isOperands(in[0], in[1], out.Shape)
}
