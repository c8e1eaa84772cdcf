package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
)

// This file lowers the ops of TensorFlow's quantized graphs whose ranges are computed at run time. The references
// of the ops compute what is small: the ranges, and tables of the results for all 256 bytes. The loops here do
// the rest.

// emitRange appends an instruction that runs a node's reference on empty data: it checks the input ranges and
// computes the output ranges.
func (c *compiler) emitRange(n *core.Node) (in, out []int) {
	x, y := vector(n.Inputs()[0].Type(), 0), vector(n.Outputs()[0].Type, 0)
	return c.emitEval(n, "range", func(_ *machine.Run, in, out []*core.Tensor) error {
		in[0], out[0] = x, y
		return n.Op().Eval(in, out)
	})
}

// emitParts appends an instruction that computes n elements of a node's first output in parts.
func (c *compiler) emitParts(
	n *core.Node, kernel string, elements int, reads []int, f func(r *machine.Run, i0, i1 int),
) {
	writes := []int{c.at[n.Out(0)]}
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Splits: true, Reads: reads, Writes: writes,
		Run: func(r *machine.Worker, part, parts int) error {
			if i0, i1 := splitElements(elements, part, parts); i0 < i1 {
				f(r.Run, i0, i1)
			}
			return nil
		},
	})
}

var _ = lowers[tensorflow.Requantize](lowerRequantize)

