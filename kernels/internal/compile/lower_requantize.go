package compile

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
)

// This file lowers ops that requantize: they make bytes of 32-bit integers, or find the range in use for that.
//
// The ranges of TensorFlow's quantized tensors may be computed at run time. The references of the ops compute what is
// small: the ranges, and what follows from them. The loops here do the rest.

// emitRange appends an instruction that runs a node's reference on empty data: it checks the input ranges and
// computes the output ranges.
func (c *compiler) emitRange(n *core.Node) (in, out []int) {
	x, y := vector(n.Inputs()[0].Type(), 0), vector(n.Outputs()[0].Type, 0)
	return c.emitEval(n, "range", func(_ *machine.Run, in, out []*core.Tensor) error {
		in[0], out[0] = x, y
		return n.Op().Eval(in, out)
	})
}

// emitRequantized appends an instruction that makes a node's first output of src, whose elements have 4 bytes, by a
// primitive. The buffer operand has the primitive's second operand.
func (c *compiler) emitRequantized(
	n *core.Node, p elementwise.Primitive, src, operand int, numbers *elementwise.Numbers,
) {
	v, dst := elementwise.Choose(c.isas, p), c.at[n.Out(0)]
	size := n.Outputs()[0].Type.Size()
	c.emitElements(work{
		node: n, kernel: v.Name, units: n.Outputs()[0].Shape.MustElements(), reads: []int{src, operand}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, i0, i1 int) error {
			v.Run(r.Mem[dst][size*i0:], r.Mem[src][4*i0:], r.Mem[operand], i1-i0, numbers)
			return nil
		},
	})
}

var _ = lowers[tensorflow.Requantize](lowerRequantize)

// lowerRequantize lowers TensorFlow's Requantize to bytes.
func lowerRequantize(c *compiler, n *core.Node) (bool, error) {
	out := n.Outputs()[0]
	if out.Type.Size() != 1 || out.Shape.MustElements() == 0 {
		return false, nil
	}
	ranges, err := c.constantRanges(n)
	switch {
	case err != nil:
		return false, err
	case out.Type == core.I8:
		return c.lowerRequantizeSteps(n, ranges)
	case ranges == nil:
		in, _ := c.emitRange(n)
		c.emitRequantized(n, elementwise.FixedPoint, in[0], c.emitFixedPoint(n, in[1:5]), nil)
		return true, nil
	}
	src := c.buffer(n.Inputs()[0])
	c.newOutput(n.Out(0))
	f := tensorflow.NewFixedPoint(ranges[0], ranges[1], ranges[2], ranges[3])
	operand := c.constantBuffer(view.Bytes([]int64{f.Scale, f.Offset}))
	c.emitRequantized(n, elementwise.FixedPoint, src, operand, nil)
	return true, nil
}

// lowerRequantizeSteps lowers a Requantize to i8. Ranges are nil if they are computed.
func (c *compiler) lowerRequantizeSteps(n *core.Node, ranges []float32) (bool, error) {
	op := n.Op().(*tensorflow.Requantize)
	if ranges == nil {
		x, y := vector(core.I32, 0), vector(core.I8, 0)
		return c.lowerInSteps(n, quantizeSteps, nil, func(_ *machine.Run, in, out []*core.Tensor) (chainSteps, error) {
			var numbers []float32
			for _, t := range in[1:] {
				numbers = append(numbers, t.Float32s()[0])
			}
			steps, ok := match.RequantizeSteps(op, numbers)
			if !ok {
				return nil, op.Eval(in, out)
			}
			in[0], out[0] = x, y // this checks the ranges and computes those of the output
			return steps, op.Eval(in, out)
		})
	}
	steps, ok := match.RequantizeSteps(op, ranges)
	if !ok {
		return false, nil
	}
	chain, err := elementwise.NewChain(c.isas, 2, steps)
	if err != nil {
		return false, n.Locate(err)
	}
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	c.emitElements(work{
		node: n, kernel: chain.Name(), units: n.Outputs()[0].Shape.MustElements(), reads: []int{src},
		writes: []int{dst}, scratch: elementwise.Scratch, run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			buffers := [2][]byte{r.Mem[src], r.Mem[dst]}
			chain.Run(buffers[:], scratch, i0, i1)
			return nil
		},
	})
	return true, nil
}

