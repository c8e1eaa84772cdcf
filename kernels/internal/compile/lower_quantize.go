package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
	"github.com/tf2ng/tf2ng/kernels/internal/reduction"
)

// This file lowers ops that quantize float32 and cannot be part of a chain.

var _ = lowers[tensorflow.QuantizeV2](lowerQuantizeV2)

// lowerQuantizeV2 lowers a QuantizeV2 that cannot be part of a chain because its range is computed.
func lowerQuantizeV2(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*tensorflow.QuantizeV2)
	elements := n.Outputs()[0].Shape.MustElements()
	if elements == 0 || op.Type.Size() != 1 {
		return false, nil
	}
	if _, ok := match.QuantizeV2Numbers(op, 0, 1); !ok {
		return c.lowerQuantizeV2Steps(n, op)
	}
	in, out := c.emitRange(n)
	src, dst, low, high := in[0], out[0], out[1], out[2]
	quantize, flush := elementwise.Choose(c.isas, elementwise.Quantize), elementwise.Choose(c.isas, elementwise.Flushed)
	const leastFlushed = 0x1p100 // a smaller factor makes 0 of subnormal numbers anyway
	c.emitElements(work{
		node: n, kernel: quantize.Name, units: elements, reads: []int{src, low, high}, writes: []int{dst},
		scratch: 4 * elementBlock, run: func(r *machine.Worker, tmp []byte, i0, i1 int) error {
			r.Numbers, _ = match.QuantizeV2Numbers(op, floatAt(r.Run, low), floatAt(r.Run, high))
			if r.Numbers.Scale < leastFlushed {
				quantize.Run(r.Mem[dst][i0:], r.Mem[src][4*i0:], nil, i1-i0, &r.Numbers)
				return nil
			}
			for i := i0; i < i1; i += elementBlock {
				k := min(elementBlock, i1-i)
				flush.Run(tmp, r.Mem[src][4*i:], nil, k, nil)
				quantize.Run(r.Mem[dst][i:], tmp, nil, k, &r.Numbers)
			}
			return nil
		},
	})
	return true, nil
}

// lowerQuantizeV2Steps lowers a QuantizeV2 by a chain that is built in each run, when its range is known.
func (c *compiler) lowerQuantizeV2Steps(n *core.Node, op *tensorflow.QuantizeV2) (bool, error) {
	x := n.Inputs()[0].Shape()
	return c.lowerInSteps(n, quantizeSteps, nil, func(_ *machine.Run, in, out []*core.Tensor) (chainSteps, error) {
		steps, numbers, ok := match.QuantizeV2Steps(op, x, in[1], in[2])
		if !ok {
			return nil, op.Eval(in, out)
		}
		load := elementwise.Step{Kind: elementwise.Load, Source: elementwise.Source{Buffer: 0, Type: dtype.F32}}
		store := elementwise.Step{Kind: elementwise.StoreQuantized, Numbers: numbers, Buffer: 1}
		ranges, err := op.Constants([]core.Operand{{}, {Const: in[1]}, {Const: in[2]}})
		if err != nil {
			return nil, err
		}
		for i, t := range ranges[1:] {
			copy(out[i+1].Bytes(), t.Bytes())
		}
		return slices.Concat([]elementwise.Step{load}, steps, []elementwise.Step{store}), nil
	})
}

// chainSteps are the steps of a chain.
type chainSteps = []elementwise.Step

// The names of chains that are built in each run.
const (
	quantizeSteps   = "elementwise_quantize"
	dequantizeSteps = "elementwise_dequantize"
	levelSteps      = "elementwise_levels"
)

