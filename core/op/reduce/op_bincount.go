package reduce

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
)

var _ = core.Register[Bincount]("Bincount")

// Bincount counts how often each number occurs in rows, or sums weights for each number.
//
//	y[r, v] = the sum of weights[r, i] (of 1, if weights is empty) over all i with x[r, i] = v, in their order;
//	          with Binary 1 if there is such an i, else 0
//
// Numbers that are not less than size count nowhere.
//
//	Inputs:  x: i32 or i64, [n] or [rows, n]
//	         size: i32 or i64, []
//	         weights: f32, f64, i32 or i64, the shape of x, or of no elements
//	Outputs: y: the type of weights, [size] or [rows, size]
//
//	C1: x is i32 or i64 of rank 1 or 2, and not negative
//	C2: size is i32 or i64 of shape [], and not negative
//	C3: weights are f32, f64, i32 or i64, with the shape of x or without elements; without them for Binary
//
// It is TensorFlow's Bincount and DenseBincount.
type Bincount struct {
	Binary bool `json:"binary,omitempty"`
}

// InputNames names the inputs.
func (op *Bincount) InputNames() []string { return []string{"x", "size", "weights"} }

// Infer checks C1 to C3.
func (op *Bincount) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if err := infer.WantType("C1", in, 0, core.I32, core.I64); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if s.Ranked() && len(s) != 1 && len(s) != 2 {
		return nil, core.Violation("C1", 0, "got shape %v, want rank 1 or 2", s)
	}
	if o := in[1]; o.Type != core.I32 && o.Type != core.I64 && o.Type != core.Dynamic ||
		!o.Shape.Compatible(core.Shape{}) {
		return nil, core.Violation("C2", 1, "got %v, want i32 or i64 of shape []", o.Fact)
	}
	if err := infer.WantType("C3", in, 2, core.F32, core.F64, core.I32, core.I64); err != nil {
		return nil, err
	}
	if w := in[2].Shape; !w.Compatible(s) && w.Static() && w.MustElements() > 0 {
		return nil, core.Violation("C3", 2, "got shape %v, want %v or no elements", w, s)
	}
	if w := in[2].Shape; op.Binary && w.Static() && w.MustElements() > 0 {
		return nil, core.Violation("C3", 2, "got shape %v, want no weights for booleans", w)
	}
	if !s.Ranked() {
		return []core.Fact{{Type: in[2].Type}}, nil
	}
	n := core.Unknown
	if v, ok := infer.IntsOf(in[1]); ok {
		if v[0] < 0 || v[0] > core.MaxElements {
			return nil, core.Violation("C2", 1, "got %d, want in [0, %d]", v[0], int64(core.MaxElements))
		}
		n = int(v[0])
	}
	out, err := infer.CheckedShape(infer.JoinedShapes(s[:len(s)-1], core.Shape{n}))
	return []core.Fact{{Type: in[2].Type, Shape: out}}, err
}

// Eval counts row by row.
func (op *Bincount) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	y := out[0]
	clear(y.Bytes())
	switch y.Type() {
	case core.F32:
		return bins[float32](op.Binary, in, y)
	case core.F64:
		return bins[float64](op.Binary, in, y)
	case core.I32:
		return bins[int32](op.Binary, in, y)
	}
	return bins[int64](op.Binary, in, y)
}

func bins[T numeric.Number](binary bool, in []*core.Tensor, out *core.Tensor) error {
	y, weights := core.Data[T](out), core.Data[T](in[2])
	if in[0].Type() == core.I32 {
		return count(binary, core.Data[int32](in[0]), in[0].Shape(), weights, y, out.Shape())
	}
	return count(binary, core.Data[int64](in[0]), in[0].Shape(), weights, y, out.Shape())
}

func count[X int32 | int64, T numeric.Number](binary bool, x []X, s core.Shape, weights, y []T, to core.Shape) error {
	n, size := s[len(s)-1], to[len(to)-1]
	for i, v := range x {
		if v < 0 {
			return core.Violation("C1", 0, "got %d at element %d, want no negative number", v, i)
		}
		if int64(v) >= int64(size) {
			continue
		}
		switch at := &y[i/n*size+int(v)]; {
		case binary:
			*at = 1
		case len(weights) > 0:
			*at += weights[i]
		default:
			*at++
		}
	}
	return nil
}
