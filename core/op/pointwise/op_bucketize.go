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
	if in[0].Type() == core.F32 {
		bucketize(y, core.Data[float32](in[0]), op.Boundaries)
		return nil
	}
	boundaries := make([]float64, len(op.Boundaries))
	for i, b := range op.Boundaries {
		boundaries[i] = float64(b)
	}
	bucketize(y, in[0].Float64s(), boundaries)
	return nil
}

// fewBoundaries is up to how many boundaries comparing with all of them is faster than searching.
const fewBoundaries = 16

// bucketize counts the boundaries that are not above each number.
func bucketize[T float32 | float64](y []int32, x, boundaries []T) {
	if len(boundaries) > fewBoundaries {
		for i, v := range x {
			y[i] = int32(sort.Search(len(boundaries), func(k int) bool { return v < boundaries[k] }))
		}
		return
	}
	for i, v := range x {
		n := int32(len(boundaries))
		for _, b := range boundaries {
			if v < b {
				n--
			}
		}
		y[i] = n
	}
}

// Elements is trait.FirstElements.
func (op *Bucketize) Elements() trait.Elements { return trait.FirstElements }
