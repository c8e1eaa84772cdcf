package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/broadcast"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
)

// This file lowers, row by row, functions that make numbers of one or two numbers and are not part of a chain.

// rowKernel computes n elements of a row of its operands, of which there may be fewer.
type rowKernel struct {
	name string
	run  func(to, x, y, z []byte, n int)
	// refuses reports whether the op has no result for some of the second operands, so that its reference makes an
	// error; nil if it has results for all.
	refuses func(y []byte, n int) bool
}

// lowerRows lowers a node by running kernel on the rows of its output, to which the operands are broadcast.
func (c *compiler) lowerRows(n *core.Node, kernel rowKernel) bool {
	var shapes []core.Shape
	for _, v := range n.Inputs() {
		shapes = append(shapes, v.Shape())
	}
	return c.lowerRowsOf(n, shapes, kernel)
}

// lowerRowsOf is lowerRows with other shapes in place of those of the operands.
func (c *compiler) lowerRowsOf(n *core.Node, shapes []core.Shape, kernel rowKernel) bool {
	fact := n.Outputs()[0]
	var operands []broadcast.Operand
	for i, v := range n.Inputs() {
		operands = append(operands, broadcast.Operand{Shape: shapes[i], Size: v.Type().Size()})
	}
	rows, ok := broadcast.New(fact.Shape, operands)
	if !ok || kernel.run == nil {
		return false
	}
	reads := c.buffersOf(n.Inputs())
	dst, size := c.newOutput(n.Out(0)), fact.Type.Size()
	c.emitUnits(work{
		node: n, kernel: kernel.name, units: rows.Calls, reads: reads, writes: []int{dst}, scratch: rows.Bytes,
		run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			var in, all [broadcast.MaxOperands][]byte
			for i, b := range reads {
				all[i] = r.Mem[b]
			}
			rows.Begin(&all, scratch)
			for call := i0; call < i1; call++ {
				first, k := rows.Load(&in, &all, scratch, call)
				if kernel.refuses != nil && kernel.refuses(in[1], k) {
					return refusal(n, r, reads)
				}
				kernel.run(r.Mem[dst][first*size:], in[0], in[1], in[2], k)
			}
			return nil
		},
	})
	return true
}

var (
	_ = combines[pointwise.Add](elementwise.Add)
	_ = combines[pointwise.Subtract](elementwise.Subtract)
	_ = combines[pointwise.Multiply](elementwise.Multiply)
	_ = combines[pointwise.Divide](elementwise.Divide)
	_ = combines[pointwise.Maximum](elementwise.Maximum)
	_ = combines[pointwise.Minimum](elementwise.Minimum)
	_ = combines[pointwise.FloorDivide](elementwise.Divide, elementwise.Floor)
	_ = combines[pointwise.FloorMod](elementwise.FloorMod)
	_ = combines[pointwise.SquaredDifference](elementwise.Subtract, elementwise.Square)
	_ = combinesRows[pointwise.Power](elementwise.Power)
)

// combines registers a primitive of two operands, followed by functions of its result, as the kernel of an
// op, both by itself and in chains.
func combines[T any, P interface {
	*T
	core.Op
}](p elementwise.Primitive, then ...elementwise.Primitive) struct{} {
	match.Combines[T, P](p, then...)
	return combinesRows[T, P](p, then...)
}

// combinesRows is combines for ops that are never part of a chain.
func combinesRows[T any, P interface {
	*T
	core.Op
}](p elementwise.Primitive, then ...elementwise.Primitive) struct{} {
	return lowers[T, P](func(c *compiler, n *core.Node) (bool, error) { return c.lowerBinary(n, p, then) })
}

// rowsOf returns the kernel that applies a primitive of one or two operands to rows, followed by functions of
// its result.
func (c *compiler) rowsOf(p elementwise.Primitive, then ...elementwise.Primitive) rowKernel {
	v := elementwise.Choose(c.isas, p)
	var functions []*elementwise.Variant
	for _, f := range then {
		functions = append(functions, elementwise.Choose(c.isas, f))
	}
	return rowKernel{name: v.Name, run: func(to, x, y, _ []byte, n int) {
		v.Run(to, x, y, n, nil)
		for _, f := range functions {
			f.Run(to, to, nil, n, nil)
		}
	}}
}

