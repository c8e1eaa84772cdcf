package compile

import (
	"bytes"
	"encoding/binary"
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

// refusal returns the error that the reference of a node makes of its inputs, which are in the buffers reads.
func refusal(n *core.Node, r *machine.Worker, reads []int) error {
	var in []*core.Tensor
	for i, v := range n.Inputs() {
		x, err := core.TensorOver(v.Type(), v.Shape(), r.Mem[reads[i]])
		if err != nil {
			return n.Locate(err)
		}
		in = append(in, x)
	}
	_, err := core.EvalOp(n.Op(), in)
	return n.Locate(err)
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

var (
	_ = lowers[pointwise.Compare](lowerCompare)
	_ = lowers[pointwise.Select](lowerSelect)
	_ = lowers[pointwise.SelectRows](lowerSelectRows)
)

// relation is the primitive that computes a relation, and whether the operands must be swapped.
type relation struct {
	primitive elementwise.Primitive
	swapped   bool
}

// of returns the kernel of what compares x with y.
func (r relation) of(name string, compare func(to, x, y []byte, n int)) rowKernel {
	if r.swapped {
		return rowKernel{name: name, run: func(to, x, y, _ []byte, n int) { compare(to, y, x, n) }}
	}
	return rowKernel{name: name, run: func(to, x, y, _ []byte, n int) { compare(to, x, y, n) }}
}

var relations = map[pointwise.Relation]relation{
	pointwise.Equal: {elementwise.Equal, false}, pointwise.NotEqual: {elementwise.NotEqual, false},
	pointwise.Less: {elementwise.Less, false}, pointwise.LessEqual: {elementwise.LessEqual, false},
	pointwise.Greater: {elementwise.Less, true}, pointwise.GreaterEqual: {elementwise.LessEqual, true},
}

// lowerCompare lowers comparisons.
func lowerCompare(c *compiler, n *core.Node) (bool, error) {
	relation := relations[n.Op().(*pointwise.Compare).Relation]
	if n.Inputs()[0].Type() == core.F32 {
		v := elementwise.Choose(c.isas, relation.primitive)
		return c.lowerRows(n, relation.of(v.Name, func(to, x, y []byte, n int) { v.Run(to, x, y, n, nil) })), nil
	}
	typ, ok := loopTypes[n.Inputs()[0].Type()]
	if !ok {
		return false, nil
	}
	k := loops.Compare(c.isas, typ, loopRelations[relation.primitive])
	return c.lowerRows(n, relation.of(k.Name, k.Run)), nil
}

// lowerSelect lowers a Select.
func lowerSelect(c *compiler, n *core.Node) (bool, error) {
	return c.lowerRows(n, c.selection(n.Outputs()[0].Type.Size())), nil
}

// lowerSelectRows lowers a Select whose condition chooses whole rows of the other operands.
func lowerSelectRows(c *compiler, n *core.Node) (bool, error) {
	condition, x := n.Inputs()[0].Shape().Clone(), n.Inputs()[1].Shape()
	for len(condition) > 0 && len(condition) < len(x) {
		condition = append(condition, 1)
	}
	return c.lowerRowsOf(n, []core.Shape{condition, x, x}, c.selection(n.Outputs()[0].Type.Size())), nil
}

// selection returns the kernel that selects elements of size bytes; its run is nil if there is none.
func (c *compiler) selection(size int) rowKernel {
	switch size {
	case 4:
		v := elementwise.Choose(c.isas, elementwise.Pick)
		return rowKernel{name: v.Name, run: func(to, x, y, z []byte, n int) {
			copy(to, z)
			v.Run(to, x, y, n, nil)
		}}
	case 1, 2, 8:
		k := loops.Selecting(c.isas, size)
		return rowKernel{name: k.Name, run: k.Run}
	}
	return rowKernel{}
}

var (
	_ = lowers[pointwise.Is](lowerIs)
	_ = lowers[pointwise.Logical](lowerLogical)
	_ = lowers[pointwise.LogicalNot](lowerLogicalNot)
	_ = lowers[pointwise.Binary](lowerBinaryFunction)
)

// classes are the primitives that test for classes of float32.
var classes = map[pointwise.FloatClass]elementwise.Primitive{
	pointwise.NaN: elementwise.IsNaN, pointwise.Infinite: elementwise.IsInfinite,
	pointwise.Finite: elementwise.IsFinite,
}

// loopClasses are the classes of float64.
var loopClasses = map[pointwise.FloatClass]loops.Class{
	pointwise.NaN: loops.NaN, pointwise.Infinite: loops.Infinite, pointwise.Finite: loops.Finite,
}

// lowerIs lowers tests for classes of float32 and float64.
func lowerIs(c *compiler, n *core.Node) (bool, error) {
	class := n.Op().(*pointwise.Is).Class
	switch n.Inputs()[0].Type() {
	case core.F32:
		p, ok := classes[class]
		return ok && c.lowerRows(n, c.rowsOf(p)), nil
	case core.F64:
		f, ok := loopClasses[class]
		return ok && c.lowerRows(n, eachOf(loops.Is(f))), nil
	}
	return false, nil
}

// lowerLogicalNot lowers the negation of booleans, which are the bytes 0 and 1.
func lowerLogicalNot(c *compiler, n *core.Node) (bool, error) {
	return c.lowerRows(n, rowKernel{name: "not_b8_portable", run: func(to, x, _, _ []byte, n int) {
		x = x[:n]
		i := 0
		for ; i+8 <= n; i += 8 {
			binary.NativeEndian.PutUint64(to[i:], binary.NativeEndian.Uint64(x[i:])^0x0101010101010101)
		}
		for ; i < n; i++ {
			to[i] = x[i] ^ 1
		}
	}}), nil
}

// lowerLogical lowers functions of booleans, eight elements at a time.
func lowerLogical(c *compiler, n *core.Node) (bool, error) {
	combine := map[pointwise.LogicalFunction]func(a, b uint64) uint64{
		pointwise.And: func(a, b uint64) uint64 { return a & b },
		pointwise.Or:  func(a, b uint64) uint64 { return a | b },
		pointwise.Xor: func(a, b uint64) uint64 { return a ^ b },
	}[n.Op().(*pointwise.Logical).Function]
	return c.lowerRows(n, rowKernel{name: "logical_b8_portable", run: func(to, x, y, _ []byte, n int) {
		x, y = x[:n], y[:n]
		i := 0
		for ; i+8 <= n; i += 8 {
			v := combine(binary.NativeEndian.Uint64(x[i:]), binary.NativeEndian.Uint64(y[i:]))
			binary.NativeEndian.PutUint64(to[i:], v)
		}
		for ; i < n; i++ {
			to[i] = byte(combine(uint64(x[i]), uint64(y[i])))
		}
	}}), nil
}

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

// loopTypes are the types that have plain loops.
var loopTypes = map[core.Type]loops.Type{
	core.Bool: loops.U8, core.U8: loops.U8, core.I8: loops.I8, core.U16: loops.U16, core.I16: loops.I16,
	core.U32: loops.U32, core.I32: loops.I32, core.I64: loops.I64, core.U64: loops.U64, core.F32: loops.F32,
	core.F64: loops.F64,
}

// pairsOf returns the kernel of a function of two numbers; its run is nil if there is none.
func (c *compiler) pairsOf(t core.Type, f loops.Function) rowKernel {
	typ, ok := loopTypes[t]
	if !ok || t == core.Bool {
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
		kernel.refuses = loops.HasZero(loopTypes[t])
	case f == loops.Power && (y == nil || slices.ContainsFunc(y.Int64s(), func(v int64) bool { return v < 0 })):
		kernel.refuses = loops.HasNegative(loopTypes[t])
	}
	return c.lowerRows(n, kernel)
}

// loopRelations are the relations that primitives of float32 compute.
var loopRelations = map[elementwise.Primitive]loops.Relation{
	elementwise.Equal: loops.Equal, elementwise.NotEqual: loops.NotEqual, elementwise.Less: loops.Less,
	elementwise.LessEqual: loops.LessEqual,
}

// loopUnary are the functions of one number that have plain loops.
var loopUnary = map[pointwise.UnaryFunction]loops.UnaryFunction{
	pointwise.Abs: loops.Abs, pointwise.Negative: loops.Negative, pointwise.Sign: loops.Sign,
	pointwise.Square: loops.Square, pointwise.Invert: loops.Invert, pointwise.Sqrt: loops.Sqrt,
	pointwise.Reciprocal: loops.Reciprocal, pointwise.Floor: loops.Floor, pointwise.Ceil: loops.Ceil,
	pointwise.RoundEven: loops.RoundEven,
}

var (
	_ = lowers[pointwise.Unary](lowerUnaryLoop)
	_ = lowers[pointwise.Activate](lowerActivationLoop)
	_ = lowers[pointwise.Convert](lowerConvertLoop)
)

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
	typ, ok := loopTypes[n.Outputs()[0].Type]
	if !ok {
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
	from, of := loopTypes[n.Inputs()[0].Type()]
	to, ok := loopTypes[n.Outputs()[0].Type]
	if !of || !ok || n.Op().(*pointwise.Convert).Truncate {
		return false, nil
	}
	if n.Outputs()[0].Type == core.Bool {
		return c.lowerRows(n, eachOf(loops.NotZero(c.isas, from))), nil
	}
	return c.lowerRows(n, eachOf(loops.Convert(c.isas, from, to))), nil
}

var _ = lowers[pointwise.CheckFinite](lowerCheckFinite)

// lowerCheckFinite lowers a CheckFinite of float32. If a number is not finite, its reference makes the error.
func lowerCheckFinite(c *compiler, n *core.Node) (bool, error) {
	elements := n.Outputs()[0].Shape.MustElements()
	if n.Outputs()[0].Type != core.F32 || elements == 0 {
		return false, nil
	}
	finite := elementwise.Choose(c.isas, elementwise.IsFinite)
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	c.emitElements(work{
		node: n, kernel: finite.Name, units: elements, reads: []int{src}, writes: []int{dst}, scratch: elementBlock,
		run: func(r *machine.Worker, holds []byte, i0, i1 int) error {
			for i := i0; i < i1; i += elementBlock {
				k := min(elementBlock, i1-i)
				from, to := r.Mem[src][4*i:][:4*k], r.Mem[dst][4*i:][:4*k]
				if finite.Run(holds, from, nil, k, nil); bytes.IndexByte(holds[:k], 0) >= 0 {
					return refusal(n, r, []int{src})
				}
				copy(to, from)
			}
			return nil
		},
	})
	return true, nil
}
