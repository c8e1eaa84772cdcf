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
	"github.com/tf2ng/tf2ng/kernels/internal/sdepthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
	"github.com/tf2ng/tf2ng/kernels/internal/window"
)

// computedFilters are the filters of a run, packed: those of each product, or those of a depthwise convolution.
type computedFilters struct {
	products  []*sgemm.Packed
	depthwise *sdepthwise.Packed
	finite    bool
}

// lowerComputedFilters lowers an NHWC convolution whose filters are computed: they are packed when the program runs. If
// they are not all finite, the reference computes the convolution, as padding is multiplied here.
func (c *compiler) lowerComputedFilters(n *core.Node) (bool, error) {
	op, in, out := n.Op().(*linear.Convolution), n.Inputs(), n.Outputs()[0]
	data, fs := in[0].Shape(), in[1].Shape()
	rank := len(fs)
	if op.Layout != geometry.NHWC || out.Shape.MustElements() == 0 || fs.MustElements() > maxComputed {
		return false, nil
	}
	axes, err := op.Axes(data, fs[:rank-2])
	if err != nil {
		return false, err
	}
	inC, outC, taps, groups := fs[rank-2], fs[rank-1], fs[:rank-2].MustElements(), max(op.Groups, 1)
	rows := out.Shape.MustElements() / outC
	if bounds.Product(groups, rows, taps) > maxComputed || c.checkIndirection(n, rows, taps) != nil {
		return false, nil // the reference needs no offsets
	}
	variant := sgemm.Choose(c.isas, sgemm.Spec{Type: machine.TypeOf(in[1].Type()), N: outC / groups})
	win := &window.Window{Axes: axes, Batch: data[0], Pixel: variant.NumberSize() * inC * groups}
	src := c.factor(n, in[0], variant, inC)
	filtered := sdepthwise.Has(variant.Type) && groups > 1 && inC == 1
	if multiplier := outC / groups; filtered && multiplier > 1 {
		src = c.repeatElements(n, src, variant.NumberSize(), multiplier)
		c.buffers[src].Addressed = true
		win.Pixel *= multiplier
	}
	pad := c.paddingRun(0, win.Pixel)
	p := &floatProduct{
		node: n, variant: variant, rows: rows, taps: taps, numbers: inC, columns: outC, groups: groups, channels: inC,
		run: inC, window: win, reads: []int{src, pad},
	}
	p.offsets = func() []int32 { return win.Offsets(c.buffers[src].Offset, c.buffers[pad].Offset) }
	if filtered {
		c.emitComputedDepthwise(p)
		return true, nil
	}
	if n := win.CountPhases(maxPhases); n > 1 && n <= maxPhases {
		return true, c.emitComputedPhases(p, win)
	}
	return true, c.emitComputedFilters(p)
}

// emitComputedPhases is like emitComputedFilters for a convolution of dilated data, as lowerPhases computes it.
func (c *compiler) emitComputedPhases(p *floatProduct, win *window.Window) error {
	n, size, columns := p.node, p.size(), p.columns/p.groups
	tap, bytes := size*p.numbers*p.columns, 0
	products, err := c.phases(p, win, func(spec sgemm.Spec, _ int, _ []int) (*sgemm.Packed, error) {
		empty := sgemm.NewPacked(p.variant, spec)
		bytes += empty.Size()
		return empty, nil
	})
	if err != nil {
		return err
	}
	filters, packed, taps := c.widened(n, n.Inputs()[1]), c.newScratch(bytes), c.newScratch(p.taps*tap)
	state := c.newState(func() any {
		s := &computedFilters{}
		for _, f := range products {
			spec := p.spec()
			spec.Taps = len(f.taps)
			s.products = append(s.products, sgemm.NewPacked(p.variant, spec))
		}
		return s
	})
	c.emit(machine.Instruction{
		Node: n, Kernel: "pack", Reads: []int{filters}, Writes: []int{packed, taps},
		Run: func(r *machine.Worker, _, _ int) error {
			s, memory := r.State[state].(*computedFilters), r.Mem[packed]
			weights := r.Mem[filters][:p.taps*tap]
			s.finite = areFinite(p.variant.Type, weights)
			for i, to := range s.products {
				to.Hold(memory)
				memory = memory[to.Size():]
				for k, t := range products[i].taps {
					copy(r.Mem[taps][k*tap:][:tap], weights[t*tap:])
				}
				to.Repack(r.Mem[taps][size*(i%p.groups)*columns:], size*p.columns, nil)
			}
			return nil
		},
	})
	dst, lines := c.newOutput(n.Out(0)), 1
	for _, f := range products {
		lines = max(lines, len(f.lines))
	}
	c.emitComputed(p, p.variant.Name, state, lines, []int{packed}, func(r *machine.Worker, part, parts int) {
		for i, packed := range r.State[state].(*computedFilters).products {
			products[i].run(r, packed, dst, part, parts)
		}
	})
	return nil
}

