package kernels

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// matmul is an indirect matrix product to be lowered: rows of u8 data with a zero
// point times constant weights.
type matmul struct {
	node     *core.Node
	rows     int // M: output rows (pixels)
	taps     int // runs of bytes that one row multiplies
	tapBytes int // bytes of one run
	weights  weights
	zero     zeroPoint // the data's
	padding  int       // the buffer of a run of zero points, if that is computed, else -1
	posts    []core.PostOp
	operands []core.Value
	// offsets returns, once the arena is planned, where in the arena the runs of
	// each row begin: [rows][taps].
	offsets func() []int32
	reads   []int // the buffers that the offsets point into

	groups int // how many products have their columns side by side in one output
	step   int // bytes from the data of one of them to that of the next
}

// weights are constant factors as signed bytes, [taps * tapBytes][columns], with a zero
// point for each column; zeros is nil if all are 0.
type weights struct {
	values  []int8
	columns int
	zeros   []int32
	ones    bool // there is one more column, of ones, whose sums are without the data's zero point
}

// signedWeights returns the constant weights of an IntegerConvolution or IntegerDot,
// whose columns are the last size elements of each row and take the zero points of the
// channels in turn; false if they or their zero points are not constant, or the data's zero
// point is no byte.
func signedWeights(n *core.Node, size, channels int) (weights, bool) {
	w, z := n.Inputs()[1].Constant(), n.Inputs()[3].Constant()
	if w == nil || z == nil || w.Len() == 0 || n.Inputs()[2].Type() == core.I32 {
		return weights{}, false
	}
	zeros := make([]int32, size)
	in, shift := z.Int64s(), int64(0)
	out := weights{columns: size}
	if w.Type() == core.U8 {
		shift = 128
		out.values = make([]int8, w.Len())
		for i, v := range core.Data[uint8](w) {
			out.values[i] = int8(v ^ 0x80)
		}
	} else {
		out.values = core.Data[int8](w)
	}
	for i := range zeros {
		zeros[i] = int32(in[i%channels%len(in)] - shift)
	}
	if slices.ContainsFunc(zeros, func(z int32) bool { return z != 0 }) && !out.subtract(zeros) {
		out.zeros = zeros
	}
	return out, true
}

// zerosAreBytes reports whether zeroRows can hold the zero points.
func (w *weights) zerosAreBytes() bool {
	return !slices.ContainsFunc(w.zeros, func(z int32) bool { return z != int32(int8(z)) })
}

// subtract takes the zero points off the weights, if all differences are signed bytes.
func (w *weights) subtract(zeros []int32) bool {
	out := make([]int8, len(w.values))
	for i := 0; i < len(out); i += w.columns {
		row := out[i:][:w.columns]
		for j, v := range w.values[i:][:w.columns] {
			d := int32(v) - zeros[j]
			if row[j] = int8(d); int32(row[j]) != d {
				return false
			}
		}
	}
	w.values = out
	return true
}

// group returns group g of groups: as many of the columns, side by side.
func (w *weights) group(g, groups int) weights {
	if groups == 1 {
		return *w
	}
	out := weights{columns: w.columns / groups, values: make([]int8, 0, len(w.values)/groups)}
	for i := g * out.columns; i < len(w.values); i += w.columns {
		out.values = append(out.values, w.values[i:][:out.columns]...)
	}
	return out
}

// sums returns the sum of each column.
func (w *weights) sums() []int32 {
	out := make([]int32, w.columns)
	for i := 0; i < len(w.values); i += w.columns {
		for j, v := range w.values[i:][:w.columns] {
			out[j] += int32(v)
		}
	}
	return out
}

// withOnes returns the weights with one more column, of ones: the sum of the data.
func (w *weights) withOnes() weights {
	out := weights{columns: w.columns + 1, zeros: w.zeros, ones: true, values: make([]int8, 0, len(w.values)/w.columns*(w.columns+1))}
	for i := 0; i < len(w.values); i += w.columns {
		out.values = append(append(out.values, w.values[i:][:w.columns]...), 1)
	}
	return out
}

// zeroRows returns the zero points in place of the weights.
func (w *weights) zeroRows() weights {
	out := weights{columns: w.columns, values: make([]int8, 0, len(w.values))}
	for range len(w.values) / w.columns {
		for _, z := range w.zeros {
			out.values = append(out.values, int8(z))
		}
	}
	return out
}

// starts returns the start values of the accumulators for a constant zero point zx of the
// data, nil for zeros; and for a computed one what each step of zx adds. With products
// (x-zx)*(w-zw) that is, for each column,
//
//	-zx * (the sum of w - the number of products * zw)
//
// to which what remains, -zw * the sum of x, is added later.
func (w *weights) starts(zero zeroPoint) (start, slope []int32) {
	if !zero.computed() && zero.constant == 0 {
		return nil, nil
	}
	slope = w.sums()
	products := int32(len(w.values) / w.columns)
	for i := range slope {
		slope[i] = -slope[i]
	}
	for i, z := range w.zeros {
		slope[i] += products * z
	}
	if w.ones {
		slope[w.columns-1] = 0
	}
	if zero.computed() {
		return nil, slope
	}
	for i := range slope {
		slope[i] *= zero.constant
	}
	return slope, nil
}

