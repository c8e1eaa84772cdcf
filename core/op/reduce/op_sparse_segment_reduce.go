package reduce

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[SparseSegmentReduce]("SparseSegmentReduce")

// SparseSegmentReduce adds rows of a table that indices choose, as an embedding of several words does.
//
//	y[s, r...] = Mode of table[indices[i], r...] for all i with ids[i] = s
//
//	Inputs:  table: a number type, [n, r...]
//	         indices: i32 or i64, [k]
//	         ids: i32 or i64, [k]
//	         count: i32 or i64, []; may be absent
//	Outputs: y: the type of table, [count, r...]; without a count, 1 + the last of ids, or 0 without ids
//
//	C1: table is a number of rank 1 or more
//	C2: indices and ids are i32 or i64, and vectors of one length
//	C3: ids are 0 or more and do not decrease
//	C4: each of indices is in [0, n)
//	C5: count is i32 or i64, a scalar, 0 or more, and larger than each of ids
//	C6: Mode is Sum, or Mean or SqrtN of reals
//
// A segment without rows is 0, one of a single row is that row. Otherwise the first rows are added one after the other,
// so many that a multiple of 8 is left: 2 to 9. Then sums of 8 rows each, added one after the other, are added. Mean
// multiplies by 1/rows if there are fewer than 10, else it divides by the number of rows, and SqrtN does the same with
// its square root. bf16 and f16 are computed in f32 and rounded once; integers wrap.
//
// It is TensorFlow's SparseSegmentSum and so on.
type SparseSegmentReduce struct {
	Mode SegmentMode `json:"mode"`
}

// InputNames names the inputs.
func (op *SparseSegmentReduce) InputNames() []string {
	return []string{"table", "indices", "ids", "count"}
}

// Infer checks C1, C2, C5 and C6, and C3 and C4 for constants.
func (op *SparseSegmentReduce) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) != 3 && len(in) != 4 {
		return nil, core.Violation("", -1, "got %d inputs, want 3 or 4", len(in))
	}
	x := in[0]
	switch {
	case op.Mode > SegmentSqrtN || op.Mode != SegmentSum && x.Type.IsInteger():
		return nil, core.Violation("C6", -1, "got mode %v of %v, want Sum, or Mean or SqrtN of reals", op.Mode, x.Type)
	case !infer.IsNumber(x.Type) || x.Shape.Ranked() && len(x.Shape) == 0:
		return nil, core.Violation("C1", 0, "got %v, want numbers of rank 1 or more", x.Fact)
	}
	for i := 1; i <= 2; i++ {
		if err := checkVector("C2", in, i); err != nil {
			return nil, err
		}
	}
	if !in[1].Shape.Compatible(in[2].Shape) {
		return nil, core.Violation("C2", 2, "got shape %v, want %v", in[2].Shape, in[1].Shape)
	}
	rows, err := op.rows(in)
	if err != nil || !x.Shape.Ranked() {
		return []core.Fact{{Type: x.Type}}, err
	}
	if indices, ok := infer.IntsOf(in[1]); ok && x.Shape[0] != core.Unknown {
		if err := checkRows(indices, x.Shape[0]); err != nil {
			return nil, err
		}
	}
	s, err := withRows(x.Shape, rows)
	return []core.Fact{{Type: x.Type, Shape: s}}, err
}

// rows returns the number of rows of the output, as far as it is known.
func (op *SparseSegmentReduce) rows(in []core.Operand) (int, error) {
	rows := core.Unknown
	ids, known := infer.IntsOf(in[2])
	if known {
		if err := checkSorted("C3", 2, ids); err != nil {
			return 0, err
		}
		rows = segmentsBy(ids)
	}
	if len(in) == 3 {
		return rows, nil
	}
	n, given, err := segmentCount("C5", in, 3)
	switch {
	case err != nil:
		return 0, err
	case !given:
		return core.Unknown, nil
	case known && rows > n:
		return 0, core.Violation("C5", 3, "got %d for ids up to %d, want more", n, rows-1)
	}
	return n, nil
}