// emitComputedFilters appends the instructions that pack the filters of a product, and that multiply by them.
func (c *compiler) emitComputedFilters(p *floatProduct) error {
	n, spec, size, columns := p.node, p.spec(), p.size(), p.columns/p.groups
	order, err := p.order()
	if err != nil {
		return c.locate(err)
	}
	empty := sgemm.NewPacked(p.variant, spec)
	filters, packed := c.widened(n, n.Inputs()[1]), c.newScratch(bounds.Product(p.groups, empty.Size()))
	state := c.newState(func() any {
		s := &computedFilters{products: make([]*sgemm.Packed, p.groups)}
		for g := range s.products {
			s.products[g] = sgemm.NewPacked(p.variant, spec)
		}
		return s
	})
	c.emit(machine.Instruction{
		Node: n, Kernel: "pack", Reads: []int{filters}, Writes: []int{packed},
		Run: func(r *machine.Worker, _, _ int) error {
			s := r.State[state].(*computedFilters)
			weights := r.Mem[filters][:size*p.taps*p.numbers*p.columns]
			s.finite = areFinite(p.variant.Type, weights)
			for g, to := range s.products {
				to.Hold(r.Mem[packed][g*empty.Size():])
				to.Repack(weights[size*g*columns:], size*p.columns, nil)
			}
			return nil
		},
	})
	check := func(offsets []int32, size int) error { return sgemm.CheckOffsets(p.variant, spec, offsets, size) }
	groups := make([]multiplication, p.groups)
	dst := c.newOutput(n.Out(0))
	for g := range groups {
		groups[g] = multiplication{order: order, dst: dst, first: size * g * columns, ldc: size * p.columns}
		groups[g].offsets = c.offsets(n, check, func() []int32 {
			return moved(p.offsets(), p.variant.NumberSize()*g*p.channels)
		})
	}
	divided := c.dividedProduct(p.rows, empty.Panels(), empty.Together(), p.variant.MR, size*p.taps*p.numbers*columns)
	if order != nil {
		divided.Split = order.Split
	}
	c.emitComputed(p, p.variant.Name, state, divided.Parts(), []int{packed}, func(r *machine.Worker, part, parts int) {
		m0, m1, p0, p1 := divided.Part(part, parts)
		for g, packed := range r.State[state].(*computedFilters).products {
			m := groups[g]
			m.packed = packed
			m.run(r, m0, m1, p0, p1)
		}
	})
	return nil
}

// emitComputedDepthwise is like emitComputedFilters for one filter for each channel.
func (c *compiler) emitComputedDepthwise(p *floatProduct) {
	typ := p.variant.Type
	n, variant, size := p.node, sdepthwise.Choose(c.isas, typ), p.size()
	spec := sdepthwise.Spec{Type: typ, Channels: p.columns, Taps: p.taps}
	filters, dst := c.buffer(n.Inputs()[1]), c.newOutput(n.Out(0))
	state := c.newState(func() any { return &computedFilters{depthwise: sdepthwise.NewPacked(variant, spec)} })
	c.emit(machine.Instruction{
		Node: n, Kernel: "pack", Reads: []int{filters}, Writes: []int{dst}, // so that it comes before what computes dst
		Run: func(r *machine.Worker, _, _ int) error {
			s := r.State[state].(*computedFilters)
			weights := r.Mem[filters][:size*p.taps*p.columns]
			s.finite = areFinite(p.variant.Type, weights)
			s.depthwise.Repack(weights)
			return nil
		},
	})
	offsets := c.offsets(n, spec.CheckOffsets, p.offsets)
	c.emitComputed(p, variant.Name, state, p.rows, nil, func(r *machine.Worker, part, parts int) {
		r.SDepthwise = sdepthwise.Args{A: r.Arena, Offsets: *offsets, C: r.Mem[dst], LDC: size * spec.Channels}
		r.State[state].(*computedFilters).depthwise.Run(&r.SDepthwise, part*p.rows/parts, (part+1)*p.rows/parts)
	})
}

// emitComputed appends the instruction that multiplies by the filters in a state, if they are finite, and computes the
// convolution by its reference, if they are not.
func (c *compiler) emitComputed(
	p *floatProduct, kernel string, state, mostParts int, reads []int, run func(r *machine.Worker, part, parts int),
) {
	n := p.node
	in, dst := c.buffersOf(n.Inputs()), c.at[n.Out(0)]
	ins, outs := c.newOperands(len(in)), c.newOperands(1)
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Splits: true, MostParts: mostParts, Operations: machine.Operations(n),
		Reads: slices.Concat(p.reads, in, reads), Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			if r.State[state].(*computedFilters).finite {
				run(r, part, parts)
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
