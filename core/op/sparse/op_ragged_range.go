package sparse

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[RaggedRange]("RaggedRange")

// RaggedRange makes a row of numbers of each start, up to a limit, by steps.
//
//	Inputs:  start: f32, f64, i32 or i64, [n] or []: for all rows
//	         limit: the type of start, [n] or []
//	         step: the type of start, [n] or []
//	Outputs: splits: Splits, [n+1]; [2] if all inputs are scalars
//	         values: the type of start, [m]: start, start + step and so on, each sum rounded, before limit
//
//	C1: start has one of these types, and the others have that of start
//	C2: the vectors have one length
//	C3: each step is not 0, and the lengths of the rows are finite
//	C4: Splits is i32 or i64, and holds the number of values
//
// It is TensorFlow's RaggedRange.
type RaggedRange struct {
	Splits core.Type `json:"splits"`
}

// InputNames names the inputs.
func (op *RaggedRange) InputNames() []string { return []string{"start", "limit", "step"} }

// Infer checks C1, C2 and C4.
func (op *RaggedRange) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if op.Splits != core.I32 && op.Splits != core.I64 {
		return nil, core.Violation("C4", -1, "splits: got %v, want i32 or i64", op.Splits)
	}
	t, rows, known := core.Dynamic, core.Shape(nil), true
	for i, o := range in {
		if err := infer.WantType("C1", in, i, core.F32, core.F64, core.I32, core.I64); err != nil {
			return nil, err
		}
		if !o.Type.Compatible(t) {
			return nil, core.Violation("C1", i, "got type %v, want %v", o.Type, t)
		}
		t, known = max(t, o.Type), known && o.Shape.Ranked()
		switch {
		case len(o.Shape) > 1:
			return nil, core.Violation("C2", i, "got shape %v, want a scalar or a vector", o.Shape)
		case len(o.Shape) == 1:
			merged, ok := rows.Merge(o.Shape)
			if !ok {
				return nil, core.Violation("C2", i, "got shape %v, want %v", o.Shape, rows)
			}
			rows = merged
		}
	}
	n := core.Unknown
	switch {
	case rows != nil && rows[0] != core.Unknown:
		n = rows[0] + 1
	case rows == nil && known:
		n = 2
	}
	return []core.Fact{{Type: op.Splits, Shape: core.Shape{n}}, {Type: t, Shape: core.Shape{core.Unknown}}}, nil
}

// Eval counts the numbers of each row, and adds them up.
func (op *RaggedRange) Eval(in, out []*core.Tensor) error {
	facts, err := op.Infer(core.OperandsOf(in))
	if err != nil {
		return err
	}
	rows := facts[0].Shape[0] - 1
	of := func(input, row int) int { return row % max(1, in[input].Len()) }
	length := wholeLengths(in)
	if in[0].Type().IsFloat() {
		length = realLengths(in)
	}
	splits := make([]int64, rows+1)
	for i := range rows {
		n, err := length(of(0, i), of(1, i), of(2, i))
		if err != nil {
			return err
		}
		most := int64(math.MaxInt32)
		if op.Splits == core.I64 {
			most = core.MaxElements
		}
		if n > most-splits[i] {
			return core.Violation("C4", -1, "splits: got more than %d values", most)
		}
		splits[i+1] = splits[i] + n
	}
	if err := allocate(op, out, 0, op.Splits, facts[0].Shape); err != nil {
		return err
	}
	if err := allocate(op, out, 1, facts[1].Type, core.Shape{int(splits[rows])}); err != nil {
		return err
	}
	elements.SetInts(out[0], splits)
	for i := range rows {
		steps(in, out[1], of(0, i), of(2, i), int(splits[i]), int(splits[i+1]))
	}
	return nil
}

// wholeLengths returns a function that gives how many integers a row has, by where its start, limit and step are.
func wholeLengths(in []*core.Tensor) func(start, limit, step int) (int64, error) {
	if in[0].Type().IsFloat() {
		return nil
	}
	starts, limits, steps := in[0].Int64s(), in[1].Int64s(), in[2].Int64s()
	return func(start, limit, step int) (int64, error) {
		a, b, by := starts[start], limits[limit], steps[step]
		switch {
		case by == 0:
			return 0, core.Violation("C3", 2, "got 0 at %d, want another step", step)
		case by > 0 && b <= a, by < 0 && b >= a:
			return 0, nil
		case by < 0:
			a, b = b, a
		}
		distance := uint64(by)
		if by < 0 {
			distance = -distance
		}
		return int64(min((uint64(b)-uint64(a)-1)/distance+1, 1<<62)), nil
	}
}

// realLengths is wholeLengths of reals.
func realLengths(in []*core.Tensor) func(start, limit, step int) (int64, error) {
	t, starts, limits, steps := in[0].Type(), in[0].Float64s(), in[1].Float64s(), in[2].Float64s()
	return func(start, limit, step int) (int64, error) {
		a, b, by := starts[start], limits[limit], steps[step]
		switch {
		case by == 0:
			return 0, core.Violation("C3", 2, "got 0 at %d, want another step", step)
		case by > 0 && b < a, by < 0 && b > a:
			return 0, nil
		}
		n := math.Ceil(math.Abs(narrow(t, narrow(t, b-a)/by)))
		if !(n < 1<<62) {
			return 0, core.Violation("C3", 2, "got %v at %d, from %v to %v: %v numbers, want a finite number", by, step, a, b, n)
		}
		return int64(n), nil
	}
}

// narrow rounds a number to f32 if t is that. A difference or quotient of two numbers of f32 is then as if it had been
// rounded once.
func narrow(t core.Type, v float64) float64 {
	if t == core.F32 {
		return float64(float32(v))
	}
	return v
}

// steps sets the numbers of a row of y.
func steps(in []*core.Tensor, y *core.Tensor, start, step, first, end int) {
	switch y.Type() {
	case core.I32:
		addUp(core.Data[int32](y)[first:end], core.Data[int32](in[0])[start], core.Data[int32](in[2])[step])
	case core.I64:
		addUp(core.Data[int64](y)[first:end], core.Data[int64](in[0])[start], core.Data[int64](in[2])[step])
	case core.F32:
		addUp(core.Data[float32](y)[first:end], core.Data[float32](in[0])[start], core.Data[float32](in[2])[step])
	default:
		addUp(core.Data[float64](y)[first:end], core.Data[float64](in[0])[start], core.Data[float64](in[2])[step])
	}
}

func addUp[T int32 | int64 | float32 | float64](y []T, v, by T) {
	for i := range y {
		y[i] = v
		v += by
	}
}