// unsignedData returns the buffer of the data of an IntegerConvolution or IntegerDot as
// unsigned bytes in the arena, and its zero point.
func (c *compiler) unsignedData(n *core.Node) (src int, zero zeroPoint) {
	zero = zeroPointOf(n)
	if data := n.Inputs()[0]; data.Type() == core.I8 {
		src = c.flipped(n, c.read(data))
	} else {
		src = c.readInArena(data)
	}
	if zero.computed() {
		zero.buffer = c.read(n.Inputs()[2])
	}
	return src, zero
}

// lowerDot lowers a matrix product over constant weights.
func lowerDot(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*core.IntegerDot)
	in, out := n.Inputs(), n.Outputs()[0]
	b := in[1].Shape()
	N, K := b[op.ReductionAxes:].MustElements(), b[:op.ReductionAxes].MustElements()
	if N*K == 0 || out.Shape.MustElements() == 0 {
		return false, nil
	}
	channels := 1
	if len(out.Shape) > 0 {
		channels = out.Shape[len(out.Shape)-1]
	}
	if len(b) == op.ReductionAxes { // a column, whose rows may be the output's last axis
		channels = 1
		if len(out.Shape) > 0 && perRow(in[3:], out.Shape) {
			return false, nil
		}
	}
	w, constant := signedWeights(n, N, channels)
	computed, ok := computedWeights{}, true
	if !constant {
		computed, ok = newComputedWeights(c, n, N, channels)
	}
	if !ok {
		return false, nil
	}
	if err := c.checkIndirection(n, out.Shape.MustElements()/N, 1); err != nil {
		return false, err
	}
	data, zero := c.unsignedData(n)
	m := &matmul{
		node: n, rows: out.Shape.MustElements() / N, taps: 1, tapBytes: K, weights: w, zero: zero, padding: -1,
		posts: op.PostOps, operands: in[4:], reads: []int{data}, groups: 1,
	}
	m.offsets = func() []int32 {
		offsets := make([]int32, m.rows)
		for i := range offsets {
			offsets[i] = int32(c.buffers[data].offset + i*K)
		}
		return offsets
	}
	if !constant {
		return true, c.lowerComputedProduct(m, computed)
	}
	return true, c.lowerMatmul(m)
}

// perRow reports whether one of the values has an element for each of the rows.
func perRow(values []core.Value, out core.Shape) bool {
	return slices.ContainsFunc(values, func(v core.Value) bool {
		s := v.Shape()
		return len(s) == 1 && s[0] == out[len(out)-1] && s[0] > 1 || len(s) > 1
	})
}

// lowerMatmul appends the instructions of the products of all groups and of their post-ops.
func (c *compiler) lowerMatmul(m *matmul) error {
	out := m.node.Outputs()[0]
	N := m.weights.columns
	if m.weights.zeros != nil {
		return c.lowerAccumulators(m)
	}
	epilogues := make([]epilogue, m.groups)
	for g := range epilogues {
		var fused bool
		n := N / m.groups
		if epilogues[g], fused = matchEpilogue(m.posts, m.operands, out, columns{g * n, n, channelsOf(out.Shape, N)}); !fused {
			return c.lowerAccumulators(m)
		}
	}
	dst := c.write(m.node.Out(0))
	for g := range epilogues {
		if err := c.lowerProduct(m, m.weights.group(g, m.groups), &epilogues[g], dst, N, g); err != nil {
			return err
		}
	}
	return nil
}

// channelsOf returns the length of a shape's last axis, or 1 for what has one column.
func channelsOf(s core.Shape, columns int) int {
	if len(s) == 0 || columns == 1 {
		return 1
	}
	return s[len(s)-1]
}

// lowerAccumulators appends products that give raw accumulators, and the post-ops behind
// them. Where the weights have zero points z, there remains to subtract z times the sum
// of the data: the sum is one more column; with groups, the product with rows of z.
func (c *compiler) lowerAccumulators(m *matmul) error {
	N := m.weights.columns
	f := finish{node: m.node, rows: m.rows, columns: N, stride: N, rowSums: -1, less: -1, posts: m.posts, operands: m.operands}
	raw := &epilogue{Epilogue: gemm.Epilogue{Out: gemm.S32}}
	product := func(w weights) (acc int, err error) {
		acc = c.newScratch(m.rows * w.columns * 4)
		for g := range m.groups {
			if err := c.lowerProduct(m, w.group(g, m.groups), raw, acc, w.columns, g); err != nil {
				return 0, err
			}
		}
		return acc, nil
	}
	w := m.weights
	var err error
	switch {
	case w.zeros == nil:
	case m.groups > 1:
		if f.less, err = product(w.zeroRows()); err != nil {
			return err
		}
		w.zeros = nil
	default:
		w = w.withOnes()
		f.stride, f.rowSums, f.zeros = w.columns, N, m.weights.zeros
	}
	if f.acc, err = product(w); err != nil {
		return err
	}
	return c.lowerFinish(&f)
}