// lowerRequantize lowers TensorFlow's Requantize to bytes.
func lowerRequantize(c *compiler, n *core.Node) (bool, error) {
	op, out := n.Op().(*tensorflow.Requantize), n.Outputs()[0]
	elements := out.Shape.MustElements()
	if out.Type.Size() != 1 || elements == 0 {
		return false, nil
	}
	v := elementwise.Choose(c.isas, elementwise.FixedPoint)
	ranges, err := c.constantRanges(n)
	switch {
	case err != nil:
		return false, err
	case ranges != nil:
		src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
		if out.Type == core.U8 {
			f := fixedPoint(tensorflow.NewFixedPoint(ranges[0], ranges[1], ranges[2], ranges[3]))
			c.emitParts(n, v.Name, elements, []int{src}, func(r *machine.Run, i0, i1 int) {
				v.Run(r.Mem[dst][i0:], r.Mem[src][4*i0:], f, i1-i0, nil)
			})
			return true, nil
		}
		element := op.Element(ranges[0], ranges[1], ranges[2], ranges[3])
		c.emitParts(n, "requantize_s32_eigen_portable", elements, []int{src}, func(r *machine.Run, i0, i1 int) {
			to := r.Mem[dst][i0:i1]
			for i, q := range machine.View[int32](r.Mem[src])[i0:i1] {
				to[i] = byte(element(int64(q)))
			}
		})
		return true, nil
	case out.Type != core.U8:
		return false, nil
	}
	in, res := c.emitRange(n)
	dst := res[0]
	f := c.emitFixedPoint(n, in[1:5])
	c.emitParts(n, v.Name, elements, []int{in[0], f}, func(r *machine.Run, i0, i1 int) {
		v.Run(r.Mem[dst][i0:], r.Mem[in[0]][4*i0:], r.Mem[f], i1-i0, nil)
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
func floatAt(r *machine.Run, b int) float32 { return machine.View[float32](r.Mem[b])[0] }

// fixedPoint returns the operand of the primitive FixedPoint.
func fixedPoint(f tensorflow.FixedPoint) []byte { return machine.Bytes([]int64{f.Scale, f.Offset}) }

// emitFixedPoint appends an instruction that computes the operand of the primitive FixedPoint from two ranges,
// given by their buffers, and returns the operand's buffer.
func (c *compiler) emitFixedPoint(n *core.Node, ranges []int) int {
	dst := c.newScratch(16)
	c.emit(machine.Instruction{
		Node: n, Kernel: "range", Reads: ranges, Writes: []int{dst},
		Run: func(r *machine.Worker, _, _ int) error {
			f := tensorflow.NewFixedPoint(floatAt(r.Run, ranges[0]), floatAt(r.Run, ranges[1]), floatAt(r.Run, ranges[2]),
				floatAt(r.Run, ranges[3]))
			y := machine.View[int64](r.Mem[dst])
			y[0], y[1] = f.Scale, f.Offset
			return nil
		},
	})
	return dst
}

// extremes are the smallest and the largest element of each part of a tensor.
type extremes struct {
	low, high []int32
	both      *core.Tensor
}

var (
	_ = lowers[tensorflow.RequantizationRange](lowerUsedRange)
	_ = lowers[tensorflow.QuantizeDownAndShrinkRange](lowerUsedRange)
)

// lowerUsedRange lowers RequantizationRange and QuantizeDownAndShrinkRange: the range in use follows from the
// smallest and the largest element.
func lowerUsedRange(c *compiler, n *core.Node) (bool, error) {
	elements := n.Inputs()[0].Shape().MustElements()
	if elements < c.threads*partsOfExtremes {
		return false, nil
	}
	src := c.buffer(n.Inputs()[0])
	most := c.threads * partsOfExtremes
	state := c.newState(func() any {
		return &extremes{make([]int32, most), make([]int32, most), vector(core.I32, 2)}
	})
	c.emit(machine.Instruction{
		Node: n, Kernel: "extremes_s32_portable", Splits: true, MostParts: most, Reads: []int{src},
		Run: func(r *machine.Worker, part, parts int) error {
			i0, i1 := part*elements/parts, (part+1)*elements/parts
			e := r.State[state].(*extremes)
			low, high := extremesOf(machine.View[int32](r.Mem[src])[i0:i1])
			fill(e.low[part*most/parts:(part+1)*most/parts], low)
			fill(e.high[part*most/parts:(part+1)*most/parts], high)
			return nil
		},
	})
	shrinks := len(n.Outputs()) == 3
	small := vector(core.U8, 2)
	in, out := c.emitEval(n, "range", func(r *machine.Run, in, out []*core.Tensor) error {
		e := r.State[state].(*extremes)
		low, high := e.low[0], e.high[0]
		for i := range e.low {
			low, high = min(low, e.low[i]), max(high, e.high[i])
		}
		both := core.Data[int32](e.both)
		both[0], both[1] = low, high
		if in[0] = e.both; shrinks {
			out[0] = small
		}
		return n.Op().Eval(in, out)
	})
	if !shrinks {
		return true, nil
	}
	ranges, dst := []int{in[1], in[2], out[1], out[2]}, out[0]
	rescale := elementwise.Choose(c.isas, elementwise.FixedPoint)
	f := c.emitFixedPoint(n, ranges)
	c.emitParts(n, rescale.Name, elements, []int{f, src}, func(r *machine.Run, i0, i1 int) {
		rescale.Run(r.Mem[dst][i0:], r.Mem[src][4*i0:], r.Mem[f], i1-i0, nil)
	})
	return true, nil
}

func extremesOf(x []int32) (low, high int32) {
	low, high = x[0], x[0]
	for _, v := range x {
		low, high = min(low, v), max(high, v)
	}
	return low, high
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
	state := c.newState(func() any { return make([]float32, channels+foldBlock) })
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
	scratch := c.newScratch(productOf(c.threads, 4*foldBlock))
	c.emit(machine.Instruction{
		Node: n, Kernel: quantize.Name, Splits: true, Reads: in, Writes: res[:1], Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp, table := r.Mem[scratch][r.Thread*4*foldBlock:][:4*foldBlock], machine.Bytes(r.State[state].([]float32))
			i0, i1 := splitElements(elements, part, parts)
			for i := i0; i < i1; i += foldBlock {
				k := min(foldBlock, i1-i)
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
	most := c.threads * partsOfExtremes
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
			x := machine.View[int32](r.Mem[src])
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

var _ = lowers[tensorflow.QuantizeV2](lowerQuantizeV2)

// lowerQuantizeV2 lowers a QuantizeV2 that cannot be part of a chain because its range is computed.
func lowerQuantizeV2(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*tensorflow.QuantizeV2)
	elements := n.Outputs()[0].Shape.MustElements()
	if elements == 0 || op.Axis != -1 || op.Type.Size() != 1 {
		return false, nil
	}
	if _, ok := match.QuantizeV2Numbers(op, 0, 1); !ok {
		return c.lowerQuantizeV2Steps(n, op, elements)
	}
	in, out := c.emitRange(n)
	src, dst, low, high := in[0], out[0], out[1], out[2]
	v := elementwise.Choose(c.isas, elementwise.Quantize)
	c.emitParts(n, v.Name, elements, []int{src, low, high}, func(r *machine.Run, i0, i1 int) {
		numbers, _ := match.QuantizeV2Numbers(op, floatAt(r, low), floatAt(r, high))
		if numbers.Scale >= 0x1p100 {
			quantizeFlushed(v, r.Mem[dst][i0:], machine.View[float32](r.Mem[src])[i0:i1], &numbers)
			return
		}
		v.Run(r.Mem[dst][i0:], r.Mem[src][4*i0:], nil, i1-i0, &numbers)
	})
	return true, nil
}

// quantizeFlushed quantizes x with subnormal numbers flushed to 0. If the factor is below 2^100, flushing makes no
// difference.
func quantizeFlushed(v *elementwise.Variant, dst []byte, x []float32, numbers *elementwise.Numbers) {
	var flushed struct {
		_     [0]float32 // aligns bytes for float32
		bytes [256]byte
	}
	part := machine.View[float32](flushed.bytes[:])
	for at := 0; at < len(x); at += len(part) {
		n := copy(part, x[at:])
		for i, f := range part[:n] {
			if f > -0x1p-126 && f < 0x1p-126 {
				part[i] = 0
			}
		}
		v.Run(dst[at:], flushed.bytes[:], nil, n, numbers)
	}
}

// lowerQuantizeV2Steps lowers a QuantizeV2 by a chain that is built in each run, when its range is known. If no
// chain fits the range, the reference computes it.
func (c *compiler) lowerQuantizeV2Steps(n *core.Node, op *tensorflow.QuantizeV2, elements int) (bool, error) {
	if err := c.checkOutputs(n, referenceBytes); err != nil {
		return false, err
	}
	isas := c.isas
	state := c.newState(func() any { return new(*elementwise.Chain) })
	none := vector(core.F32, 0)
	in, out := c.emitEval(n, "range", func(r *machine.Run, in, out []*core.Tensor) error {
		chain := r.State[state].(**elementwise.Chain)
		*chain = nil
		if steps, numbers, ok := match.QuantizeV2Steps(op, in[1], in[2]); ok {
			load := elementwise.Step{Kind: elementwise.Load, Source: elementwise.Source{Buffer: 0, Type: elementwise.F32}}
			store := elementwise.Step{Kind: elementwise.StoreQuantized, Numbers: numbers, Buffer: 1}
			all := slices.Concat([]elementwise.Step{load}, steps, []elementwise.Step{store})
			made, err := elementwise.NewChain(isas, 2, all)
			if err != nil {
				return err
			}
			*chain, in[0], out[0] = made, none, vector(op.Type, 0)
		}
		return op.Eval(in, out)
	})
	scratch := c.newScratch(c.threads * elementwise.Scratch)
	c.emit(machine.Instruction{
		Node: n, Kernel: "elementwise_quantize", Splits: true, Reads: append(in, out[1:]...), Writes: out[:1],
		Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			i0, i1 := splitElements(elements, part, parts)
			if chain := *r.State[state].(**elementwise.Chain); chain != nil && i0 < i1 {
				buffers := [2][]byte{r.Mem[in[0]], r.Mem[out[0]]}
				chain.Run(buffers[:], r.Mem[scratch][r.Thread*elementwise.Scratch:], i0, i1)
			}
			return nil
		},
	})
	return true, nil
}

// sumTables compute z, the sum of x and y, by lookup: z = x[byte of x] + y[byte of y] or, if repeat is not nil,
// z = x[byte of x] + repeat[index along the last axis].
type sumTables struct {
	x, y   [256]int32
	repeat []int32 // the summand for each element of the last axis; a single 0 if y is one number, which x then includes
}

var (
	_ = lowers[tensorflow.QuantizedAdd](lowerQuantizedSum)
	_ = lowers[tensorflow.QuantizedBiasAdd](lowerQuantizedSum)
)

// lowerQuantizedSum lowers QuantizedAdd and QuantizedBiasAdd, whose result is a value that depends on x alone
// plus one that depends on y alone.
func lowerQuantizedSum(c *compiler, n *core.Node) (bool, error) {
	x, y, out := n.Inputs()[0], n.Inputs()[1], n.Outputs()[0]
	elements, channels := out.Shape.MustElements(), y.Shape().MustElements()
	if elements < minTable || !x.Shape().Equal(out.Shape) || !isRepeated(y.Shape(), out.Shape) {
		return false, nil
	}
	state := c.newState(func() any {
		t := &sumTables{}
		if channels < elements {
			t.repeat = make([]int32, channels)
		}
		return t
	})
	in, res := c.emitEval(n, "table values", func(r *machine.Run, in, out []*core.Tensor) error {
		return r.State[state].(*sumTables).fill(n.Op(), in, out)
	})
	c.emitParts(n, "table_b8_sum", elements, in, func(r *machine.Run, i0, i1 int) {
		t := r.State[state].(*sumTables)
		a, z := r.Mem[in[0]][i0:i1], machine.View[int32](r.Mem[res[0]])[i0:i1]
		if t.repeat == nil {
			b := r.Mem[in[1]][i0:][:len(a)]
			for i, q := range a {
				z[i] = t.x[q] + t.y[b[i]]
			}
			return
		}
		for i, at := 0, i0%len(t.repeat); i < len(a); at = 0 {
			row := t.repeat[at:min(len(t.repeat), at+len(a)-i)]
			q, to := a[i:][:len(row)], z[i:][:len(row)]
			for j, v := range row {
				to[j] = t.x[q[j]] + v
			}
			i += len(row)
		}
	})
	return true, nil
}

// isRepeated reports whether the operand y of a sum has the output's shape, is one number, or has one number for
// each element of the last axis.
func isRepeated(y, out core.Shape) bool {
	n := y.MustElements()
	return y.Equal(out) || n == 1 || n == y[len(y)-1] && len(y) <= len(out) && n == out[len(out)-1]
}

// fill computes the tables and the output range with the op's reference. Sums are modulo 2^32, as in the op.
func (t *sumTables) fill(op core.Op, in, out []*core.Tensor) error {
	// The op has a special case for a single number, so other y are passed as vectors.
	sum := func(x, y *core.Tensor, n int) ([]int32, error) {
		z := vector(core.I32, n)
		args := append([]*core.Tensor{x, y}, in[2:]...)
		err := op.Eval(args, []*core.Tensor{z, out[1], out[2]})
		return core.Data[int32](z), err
	}
	bytes, first := core.AllBytes(in[0].Type()), vector(in[0].Type(), 256)
	y := in[1]
	if y.Len() == 1 {
		z, err := sum(bytes, y, 256)
		copy(t.x[:], z)
		return err
	}
	ySome := vector(y.Type(), 256)
	zx, err := sum(bytes, ySome, 256)
	if err != nil {
		return err
	}
	zy, err := sum(first, core.AllBytes(y.Type()), 256)
	if err != nil {
		return err
	}
	copy(t.x[:], zx)
	for i, z := range zy {
		t.y[i] = z - zx[0]
	}
	if t.repeat != nil {
		for i, b := range y.Bytes() {
			t.repeat[i] = t.y[b]
		}
	}
	return nil
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
	whole, times := elementwise.Choose(c.isas, elementwise.WholeU8), elementwise.Choose(c.isas, elementwise.WholeMultiply)
	// The second factors are repeated so that a block can begin at any channel.
	repeated := channels + foldBlock
	if channels == elements {
		repeated = foldBlock
	}
	scratch := c.newScratch(productOf(c.threads, 4, repeated))
	c.emit(machine.Instruction{
		Node: n, Kernel: times.Name, Splits: true, Reads: in[:2], Writes: res[:1], Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			s := r.State[state].(*productZeros)
			zx, zy := machine.Bytes(s.x[:]), machine.Bytes(s.y[:])
			tmp := r.Mem[scratch][4*r.Thread*repeated:][:4*repeated]
			if channels < elements {
				whole.Run(tmp, r.Mem[in[1]], zy, channels, nil)
				repeat(tmp, tmp[:4*channels])
			}
			i0, i1 := splitElements(elements, part, parts)
			for i := i0; i < i1; i += foldBlock {
				k := min(foldBlock, i1-i)
				y, to := tmp, r.Mem[dst][4*i:][:4*k]
				if channels < elements {
					y = tmp[i%channels*4:]
				} else {
					whole.Run(tmp, r.Mem[in[1]][i:], zy, k, nil)
				}
				whole.Run(to, r.Mem[in[0]][i:], zx, k, nil)
				times.Run(to, to, y, k, nil)
			}
			return nil
		},
	})
	return true, nil
}

var _ = lowers[tensorflow.QuantizedConcat](lowerQuantizedConcat)

// lowerQuantizedConcat lowers QuantizedConcat of bytes: a table for each input converts its bytes to the output's
// range.
func lowerQuantizedConcat(c *compiler, n *core.Node) (bool, error) {
	op, out := n.Op().(*tensorflow.QuantizedConcat), n.Outputs()[0]
	if out.Type.Size() != 1 || out.Shape.MustElements() == 0 {
		return false, nil
	}
	j, err := c.concatTables(n, op)
	if err != nil {
		return false, err
	}
	axis := op.Axis
	if axis < 0 {
		axis += len(out.Shape)
	}
	j.lines = out.Shape[:axis].MustElements()
	j.line = out.Shape.MustElements() / j.lines
	for _, v := range n.Inputs()[:len(n.Inputs())/3] {
		j.widths = append(j.widths, v.Shape().MustElements()/j.lines)
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: "table_b8_concat", Splits: true, Reads: j.in, Writes: []int{j.dst},
		Run: func(r *machine.Worker, part, parts int) error {
			j.run(r, part*j.lines/parts, (part+1)*j.lines/parts)
			return nil
		},
	})
	return true, nil
}

// tabledConcat is a concatenation. Each line of the output consists of some bytes from each input, converted by a
// table for that input.
type tabledConcat struct {
	in     []int
	dst    int
	widths []int // how many bytes of a line come from each input
	lines  int
	line   int
	tables func(r *machine.Run) []byte // the tables of all inputs, one after the other
}

// concatTables has the op's reference compute the tables: once if all ranges are constant, otherwise by an
// instruction, which checks the input ranges and computes the output's.
func (c *compiler) concatTables(n *core.Node, op *tensorflow.QuantizedConcat) (*tabledConcat, error) {
	count := len(n.Inputs()) / 3
	rank := core.Shape{256} // the rank matters: only at rank 4 does the op copy
	if len(n.Outputs()[0].Shape) == 4 {
		rank = core.Shape{256, 1, 1, 1}
	}
	bytes, err := core.AllBytes(n.Outputs()[0].Type).Reshaped(rank)
	if err != nil {
		return nil, err
	}
	flat := &tensorflow.QuantizedConcat{V1: op.V1}
	j := &tabledConcat{in: c.buffersOf(n.Inputs()[:count])}
	args := make([]*core.Tensor, len(n.Inputs()))
	constant := true
	for i, v := range n.Inputs() {
		if args[i] = bytes; i >= count {
			args[i] = v.Constant()
			constant = constant && args[i] != nil
		}
	}
	if constant {
		made, err := c.keep.Evaluate(flat, args)
		if err != nil {
			return nil, n.Locate(err)
		}
		j.dst = c.newOutput(n.Out(0))
		c.fixRange(n, made[1:])
		j.tables = func(*machine.Run) []byte { return made[0].Bytes() }
		return j, nil
	}
	all := rank.Clone()
	all[0] *= count
	state := c.newState(func() any {
		t, err := vector(n.Outputs()[0].Type, 256*count).Reshaped(all)
		if err != nil {
			panic(err) // cannot happen: it has as many elements
		}
		return t
	})
	_, res := c.emitEval(n, "table values", func(r *machine.Run, in, out []*core.Tensor) error {
		for i := range count {
			in[i] = bytes
		}
		out[0] = r.State[state].(*core.Tensor)
		return flat.Eval(in, out)
	})
	j.dst = res[0]
	j.tables = func(r *machine.Run) []byte { return r.State[state].(*core.Tensor).Bytes() }
	return j, nil
}

// run computes lines [l0,l1) of the output.
func (j *tabledConcat) run(r *machine.Worker, l0, l1 int) {
	tables, at := j.tables(r.Run), 0
	for i, width := range j.widths {
		t := (*[256]byte)(tables[256*i:])
		same := isIdentity(t)
		for l := l0; l < l1; l++ {
			from, to := r.Mem[j.in[i]][l*width:][:width], r.Mem[j.dst][l*j.line+at:][:width]
			if same {
				copy(to, from)
			} else {
				look(to, from, t)
			}
		}
		at += width
	}
}

// isIdentity reports whether a table maps each byte to itself.
func isIdentity(t *[256]byte) bool {
	for i, b := range t {
		if int(b) != i {
			return false
		}
	}
	return true
}

var _ = lowers[tensorflow.QuantizeAndDequantize](lowerLevels)

// lowerLevels lowers a QuantizeAndDequantize of float32 whose range is computed.
func lowerLevels(c *compiler, n *core.Node) (bool, error) {
	op, x, elements := n.Op().(*tensorflow.QuantizeAndDequantize), n.Inputs()[0], n.Outputs()[0].Shape.MustElements()
	if _, ok := op.ComputedLevels(0, 0); !ok || x.Type() != core.F32 || len(n.Inputs()) != 3 || elements == 0 ||
		op.RoundMode != numeric.RoundNearestTowardEven {
		return false, nil
	}
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	ends := []*extreme{c.smallest(), c.largest()}
	most := c.threads * partsOfExtremes
	state := c.newState(func() any { return make([][2]float32, most) })
	scratch := c.newScratch(productOf(c.threads, 4*foldBlock))
	c.emit(machine.Instruction{
		Node: n, Kernel: ends[0].name(), Splits: true, MostParts: most, Reads: []int{src}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp, v := r.Mem[scratch][r.Thread*4*foldBlock:][:4*foldBlock], r.State[state].([][2]float32)
			i0, i1 := part*elements/parts, (part+1)*elements/parts
			var both [2]float32
			for k, e := range ends {
				both[k] = e.of(r.Mem[src][4*i0:4*i1], tmp)
			}
			fill(v[part*most/parts:(part+1)*most/parts], both)
			return nil
		},
	})
	scaled, round := elementwise.Choose(c.isas, elementwise.Scaled), elementwise.Choose(c.isas, elementwise.RoundEven)
	numbers := c.newState(func() any { return make([][2]elementwise.Numbers, c.threads) })
	c.emit(machine.Instruction{
		Node: n, Kernel: round.Name, Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			low, high := rangeOfParts(r.State[state].([][2]float32))
			if high == 0 { // the sign of this zero depends on the signs of all zeros
				for _, v := range machine.View[float32](r.Mem[src]) {
					high = max(high, v)
				}
			}
			l, _ := op.ComputedLevels(low, high)
			s := &r.State[numbers].([][2]elementwise.Numbers)[r.Thread]
			s[0].Scale, s[1].Scale = l.Scale, l.Back
			i0, i1 := splitElements(elements, part, parts)
			for i := i0; i < i1; i += foldBlock {
				k := min(foldBlock, i1-i)
				to := r.Mem[dst][4*i:][:4*k]
				scaled.Run(to, r.Mem[src][4*i:], nil, k, &s[0])
				round.Run(to, to, nil, k, nil)
				scaled.Run(to, to, nil, k, &s[1])
			}
			return nil
		},
	})
	return true, nil
}

// rangeOfParts returns the smallest and the largest number of all parts; NaN if a part has NaN.
func rangeOfParts(ends [][2]float32) (low, high float32) {
	low, high = ends[0][0], ends[0][1]
	for _, e := range ends {
		low, high = min(low, e[0]), max(high, e[1])
	}
	return low, high
}

var _ = lowers[tensorflow.UniformQuantize](lowerUniformQuantize)

// lowerUniformQuantize lowers a UniformQuantize to bytes with one constant scale.
func lowerUniformQuantize(c *compiler, n *core.Node) (bool, error) {
	in, elements := n.Inputs(), n.Outputs()[0].Shape.MustElements()
	scale, zero := in[1].Constant(), in[2].Constant()
	if scale == nil || zero == nil || elements == 0 {
		return false, nil
	}
	factor, numbers, ok := n.Op().(*tensorflow.UniformQuantize).Affine(scale, zero)
	if !ok {
		return false, nil
	}
	v := elementwise.Choose(c.isas, elementwise.Affine)
	p, y := &elementwise.Numbers{Scale: factor}, machine.Bytes(numbers[:])
	src, dst := c.buffer(in[0]), c.newOutput(n.Out(0))
	c.emitParts(n, v.Name, elements, []int{src}, func(r *machine.Run, i0, i1 int) {
		v.Run(r.Mem[dst][i0:], r.Mem[src][4*i0:], y, i1-i0, p)
	})
	return true, nil
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
	v := elementwise.Choose(c.isas, elementwise.Rescale)
	src, dst := c.buffer(in[0]), c.newOutput(n.Out(0))
	c.emitParts(n, v.Name, elements, []int{src}, func(r *machine.Run, i0, i1 int) {
		v.Run(r.Mem[dst][i0:], r.Mem[src][4*i0:], y, i1-i0, nil)
	})
	return true, nil
}
