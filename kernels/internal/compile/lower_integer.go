package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
)

var (
	_ = lowers[linear.IntegerConvolution](lowerConvolution)
	_ = wantsLast[linear.IntegerConvolution]()
)

// lowerConvolution lowers an NHWC convolution. Depthwise convolutions are computed by their own family, all
// others by gemm, group by group.
func lowerConvolution(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*linear.IntegerConvolution)
	data, out := n.Inputs()[0].Shape(), n.Outputs()[0]
	fs := n.Inputs()[1].Shape()
	if op.Layout != geometry.NHWC || out.Shape.MustElements() == 0 {
		return false, nil
	}
	rank := len(fs)
	axes, err := op.Axes(data, fs[:rank-2])
	if err != nil {
		return false, err
	}
	inC, outC, groups := data[rank-1], fs[rank-1], max(op.Groups, 1)
	w, constant := c.signedWeights(n, outC, outC)
	computed, ok := computedWeights{}, true
	if !constant {
		computed, ok = newComputedWeights(c, n, outC, outC)
	}
	g := &convolution{axes: axes, batch: data[0], inC: inC}
	if !ok || groups > 1 && (!constant || !w.zerosAreBytes()) || !zeroPointOf(n).isByte() && g.isPadded() {
		return false, nil
	}
	lower := c.lowerMatmul
	if !constant {
		lower = func(m *matmul) error { return c.lowerComputedProduct(m, computed) }
	}
	if err := c.checkIndirection(n, out.Shape.MustElements()/outC, fs[:rank-2].MustElements()); err != nil {
		return false, err
	}
	if groups > 1 && groups == inC {
		return true, lowerDepthwise(c, n, g, w)
	}
	m := &matmul{
		node: n, rows: out.Shape.MustElements() / outC, taps: fs[:rank-2].MustElements(), tapBytes: fs[rank-2], weights: w,
		padding: -1, posts: op.PostOps, operands: n.Inputs()[4:], groups: groups, step: fs[rank-2],
	}
	src, zero := c.unsignedData(n)
	m.zero, m.window, g.zero = zero, g, zero
	if groups == 1 && g.wide() {
		k := len(axes) - 1
		m.taps, m.tapBytes, m.window = m.taps/axes[k].Window, axes[k].Window*inC, nil
		src = c.padImage(n, src, g, g.inC, nil)
		m.offsets = func() []int32 { return g.wideOffsets(c.buffers[src].Offset) }
		m.reads = []int{src}
		return true, lower(m)
	}
	m.grid = g.windowGrid()
	pad := c.paddingFor(zero, inC)
	m.reads = []int{src, pad}
	if zero.computed() {
		m.padding = pad
	}
	m.offsets = func() []int32 { return g.offsets(c.buffers[src].Offset, c.buffers[pad].Offset) }
	return true, lower(m)
}

// flipped appends an instruction that copies the bytes of a buffer, with their topmost bit inverted, into the
// arena.
func (c *compiler) flipped(n *core.Node, src int) int {
	dst, size := c.newScratch(c.buffers[src].Size), c.buffers[src].Size
	c.emit(flipInstruction(c, n, src, dst, size))
	return dst
}

var _ = lowers[linear.IntegerDot](lowerDot)

// lowerDot lowers a matrix product of integers.
func lowerDot(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*linear.IntegerDot)
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
	w, constant := c.signedWeights(n, N, channels)
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
	m.offsets = func() []int32 { return rowOffsets(c.buffers[data].Offset, m.rows, K) }
	if !constant {
		return true, c.lowerComputedProduct(m, computed)
	}
	return true, c.lowerMatmul(m)
}

// perRow reports whether one of the values has one element for each row of the output.
func perRow(values []core.Value, out core.Shape) bool {
	return slices.ContainsFunc(values, func(v core.Value) bool {
		s := v.Shape()
		return len(s) == 1 && s[0] == out[len(out)-1] && s[0] > 1 || len(s) > 1
	})
}
