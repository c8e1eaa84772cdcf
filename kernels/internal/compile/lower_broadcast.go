package compile

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
)

// minBroadcastRow is the least length of a row that is worth a call of its own.
const minBroadcastRow = 8

// rowBlock bounds the elements of a call, so that they stay in the first-level cache.
const rowBlock = 4096

// rowOperand is an operand that is broadcast to an output. It is read row by row, along the output's last axis.
type rowOperand struct {
	buffer  int
	size    int   // bytes of an element
	strides []int // in elements, for each axis of the output before the last
	single  bool  // one element is broadcast along the whole last axis
}

func newRowOperand(buffer, size int, s, out core.Shape) rowOperand {
	o := rowOperand{buffer: buffer, size: size, strides: make([]int, len(out)-1)}
	o.single = len(s) == 0 || s[len(s)-1] != out[len(out)-1]
	step := 1
	for i := len(s) - 1; i >= 0; i-- {
		if at := len(out) - len(s) + i; at < len(o.strides) && s[i] > 1 {
			o.strides[at] = step
		}
		step *= s[i]
	}
	return o
}

// at returns the index of the first element of row l.
func (o *rowOperand) at(l int, out core.Shape) int {
	at := 0
	for i := len(o.strides) - 1; i >= 0; i-- {
		at += l % out[i] * o.strides[i]
		l /= out[i]
	}
	return at
}

// load returns n elements of some rows as bytes, starting at row l and column c. The rows must lie within the
// last axis but one. If they are more than one, c is 0 and the rows are whole. The result lies in scratch,
// unless the elements are contiguous in the operand's own buffer.
func (o *rowOperand) load(r *machine.Run, scratch []byte, l, rows, c, n int, out core.Shape) []byte {
	at, last, columns := o.at(l, out), len(o.strides)-1, out[len(out)-1]
	if !o.single && (rows == 1 || o.strides[last] == columns) {
		return r.Mem[o.buffer][(at+c)*o.size:][:n*o.size]
	}
	scratch = scratch[:n*o.size]
	if rows == 1 {
		repeat(scratch, r.Mem[o.buffer][at*o.size:][:o.size])
		return scratch
	}
	same, row := o.strides[last] == 0, columns*o.size
	if o.single && !same && columns < shortRow {
		if spread(scratch, r.Mem[o.buffer][at*o.size:], columns, o.strides[last], o.size) {
			return scratch
		}
	}
	for i := range rows {
		from := r.Mem[o.buffer][(at+i*o.strides[last])*o.size:]
		switch {
		case same && i > 0:
			repeat(scratch, scratch[:row])
			return scratch
		case o.single:
			repeat(scratch[i*row:][:row], from[:o.size])
		default:
			copy(scratch[i*row:][:row], from)
		}
	}
	return scratch
}

// spread fills rows of columns elements of size bytes with one element each, which are stride elements apart. It does
// nothing and returns false for other sizes than 1, 2, 4 and 8.
func spread(to, from []byte, columns, stride, size int) bool {
	switch size {
	case 1:
		spreadElements(to, from, columns, stride)
	case 2:
		spreadElements(machine.View[uint16](to), machine.View[uint16](from), columns, stride)
	case 4:
		spreadElements(machine.View[uint32](to), machine.View[uint32](from), columns, stride)
	case 8:
		spreadElements(machine.View[uint64](to), machine.View[uint64](from), columns, stride)
	default:
		return false
	}
	return true
}

func spreadElements[T any](to, from []T, columns, stride int) {
	for at := 0; len(to) >= columns; at += stride {
		v, row := from[at], to[:columns]
		for i := range row {
			row[i] = v
		}
		to = to[columns:]
	}
}

// mergeAxes returns the shapes of an output and its operands with fewer axes. It removes axes of one element,
// and merges neighbouring axes if each operand either has all elements along both or is broadcast along both.
func mergeAxes(out core.Shape, in ...core.Shape) (mergedOut core.Shape, merged []core.Shape) {
	dim := func(s core.Shape, i int) int {
		if i -= len(out) - len(s); i >= 0 {
			return s[i]
		}
		return 1
	}
	merged = make([]core.Shape, len(in))
	last := make([]bool, len(in))
	for i, d := range out {
		if d == 1 {
			continue
		}
		same := len(mergedOut) > 0
		for k, s := range in {
			same = same && last[k] == (dim(s, i) == d)
			last[k] = dim(s, i) == d
		}
		n := len(mergedOut) - 1
		if !same {
			mergedOut, n = append(mergedOut, 1), n+1
		}
		mergedOut[n] *= d
		for k, s := range in {
			if !same {
				merged[k] = append(merged[k], 1)
			}
			merged[k][n] *= dim(s, i)
		}
	}
	return mergedOut, merged
}