// loopFunctions maps primitives of float32, and what is applied to their results, to the functions of other types.
var loopFunctions = map[[2]elementwise.Primitive]loops.Function{
	{elementwise.Add}: loops.Add, {elementwise.Subtract}: loops.Subtract, {elementwise.Multiply}: loops.Multiply,
	{elementwise.Maximum}: loops.Maximum, {elementwise.Minimum}: loops.Minimum, {elementwise.Divide}: loops.Divide,
	{elementwise.FloorMod}: loops.FloorMod, {elementwise.Divide, elementwise.Floor}: loops.FloorDivide,
	{elementwise.Subtract, elementwise.Square}: loops.SquaredDifference, {elementwise.Power}: loops.Power,
}

// lowerBinary lowers, row by row, the arithmetic of two operands that is not part of a chain.
func (c *compiler) lowerBinary(n *core.Node, p elementwise.Primitive, then []elementwise.Primitive) (bool, error) {
	if n.Outputs()[0].Type == core.F32 {
		kernel, last := c.appliedBehind(n, c.rowsOf(p, then...))
		return c.lowerRows(n, kernel) && c.take(n, last), nil
	}
	key := [2]elementwise.Primitive{p}
	copy(key[1:], then)
	f, ok := loopFunctions[key]
	return ok && c.lowerPairs(n, f), nil
}

var _ = lowers[pointwise.Binary](lowerBinaryFunction)

// bitFunctions are the functions of two integers that have plain loops.
var bitFunctions = map[pointwise.BinaryFunction]loops.Function{
	pointwise.BitwiseAnd: loops.And, pointwise.BitwiseOr: loops.Or, pointwise.BitwiseXor: loops.Xor,
	pointwise.LeftShift: loops.ShiftLeft, pointwise.RightShift: loops.ShiftRight,
	pointwise.TruncateDivide: loops.Divide, pointwise.TruncateMod: loops.TruncateMod,
}

// lowerBinaryFunction lowers, row by row, functions of two numbers that are not part of a chain.
func lowerBinaryFunction(c *compiler, n *core.Node) (bool, error) {
	function := n.Op().(*pointwise.Binary).Function
	p, then, real := match.Function(function)
	f, loop := bitFunctions[function]
	switch t := n.Outputs()[0].Type; {
	case t == core.F32 && real:
		return c.lowerRows(n, c.rowsOf(p, then...)), nil
	case t.IsInteger() && loop:
		return c.lowerPairs(n, f), nil
	}
	double, ok := doubleBinary[function]
	return ok && c.lowerDouble(n, double, 0), nil
}

// pairsOf returns the kernel of a function of two numbers; its run is nil if there is none.
func (c *compiler) pairsOf(t core.Type, f loops.Function) rowKernel {
	typ := machine.TypeOf(t)
	if !loops.Has(typ) || t == core.Bool {
		return rowKernel{}
	}
	k := loops.Binary(c.isas, typ, f)
	if k.Run == nil {
		return rowKernel{}
	}
	return rowKernel{name: k.Name, run: func(to, x, y, _ []byte, n int) { k.Run(to, x, y, n) }}
}

// quotients are the functions whose divisors, if they are integers, must not be 0.
var quotients = []loops.Function{loops.Divide, loops.FloorDivide, loops.TruncateMod, loops.FloorMod}

// lowerPairs lowers a function of two numbers that has a plain loop.
func (c *compiler) lowerPairs(n *core.Node, f loops.Function) bool {
	t, y := n.Outputs()[0].Type, n.Inputs()[1].Constant()
	kernel := c.pairsOf(t, f)
	switch {
	case !t.IsInteger():
	case slices.Contains(quotients, f) && (y == nil || slices.Contains(y.Int64s(), 0)):
		kernel.refuses = loops.HasZero(machine.TypeOf(t))
	case f == loops.Power && (y == nil || slices.ContainsFunc(y.Int64s(), func(v int64) bool { return v < 0 })):
		kernel.refuses = loops.HasNegative(machine.TypeOf(t))
	}
	return c.lowerRows(n, kernel)
}

