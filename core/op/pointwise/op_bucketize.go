package pointwise

import (
	"sort"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Bucketize]("Bucketize")

// Bucketize computes between which boundaries each element lies.
//
//	y[i] = the number of boundaries <= x[i]
//
//	Inputs:  x: i32, i64, f32 or f64, any shape
//	Outputs: y: i32, the shape of x
//
//	C1: x is i32, i64, f32 or f64
//	C2: the boundaries are in ascending order, and may be equal
//
// NaN lies above all boundaries. It is TensorFlow's Bucketize.
type Bucketize struct {
	Boundaries []float32 `json:"boundaries"`
}

// Infer checks C1 and C2.
func (op *Bucketize) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := infer.WantType("C1", in, 0, core.I32, core.I64, core.F32, core.F64); err != nil {
		return nil, err
	}
	for i, b := range op.Boundaries {
		if i > 0 && !(op.Boundaries[i-1] <= b) {
			return nil, core.Violation("C2", -1,
				"boundaries: got %v before %v, want numbers that do not fall", op.Boundaries[i-1], b)
		}
	}
	return []core.Fact{{Type: core.I32, Shape: in[0].Shape}}, nil
}

// Eval searches.
func (op *Bucketize) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, core.I32, in[0].Shape()); err != nil {
		return err
	}
	y := core.Data[int32](out[0])
	for i, v := range in[0].Float64s() {
		y[i] = int32(sort.Search(len(op.Boundaries), func(k int) bool { return v < float64(op.Boundaries[k]) }))
	}
	return nil
}

// Elements is trait.FirstElements.
func (op *Bucketize) Elements() trait.Elements { return trait.FirstElements }