// rowCalls divides the computation of an output into calls. A call takes some whole rows within the last axis
// but one, or a part of a row if rows are long.
type rowCalls struct {
	n             int // number of calls
	columns, rows int // the lengths of the last two axes
	perRow        int // calls per row, 1 if rows are short
	together      int // rows per call
	perRows       int // calls per matrix of the last two axes
	most          int // the largest number of elements of a call
}

func newRowCalls(out core.Shape) rowCalls {
	c := rowCalls{columns: out[len(out)-1], rows: 1, together: 1}
	if len(out) > 1 {
		c.rows = out[len(out)-2]
	}
	c.perRow = (c.columns + rowBlock - 1) / rowBlock
	if c.perRow == 1 {
		c.together = min(c.rows, rowBlock/c.columns)
	}
	c.perRows = (c.rows + c.together - 1) / c.together * c.perRow
	c.n = out.MustElements() / (c.rows * c.columns) * c.perRows
	c.most = min(c.columns, rowBlock) * c.together
	return c
}

// of returns the first row of a call, its number of rows, its first column and its number of elements.
func (c *rowCalls) of(call int) (l, rows, column, width int) {
	l, call = call/c.perRows*c.rows, call%c.perRows
	if c.perRow > 1 {
		column = call % c.perRow * rowBlock
		return l + call/c.perRow, 1, column, min(rowBlock, c.columns-column)
	}
	first := call * c.together
	rows = min(c.together, c.rows-first)
	return l + first, rows, 0, rows * c.columns
}