// lowerInSteps lowers a node that computes each element from that of its first input by a chain from buffer 0 to buffer
// 1, which is built in each run. prepare, which may read the buffers in more, returns its steps and makes all outputs
// but the first. If no chain can compute the node, it evaluates it and returns no steps.
func (c *compiler) lowerInSteps(
	n *core.Node, kernel string, more []int, prepare func(r *machine.Run, in, out []*core.Tensor) (chainSteps, error),
) (bool, error) {
	if err := c.checkOutputs(n, referenceBytes); err != nil {
		return false, err
	}
	isas := c.isas
	state := c.newState(func() any { return new(*elementwise.Chain) })
	in, out := c.emitEval(n, "range", func(r *machine.Run, in, out []*core.Tensor) error {
		chain := r.State[state].(**elementwise.Chain)
		*chain = nil
		steps, err := prepare(r, in, out)
		if err != nil || len(steps) == 0 {
			return err
		}
		*chain, err = elementwise.NewChain(isas, 2, steps)
		return err
	}, more...)
	c.emitElements(work{
		node: n, kernel: kernel, units: n.Outputs()[0].Shape.MustElements(),
		reads: append(in, out[1:]...), writes: out[:1], scratch: elementwise.Scratch,
		run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			if chain := *r.State[state].(**elementwise.Chain); chain != nil {
				buffers := [2][]byte{r.Mem[in[0]], r.Mem[out[0]]}
				chain.Run(buffers[:], scratch, i0, i1)
			}
			return nil
		},
	})
	return true, nil
}

var _ = lowers[tensorflow.Dequantize](lowerDequantizeSlices)

// lowerDequantizeSlices lowers a Dequantize of bytes to float32 along an axis, whose ranges are computed.
func lowerDequantizeSlices(c *compiler, n *core.Node) (bool, error) {
	op, x := n.Op().(*tensorflow.Dequantize), n.Inputs()[0].Fact()
	switch {
	case x.Type != core.U8 && x.Type != core.I8, op.OutType != core.F32, op.Axis < 0, op.Mode == tensorflow.MinFirst,
		x.Shape.MustElements() == 0:
		return false, nil
	}
	return c.lowerInSteps(n, dequantizeSteps, nil, func(r *machine.Run, in, out []*core.Tensor) (chainSteps, error) {
		scaled, ok := match.DequantizeSteps(op, x.Type, x.Shape, in[1], in[2])
		if !ok {
			return nil, evalInto(r, op, in, out)
		}
		return fromTo(elementwise.Source{Type: machine.TypeOf(x.Type), Scale: 1}, scaled), nil
	})
}

var _ = lowers[tensorflow.FakeQuant](lowerFakeQuant)

// lowerFakeQuant lowers a FakeQuant whose range is computed. Chains of many ranges would be built for each part of a
// segment.
func lowerFakeQuant(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*tensorflow.FakeQuant)
	if op.PerChannel || n.Outputs()[0].Shape.MustElements() == 0 {
		return false, nil
	}
	return c.lowerInSteps(n, levelSteps, nil, func(r *machine.Run, in, out []*core.Tensor) (chainSteps, error) {
		if steps, ok := match.FakeQuantSteps(op, in[1], in[2]); ok {
			return fromTo(elementwise.Source{Type: dtype.F32}, steps), nil
		}
		return nil, evalInto(r, op, in, out)
	})
}

// lowerLevelSlices lowers a QuantizeAndDequantize of float32 along an axis, or one whose given range is computed.
func (c *compiler) lowerLevelSlices(n *core.Node, op *tensorflow.QuantizeAndDequantize) (bool, error) {
	x := n.Inputs()[0]
	var ends []int
	if !op.RangeGiven {
		ends = []int{
			c.extremesOfSlices(n, x, op.Axis, c.extreme(false)), c.extremesOfSlices(n, x, op.Axis, c.extreme(true)),
		}
	}
	return c.lowerInSteps(n, levelSteps, ends, func(r *machine.Run, in, out []*core.Tensor) (chainSteps, error) {
		levels, ok := op.Levels(in[1], in[2])
		if !op.RangeGiven {
			levels, ok = levelsOf(op, view.Of[float32](r.Mem[ends[0]]), view.Of[float32](r.Mem[ends[1]]))
		}
		if ok {
			var levelled chainSteps
			if levelled, ok = match.LevelSteps(op, x.Shape(), levels); ok {
				return fromTo(elementwise.Source{Type: dtype.F32}, levelled), nil
			}
		}
		return nil, evalInto(r, op, in, out)
	})
}

