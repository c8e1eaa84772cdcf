package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
	"github.com/tf2ng/tf2ng/kernels/internal/window"
)

// computedFilters are the filters of a run, packed.
type computedFilters struct {
	packed *sgemm.Packed
	finite bool
}

// lowerComputedFilters lowers an NHWC convolution whose filters are computed: they are packed when the program runs. If
// they are not all finite, the reference computes the convolution, as padding is multiplied here.
func (c *compiler) lowerComputedFilters(n *core.Node) (bool, error) {
	op, in, out := n.Op().(*linear.Convolution), n.Inputs(), n.Outputs()[0]
	data, fs := in[0].Shape(), in[1].Shape()
	rank := len(fs)
	if op.Layout != geometry.NHWC || op.Groups > 1 || out.Shape.MustElements() == 0 || fs.MustElements() > maxComputed {
		return false, nil
	}
	axes, err := op.Axes(data, fs[:rank-2])
	if err != nil {
		return false, err
	}
	inC, outC, taps := fs[rank-2], fs[rank-1], fs[:rank-2].MustElements()
	rows := out.Shape.MustElements() / outC
	if bounds.Product(rows, taps) > maxComputed || c.checkIndirection(n, rows, taps) != nil {
		return false, nil // the reference needs no offsets
	}
	variant := sgemm.Choose(c.isas, sgemm.Spec{Type: machine.TypeOf(in[1].Type()), N: outC})
	win := &window.Window{Axes: axes, Batch: data[0], Pixel: variant.NumberSize() * inC}
	src, pad := c.factor(n, in[0], variant, inC), c.paddingRun(0, win.Pixel)
	p := &floatProduct{
		node: n, variant: variant, rows: rows, taps: taps, numbers: inC, columns: outC, groups: 1, run: inC, window: win,
		reads: []int{src, pad},
	}
	p.offsets = func() []int32 { return win.Offsets(c.buffers[src].Offset, c.buffers[pad].Offset) }
	return true, c.emitComputedFilters(p)
}

// emitComputedFilters appends the instructions that pack the filters of a product, and that multiply by them.
func (c *compiler) emitComputedFilters(p *floatProduct) error {
	n, spec, size := p.node, p.spec(), p.size()
	order, err := p.order()
	if err != nil {
		return c.locate(err)
	}
	empty := sgemm.NewPacked(p.variant, spec)
	filters, packed := c.widened(n, n.Inputs()[1]), c.newScratch(empty.Size())
	state := c.newState(func() any { return &computedFilters{packed: sgemm.NewPacked(p.variant, spec)} })
	c.emit(machine.Instruction{
		Node: n, Kernel: "pack", Reads: []int{filters}, Writes: []int{packed},
		Run: func(r *machine.Worker, _, _ int) error {
			s := r.State[state].(*computedFilters)
			weights := r.Mem[filters][:size*p.taps*p.numbers*p.columns]
			s.finite = areFinite(p.variant.Type, weights)
			s.packed.Hold(r.Mem[packed])
			s.packed.Repack(weights, size*p.columns, nil)
			return nil
		},
	})
	in, dst := c.buffersOf(n.Inputs()), c.newOutput(n.Out(0))
	ins, outs := c.newOperands(len(in)), c.newOperands(1)
	check := func(offsets []int32, size int) error { return sgemm.CheckOffsets(p.variant, spec, offsets, size) }
	offsets := c.offsets(n, check, p.offsets)
	divided := c.dividedProduct(p.rows, empty.Panels(), p.variant.MR, size*p.taps*p.numbers*p.columns)
	if order != nil {
		divided.Split = order.Split
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: p.variant.Name, Splits: true, MostParts: divided.Parts(), Operations: machine.Operations(n),
		Reads: slices.Concat(p.reads, in, []int{packed}), Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			s := r.State[state].(*computedFilters)
			if s.finite {
				m := multiplication{packed: s.packed, order: order, dst: dst, ldc: size * p.columns, offsets: offsets}
				m0, m1, p0, p1 := divided.Part(part, parts)
				m.run(r, m0, m1, p0, p1)
				return nil
			}
			if part > 0 {
				return nil
			}
			x, err := r.Operands(ins, in, core.FactsOf(n.Inputs()))
			if err != nil {
				return err
			}
			y, err := r.Operands(outs, []int{dst}, n.Outputs())
			if err != nil {
				return err
			}
			return n.Locate(evalInto(r.Run, n.Op(), x, y))
		},
	})
	return nil
}

// areFinite reports whether all numbers of a product's factor are finite.
func areFinite(t dtype.Type, numbers []byte) bool {
	switch t {
	case dtype.F32, dtype.BF16:
		return !slices.ContainsFunc(view.Of[float32](numbers), func(v float32) bool { return v-v != 0 })
	case dtype.F64:
		return !slices.ContainsFunc(view.Of[float64](numbers), func(v float64) bool { return v-v != 0 })
	}
	return true
}
