package pooling

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[MaxPoolWithArgmax]("MaxPoolWithArgmax")

// MaxPoolWithArgmax is MaxPool that also returns the position of each maximum, the first among equals.
//
//	Inputs:  x: a number type, [N, H, W, C]
//	Outputs: y: the type of x, [N, rows, columns, C]
//	         argmax: Type, that shape: (row*W + column)*C + channel in the image, or with
//	         IncludeBatch in all images
//
//	C1: x is a number (not u64) of rank 4; Type is i32 or i64
//	C2: Window has two sizes >= 1; Layout is NHWC; there are no data dilations
//	C3: the padded data is at least as large as the dilated window
//
// It is TensorFlow's MaxPoolWithArgmax.
type MaxPoolWithArgmax struct {
	geometry.Spatial
	Window       []int     `json:"window_shape"`
	Type         core.Type `json:"type"`
	IncludeBatch bool      `json:"include_batch,omitempty"`
}

// Infer checks C1 to C3.
func (op *MaxPoolWithArgmax) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = infer.UnknownShape(4)
	}
	if !infer.IsNumber(in[0].Type) || in[0].Type == core.U64 || len(s) != 4 || op.Type != core.I32 && op.Type != core.I64 {
		return nil, core.Violation(
			"C1", 0, "got %v with %v for argmax, want numbers of rank 4, and i32 or i64", in[0].Fact, op.Type,
		)
	}
	if len(op.Window) != 2 || op.Layout != geometry.NHWC || len(op.DataDilations) != 0 || op.Window[0] < 1 ||
		op.Window[1] < 1 {
		return nil, core.Violation(
			"C2", -1, "got window %v in layout %v with data dilations %v, want two sizes >= 1, NHWC, none",
			op.Window, op.Layout, op.DataDilations,
		)
	}
	if err := op.Check(2); err != nil {
		return nil, err
	}
	out, err := op.OutShape(s, op.Window, s[3])
	if err != nil {
		return nil, err
	}
	out, err = infer.CheckedShape(out)
	return []core.Fact{{Type: in[0].Type, Shape: out}, {Type: op.Type, Shape: slices.Clone(out)}}, err
}

// Eval compares in order.
func (op *MaxPoolWithArgmax) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	if out[0].Len() == 0 {
		return nil
	}
	s := in[0].Shape()
	axes, err := op.Axes(s, op.Window)
	if err != nil {
		return err
	}
	var at []int64
	if in[0].Type().IsInteger() {
		at = largestInWindows(out[0], in[0].Int64s(), s, axes)
	} else {
		at = largestInWindows(out[0], in[0].Float64s(), s, axes)
	}
	image := int64(s[1] * s[2] * s[3])
	for i, v := range at {
		if elements.CopyUnit(out[0], i, in[0], int(v), 1); !op.IncludeBatch {
			at[i] = v % image
		}
	}
	elements.SetInts(out[1], at)
	return nil
}

// largestInWindows returns the position in x of the largest element of each window.
func largestInWindows[T int64 | float64](to *core.Tensor, x []T, s core.Shape, axes []geometry.Axis) []int64 {
	var at []int64
	elements.EachIndex(core.Shape{s[0], axes[0].Out, axes[1].Out, s[3]}, func(i []int) {
		if to.Abandoned() {
			return
		}
		best := -1
		firstRow, endRow := axes[0].Inside(i[1])
		firstColumn, endColumn := axes[1].Inside(i[2])
		for r := firstRow; r < endRow; r++ {
			row, ok := axes[0].At(i[1], r)
			if !ok {
				continue
			}
			for k := firstColumn; k < endColumn; k++ {
				column, ok := axes[1].At(i[2], k)
				p := ((i[0]*s[1]+row)*s[2]+column)*s[3] + i[3]
				if ok && (best < 0 || x[p] > x[best]) {
					best = p
				}
			}
		}
		at = append(at, int64(max(best, 0)))
	})
	return at
}