// fromTo returns steps behind the load of a source and before the store of float32 into buffer 1.
func fromTo(source elementwise.Source, between chainSteps) chainSteps {
	load := elementwise.Step{Kind: elementwise.Load, Source: source}
	return slices.Concat(chainSteps{load}, between, chainSteps{{Kind: elementwise.StoreF32, Buffer: 1}})
}

// levelsOf returns the parameters of slices whose smallest and largest elements are low and high; false if a range is
// so narrow that subnormal elements or the signs of zeros matter.
func levelsOf(op *tensorflow.QuantizeAndDequantize, low, high []float32) ([]tensorflow.Levels, bool) {
	all := make([]tensorflow.Levels, len(low))
	for i := range all {
		all[i], _ = op.ComputedLevels(low[i], high[i])
		if !(all[i].Scale < 0x1p100) {
			return nil, false
		}
	}
	return all, true
}

// extremesOfSlices appends the instructions that find an extreme of each slice of x along an axis, and returns its
// buffer.
func (c *compiler) extremesOfSlices(n *core.Node, x core.Value, axis int, e *reduction.Extreme) int {
	s := x.Shape()
	before, count, inner := s[:axis].MustElements(), s[axis], s[axis+1:].MustElements()
	src := c.buffer(x)
	of := []reduced{{before: before * count, at: inner, behind: 1}, {before: 1, at: before, behind: count}}
	for _, d := range of {
		if d.at > 1 {
			d.node, d.src, d.dst = n, src, c.newScratch(4*d.before*d.behind)
			c.emitReducer(&d, 4, e.Reducer(d.at, d.behind))
			src = d.dst
		}
	}
	return src
}

var _ = lowers[tensorflow.QuantizeAndDequantize](lowerLevels)

// lowerLevels lowers a QuantizeAndDequantize of float32 whose range is computed.
func lowerLevels(c *compiler, n *core.Node) (bool, error) {
	op, x, elements := n.Op().(*tensorflow.QuantizeAndDequantize), n.Inputs()[0], n.Outputs()[0].Shape.MustElements()
	if x.Type() != core.F32 || len(n.Inputs()) != 3 || op.NumBits == 0 || elements == 0 {
		return false, nil
	}
	if op.Axis >= 0 || op.RangeGiven {
		return c.lowerLevelSlices(n, op)
	}
	if op.RoundMode != numeric.RoundNearestTowardEven {
		return false, nil
	}
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	smallest, largest := c.extreme(false), c.extreme(true)
	ends := emitPartials(c, work{
		node: n, kernel: smallest.Kernel(), units: elements, reads: []int{src}, scratch: reduction.ExtremeBytes,
	}, func(r *machine.Worker, scratch []byte, i0, i1 int) [2]float32 {
		part := r.Mem[src][4*i0 : 4*i1]
		return [2]float32{smallest.Of(part, scratch), largest.Of(part, scratch)}
	})
	scaled, round := elementwise.Choose(c.isas, elementwise.Scaled), elementwise.Choose(c.isas, elementwise.RoundEven)
	c.emitElements(work{
		node: n, kernel: round.Name, units: elements, reads: []int{src}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, i0, i1 int) error {
			low, high := rangeOfParts(ends(r.Run))
			if high == 0 { // the sign of this zero depends on the signs of all zeros
				for _, v := range view.Of[float32](r.Mem[src]) {
					high = max(high, v)
				}
			}
			l, _ := op.ComputedLevels(low, high)
			for i := i0; i < i1; i += elementBlock {
				k := min(elementBlock, i1-i)
				to := r.Mem[dst][4*i:][:4*k]
				r.Numbers.Scale = l.Scale
				scaled.Run(to, r.Mem[src][4*i:], nil, k, &r.Numbers)
				round.Run(to, to, nil, k, nil)
				r.Numbers.Scale = l.Back
				scaled.Run(to, to, nil, k, &r.Numbers)
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
	src := c.buffer(in[0])
	c.newOutput(n.Out(0))
	operand := c.constantBuffer(view.Bytes(numbers[:]))
	c.emitRequantized(n, elementwise.Affine, src, operand, &elementwise.Numbers{Scale: factor})
	return true, nil
}
