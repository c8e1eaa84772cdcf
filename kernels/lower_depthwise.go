package kernels

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/depthwise"
	"github.com/tf2ng/tf2ng/kernels/gemm"
)

// isDepthwise reports whether every group of a convolution has one input channel.
func isDepthwise(op *core.IntegerConvolution, data core.Shape) bool {
	return op.Groups == data[len(data)-1]
}

// lowerDepthwise lowers a two-dimensional NHWC convolution with one input channel per
// group. With several output channels per group the data is repeated first, once for
// each of them.
func lowerDepthwise(c *compiler, n *core.Node, g *convolution, filters *core.Tensor) error {
	op := n.Op().(*core.IntegerConvolution)
	out := n.Outputs()[0]
	channels := filters.Shape()[3]
	posts, operands := op.PostOps, n.Inputs()[4:]
	e, fused := matchEpilogue(posts, operands, out, channels)
	if fused = fused && e.Sum == gemm.NoSum; !fused {
		e.Epilogue = gemm.Epilogue{Out: gemm.S32}
	}
	variant := depthwise.Choose(c.isas)
	weights := core.Data[int8](filters)
	spec := depthwise.Spec{Channels: channels, Taps: g.y.Window * g.x.Window, Epilogue: e.Epilogue}
	packed, err := depthwise.Pack(variant, spec, weights, startValues(weights, channels, g.zero))
	if err != nil {
		return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
	}
	src := c.readInArena(n.Inputs()[0])
	if multiplier := channels / g.inC; multiplier > 1 {
		src = c.repeatChannels(n, src, multiplier)
		g.inC = channels
	}
	pad := c.paddingRun(g.zero, channels)
	c.buffers[src].last = max(c.buffers[src].last, len(c.code))
	rows := out.Shape.MustElements() / channels
	var dst, ldc int
	if fused {
		dst, ldc = c.write(n.Out(0)), channels*out.Type.Size()
	} else {
		dst, ldc = c.newScratch(rows*channels*4), channels*4
	}
	var offsets []int32
	c.bind = append(c.bind, func() error {
		offsets = g.offsets(c.buffers[src].offset, c.buffers[pad].offset)
		return c.checkOffsets(n, offsets, spec.Taps, channels)
	})
	c.emit(instruction{node: n, kernel: variant.Name, parts: c.threads, run: func(r *run, part, parts int) error {
		a := depthwise.Args{A: r.arena, Offsets: offsets, C: r.mem[dst], LDC: ldc}
		packed.Run(&a, part*rows/parts, (part+1)*rows/parts)
		return nil
	}})
	if !fused {
		return c.lowerPostOps(n, dst, posts, operands)
	}
	return nil
}

// repeatChannels appends an instruction that writes each byte of a buffer times times,
// and returns the buffer with them.
func (c *compiler) repeatChannels(n *core.Node, src, times int) int {
	size := c.buffers[src].size
	dst := c.newScratch(size * times)
	c.buffers[src].last = max(c.buffers[src].last, len(c.code))
	c.emit(instruction{node: n, kernel: "repeat", parts: c.threads, run: func(r *run, part, parts int) error {
		in, out := r.mem[src], r.mem[dst]
		for i := part * size / parts; i < (part+1)*size/parts; i++ {
			fill(out[i*times:(i+1)*times], in[i])
		}
		return nil
	}})
	return dst
}
