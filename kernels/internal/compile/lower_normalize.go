package compile

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/normalization"
)

var (
	_ = lowers[normalize.Softmax]((*compiler).lowerSoftmax)
	_ = lowers[normalize.LogSoftmax]((*compiler).lowerSoftmax)
)

// lowerSoftmax lowers a Softmax, or LogSoftmax, along the last axis.
func (c *compiler) lowerSoftmax(n *core.Node) (bool, error) {
	s, ok := c.softmaxOf(n)
	if !ok {
		return false, nil
	}
	src, dst, size := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0)), n.Outputs()[0].Type.Size()*s.length
	w := work{node: n, kernel: s.Kernel, reads: []int{src}, writes: []int{dst}}
	c.emitSoftmax(w, s, func(r *machine.Worker, _ []byte, row, rows int) (y, x []byte) {
		return r.Mem[dst][row*size:][:rows*size], r.Mem[src][row*size:][:rows*size]
	})
	return true, nil
}

// softmaxRows are the rows of a tensor that are normalized.
type softmaxRows struct {
	*normalization.Softmax

	count, length int
}

// softmaxOf returns the rows of a Softmax or LogSoftmax of float32 or float64 along the last axis; false for any other
// node.
func (c *compiler) softmaxOf(n *core.Node) (*softmaxRows, bool) {
	_, log := n.Op().(*normalize.LogSoftmax)
	if _, ok := n.Op().(*normalize.Softmax); !ok && !log {
		return nil, false
	}
	out := n.Outputs()[0]
	elements := out.Shape.MustElements()
	rows, ok := n.Op().(trait.RowWise).Rows(out.Shape)
	normalize := map[core.Type]func(s isa.Set, n int, log bool) *normalization.Softmax{
		core.F32: normalization.NewSoftmax, core.F64: normalization.NewDoubleSoftmax,
	}[out.Type]
	if !ok || normalize == nil || elements == 0 {
		return nil, false
	}
	return &softmaxRows{
		Softmax: normalize(c.isas, rows.Length, log), count: elements / rows.Length, length: rows.Length,
	}, true
}

// emitSoftmax appends an instruction that normalizes rows. data returns the memory for the result and the data of some
// rows, which it may compute with the scratch of w.
func (c *compiler) emitSoftmax(
	w work, s *softmaxRows, data func(r *machine.Worker, scratch []byte, row, rows int) (y, x []byte),
) {
	own := w.scratch
	w.units, w.scratch = s.count, own+s.Bytes
	w.run = func(r *machine.Worker, scratch []byte, i0, i1 int) error {
		for i := i0; i < i1; i += s.Block {
			y, x := data(r, scratch[:own], i, min(s.Block, i1-i))
			s.Run(y, x, scratch[own:], &r.Numbers)
		}
		return nil
	}
	c.emitUnits(w)
}

var _ = lowers[normalize.LRN](lowerLRN)

// lowerLRN lowers an LRN of float32.
func lowerLRN(c *compiler, n *core.Node) (bool, error) {
	op, out := n.Op().(*normalize.LRN), n.Outputs()[0]
	if out.Type != core.F32 || out.Shape.MustElements() == 0 {
		return false, nil
	}
	channels := out.Shape[3]
	l := normalization.NewLocalResponse(c.isas, op, channels)
	src, dst, row := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0)), 4*channels
	c.emitUnits(work{
		node: n, kernel: l.Kernel, units: out.Shape.MustElements() / channels, reads: []int{src}, writes: []int{dst},
		scratch: l.Bytes, run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			for i := i0; i < i1; i += l.Block {
				k := min(l.Block, i1-i) * row
				l.Run(r.Mem[dst][i*row:][:k], r.Mem[src][i*row:][:k], scratch)
			}
			return nil
		},
	})
	return true, nil
}

var _ = lowers[tensorflow.QuantizedInstanceNorm](lowerQuantizedInstanceNorm)

// maxNormBytes bounds the scratch of an instance normalization.
const maxNormBytes = 1 << 28

// lowerQuantizedInstanceNorm lowers a QuantizedInstanceNorm to three instructions, which compute the moments of each
// image, the output's range, and the output.
func lowerQuantizedInstanceNorm(c *compiler, n *core.Node) (bool, error) {
	if err := c.checkOutputs(n, referenceBytes); err != nil {
		return false, err
	}
	in := n.Inputs()[0].Shape()
	s := normalization.NewInstances(c.isas, n.Op().(*tensorflow.QuantizedInstanceNorm), in)
	if bounds.Product(c.threads, s.Bytes) > maxNormBytes {
		return false, nil
	}
	s.Place(in[1], in[2])
	src, low, high := c.buffer(n.Inputs()[0]), c.buffer(n.Inputs()[1]), c.buffer(n.Inputs()[2])
	means, factors := c.newScratch(bounds.Product(s.Images, s.Moments)), c.newScratch(bounds.Product(s.Images, s.Moments))
	state := c.newState(func() any { return s.NewFindings() })
	buffers := func(r *machine.Worker, scratch []byte) normalization.Buffers {
		return normalization.Buffers{Images: r.Mem[src], Means: r.Mem[means], Factors: r.Mem[factors], Scratch: scratch}
	}
	measure, quantize := s.Kernels()
	c.emitUnits(work{
		node: n, kernel: measure, units: s.Images, reads: []int{src, low, high}, writes: []int{means, factors},
		scratch: s.Bytes, run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			f := r.State[state].(*normalization.Findings)
			for i := i0; i < i1; i++ {
				s.Measure(f, buffers(r, scratch), i, floatAt(r.Run, low), floatAt(r.Run, high), &r.Pool)
			}
			return nil
		},
	})
	_, res := c.emitEval(n, "range", func(r *machine.Run, in, out []*core.Tensor) error {
		return s.Finish(r.State[state].(*normalization.Findings), in, out)
	})
	c.emitElements(work{
		node: n, kernel: quantize, units: s.Images * s.Size, reads: []int{src, means, factors, res[1], res[2]},
		writes: res[:1], scratch: normalization.NormalizeBytes,
		run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			s.Normalize(r.State[state].(*normalization.Findings), buffers(r, scratch), r.Mem[res[0]], i0, i1)
			return nil
		},
	})
	return true, nil
}
