package reduce

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[SegmentReduce]("SegmentReduce")

// SegmentReduce combines rows that lie side by side and have the same number.
//
//	y[s, r...] = Mode of x[i, r...] for all i with ids[i] = s
//
//	Inputs:  x: a number type, [n, r...]
//	         ids: i32 or i64, [n]
//	Outputs: y: the type of x, [1 + the last of ids, r...], or [0, r...] without ids
//
//	C1: x is a number of rank 1 or more
//	C2: ids are i32 or i64, [n]
//	C3: ids are 0 or more and do not decrease
//	C4: Mode is Sum, Mean, Prod, Max or Min
//	C5: where Mode is Mean, and x has integers, the number of a segment's rows is not 0 in their type
//
// A segment without rows is 1 where Mode is Prod, else 0; one of a single row is that row. Others begin with 0, 1, or
// the lowest or highest number (reals: infinity), and take row after row. bf16 and f16 are rounded at each step.
// Integers wrap; those of a Mean are divided by the number of rows in their type, and truncate.
//
// The elements of a row form vectors of 4 (f64) or 8, and a rest. Where Mode is not Mean, vectors of 16 rows or more
// have 4 accumulators: row i goes to accumulator i mod 4, as long as there are 4 rows. Those of 1, 2 and 3 are then
// combined with the first, and at last the rows that are left. Max and Min keep the first of two equal numbers in
// vectors, and ignore NaN; in the rest they keep the last one, and NaN becomes what follows it.
//
// It is TensorFlow's SegmentSum and so on, which compute like this on x86-64.
type SegmentReduce struct {
	Mode SegmentMode `json:"mode"`
}

// InputNames names the inputs.
func (op *SegmentReduce) InputNames() []string { return []string{"x", "ids"} }

// Infer checks C1, C2 and C4, and C3 for constants.
func (op *SegmentReduce) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	x, at := in[0], in[1].Shape
	switch {
	case op.Mode >= numSegmentModes || op.Mode == SegmentSqrtN:
		return nil, core.Violation("C4", -1, "got mode %v, want Sum, Mean, Prod, Max or Min", op.Mode)
	case !infer.IsNumber(x.Type) || x.Shape.Ranked() && len(x.Shape) == 0:
		return nil, core.Violation("C1", 0, "got %v, want numbers of rank 1 or more", x.Fact)
	}
	if err := checkVector("C2", in, 1); err != nil || !x.Shape.Ranked() {
		return []core.Fact{{Type: x.Type}}, err
	}
	if at.Ranked() && !x.Shape[:1].Compatible(at) {
		return nil, core.Violation("C2", 1, "got shape %v, want %v", at, x.Shape[:1])
	}
	rows := core.Unknown
	if ids, ok := infer.IntsOf(in[1]); ok {
		if err := checkSorted("C3", 1, ids); err != nil {
			return nil, err
		}
		rows = segmentsBy(ids)
	}
	s, err := withRows(x.Shape, rows)
	return []core.Fact{{Type: x.Type, Shape: s}}, err
}

// Eval combines row by row.
func (op *SegmentReduce) Eval(in, out []*core.Tensor) error {
	return op.eval(in, out, halfRows(in[0].Type()), extremes)
}

// EvalHalfRows is Eval with functions for bf16 or f16.
func (op *SegmentReduce) EvalHalfRows(in, out []*core.Tensor, h trait.HalfRows) error {
	return op.eval(in, out, h, extremes)
}

// EvalRows is Eval with functions for f32.
func (op *SegmentReduce) EvalRows(in, out []*core.Tensor, rows trait.FloatRows) error {
	return op.eval(in, out, halfRows(in[0].Type()), rows)
}

func (op *SegmentReduce) eval(in, out []*core.Tensor, h trait.HalfRows, rows trait.FloatRows) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s := &segments{mode: op.Mode, halves: h, rows: rows, ids: in[1].Int64s(), y: out[0]}
	return s.eval(sortedSegments, in[0])
}

// lanes is the number of accumulators of vectors of many rows.
const lanes = 4

// combineSorted combines the rows of each segment.
func combineSorted[T numeric.Number](s *segments, row func(i int) []T, y []T, round func(row []T)) error {
	f := foldOf(s, infinite(s.y.Type(), T(s.lo), -1), infinite(s.y.Type(), T(s.hi), 1), round)
	gap, vector, next := T(0), 8, 0
	if s.mode == SegmentProd {
		gap = 1
	}
	if s.y.Type() == core.F64 {
		vector = 4
	}
	body := s.cols &^ (vector - 1)
	scratch := make([]T, (lanes-1)*body)
	return s.each(func(id, first, end int) error {
		fill(y[next*s.cols:id*s.cols], gap)
		next = id + 1
		acc := y[id*s.cols : (id+1)*s.cols]
		if end-first == 1 {
			copy(acc, row(first))
			return nil
		}
		from := func(i int) []T { return row(first + i) }
		f.segment(acc, from, end-first, body, scratch, s.mode == SegmentMean)
		if s.mode == SegmentMean {
			return divideRow(s.y.Type(), acc, end-first, round)
		}
		return nil
	})
}

// infinite is infinity of a real type, with a sign; v for integers.
func infinite[T numeric.Number](t core.Type, v T, sign int) T {
	if t.IsInteger() {
		return v
	}
	return T(math.Inf(sign))
}

// segment sets acc to the fold of n rows, of whose elements body are in vectors.
func (f *fold[T]) segment(acc []T, row func(i int) []T, n, body int, scratch []T, inOrder bool) {
	fill(acc, f.start)
	whole, rest := acc[:body], acc[body:]
	done := 0
	if n >= 16 && !inOrder {
		done = n &^ (lanes - 1)
		fill(scratch, f.start)
		f.lanes(whole, row, done, scratch)
	}
	for ; done+4 <= n; done += 4 {
		f.four(whole, row(done), row(done+1), row(done+2), row(done+3))
	}
	for ; done < n; done++ {
		f.whole(whole, row(done))
	}
	if len(rest) > 0 {
		for i := range n {
			f.rest(rest, row(i)[body:])
		}
	}
}

// lanes combines n rows with accumulators in turn: acc and those in scratch, which are then combined with it.
func (f *fold[T]) lanes(acc []T, row func(int) []T, n int, scratch []T) {
	lane := func(k int) []T {
		if k == 0 {
			return acc
		}
		return scratch[(k-1)*len(acc):][:len(acc)]
	}
	i := 0
	for ; i+4*lanes <= n; i += 4 * lanes {
		for k := range lanes {
			f.four(lane(k), row(i+k), row(i+k+lanes), row(i+k+2*lanes), row(i+k+3*lanes))
		}
	}
	for ; i < n; i++ {
		f.whole(lane(i%lanes), row(i))
	}
	for k := 1; k < lanes; k++ {
		f.whole(acc, lane(k))
	}
}

// divideRow divides by the number of rows as a number of the type t.
func divideRow[T numeric.Number](t core.Type, acc []T, rows int, round func(row []T)) error {
	n := []T{T(rows)}
	if n[0] == 0 {
		return core.Violation("C5", 1, "got a segment of %d rows, which is 0 as %v", rows, t)
	}
	if round != nil {
		round(n)
	}
	for i := range acc {
		acc[i] /= n[0]
	}
	if round != nil {
		round(acc)
	}
	return nil
}
