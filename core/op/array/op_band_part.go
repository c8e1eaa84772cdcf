package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[BandPart]("BandPart")

// BandPart keeps the elements of matrices near the diagonal; the others become 0.
//
//	y[..., i, j] = x[..., i, j] if (lower < 0 or i-j <= lower) and (upper < 0 or j-i <= upper), else 0
//
//	Inputs:  x: any type but string, [..., rows, columns]
//	         lower, upper: i32 or i64, []
//	Outputs: y: the type and shape of x
//
//	C1: x is not string, of rank 2 or more
//	C2: lower and upper are i32 or i64 of shape [], at most the rows and columns
//
// It is TensorFlow's MatrixBandPart.
type BandPart struct{}

// InputNames names the inputs.
func (op *BandPart) InputNames() []string { return []string{"x", "lower", "upper"} }

// Infer checks C1 and C2.
func (op *BandPart) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if in[0].Type == core.String || s.Ranked() && len(s) < 2 {
		return nil, core.Violation("C1", 0, "got %v, want rank 2 or more, not string", in[0].Fact)
	}
	for i, o := range in[1:] {
		if o.Type != core.I32 && o.Type != core.I64 && o.Type != core.Dynamic || !o.Shape.Compatible(core.Shape{}) {
			return nil, core.Violation("C2", i+1, "got %v, want i32 or i64 of shape []", o.Fact)
		}
		v, ok := infer.IntsOf(o)
		if ok && s.Ranked() && s[len(s)-2+i] != core.Unknown && v[0] > int64(s[len(s)-2+i]) {
			return nil, core.Violation("C2", i+1, "got %d for shape %v, want at most %d", v[0], s, s[len(s)-2+i])
		}
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval copies row by row.
func (op *BandPart) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	clear(out[0].Bytes())
	s := in[0].Shape()
	rows, columns := s[len(s)-2], s[len(s)-1]
	lower, upper := in[1].Int64s()[0], in[2].Int64s()[0]
	for r := range core.Shape(s[:len(s)-1]).MustElements() {
		i := int64(r % rows)
		from, to := int64(0), int64(columns)
		if lower >= 0 {
			from = max(i-lower, 0)
		}
		if upper >= 0 {
			to = min(i+upper+1, to)
		}
		if from < to {
			elements.CopyUnit(out[0], r*columns+int(from), in[0], r*columns+int(from), int(to-from))
		}
	}
	return nil
}