var (
	_ = lowers[pointwise.Unary](lowerUnaryLoop)
	_ = lowers[pointwise.Activate](lowerActivationLoop)
	_ = lowers[pointwise.Convert](lowerConvertLoop)
)

// loopUnary are the functions of one number that have plain loops.
var loopUnary = map[pointwise.UnaryFunction]loops.UnaryFunction{
	pointwise.Abs: loops.Abs, pointwise.Negative: loops.Negative, pointwise.Sign: loops.Sign,
	pointwise.Square: loops.Square, pointwise.Invert: loops.Invert,
	pointwise.Reciprocal: loops.Reciprocal, pointwise.Floor: loops.Floor, pointwise.Ceil: loops.Ceil,
	pointwise.RoundEven: loops.RoundEven,
}

// lowerUnaryLoop lowers unary functions that have plain loops, and functions of float64.
func lowerUnaryLoop(c *compiler, n *core.Node) (bool, error) {
	function := n.Op().(*pointwise.Unary).Function
	if p, ok := doubleUnary[function]; ok && c.lowerDouble(n, p, 0) {
		return true, nil
	}
	f, ok := loopUnary[function]
	return ok && c.lowerEach(n, f), nil
}

// lowerActivationLoop lowers a Relu or Relu6 of integers or float64, and functions of float64.
func lowerActivationLoop(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*pointwise.Activate)
	switch op.Activation {
	case numeric.Relu:
		return c.lowerEach(n, loops.Relu), nil
	case numeric.Relu6:
		return c.lowerEach(n, loops.Relu6), nil
	}
	p, ok := doubleActivations[op.Activation]
	return ok && c.lowerDouble(n, p, op.Alpha), nil
}

// lowerEach lowers a function of one number that has a plain loop.
func (c *compiler) lowerEach(n *core.Node, f loops.UnaryFunction) bool {
	typ := machine.TypeOf(n.Outputs()[0].Type)
	if !loops.Has(typ) {
		return false
	}
	return c.lowerRows(n, eachOf(loops.Unary(c.isas, typ, f)))
}

// eachOf returns the kernel of one operand; its run is nil if that of k is.
func eachOf(k loops.Kernel[loops.Each]) rowKernel {
	if k.Run == nil {
		return rowKernel{}
	}
	return rowKernel{name: k.Name, run: func(to, x, _, _ []byte, n int) { k.Run(to, x, n) }}
}

// lowerConvertLoop lowers conversions that are not part of a chain.
func lowerConvertLoop(c *compiler, n *core.Node) (bool, error) {
	from, to := machine.TypeOf(n.Inputs()[0].Type()), machine.TypeOf(n.Outputs()[0].Type)
	if !loops.Has(from) || !loops.Has(to) || n.Op().(*pointwise.Convert).Truncate {
		return false, nil
	}
	if n.Outputs()[0].Type == core.Bool {
		return c.lowerRows(n, eachOf(loops.NotZero(c.isas, from))), nil
	}
	return c.lowerRows(n, eachOf(loops.Convert(c.isas, from, to))), nil
}

// doubleUnary are the primitives for functions of one float64.
var doubleUnary = map[pointwise.UnaryFunction]elementwise.Primitive{
	pointwise.Exp: elementwise.F64Exp, pointwise.Expm1: elementwise.F64Expm1, pointwise.Log: elementwise.F64Log,
	pointwise.Log1p: elementwise.F64Log1p, pointwise.Swish: elementwise.F64Swish, pointwise.Selu: elementwise.F64Selu,
	pointwise.Softplus: elementwise.F64Softplus, pointwise.Softsign: elementwise.F64Softsign,
	pointwise.Sqrt: elementwise.F64Sqrt, pointwise.Rsqrt: elementwise.F64Rsqrt,
	pointwise.Erf: elementwise.F64Erf, pointwise.Erfc: elementwise.F64Erfc,
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