// rowKernel computes n elements of a row of two or three operands.
type rowKernel struct {
	name string
	run  func(to []byte, in *[3][]byte, n int)
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
	out, merged := mergeAxes(fact.Shape, shapes...)
	rank := len(out)
	if kernel.run == nil || rank == 0 || out[max(rank-2, 0):].MustElements() < minBroadcastRow || out.MustElements() == 0 {
		return false
	}
	calls := newRowCalls(out)
	var operands []rowOperand
	scratchSize := 0
	for i, v := range n.Inputs() {
		o := newRowOperand(c.buffer(v), v.Type().Size(), merged[i], out)
		operands = append(operands, o)
		scratchSize += o.size * calls.most
	}
	reads := c.buffersOf(n.Inputs())
	scratch := c.newScratch(productOf(c.threads, scratchSize))
	dst, size := c.newOutput(n.Out(0)), fact.Type.Size()
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel.name, Splits: true, Reads: reads, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			var in [3][]byte
			for call := part * calls.n / parts; call < (part+1)*calls.n/parts; call++ {
				own := r.Mem[scratch][r.Thread*scratchSize:][:scratchSize]
				l, rows, c, width := calls.of(call)
				for i := range operands {
					in[i] = operands[i].load(r.Run, own, l, rows, c, width, out)
					own = own[operands[i].size*calls.most:]
				}
				kernel.run(r.Mem[dst][(l*calls.columns+c)*size:], &in, width)
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
	return rowKernel{v.Name, func(to []byte, in *[3][]byte, n int) {
		v.Run(to, in[0], in[1], n, nil)
		for _, f := range functions {
			f.Run(to, to, nil, n, nil)
		}
	}}
}

// wholePrimitives maps primitives of float32 to their counterparts for i32.
var wholePrimitives = map[elementwise.Primitive]elementwise.Primitive{
	elementwise.Add: elementwise.WholeAdd, elementwise.Subtract: elementwise.WholeSubtract,
	elementwise.Multiply: elementwise.WholeMultiply, elementwise.Maximum: elementwise.WholeMaximum,
	elementwise.Minimum: elementwise.WholeMinimum,
}

// loopFunctions maps primitives of float32, and what is applied to their results, to the functions of other types.
var loopFunctions = map[[2]elementwise.Primitive]loops.Function{
	{elementwise.Add}: loops.Add, {elementwise.Subtract}: loops.Subtract, {elementwise.Multiply}: loops.Multiply,
	{elementwise.Maximum}: loops.Maximum, {elementwise.Minimum}: loops.Minimum, {elementwise.Divide}: loops.Divide,
	{elementwise.FloorMod}: loops.FloorMod, {elementwise.Divide, elementwise.Floor}: loops.FloorDivide,
	{elementwise.Subtract, elementwise.Square}: loops.SquaredDifference,
}

// lowerBinary lowers, row by row, the arithmetic of two operands that is not part of a chain.
func (c *compiler) lowerBinary(n *core.Node, p elementwise.Primitive, then []elementwise.Primitive) (bool, error) {
	t := n.Outputs()[0].Type
	whole, ok := wholePrimitives[p]
	switch {
	case t == core.F32:
		return c.lowerRows(n, c.rowsOf(p, then...)), nil
	case t == core.I32 && ok && len(then) == 0:
		return c.lowerRows(n, c.rowsOf(whole)), nil
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

// relations are the primitives that compute relations, and whether the operands must be swapped.
var relations = map[pointwise.Relation]struct {
	primitive elementwise.Primitive
	swapped   bool
}{
	pointwise.Equal: {elementwise.Equal, false}, pointwise.NotEqual: {elementwise.NotEqual, false},
	pointwise.Less: {elementwise.Less, false}, pointwise.LessEqual: {elementwise.LessEqual, false},
	pointwise.Greater: {elementwise.Less, true}, pointwise.GreaterEqual: {elementwise.LessEqual, true},
}

// lowerCompare lowers comparisons.
func lowerCompare(c *compiler, n *core.Node) (bool, error) {
	relation := relations[n.Op().(*pointwise.Compare).Relation]
	first, second := 0, 1
	if relation.swapped {
		first, second = 1, 0
	}
	if n.Inputs()[0].Type() == core.F32 {
		v := elementwise.Choose(c.isas, relation.primitive)
		return c.lowerRows(n, rowKernel{v.Name, func(to []byte, in *[3][]byte, n int) {
			v.Run(to, in[first], in[second], n, nil)
		}}), nil
	}
	typ, ok := loopTypes[n.Inputs()[0].Type()]
	if !ok {
		return false, nil
	}
	f := loopRelations[relation.primitive]
	run := loops.Compare(typ, f)
	return c.lowerRows(n, rowKernel{loopName(f, typ), func(to []byte, in *[3][]byte, n int) {
		run(to, in[first], in[second], n)
	}}), nil
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
		return rowKernel{v.Name, func(to []byte, in *[3][]byte, n int) {
			copy(to, in[2])
			v.Run(to, in[0], in[1], n, nil)
		}}
	case 1:
		return rowKernel{"select_b8_portable", func(to []byte, in *[3][]byte, n int) {
			pick(to, in[0][:n], in[1], in[2])
		}}
	case 2:
		return rowKernel{"select_b16_portable", func(to []byte, in *[3][]byte, n int) {
			pick(machine.View[uint16](to), in[0][:n], machine.View[uint16](in[1]), machine.View[uint16](in[2]))
		}}
	case 8:
		return rowKernel{"select_b64_portable", func(to []byte, in *[3][]byte, n int) {
			pick(machine.View[uint64](to), in[0][:n], machine.View[uint64](in[1]), machine.View[uint64](in[2]))
		}}
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

// lowerIs lowers tests for classes of float32.
func lowerIs(c *compiler, n *core.Node) (bool, error) {
	p, ok := classes[n.Op().(*pointwise.Is).Class]
	if n.Inputs()[0].Type() != core.F32 || !ok {
		return false, nil
	}
	return c.lowerRows(n, c.rowsOf(p)), nil
}

// lowerLogicalNot lowers the negation of booleans, which are the bytes 0 and 1.
func lowerLogicalNot(c *compiler, n *core.Node) (bool, error) {
	return c.lowerRows(n, rowKernel{"not_b8_portable", func(to []byte, in *[3][]byte, n int) {
		x := in[0][:n]
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
	return c.lowerRows(n, rowKernel{"logical_b8_portable", func(to []byte, in *[3][]byte, n int) {
		a, b := in[0][:n], in[1][:n]
		i := 0
		for ; i+8 <= n; i += 8 {
			v := combine(binary.NativeEndian.Uint64(a[i:]), binary.NativeEndian.Uint64(b[i:]))
			binary.NativeEndian.PutUint64(to[i:], v)
		}
		for ; i < n; i++ {
			to[i] = byte(combine(uint64(a[i]), uint64(b[i])))
		}
	}}), nil
}

// wholeFunctions are the primitives for functions of two i32.
var wholeFunctions = map[pointwise.BinaryFunction]elementwise.Primitive{
	pointwise.BitwiseAnd: elementwise.And, pointwise.BitwiseOr: elementwise.Or, pointwise.BitwiseXor: elementwise.Xor,
	pointwise.LeftShift: elementwise.ShiftLeft, pointwise.RightShift: elementwise.ShiftRight,
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
	whole, integer := wholeFunctions[function]
	f, loop := bitFunctions[function]
	switch t := n.Outputs()[0].Type; {
	case t == core.F32 && real:
		return c.lowerRows(n, c.rowsOf(p, then...)), nil
	case t == core.I32 && integer:
		return c.lowerRows(n, c.rowsOf(whole)), nil
	case t.IsInteger() && loop:
		return c.lowerPairs(n, f), nil
	}
	return false, nil
}

// loopTypes are the types that have plain loops.
var loopTypes = map[core.Type]loops.Type{
	core.Bool: loops.U8, core.U8: loops.U8, core.I8: loops.I8, core.U16: loops.U16, core.I16: loops.I16,
	core.U32: loops.U32, core.I32: loops.I32, core.I64: loops.I64, core.F32: loops.F32, core.F64: loops.F64,
}

// loopName returns the name of the kernel of a function of a type.
func loopName(f fmt.Stringer, t loops.Type) string { return fmt.Sprintf("%v_%v_portable", f, t) }

// pairsOf returns the kernel of a function of two numbers; its run is nil if there is none.
func pairsOf(t core.Type, f loops.Function) rowKernel {
	typ, ok := loopTypes[t]
	if !ok || t == core.Bool {
		return rowKernel{}
	}
	run := loops.Binary(typ, f)
	if run == nil {
		return rowKernel{}
	}
	return rowKernel{loopName(f, typ), func(to []byte, in *[3][]byte, n int) { run(to, in[0], in[1], n) }}
}

// quotients are the functions whose divisors, if they are integers, must not be 0.
var quotients = []loops.Function{loops.Divide, loops.FloorDivide, loops.TruncateMod, loops.FloorMod}

// lowerPairs lowers a function of two numbers that has a plain loop. Integers are divided by constants only, as the
// loops report no division by 0.
func (c *compiler) lowerPairs(n *core.Node, f loops.Function) bool {
	t := n.Outputs()[0].Type
	if t.IsInteger() && slices.Contains(quotients, f) {
		divisor := n.Inputs()[1].Constant()
		if divisor == nil || slices.Contains(divisor.Int64s(), 0) {
			return false
		}
	}
	return c.lowerRows(n, pairsOf(t, f))
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
}

var (
	_ = lowers[pointwise.Unary](lowerUnaryLoop)
	_ = lowers[pointwise.Activate](lowerActivationLoop)
	_ = lowers[pointwise.Convert](lowerConvertLoop)
)

// lowerUnaryLoop lowers unary functions that have plain loops.
func lowerUnaryLoop(c *compiler, n *core.Node) (bool, error) {
	f, ok := loopUnary[n.Op().(*pointwise.Unary).Function]
	return ok && c.lowerEach(n, f), nil
}

// lowerActivationLoop lowers a Relu of integers or float64.
func lowerActivationLoop(c *compiler, n *core.Node) (bool, error) {
	return n.Op().(*pointwise.Activate).Activation == numeric.Relu && c.lowerEach(n, loops.Relu), nil
}

// lowerEach lowers a function of one number that has a plain loop.
func (c *compiler) lowerEach(n *core.Node, f loops.UnaryFunction) bool {
	typ, ok := loopTypes[n.Outputs()[0].Type]
	if !ok {
		return false
	}
	return c.lowerRows(n, eachOf(loopName(f, typ), loops.Unary(typ, f)))
}

// eachOf returns the kernel of a loop of one operand; its run is nil if the loop is.
func eachOf(name string, loop loops.Each) rowKernel {
	if loop == nil {
		return rowKernel{}
	}
	return rowKernel{name, func(to []byte, in *[3][]byte, n int) { loop(to, in[0], n) }}
}

// lowerConvertLoop lowers conversions that are not part of a chain.
func lowerConvertLoop(c *compiler, n *core.Node) (bool, error) {
	from, of := loopTypes[n.Inputs()[0].Type()]
	to, ok := loopTypes[n.Outputs()[0].Type]
	if !of || !ok || n.Op().(*pointwise.Convert).Truncate {
		return false, nil
	}
	if n.Outputs()[0].Type == core.Bool {
		return c.lowerRows(n, eachOf(fmt.Sprintf("%v_to_bool_portable", from), loops.NotZero(from))), nil
	}
	return c.lowerRows(n, eachOf(fmt.Sprintf("%v_to_%v_portable", from, to), loops.Convert(from, to))), nil
}

// pick stores elements of a where condition holds, and of b elsewhere.
func pick[T uint8 | uint16 | uint64](to []T, condition []byte, a, b []T) {
	to, a, b = to[:len(condition)], a[:len(condition)], b[:len(condition)]
	for i, c := range condition {
		mask := -T(min(c, 1))
		to[i] = a[i]&mask | b[i]&^mask
	}
}
