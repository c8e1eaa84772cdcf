package reduce

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[UnsortedSegmentReduce]("UnsortedSegmentReduce")

// UnsortedSegmentReduce combines rows that have the same number, wherever they are.
//
//	y[s, r...] = Mode of x[i..., r...] for all i... with ids[i...] = s
//
//	Inputs:  x: a number type, [i..., r...]
//	         ids: i16, i32 or i64, [i...]
//	         count: i32 or i64, []
//	Outputs: y: the type of x, [count, r...]
//
//	C1: x is a number
//	C2: ids are i16, i32 or i64; their shape is the beginning of that of x
//	C3: count is i32 or i64, a scalar, and 0 or more
//	C4: each of ids is less than count, unless x is empty; rows with negative ids are left out
//	C5: Mode is Sum, Prod, Max or Min
//
// A segment begins with 0, 1, or the lowest or highest finite number, and takes row after row. bf16 and f16 are rounded
// at each step; integers wrap. Max and Min keep the last of two equal numbers, and NaN becomes what follows it.
//
// It is TensorFlow's UnsortedSegmentSum and so on.
type UnsortedSegmentReduce struct {
	Mode SegmentMode `json:"mode"`
}

// InputNames names the inputs.
func (op *UnsortedSegmentReduce) InputNames() []string { return []string{"x", "ids", "count"} }

// Infer checks C1, C2, C3 and C5, and C4 for constants.
func (op *UnsortedSegmentReduce) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	x, at := in[0], in[1].Shape
	switch {
	case op.Mode != SegmentSum && (op.Mode < SegmentProd || op.Mode >= numSegmentModes):
		return nil, core.Violation("C5", -1, "got mode %v, want Sum, Prod, Max or Min", op.Mode)
	case !infer.IsNumber(x.Type):
		return nil, core.Violation("C1", 0, "got type %v, want numbers", x.Type)
	}
	if err := infer.WantType("C2", in, 1, core.I16, core.I32, core.I64); err != nil {
		return nil, err
	}
	rows, known, err := segmentCount("C3", in, 2)
	if err != nil {
		return nil, err
	}
	if !known {
		rows = core.Unknown
	} else if ids, ok := infer.IntsOf(in[1]); ok && x.Shape.Static() && !slices.Contains(x.Shape, 0) {
		if err := checkBelow(ids, rows); err != nil {
			return nil, err
		}
	}
	if !x.Shape.Ranked() || !at.Ranked() {
		return []core.Fact{{Type: x.Type}}, nil
	}
	if len(at) > len(x.Shape) || !x.Shape[:len(at)].Compatible(at) {
		return nil, core.Violation("C2", 1, "got shape %v, want the beginning of %v", at, x.Shape)
	}
	s, err := infer.CheckedShape(infer.JoinedShapes(core.Shape{rows}, x.Shape[len(at):]))
	return []core.Fact{{Type: x.Type, Shape: s}}, err
}

func checkBelow(ids []int64, n int) error {
	for i, id := range ids {
		if id >= int64(n) {
			return core.Violation("C4", 1, "got %d at %d, want less than %d", id, i, n)
		}
	}
	return nil
}

// Eval combines row by row.
func (op *UnsortedSegmentReduce) Eval(in, out []*core.Tensor) error {
	return op.eval(in, out, halfRows(in[0].Type()), extremes)
}

// EvalHalfRows is Eval with functions for bf16 or f16.
func (op *UnsortedSegmentReduce) EvalHalfRows(in, out []*core.Tensor, h trait.HalfRows) error {
	return op.eval(in, out, h, extremes)
}

// EvalRows is Eval with functions for f32.
func (op *UnsortedSegmentReduce) EvalRows(in, out []*core.Tensor, rows trait.FloatRows) error {
	return op.eval(in, out, halfRows(in[0].Type()), rows)
}

func (op *UnsortedSegmentReduce) eval(in, out []*core.Tensor, h trait.HalfRows, rows trait.FloatRows) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s := &segments{mode: op.Mode, halves: h, rows: rows, ids: in[1].Int64s(), y: out[0]}
	return s.eval(unsortedSegments, in[0])
}

// combineUnsorted combines each row with the segment that has its number.
func combineUnsorted[T numeric.Number](s *segments, row func(i int) []T, y []T, round func(row []T)) {
	f := foldOf(s, finite(s.y.Type(), T(s.lo), -1), finite(s.y.Type(), T(s.hi), 1), round)
	fill(y, f.start)
	for i, id := range s.ids {
		if i&(1<<10-1) == 0 && s.y.Abandoned() {
			return
		}
		if id >= 0 {
			f.rest(y[int(id)*s.cols:(int(id)+1)*s.cols], row(i))
		}
	}
}

// finite returns the largest number of a real type, with a sign; v for integers.
func finite[T numeric.Number](t core.Type, v T, sign float64) T {
	switch t {
	case core.F64:
		return T(sign * math.MaxFloat64)
	case core.F32:
		return T(sign * math.MaxFloat32)
	case core.BF16:
		return T(sign * 0x1.fep127)
	case core.F16:
		return T(sign * 65504)
	}
	return v
}
