package compile

import (
	"encoding/binary"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
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

// binaryRows returns the kernel that combines rows of a type; its run is nil if there is none.
func (c *compiler) binaryRows(t core.Type, p elementwise.Primitive, then []elementwise.Primitive) rowKernel {
	switch whole, ok := wholePrimitives[p]; {
	case t == core.F32:
		return c.rowsOf(p, then...)
	case t == core.I32 && ok && len(then) == 0:
		return c.rowsOf(whole)
	}
	return rowKernel{}
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

// lowerBinary lowers, row by row, the arithmetic of two operands that is not part of a chain.
func (c *compiler) lowerBinary(n *core.Node, p elementwise.Primitive, then []elementwise.Primitive) (bool, error) {
	return c.lowerRows(n, c.binaryRows(n.Outputs()[0].Type, p, then)), nil
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

// lowerCompare lowers comparisons of float32, and of integers that compare the same after conversion to it.
func lowerCompare(c *compiler, n *core.Node) (bool, error) {
	relation := relations[n.Op().(*pointwise.Compare).Relation]
	first, second := 0, 1
	if relation.swapped {
		first, second = 1, 0
	}
	switch n.Inputs()[0].Type() {
	case core.F32:
		v := elementwise.Choose(c.isas, relation.primitive)
		return c.lowerRows(n, rowKernel{v.Name, func(to []byte, in *[3][]byte, n int) {
			v.Run(to, in[first], in[second], n, nil)
		}}), nil
	case core.I32:
		f := integerRelations[relation.primitive]
		return c.lowerRows(n, rowKernel{"compare_s32_portable", func(to []byte, in *[3][]byte, n int) {
			f(to[:n], machine.View[int32](in[first])[:n], machine.View[int32](in[second])[:n])
		}}), nil
	}
	return false, nil
}

// integerRelations compare rows of i32.
var integerRelations = map[elementwise.Primitive]func(to []byte, a, b []int32){
	elementwise.Equal: func(to []byte, a, b []int32) {
		for i, x := range a {
			to[i] = bit(x == b[i])
		}
	},
	elementwise.NotEqual: func(to []byte, a, b []int32) {
		for i, x := range a {
			to[i] = bit(x != b[i])
		}
	},
	elementwise.Less: func(to []byte, a, b []int32) {
		for i, x := range a {
			to[i] = bit(x < b[i])
		}
	},
	elementwise.LessEqual: func(to []byte, a, b []int32) {
		for i, x := range a {
			to[i] = bit(x <= b[i])
		}
	},
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// lowerSelect lowers a Select of elements of four bytes, or of bytes.
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
			a, b := in[1][:n], in[2][:n]
			for i, c := range in[0][:n] {
				mask := -min(c, 1)
				to[i] = a[i]&mask | b[i]&^mask
			}
		}}
	}
	return rowKernel{}
}

var (
	_ = lowers[pointwise.Is](lowerIs)
	_ = lowers[pointwise.Logical](lowerLogical)
	_ = lowers[pointwise.LogicalNot](lowerLogicalNot)
	_ = lowers[pointwise.Unary](lowerWholeUnary)
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

// wholeUnary are the unary functions of i32, which wrap around.
var wholeUnary = map[pointwise.UnaryFunction]func(to, x []int32){
	pointwise.Abs: func(to, x []int32) {
		for i, v := range x {
			to[i] = max(v, -v)
		}
	},
	pointwise.Negative: func(to, x []int32) {
		for i, v := range x {
			to[i] = -v
		}
	},
	pointwise.Sign: func(to, x []int32) {
		for i, v := range x {
			to[i] = v>>31 | int32(uint32(-v)>>31)
		}
	},
	pointwise.Square: func(to, x []int32) {
		for i, v := range x {
			to[i] = v * v
		}
	},
	pointwise.Invert: func(to, x []int32) {
		for i, v := range x {
			to[i] = ^v
		}
	},
}

// lowerWholeUnary lowers unary functions of i32.
func lowerWholeUnary(c *compiler, n *core.Node) (bool, error) {
	f := wholeUnary[n.Op().(*pointwise.Unary).Function]
	if f == nil || n.Outputs()[0].Type != core.I32 {
		return false, nil
	}
	return c.lowerRows(n, rowKernel{"unary_s32_portable", func(to []byte, in *[3][]byte, n int) {
		f(machine.View[int32](to)[:n], machine.View[int32](in[0])[:n])
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

// lowerBinaryFunction lowers, row by row, functions of two numbers that are not part of a chain.
func lowerBinaryFunction(c *compiler, n *core.Node) (bool, error) {
	function := n.Op().(*pointwise.Binary).Function
	p, then, real := match.Function(function)
	whole, integer := wholeFunctions[function]
	switch t := n.Outputs()[0].Type; {
	case t == core.F32 && real:
		return c.lowerRows(n, c.rowsOf(p, then...)), nil
	case t == core.I32 && integer:
		return c.lowerRows(n, c.rowsOf(whole)), nil
	}
	return false, nil
}
