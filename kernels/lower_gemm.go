package kernels

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/gemm"
)

// matmul is an indirect matrix product to be lowered: rows of u8 data with a zero
// point times constant i8 weights.
type matmul struct {
	node     *core.Node
	rows     int    // M: output rows (pixels)
	taps     int    // runs of bytes that one row multiplies
	tapBytes int    // bytes of one run
	weights  []int8 // [taps][tapBytes][N]
	zero     uint8  // the data's zero point
	posts    []core.PostOp
	operands []core.Value
	// offsets returns, once the arena is planned, where in the arena the runs of
	// each row begin: [rows][taps].
	offsets func() []int32
	reads   []int // the buffers that the offsets point into
}

// integerOperands returns the constant zero points and weights of an IntegerConvolution
// or IntegerDot that the gemm family can compute: u8 data, i8 weights, no zero point
// of the weights.
func integerOperands(n *core.Node) (weights *core.Tensor, zero uint8, ok bool) {
	in := n.Inputs()
	w, zx, zw := in[1].Constant(), in[2].Constant(), in[3].Constant()
	if w == nil || zx == nil || zw == nil || w.Type() != core.I8 || in[0].Type() != core.U8 || w.Len() == 0 {
		return nil, 0, false
	}
	for _, z := range zw.Int64s() {
		if z != 0 {
			return nil, 0, false
		}
	}
	return w, core.Data[uint8](zx)[0], true
}

// lowerDot lowers a matrix product over constant i8 weights.
func lowerDot(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*core.IntegerDot)
	weights, zero, ok := integerOperands(n)
	out := n.Outputs()[0]
	if !ok || len(weights.Shape()) != op.ReductionAxes+1 || out.Shape.MustElements() == 0 {
		return false, nil
	}
	N := weights.Shape()[op.ReductionAxes]
	K := weights.Len() / N
	m := &matmul{
		node: n, rows: out.Shape.MustElements() / N, taps: 1, tapBytes: K, weights: core.Data[int8](weights), zero: zero,
		posts: op.PostOps, operands: n.Inputs()[4:],
	}
	data := c.readInArena(n.Inputs()[0])
	m.reads = []int{data}
	m.offsets = func() []int32 {
		offsets := make([]int32, m.rows)
		for i := range offsets {
			offsets[i] = int32(c.buffers[data].offset + i*K)
		}
		return offsets
	}
	return true, c.lowerMatmul(m, N)
}

// lowerMatmul packs the weights and appends the instructions of a matmul with N columns.
func (c *compiler) lowerMatmul(m *matmul, N int) error {
	n := m.node
	out := n.Outputs()[0]
	e, fused := matchEpilogue(m.posts, m.operands, out, N)
	if !fused {
		e = epilogue{Epilogue: gemm.Epilogue{Out: gemm.S32}}
	}
	variant := gemm.Choose(c.isas, m.rows, N, m.tapBytes)
	spec := gemm.Spec{N: N, Taps: m.taps, TapBytes: m.tapBytes, Epilogue: e.Epilogue}
	packed, err := gemm.Pack(variant, spec, m.weights, startValues(m.weights, N, m.zero))
	if err != nil {
		return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
	}
	m.weights = nil // packed
	scratch := c.newScratch(packed.Scratch() * c.threads)
	for _, b := range m.reads {
		c.buffers[b].last = max(c.buffers[b].last, len(c.code))
	}
	sum := -1
	if e.Sum != gemm.NoSum {
		sum = c.read(e.sum)
	}
	var dst, ldc int
	if fused {
		dst, ldc = c.write(n.Out(0)), N*out.Type.Size()
	} else {
		dst, ldc = c.newScratch(m.rows*N*4), N*4
	}
	var offsets []int32
	c.bind = append(c.bind, func() error {
		offsets = m.offsets()
		m.offsets = nil
		return c.checkOffsets(n, offsets, m.taps, m.tapBytes)
	})
	rows, sumStride := m.rows, 0
	if sum >= 0 {
		sumStride = N * e.sum.Type().Size()
	}
	perThread := packed.Scratch()
	c.emit(instruction{node: n, kernel: variant.Name, parts: c.threads, run: func(r *run, part, parts int) error {
		a := gemm.Args{
			A: r.arena, Offsets: offsets, C: r.mem[dst], LDC: ldc,
			Scratch: r.mem[scratch][part*perThread : (part+1)*perThread],
		}
		if sum >= 0 {
			a.Sum, a.LDSum = r.mem[sum], sumStride
		}
		m0, m1, p0, p1 := split(rows, packed.Panels(), variant.MR, part, parts)
		packed.Run(&a, m0, m1, p0, p1)
		return nil
	}})
	if !fused {
		return c.lowerPostOps(n, dst, m.posts, m.operands)
	}
	return nil
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

// startValues returns -zero * the sum of each column, or nil for zero point 0.
func startValues(weights []int8, N int, zero uint8) []int32 {
	if zero == 0 {
		return nil
	}
	init := make([]int32, N)
	for i, w := range weights {
		init[i%N] -= int32(zero) * int32(w)
	}
	return init
}

// lowerPostOps applies a post-op list that no kernel has fused to accumulators in a buffer.
func (c *compiler) lowerPostOps(n *core.Node, acc int, posts []core.PostOp, operands []core.Value) error {
	c.buffers[acc].last = len(c.code)
	op := &core.ApplyPostOps{PostOps: posts}
	if conv, ok := n.Op().(*core.IntegerConvolution); ok {
		op.Layout = conv.Layout
	} else {
		op.Layout = core.NHWC
	}
	in := []int{acc}
	facts := []core.Fact{{Type: core.I32, Shape: n.Outputs()[0].Shape}}
	for _, v := range operands {
		in = append(in, c.read(v))
		facts = append(facts, v.Fact())
	}
	out := []int{c.write(n.Out(0))}
	c.emit(instruction{node: n, kernel: "post-ops", run: func(r *run, _, _ int) error {
		ins, err := r.tensors(in, facts)
		if err != nil {
			return err
		}
		res, err := r.tensors(out, n.Outputs())
		if err != nil {
			return err
		}
		return op.Eval(ins, res)
	}})
	return nil
}
