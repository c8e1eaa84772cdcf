package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
	"github.com/tf2ng/tf2ng/kernels/internal/product"
	"github.com/tf2ng/tf2ng/kernels/internal/window"
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
	w, constant := product.WeightsOf(n, outC, outC, c.keep)
	computed, ok := product.ComputedWeights{}, true
	if !constant {
		computed, ok = product.ComputedWeightsOf(n, outC, outC)
	}
	win := &window.Window{Axes: axes, Batch: data[0], Pixel: inC}
	if !ok || groups > 1 && (!constant || !w.ZerosAreBytes()) || !product.ZeroPointOf(n).IsByte() && win.ReadsPadding() {
		return false, nil
	}
	lower := c.lowerIntegerProduct
	if !constant {
		lower = func(m *integerProduct) error { return c.lowerComputedProduct(m, computed) }
	}
	if err := c.checkIndirection(n, out.Shape.MustElements()/outC, fs[:rank-2].MustElements()); err != nil {
		return false, err
	}
	if groups > 1 && groups == inC {
		return true, c.lowerDepthwise(n, win, w)
	}
	m := &integerProduct{
		node: n, rows: out.Shape.MustElements() / outC, taps: fs[:rank-2].MustElements(), tapBytes: fs[rank-2], weights: w,
		padding: -1, groups: groups, step: fs[rank-2],
	}
	src, zero := c.unsignedData(n)
	m.zero = zero
	if groups == 1 && win.JoinsTaps(outC) {
		k := len(axes) - 1
		m.taps, m.tapBytes = m.taps/axes[k].Window, axes[k].Window*inC
		p := window.NewPadded(win, inC, nil)
		src = c.padImage(n, src, p, zero)
		m.offsets = func() []int32 { return p.Offsets(c.buffers[src].Offset) }
		m.reads = []int{src}
		return true, lower(m)
	}
	m.window, m.grid = win, win.Grid()
	pad := c.paddingFor(zero, inC)
	m.reads = []int{src, pad}
	if zero.Computed {
		m.padding = pad
	}
	m.offsets = func() []int32 { return win.Offsets(c.buffers[src].Offset, c.buffers[pad].Offset) }
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
	w, constant := product.WeightsOf(n, N, channels, c.keep)
	computed, ok := product.ComputedWeights{}, true
	if !constant {
		computed, ok = product.ComputedWeightsOf(n, N, channels)
	}
	if !ok {
		return false, nil
	}
	if err := c.checkIndirection(n, out.Shape.MustElements()/N, 1); err != nil {
		return false, err
	}
	data, zero := c.unsignedData(n)
	m := &integerProduct{
		node: n, rows: out.Shape.MustElements() / N, taps: 1, tapBytes: K, weights: w, zero: zero, padding: -1,
		reads: []int{data}, groups: 1,
	}
	m.offsets = func() []int32 { return rowOffsets(c.buffers[data].Offset, m.rows, K) }
	if !constant {
		return true, c.lowerComputedProduct(m, computed)
	}
	return true, c.lowerIntegerProduct(m)
}

// perRow reports whether one of the values has one element for each row of the output.
func perRow(values []core.Value, out core.Shape) bool {
	return slices.ContainsFunc(values, func(v core.Value) bool {
		s := v.Shape()
		return len(s) == 1 && s[0] == out[len(out)-1] && s[0] > 1 || len(s) > 1
	})
}

var _ = lowers[tensorflow.QuantizedMul](lowerQuantizedProduct)

// productZeros are the zero points of a QuantizedMul, and the products from which they follow.
type productZeros struct {
	x, y [1]int32
	some *core.Tensor
}

// lowerQuantizedProduct lowers QuantizedMul; its reference computes three products, from which the zero points
// follow.
func lowerQuantizedProduct(c *compiler, n *core.Node) (bool, error) {
	x, y, out := n.Inputs()[0], n.Inputs()[1], n.Outputs()[0]
	elements := out.Shape.MustElements()
	if elements == 0 || !x.Shape().Equal(out.Shape) || !isRepeated(y.Shape(), out.Shape) {
		return false, nil
	}
	channels := y.Shape().MustElements()
	state := c.newState(func() any { return &productZeros{some: vector(core.I32, 3)} })
	a, b := vector(core.U8, 3), vector(core.U8, 3)
	a.Bytes()[1], b.Bytes()[2] = 1, 1
	in, res := c.emitEval(n, "range", func(r *machine.Run, in, out []*core.Tensor) error {
		s := r.State[state].(*productZeros)
		in[0], in[1], out[0] = a, b, s.some
		err := n.Op().Eval(in, out)
		z := core.Data[int32](s.some)
		s.x[0], s.y[0] = z[0]-z[2], z[0]-z[1]
		return err
	})
	dst := res[0]
	whole, times := elementwise.Choose(c.isas, elementwise.WholeU8), loops.Binary(c.isas, dtype.I32, loops.Multiply)
	// The second factors are repeated so that a block can begin at any channel.
	repeated := elementBlock
	if channels < elements {
		repeated += channels
	}
	c.emitElements(work{
		node: n, kernel: times.Name, units: elements, reads: in[:2], writes: res[:1], scratch: bounds.Product(4, repeated),
		run: func(r *machine.Worker, tmp []byte, i0, i1 int) error {
			s := r.State[state].(*productZeros)
			zx, zy := view.Bytes(s.x[:]), view.Bytes(s.y[:])
			if channels < elements {
				whole.Run(tmp, r.Mem[in[1]], zy, channels, nil)
				movement.Repeat(tmp, tmp[:4*channels])
			}
			for i := i0; i < i1; i += elementBlock {
				k := min(elementBlock, i1-i)
				y, to := tmp, r.Mem[dst][4*i:][:4*k]
				if channels < elements {
					y = tmp[i%channels*4:]
				} else {
					whole.Run(tmp, r.Mem[in[1]][i:], zy, k, nil)
				}
				whole.Run(to, r.Mem[in[0]][i:], zx, k, nil)
				times.Run(to, to, y, k)
			}
			return nil
		},
	})
	return true, nil
}
