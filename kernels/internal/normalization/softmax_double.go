package normalization

import (
	"fmt"

	"github.com/tf2ng/tf2ng/internal/transcendental"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// doubleSoftmax normalizes rows of n float64.
type doubleSoftmax struct {
	n        int
	log      bool
	exp, sum *elementwise.Variant
}

// NewDoubleSoftmax is NewSoftmax for rows of float64.
func NewDoubleSoftmax(s isa.Set, n int, log bool) *Softmax {
	f := &doubleSoftmax{
		n: n, log: log, exp: elementwise.Choose(s, elementwise.F64Exp), sum: elementwise.Choose(s, elementwise.FoldAdd64),
	}
	block := max(1, blockNumbers/n)
	return &Softmax{
		Kernel: fmt.Sprintf("softmax_f64_%v", f.exp.ISA), Block: block, Bytes: 8 * (elementwise.Lanes + block*n), Run: f.rows,
	}
}

// rows computes rows. scratch has room for one number per lane, and for the rows.
func (s *doubleSoftmax) rows(y, x, scratch []byte, _ *elementwise.Numbers) {
	lanes, exps := scratch[:8*elementwise.Lanes], y
	if s.log {
		exps = scratch[8*elementwise.Lanes:]
	}
	from, to := view.Of[float64](x), view.Of[float64](y)
	for i := 0; i < len(from); i += s.n {
		row := from[i : i+s.n]
		subtract(to[i:i+s.n], row, largest(row))
	}
	s.exp.Run(exps, y, nil, len(from), nil)
	for i := 0; i < len(from); i += s.n {
		clear(lanes)
		s.sum.Run(lanes, exps[8*i:], nil, s.n, nil)
		row, sum := to[i:i+s.n], sumOfLanes(view.Of[float64](lanes))
		if s.log {
			subtract(row, row, transcendental.Log(sum))
			continue
		}
		for k, v := range row {
			row[k] = v / sum
		}
	}
}

// subtract stores the numbers of x less v in y.
func subtract(y, x []float64, v float64) {
	y = y[:len(x)]
	for i, w := range x {
		y[i] = w - v
	}
}