func checkRows(indices []int64, n int) error {
	for i, v := range indices {
		if v < 0 || v >= int64(n) {
			return core.Violation("C4", 1, "got %d at %d, want in [0, %d)", v, i, n)
		}
	}
	return nil
}

// Eval adds row by row.
func (op *SparseSegmentReduce) Eval(in, out []*core.Tensor) error {
	return op.EvalHalfRows(in, out, halfRows(in[0].Type()))
}

// EvalHalfRows is Eval with functions that convert bf16 or f16.
func (op *SparseSegmentReduce) EvalHalfRows(in, out []*core.Tensor, h trait.HalfRows) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s := &segments{mode: op.Mode, halves: h, ids: in[2].Int64s(), indices: in[1].Int64s(), y: out[0]}
	return s.eval(sparseSegments, in[0])
}

// sparseTable gives rows of a table as T.
type sparseTable[T numeric.Number] struct {
	rows   []T // of the table, or of what was widened last
	halves []uint16
	widen  func(row []T, halves []uint16)
	cols   int
}

// mostRows is the largest number of rows that are added before a multiple of 8 is left.
const mostRows = 9

// take returns a matrix that has the rows with some indices, and their indices in it.
func (t *sparseTable[T]) take(indices []int64) (rows []T, at []int64) {
	if t.halves == nil {
		return t.rows, indices
	}
	for i, index := range indices {
		t.widen(t.rows[i*t.cols:(i+1)*t.cols], t.halves[int(index)*t.cols:(int(index)+1)*t.cols])
	}
	return t.rows, firstRows[:len(indices)]
}

var firstRows = [mostRows]int64{0, 1, 2, 3, 4, 5, 6, 7, 8}

// sumSparse adds the rows of each segment.
func sumSparse[T numeric.Number](s *segments, t *sparseTable[T], y []T) error {
	next, sum := 0, make([]T, s.cols)
	err := s.each(func(id, first, end int) error {
		fill(y[next*s.cols:id*s.cols], 0)
		next = id + 1
		to, n := y[id*s.cols:(id+1)*s.cols], end-first
		begin := min(n, 2+(n+6)%8)
		table, at := t.take(s.indices[first : first+begin])
		addRows(to, table, at)
		if n < 10 {
			scaleRow(s.mode, to, n)
		}
		for i := first + begin; i < end; i += 8 {
			table, at := t.take(s.indices[i : i+8])
			addRows(sum, table, at)
			addRow(to, sum)
		}
		if n >= 10 {
			shrinkRow(s.mode, to, n)
		}
		return nil
	})
	fill(y[next*s.cols:], 0)
	return err
}

// addRows sets out to the sum of rows of a table, each added to the sum of those before it.
func addRows[T numeric.Number](out, table []T, at []int64) {
	row := func(i int) []T { return table[int(at[i])*len(out):][:len(out)] }
	k := 1
	if len(at) >= 4 {
		k = 4
		a, b, c, d := row(0), row(1), row(2), row(3)
		for i := range out {
			out[i] = a[i] + b[i] + c[i] + d[i]
		}
	} else {
		copy(out, row(0))
	}
	for ; k+4 <= len(at); k += 4 {
		a, b, c, d := row(k), row(k+1), row(k+2), row(k+3)
		for i, v := range out {
			out[i] = v + a[i] + b[i] + c[i] + d[i]
		}
	}
	for ; k < len(at); k++ {
		addRow(out, row(k))
	}
}

// scaleRow multiplies a sum of few rows by what makes it a Mean or SqrtN.
func scaleRow[T numeric.Number](mode SegmentMode, x []T, n int) {
	if mode == SegmentSum || n == 1 {
		return
	}
	factor := 1 / divisor[T](mode, n)
	for i := range x {
		x[i] *= factor
	}
}

// shrinkRow is scaleRow for many rows.
func shrinkRow[T numeric.Number](mode SegmentMode, x []T, n int) {
	if mode == SegmentSum {
		return
	}
	d := divisor[T](mode, n)
	for i := range x {
		x[i] /= d
	}
}

func divisor[T numeric.Number](mode SegmentMode, n int) T {
	if mode == SegmentSqrtN {
		return T(math.Sqrt(float64(n)))
	}
	return T(n)
}
