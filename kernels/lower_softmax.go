package kernels

import (
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/elementwise"
)

// softmax normalizes rows of n numbers as core.Softmax, or core.LogSoftmax, does.
type softmax struct {
	n                              int
	log                            bool
	maximum, exp, divide, subtract *elementwise.Variant
}

// lowerSoftmax lowers a Softmax or LogSoftmax along the last axis.
func lowerSoftmax(c *compiler, n *core.Node) (bool, error) {
	out := n.Outputs()[0]
	last, elements := len(out.Shape)-1, out.Shape.MustElements()
	if out.Type != core.F32 || elements == 0 {
		return false, nil
	}
	s := &softmax{
		n: out.Shape[last], maximum: elementwise.Choose(c.isas, elementwise.Maximum), exp: elementwise.Choose(c.isas, elementwise.Exp),
		divide: elementwise.Choose(c.isas, elementwise.Divide), subtract: elementwise.Choose(c.isas, elementwise.Subtract),
	}
	switch op := n.Op().(type) {
	case *core.Softmax:
		if op.Axis != last && op.Axis != -1 {
			return false, nil
		}
	case *core.LogSoftmax:
		s.log = true
	}
	src := c.read(n.Inputs()[0])
	dst := c.write(n.Out(0))
	size := productOf(4, s.n)
	scratch := c.newScratch(productOf(c.threads, size))
	rows := elements / s.n
	kernel := fmt.Sprintf("softmax_%v", s.exp.ISA)
	c.emit(instruction{node: n, kernel: kernel, parts: min(c.threads, rows, 1+elements/minShare), run: func(r *worker, part, parts int) error {
		tmp := r.mem[scratch][r.thread*size:][:size]
		for i := part * rows / parts; i < (part+1)*rows/parts; i++ {
			s.run(r.mem[dst][i*size:][:size], r.mem[src][i*size:][:size], tmp)
		}
		return nil
	}})
	return true, nil
}

// run computes one row. tmp has its size.
func (s *softmax) run(y, x, tmp []byte) {
	n := s.n
	m := s.largest(x, tmp)
	s.exp.Run(y, x, nil, n, &elementwise.Numbers{Sub: m})
	sum := sumLanes(view[float32](y))
	if !s.log {
		fillRow(view[float32](tmp), sum)
		s.divide.Run(y, y, tmp, n, nil)
		return
	}
	fillRow(view[float32](tmp), m)
	s.subtract.Run(y, x, tmp, n, nil)
	fillRow(view[float32](tmp), float32(core.Log(float64(sum))))
	s.subtract.Run(y, y, tmp, n, nil)
}

// largest folds a row onto itself until few numbers are left.
func (s *softmax) largest(x, tmp []byte) float32 {
	const few = 32
	n := s.n
	for n > few {
		half := (n + 1) / 2 // an odd row folds onto its middle
		s.maximum.Run(tmp, x, x[4*(n-half):], half, nil)
		x, n = tmp, half
	}
	m := float32(math.Inf(-1))
	for _, v := range view[float32](x)[:n] {
		if v > m || v != v {
			m = v
		}
	}
	return m
}

// fillRow fills a row.
func fillRow(row []float32, v float32) {
	row[0] = v
	for n := 1; n < len(row); n *= 2 {
		copy(row[n:], row[:n])
	}
}
