package kernels

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/sdepthwise"
)

// lowerFloatDepthwise lowers a convolution with one input channel per group, which gives
// multiplier output channels.
func (c *compiler) lowerFloatDepthwise(p *product, g *convolution, src, multiplier int) error {
	n := p.node
	variant := sdepthwise.Choose(c.isas)
	spec := sdepthwise.Spec{Channels: p.columns, Taps: p.taps}
	k := newKey(variant.Name).text(p.key.String()).numbers(spec.Channels, spec.Taps)
	product, err := packed(c, k, func() (*sdepthwise.Packed, []int32, error) {
		packed, err := sdepthwise.Pack(variant, spec, p.weights())
		return packed, nil, err
	})
	if err != nil {
		return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
	}
	packed := product.packed
	if multiplier > 1 {
		src = c.repeatNumbers(n, src, multiplier)
		g.inC *= multiplier
	}
	pad := c.paddingRun(0, g.inC)
	dst := c.newOutput(n.Out(0))
	offsets := c.offsets(n, spec.CheckOffsets, func() []int32 { return g.offsets(c.buffers[src].offset, c.buffers[pad].offset) })
	rows := p.rows
	c.emit(instruction{node: n, kernel: variant.Name, splits: true, operations: operations(n), reads: []int{src, pad}, writes: []int{dst}, run: func(r *worker, part, parts int) error {
		r.sdepthwise = sdepthwise.Args{A: r.arena, Offsets: *offsets, C: r.mem[dst], LDC: 4 * spec.Channels}
		packed.Run(&r.sdepthwise, part*rows/parts, (part+1)*rows/parts)
		return nil
	}})
	return nil
}

// repeatNumbers appends an instruction that writes each float32 of a buffer times times,
// and returns the buffer with them.
func (c *compiler) repeatNumbers(n *core.Node, src, times int) int {
	size := c.buffers[src].size / 4
	dst := c.newScratch(productOf(4*size, times))
	c.emit(instruction{node: n, kernel: "repeat", splits: true, reads: []int{src}, writes: []int{dst}, run: func(r *worker, part, parts int) error {
		in, out := view[float32](r.mem[src][:4*size]), view[float32](r.mem[dst])
		for i := part * size / parts; i < (part+1)*size/parts; i++ {
			for j := range times {
				out[i*times+j] = in[i]
			}
		}
		return nil
	}})
	return dst
}