// lowerProduct packs weights and appends the instructions of group g, whose columns
// are in a buffer with stride columns in all.
func (c *compiler) lowerProduct(m *matmul, w weights, e *epilogue, dst, stride, g int) error {
	n := m.node
	variant := gemm.Choose(c.isas)
	start, slope := w.starts(m.zero)
	spec := gemm.Spec{N: w.columns, Taps: m.taps, TapBytes: m.tapBytes, Epilogue: e.Epilogue}
	packed, err := gemm.Pack(variant, spec, w.values, start)
	if err != nil {
		return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
	}
	operands := prepare(c, operandSet[*gemm.Operands]{
		node: n, computed: e.computed, zero: m.zero, slope: slope,
		new: packed.NewOperands, set: packed.Set, setInit: packed.SetInit,
	}, m.padding)
	scratch := c.newScratch(packed.Scratch() * c.threads)
	for _, b := range m.reads {
		c.readBuffer(b)
	}
	c.readBuffer(dst)
	sum := -1
	if e.Sum != gemm.NoSum {
		sum = c.read(e.sum)
	}
	offsets := c.bindOffsets(m, g)
	size, first, rows, columns := e.Out.Size(), g*w.columns, m.rows, w.columns
	perThread, sumSize := packed.Scratch(), e.Sum.Size()
	flip := c.flipBehind(n, m.groups == 1 && e.Out.Size() == 1)
	c.emit(instruction{node: n, kernel: variant.Name, splits: true, run: func(r *worker, part, parts int) error {
		a := gemm.Args{
			A: r.arena, Offsets: *offsets, C: r.mem[dst][first*size:], LDC: stride * size, Operands: operands(r.run),
			Scratch: r.mem[scratch][r.thread*perThread : (r.thread+1)*perThread],
		}
		if sum >= 0 {
			a.Sum, a.LDSum = r.mem[sum][first*sumSize:], stride*sumSize
		}
		m0, m1, p0, p1 := split(rows, packed.Panels(), variant.MR, part, parts)
		packed.Run(&a, m0, m1, p0, p1)
		flip.run(r, dst, columns, m0, m1, p0*variant.NR, min(p1*variant.NR, columns))
		return nil
	}})
	return nil
}

// flipBehind is a copy of a product's bytes with the other sign, made while they are in the
// cache.
type flipBehind struct {
	variant *elementwise.Variant // nil: there is none
	buffer  int
}

// flipBehind takes in the FlipSign nodes that read the output of a node, if the
// instruction that is appended next writes all of it.
func (c *compiler) flipBehind(n *core.Node, whole bool) flipBehind {
	f := flipBehind{}
	for _, u := range c.users[n.Out(0)] {
		if _, ok := u.Op().(*core.FlipSign); !ok || !whole {
			continue
		}
		if f.variant == nil {
			f.variant, f.buffer = elementwise.Choose(c.isas, elementwise.Flip), c.newBuffer(u.Outputs()[0])
		}
		c.skip[u], c.at[u.Out(0)] = true, f.buffer
	}
	return f
}

// run copies columns [n0,n1) of rows [m0,m1).
func (f *flipBehind) run(r *worker, src, columns, m0, m1, n0, n1 int) {
	if f.variant == nil || m0 >= m1 || n0 >= n1 {
		return
	}
	if n1-n0 == columns { // rows without a gap
		m0, m1, n0, n1, columns = 0, 1, m0*columns, m1*columns, 0
	}
	for m := m0; m < m1; m++ {
		at := m*columns + n0
		f.variant.Run(r.mem[f.buffer][at:], r.mem[src][at:], nil, n1-n0, nil)
	}
}

// bindOffsets returns the offsets of group g, which are there once the arena is planned.
func (c *compiler) bindOffsets(m *matmul, g int) *[]int32 {
	offsets := new([]int32)
	c.bind = append(c.bind, func() error {
		*offsets = m.offsets()
		if g > 0 {
			for i := range *offsets {
				(*offsets)[i] += int32(g * m.step)
			}
		}
		return c.checkOffsets(m.node, *offsets, m.taps, m.tapBytes)
	})
	return offsets
}

// split gives each part a range of rows or, where there are few tiles of rows, a
// range of panels.
func split(rows, panels, mr, part, parts int) (m0, m1, p0, p1 int) {
	tiles := (rows + mr - 1) / mr
	if tiles >= 4*parts || tiles >= panels {
		return min(part*tiles/parts*mr, rows), min((part+1)*tiles/parts*mr, rows), 0, panels
	}
	return 0, rows, part * panels / parts, (part + 1) * panels / parts
}