// constantRanges returns the numbers that a node has as inputs after the first, and makes the outputs after the
// first constants; nil if the inputs are not constant.
func (c *compiler) constantRanges(n *core.Node) ([]float32, error) {
	args := []*core.Tensor{vector(n.Inputs()[0].Type(), 0)}
	var ranges []float32
	for _, v := range n.Inputs()[1:] {
		t := v.Constant()
		if t == nil || t.Len() != 1 {
			return nil, nil
		}
		args, ranges = append(args, t), append(ranges, core.Data[float32](t)[0])
	}
	made, err := c.keep.Evaluate(n.Op(), args) // this also checks the ranges
	if err != nil {
		return nil, n.Locate(err)
	}
	c.fixRange(n, made[1:])
	return ranges, nil
}

// floatAt returns the first element of a buffer.
func floatAt(r *machine.Run, b int) float32 { return view.Of[float32](r.Mem[b])[0] }

// emitFixedPoint appends an instruction that computes the operand of the primitive FixedPoint from two ranges,
// given by their buffers, and returns the operand's buffer.
func (c *compiler) emitFixedPoint(n *core.Node, ranges []int) int {
	dst := c.newScratch(16)
	c.emit(machine.Instruction{
		Node: n, Kernel: "range", Reads: ranges, Writes: []int{dst},
		Run: func(r *machine.Worker, _, _ int) error {
			f := tensorflow.NewFixedPoint(floatAt(r.Run, ranges[0]), floatAt(r.Run, ranges[1]), floatAt(r.Run, ranges[2]),
				floatAt(r.Run, ranges[3]))
			y := view.Of[int64](r.Mem[dst])
			y[0], y[1] = f.Scale, f.Offset
			return nil
		},
	})
	return dst
}

var (
	_ = lowers[tensorflow.RequantizationRange](lowerUsedRange)
	_ = lowers[tensorflow.QuantizeDownAndShrinkRange](lowerUsedRange)
)

// lowerUsedRange lowers RequantizationRange and QuantizeDownAndShrinkRange: the range in use follows from the
// smallest and the largest element.
func lowerUsedRange(c *compiler, n *core.Node) (bool, error) {
	elements := n.Inputs()[0].Shape().MustElements()
	if elements < c.threads*partsPerThread {
		return false, nil
	}
	src := c.buffer(n.Inputs()[0])
	ends := emitPartials(c, work{
		node: n, kernel: "extremes_s32_portable", units: elements, reads: []int{src},
	}, func(r *machine.Worker, _ []byte, i0, i1 int) [2]int32 {
		return extremesOf(view.Of[int32](r.Mem[src])[i0:i1])
	})
	shrinks := len(n.Outputs()) == 3
	state := c.newState(func() any { return vector(core.I32, 2) })
	small := vector(core.U8, 2)
	in, out := c.emitEval(n, "range", func(r *machine.Run, in, out []*core.Tensor) error {
		in[0] = r.State[state].(*core.Tensor)
		both, all := core.Data[int32](in[0]), ends(r)
		copy(both, all[0][:])
		for _, e := range all {
			both[0], both[1] = min(both[0], e[0]), max(both[1], e[1])
		}
		if shrinks {
			out[0] = small
		}
		return n.Op().Eval(in, out)
	})
	if shrinks {
		f := c.emitFixedPoint(n, []int{in[1], in[2], out[1], out[2]})
		c.emitRequantized(n, elementwise.FixedPoint, src, f, nil)
	}
	return true, nil
}

// extremesOf returns the smallest and the largest element.
func extremesOf(x []int32) [2]int32 {
	low, high := x[0], x[0]
	for _, v := range x {
		low, high = min(low, v), max(high, v)
	}
	return [2]int32{low, high}
}

var _ = lowers[tensorflow.RequantizePerChannel](lowerRequantizePerChannel)

