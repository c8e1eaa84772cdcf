package reduce

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/view"
)

// SegmentMode says what the rows of a segment become.
type SegmentMode uint8

// The modes.
const (
	SegmentSum   SegmentMode = iota
	SegmentMean              // the sum divided by the number of rows
	SegmentSqrtN             // the sum divided by the square root of the number of rows
	SegmentProd
	SegmentMax
	SegmentMin
	numSegmentModes
)

var segmentModeNames = [numSegmentModes]string{"Sum", "Mean", "SqrtN", "Prod", "Max", "Min"}

// String returns the mode's name.
func (m SegmentMode) String() string { return enum.Name(m, segmentModeNames[:]) }

// MarshalText writes the name, which stands for the SegmentMode in JSON.
func (m SegmentMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText parses a mode's name.
func (m *SegmentMode) UnmarshalText(b []byte) error {
	return enum.Parse(m, string(b), "segment mode", segmentModeNames[:])
}

// segments says which rows of a matrix are combined to which rows of another one.
type segments struct {
	mode    SegmentMode
	ids     []int64
	indices []int64 // the row for each id; otherwise it is the one at the same place
	cols    int
	lo, hi  int64 // the lowest and the highest number of integers
	halves  trait.HalfRows
	rows    trait.FloatRows
	y       *core.Tensor
}

// segmentKind is one of the three ways to combine rows.
type segmentKind uint8

const (
	sortedSegments segmentKind = iota
	unsortedSegments
	sparseSegments
)

// eval combines the rows of x.
func (s *segments) eval(kind segmentKind, x *core.Tensor) error {
	if t := x.Type(); t.IsInteger() {
		s.lo, s.hi = 0, -1 // as u64
		if t != core.U64 {
			s.lo, s.hi = arithmetic.Bounds64(t)
		}
	}
	if s.cols = core.Shape(s.y.Shape()[1:]).MustElements(); s.cols == 0 && kind == unsortedSegments {
		return nil
	}
	switch x.Type() {
	case core.I8:
		return combine(kind, s, core.Data[int8](x), core.Data[int8](s.y))
	case core.U8:
		return combine(kind, s, core.Data[uint8](x), core.Data[uint8](s.y))
	case core.I16:
		return combine(kind, s, core.Data[int16](x), core.Data[int16](s.y))
	case core.U16:
		return combine(kind, s, core.Data[uint16](x), core.Data[uint16](s.y))
	case core.I32:
		return combine(kind, s, core.Data[int32](x), core.Data[int32](s.y))
	case core.U32:
		return combine(kind, s, core.Data[uint32](x), core.Data[uint32](s.y))
	case core.I64:
		return combine(kind, s, core.Data[int64](x), core.Data[int64](s.y))
	case core.U64:
		return combine(kind, s, core.Data[uint64](x), core.Data[uint64](s.y))
	case core.F32:
		return combine(kind, s, core.Data[float32](x), core.Data[float32](s.y))
	case core.F64:
		return combine(kind, s, core.Data[float64](x), core.Data[float64](s.y))
	}
	return s.evalHalves(kind, x)
}

// evalHalves combines rows of bf16 or f16 in f32.
func (s *segments) evalHalves(kind segmentKind, x *core.Tensor) error {
	halves, y := core.Data[uint16](x), make([]float32, s.y.Len())
	var err error
	if kind == sparseSegments {
		table := &sparseTable[float32]{make([]float32, mostRows*s.cols), halves, s.halves.Widen, s.cols}
		err = sumSparse(s, table, y)
	} else {
		err = combineRows(kind, s, s.widened(halves), y, s.rounding())
	}
	s.halves.Narrow(core.Data[uint16](s.y), y)
	return err
}

// halfRows are plain loops for bf16 or f16.
func halfRows(t core.Type) trait.HalfRows {
	widen := func(y []float32, x []uint16) { elements.Widen(y, x, t) }
	narrow := func(y []uint16, x []float32) { elements.Halve(y, x, t) }
	return trait.HalfRows{Widen: widen, Narrow: narrow, Add: func(acc, x []float32) {
		halves := make([]uint16, len(acc))
		addRow(acc, x)
		narrow(halves, acc)
		widen(acc, halves)
	}}
}

// extremes are plain loops.
var extremes = trait.FloatRows{Larger: larger[uint32, float32], Smaller: smaller[uint32, float32]}

// widened returns a function that gives a row in f32. Many rows are converted at once, and a row is valid until
// others of two such blocks have been given.
func (s *segments) widened(halves []uint16) func(i int) []float32 {
	const block = 32
	var now, before []float32
	first := -block
	return func(i int) []float32 {
		if i < first || i >= first+block {
			now, before = before, now
			if now == nil {
				now = make([]float32, block*s.cols)
			}
			first = i
			rows := halves[i*s.cols : min((i+block)*s.cols, len(halves))]
			s.halves.Widen(now[:len(rows)], rows)
		}
		return now[(i-first)*s.cols:][:s.cols]
	}
}

// rounding returns a function that rounds the numbers of at most one row to bf16 or f16.
func (s *segments) rounding() func(row []float32) {
	halves := make([]uint16, max(s.cols, 1))
	return func(row []float32) {
		halves := halves[:len(row)]
		s.halves.Narrow(halves, row)
		s.halves.Widen(row, halves)
	}
}

func combine[T numeric.Number](kind segmentKind, s *segments, x, y []T) error {
	if kind == sparseSegments {
		return sumSparse(s, &sparseTable[T]{rows: x, cols: s.cols}, y)
	}
	return combineRows(kind, s, func(i int) []T { return x[i*s.cols:][:s.cols] }, y, nil)
}

// combineRows combines rows that are not sparse. round rounds what a step makes of a row; it is nil if nothing does.
func combineRows[T numeric.Number](
	kind segmentKind, s *segments, row func(i int) []T, y []T, round func(row []T),
) error {
	if kind == sortedSegments {
		return combineSorted(s, row, y, round)
	}
	combineUnsorted(s, row, y, round)
	return nil
}

// each calls f with the number of each segment of sorted ids, and where it begins and ends. It stops early if the
// output is abandoned.
func (s *segments) each(f func(id, first, end int) error) error {
	for first := 0; first < len(s.ids); {
		if s.y.Abandoned() {
			return nil
		}
		end := first + 1
		for end < len(s.ids) && s.ids[end] == s.ids[first] {
			end++
		}
		if err := f(int(s.ids[first]), first, end); err != nil {
			return err
		}
		first = end
	}
	return nil
}

// fold is how rows become one. An accumulator has the element start at first.
type fold[T numeric.Number] struct {
	start       T
	whole, rest func(acc, x []T)          // for elements in vectors, and for those behind them
	four        func(acc, a, b, c, d []T) // whole for one row after the other
}

// foldOf returns the fold of rows; that of a sum unless the mode is Prod, Max or Min. Integers are in [lo, hi]. round
// is as in combineRows.
func foldOf[T numeric.Number](s *segments, lo, hi T, round func(row []T)) fold[T] {
	mode := s.mode
	f := fold[T]{0, addRow[T], addRow[T], addFour[T]}
	switch mode {
	case SegmentProd:
		f = fold[T]{1, multiplyRow[T], multiplyRow[T], nil}
	case SegmentMax:
		f = fold[T]{lo, raiseRow[T], raiseRow[T], nil}
	case SegmentMin:
		f = fold[T]{hi, lowerRow[T], lowerRow[T], nil}
	}
	switch whole := f.whole; {
	case mode == SegmentMax || mode == SegmentMin:
		switch f := any(&f).(type) {
		case *fold[float32]:
			setExtremes(f, chosen(mode, s.rows.Larger, s.rows.Smaller))
		case *fold[float64]:
			setExtremes(f, chosen(mode, larger[uint64, float64], smaller[uint64, float64]))
		}
	case round != nil && mode != SegmentProd:
		if f, ok := any(&f).(*fold[float32]); ok {
			f.whole = s.halves.Add
			f.rest, f.four = f.whole, nil
		}
	case round != nil:
		f.whole = func(acc, x []T) {
			whole(acc, x)
			round(acc)
		}
		f.rest, f.four = f.whole, nil
	}
	if whole := f.whole; f.four == nil {
		f.four = func(acc, a, b, c, d []T) {
			whole(acc, a)
			whole(acc, b)
			whole(acc, c)
			whole(acc, d)
		}
	}
	return f
}

// chosen returns the function of a mode.
func chosen[F any](mode SegmentMode, larger, smaller F) F {
	if mode == SegmentMax {
		return larger
	}
	return smaller
}

// setExtremes sets the functions of a fold of reals. Of equals, and of NaN, what comes first stays in vectors, and what
// comes last behind them.
func setExtremes[T float32 | float64](f *fold[T], choose func(out, x, y []T)) {
	f.whole = func(acc, x []T) { choose(acc, x, acc) }
	f.rest = func(acc, x []T) { choose(acc, acc, x) }
}

// addRow adds x to acc.
func addRow[T numeric.Number](acc, x []T) {
	x = x[:len(acc)]
	for i := range acc {
		acc[i] += x[i]
	}
}

func addFour[T numeric.Number](acc, a, b, c, d []T) {
	n := len(acc)
	a, b, c, d = a[:n], b[:n], c[:n], d[:n]
	for i, v := range acc {
		acc[i] = v + a[i] + b[i] + c[i] + d[i]
	}
}

func multiplyRow[T numeric.Number](acc, x []T) {
	x = x[:len(acc)]
	for i := range acc {
		acc[i] *= x[i]
	}
}

func raiseRow[T numeric.Number](acc, x []T) {
	x = x[:len(acc)]
	for i, v := range acc {
		acc[i] = max(v, x[i])
	}
}

func lowerRow[T numeric.Number](acc, x []T) {
	x = x[:len(acc)]
	for i, v := range acc {
		acc[i] = min(v, x[i])
	}
}

// bitsOf returns reals as the integers of their bits, of which a condition chooses without a branch.
func bitsOf[U uint32 | uint64, T float32 | float64](x []T) []U { return view.Of[U](view.Bytes(x)) }

// larger sets out to x where that is larger than y, and to y elsewhere.
func larger[U uint32 | uint64, T float32 | float64](out, x, y []T) {
	n := len(out)
	x, y = x[:n], y[:n]
	to, v, w := bitsOf[U](out)[:n], bitsOf[U](x)[:n], bitsOf[U](y)[:n]
	for i, a := range y {
		chosen, other := w[i], v[i]
		if x[i] > a {
			chosen = other
		}
		to[i] = chosen
	}
}

// smaller sets out to x where that is smaller than y, and to y elsewhere.
func smaller[U uint32 | uint64, T float32 | float64](out, x, y []T) {
	n := len(out)
	x, y = x[:n], y[:n]
	to, v, w := bitsOf[U](out)[:n], bitsOf[U](x)[:n], bitsOf[U](y)[:n]
	for i, a := range y {
		chosen, other := w[i], v[i]
		if a > x[i] {
			chosen = other
		}
		to[i] = chosen
	}
}

// fill sets all elements.
func fill[T any](y []T, v T) {
	for i := range y {
		y[i] = v
	}
}

// checkVector checks that input i holds integers of one of some types and has rank 1.
func checkVector(constraint string, in []core.Operand, i int) error {
	if err := infer.WantType(constraint, in, i, core.I32, core.I64); err != nil {
		return err
	}
	if s := in[i].Shape; s.Ranked() && len(s) != 1 {
		return core.Violation(constraint, i, "got shape %v, want a vector", s)
	}
	return nil
}

// checkSorted checks that the ids, which are input i, are 0 or more and do not decrease.
func checkSorted(constraint string, i int, ids []int64) error {
	last := int64(0)
	for at, id := range ids {
		if id < last {
			return core.Violation(constraint, i, "got %d at %d behind %d, want ids of 0 or more that do not decrease",
				id, at, last)
		}
		last = id
	}
	return nil
}

// segmentsBy returns how many segments sorted ids have.
func segmentsBy(ids []int64) int {
	if len(ids) == 0 {
		return 0
	}
	return int(min(ids[len(ids)-1], math.MaxInt-1)) + 1
}

// segmentCount returns the value of the scalar that is input i; false if it is not known.
func segmentCount(constraint string, in []core.Operand, i int) (n int, ok bool, err error) {
	if err := infer.WantType(constraint, in, i, core.I32, core.I64); err != nil {
		return 0, false, err
	}
	if s := in[i].Shape; s.Ranked() && len(s) != 0 {
		return 0, false, core.Violation(constraint, i, "got shape %v, want a scalar", s)
	}
	v, ok := infer.IntsOf(in[i])
	if !ok {
		return 0, false, nil
	}
	if v[0] < 0 {
		return 0, false, core.Violation(constraint, i, "got %d, want 0 or more", v[0])
	}
	return int(v[0]), true, nil
}

// withRows returns a shape of rank 1 or more with another first dimension.
func withRows(s core.Shape, rows int) (core.Shape, error) {
	return infer.CheckedShape(infer.JoinedShapes(core.Shape{rows}, s[1:]))
}
