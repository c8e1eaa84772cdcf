package compile

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
)

// doubleUnary are the primitives for functions of one float64.
var doubleUnary = map[pointwise.UnaryFunction]elementwise.Primitive{
	pointwise.Exp: elementwise.F64Exp, pointwise.Expm1: elementwise.F64Expm1, pointwise.Log: elementwise.F64Log,
	pointwise.Log1p: elementwise.F64Log1p, pointwise.Swish: elementwise.F64Swish, pointwise.Selu: elementwise.F64Selu,
	pointwise.Softplus: elementwise.F64Softplus, pointwise.Softsign: elementwise.F64Softsign,
	pointwise.Rsqrt: elementwise.F64Rsqrt, pointwise.Erf: elementwise.F64Erf, pointwise.Erfc: elementwise.F64Erfc,
	pointwise.Sinh: elementwise.F64Sinh, pointwise.Cosh: elementwise.F64Cosh, pointwise.Atanh: elementwise.F64Atanh,
	pointwise.Asinh: elementwise.F64Asinh, pointwise.Acosh: elementwise.F64Acosh,
	pointwise.Sin: elementwise.F64Sin, pointwise.Cos: elementwise.F64Cos, pointwise.Tan: elementwise.F64Tan,
	pointwise.Atan: elementwise.F64Atan, pointwise.Asin: elementwise.F64Asin, pointwise.Acos: elementwise.F64Acos,
}

// doubleActivations are those for activations.
var doubleActivations = map[numeric.Activation]elementwise.Primitive{
	numeric.LeakyRelu: elementwise.F64LeakyRelu, numeric.Elu: elementwise.F64Elu, numeric.Tanh: elementwise.F64Tanh,
	numeric.Sigmoid: elementwise.F64Sigmoid,
}

// doubleBinary are those for functions of two.
var doubleBinary = map[pointwise.BinaryFunction]elementwise.Primitive{
	pointwise.Atan2: elementwise.F64Atan2, pointwise.Xlogy: elementwise.F64Xlogy,
	pointwise.Xlog1py: elementwise.F64Xlog1py,
}

// lowerDouble lowers a function of float64 that has the primitive p, whose Scale is given; false if the node has
// another type.
func (c *compiler) lowerDouble(n *core.Node, p elementwise.Primitive, scale float32) bool {
	if n.Outputs()[0].Type != core.F64 {
		return false
	}
	v, numbers := elementwise.Choose(c.isas, p), &elementwise.Numbers{Scale: scale}
	return c.lowerRows(n, rowKernel{name: v.Name, run: func(to, x, y, _ []byte, n int) { v.Run(to, x, y, n, numbers) }})
}