// lowerRequantizePerChannel lowers TensorFlow's RequantizePerChannel: multiplication by the scale of the channel,
// rounded and saturated.
func lowerRequantizePerChannel(c *compiler, n *core.Node) (bool, error) {
	op, out := n.Op().(*tensorflow.RequantizePerChannel), n.Outputs()[0]
	elements := out.Shape.MustElements()
	if elements == 0 {
		return false, nil
	}
	channels := out.Shape[len(out.Shape)-1]
	x, y := vector(core.I32, 0), vector(out.Type, 0)
	// The scales are repeated so that a block can begin at any channel.
	state := c.newState(func() any { return make([]float32, channels+elementBlock) })
	in, res := c.emitEval(n, "range", func(r *machine.Run, in, out []*core.Tensor) error {
		in[0], out[0] = x, y
		scales, err := op.Scales(in)
		if err != nil {
			return err
		}
		for i, table := 0, r.State[state].([]float32); i < len(table); i++ {
			table[i] = scales[i%channels%len(scales)]
		}
		return op.Eval(in, out)
	})
	lo, hi := out.Type.Bounds()
	real, times := elementwise.Choose(c.isas, elementwise.ConvertI32), elementwise.Choose(c.isas, elementwise.Multiply)
	quantize := elementwise.Choose(c.isas, elementwise.Quantize)
	numbers := &elementwise.Numbers{Scale: 1, Lo: float32(lo), Hi: float32(hi)}
	c.emitElements(work{
		node: n, kernel: quantize.Name, units: elements, reads: in, writes: res[:1], scratch: 4 * elementBlock,
		run: func(r *machine.Worker, tmp []byte, i0, i1 int) error {
			table := view.Bytes(r.State[state].([]float32))
			for i := i0; i < i1; i += elementBlock {
				k := min(elementBlock, i1-i)
				real.Run(tmp, r.Mem[in[0]][4*i:], nil, k, numbers)
				times.Run(tmp, tmp, table[i%channels*4:], k, nil)
				quantize.Run(r.Mem[res[0]][i:], tmp, nil, k, numbers)
			}
			return nil
		},
	})
	return true, nil
}

var _ = lowers[tensorflow.RequantizationRangePerChannel](lowerUsedRangePerChannel)

// lowerUsedRangePerChannel lowers RequantizationRangePerChannel: the range in use follows from the extremes of
// each channel.
func lowerUsedRangePerChannel(c *compiler, n *core.Node) (bool, error) {
	s := n.Inputs()[0].Shape()
	if s.MustElements() == 0 {
		return false, nil
	}
	channels := s[len(s)-1]
	rows := s.MustElements() / channels
	most := c.threads * partsPerThread
	state := c.newState(func() any {
		t, err := core.NewTensor(core.I32, core.Shape{2 * most, channels})
		if err != nil {
			panic(err) // cannot happen: the shape is small
		}
		return t
	})
	src := c.buffer(n.Inputs()[0])
	c.emit(machine.Instruction{
		Node: n, Kernel: "extremes_s32_channels_portable", Splits: true, MostParts: most, Reads: []int{src},
		Run: func(r *machine.Worker, part, parts int) error {
			x := view.Of[int32](r.Mem[src])
			all := core.Data[int32](r.State[state].(*core.Tensor))
			first, end := part*most/parts, (part+1)*most/parts
			both := all[2*first*channels:][:2*channels]
			channelExtremes(both[:channels], both[channels:], x, part*rows/parts, (part+1)*rows/parts)
			for i := first + 1; i < end; i++ {
				copy(all[2*i*channels:], both)
			}
			return nil
		},
	})
	c.emitEval(n, "range", func(r *machine.Run, in, out []*core.Tensor) error {
		in[0] = r.State[state].(*core.Tensor)
		return n.Op().Eval(in, out)
	})
	return true, nil
}

// channelExtremes finds the extremes of each channel in rows [m0,m1); if there are no such rows, the extremes are
// the numbers of the first row.
func channelExtremes(low, high, x []int32, m0, m1 int) {
	copy(low, x[min(m0*len(low), len(x)-len(low)):])
	copy(high, low)
	for m := m0; m < m1; m++ {
		for c, v := range x[m*len(low):][:len(low)] {
			low[c], high[c] = min(low[c], v), max(high[c], v)
		}
	}
}

var _ = lowers[tensorflow.UniformRequantize](lowerUniformRequantize)

// lowerUniformRequantize lowers a UniformRequantize of i32 to bytes with constant parameters.
func lowerUniformRequantize(c *compiler, n *core.Node) (bool, error) {
	op, in, elements := n.Op().(*tensorflow.UniformRequantize), n.Inputs(), n.Outputs()[0].Shape.MustElements()
	constants := make([]*core.Tensor, len(in))
	for i, v := range in[1:] {
		if constants[i+1] = v.Constant(); constants[i+1] == nil {
			return false, nil
		}
	}
	f, ok := op.Rescaling(in[0].Type(), constants)
	if !ok || elements == 0 || f.Shift < 1 || f.Shift > 63 {
		return false, nil
	}
	y := (&elementwise.Rescaling{
		Zero: int64(f.Zero), Factor: f.Factor, Half: 1 << (f.Shift - 1), Shift: int64(f.Shift),
		Offset: int64(f.Offset), Lo: op.Lo, Hi: op.Hi,
	}).Bytes()
	src := c.buffer(in[0])
	c.newOutput(n.Out(0))
	c.emitRequantized(n, elementwise.Rescale, src, c.constantBuffer(y), nil)
	return true, nil
}
