package core

import "math"

// The reductions. All share this definition, one row of a table (their reduction)
// telling them apart:
//
//	y = f of the elements of x along Axes
//
// The reduced elements are taken in row-major order. Sums of reals are made in f32 (f64
// for f64) in one written order: element k is added to lane k mod 16, and the 16 lanes
// (zeros at first) are added pairwise, lane i + lane i+8, then i+4, i+2, i+1. Products
// multiply in order. Integers wrap in 64 bits and then in their type.
//
//	Inputs:  x: a number type, any shape
//	Outputs: y: the type of x; its shape without the axes, or with 1 there if KeepDims
//
//	C1: x is a number (an integer of at most 64 signed bits, or a real)
//	C2: the axes are different and in [-rank, rank); none reduces nothing
//
// They are nGraph's ops of the same names, and TensorFlow's with constant axes.
type (
	// Sum adds; 0 of nothing.
	Sum struct{ Reduction }
	// Mean is the sum divided by the number of elements; integers truncate. NaN, or 0 for
	// integers, of nothing.
	Mean struct{ Reduction }
	// Prod multiplies; 1 of nothing.
	Prod struct{ Reduction }
	// Max is the largest; -Inf, or the type's lowest value, of nothing; NaN if one is.
	Max struct{ Reduction }
	// Min is the smallest; Inf, or the type's highest value, of nothing; NaN if one is.
	Min struct{ Reduction }
)

// Reduction holds the attributes of the reductions.
type Reduction struct {
	Axes     []int `json:"axes"`
	KeepDims bool  `json:"keep_dims,omitempty"`
}

// reduction is a row of the table of reductions. t is the element type.
type reduction struct {
	real32 func(v []float32) float32
	real64 func(v []float64) float64
	whole  func(v []int64, t Type) int64
}

var (
	_ = register[Sum]("Sum")
	_ = register[Mean]("Mean")
	_ = register[Prod]("Prod")
	_ = register[Max]("Max")
	_ = register[Min]("Min")

	sumRow = reduction{
		sumLanes[float32], sumLanes[float64],
		func(v []int64, _ Type) int64 { return wholeSum(v) },
	}
	meanRow = reduction{
		func(v []float32) float32 { return sumLanes(v) / float32(len(v)) },
		func(v []float64) float64 { return sumLanes(v) / float64(len(v)) },
		func(v []int64, _ Type) int64 { return wholeSum(v) / int64(max(len(v), 1)) },
	}
	prodRow = reduction{
		product[float32], product[float64],
		func(v []int64, _ Type) int64 { return product(v) },
	}
	maxRow = reduction{
		func(v []float32) float32 { return largest(v, float32(math.Inf(-1))) },
		func(v []float64) float64 { return largest(v, math.Inf(-1)) },
		func(v []int64, t Type) int64 {
			m, _ := bounds64(t)
			for _, x := range v {
				m = max(m, x)
			}
			return m
		},
	}
	minRow = reduction{
		func(v []float32) float32 { return smallest(v, float32(math.Inf(1))) },
		func(v []float64) float64 { return smallest(v, math.Inf(1)) },
		func(v []int64, t Type) int64 {
			_, m := bounds64(t)
			for _, x := range v {
				m = min(m, x)
			}
			return m
		},
	}
)

// lanes is the number of partial sums of a sum of reals.
const lanes = 16

// sumLanes adds reals in the order that Sum documents.
func sumLanes[T float32 | float64](v []T) T {
	var lane [lanes]T
	for len(v) >= lanes {
		for i, x := range v[:lanes] {
			lane[i] += x
		}
		v = v[lanes:]
	}
	for i, x := range v {
		lane[i] += x
	}
	for half := lanes / 2; half > 0; half /= 2 {
		for i := range half {
			lane[i] += lane[i+half]
		}
	}
	return lane[0]
}

func wholeSum(v []int64) int64 {
	var s int64
	for _, x := range v {
		s += x
	}
	return s
}

func product[T float32 | float64 | int64](v []T) T {
	p := T(1)
	for _, x := range v {
		p *= x
	}
	return p
}

func largest[T float32 | float64](v []T, m T) T {
	for _, x := range v {
		m = larger(m, x)
	}
	return m
}

func smallest[T float32 | float64](v []T, m T) T {
	for _, x := range v {
		m = smaller(m, x)
	}
	return m
}

// bounds64 is Bounds that also knows i64.
func bounds64(t Type) (lo, hi int64) {
	if t == I64 {
		return math.MinInt64, math.MaxInt64
	}
	return t.Bounds()
}

// Eval adds.
func (op *Sum) Eval(in, out []*Tensor) error { return sumRow.eval(&op.Reduction, in, out) }

// Rows are those of the axes, if they are the last.
func (op *Sum) Rows(x Shape) (Rows, bool) { return op.rows(x, &Sum{Reduction: eachRow}) }

// Eval averages.
func (op *Mean) Eval(in, out []*Tensor) error { return meanRow.eval(&op.Reduction, in, out) }

// Rows are those of the axes, if they are the last.
func (op *Mean) Rows(x Shape) (Rows, bool) { return op.rows(x, &Mean{Reduction: eachRow}) }

// Eval multiplies.
func (op *Prod) Eval(in, out []*Tensor) error { return prodRow.eval(&op.Reduction, in, out) }

// Rows are those of the axes, if they are the last.
func (op *Prod) Rows(x Shape) (Rows, bool) { return op.rows(x, &Prod{Reduction: eachRow}) }

// Eval finds the largest.
func (op *Max) Eval(in, out []*Tensor) error { return maxRow.eval(&op.Reduction, in, out) }

// Rows are those of the axes, if they are the last.
func (op *Max) Rows(x Shape) (Rows, bool) { return op.rows(x, &Max{Reduction: eachRow}) }

// Eval finds the smallest.
func (op *Min) Eval(in, out []*Tensor) error { return minRow.eval(&op.Reduction, in, out) }

// Rows are those of the axes, if they are the last.
func (op *Min) Rows(x Shape) (Rows, bool) { return op.rows(x, &Min{Reduction: eachRow}) }

// Infer checks C1 and C2.
func (op *Reduction) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if !isNumber(in[0].Type) || in[0].Type == U64 {
		return nil, Violation("C1", 0, "got type %v, want an integer type other than u64, or a real type", in[0].Type)
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []Fact{{in[0].Type, nil}}, nil
	}
	axes, err := axesOf("C2", op.Axes, len(s))
	if err != nil {
		return nil, err
	}
	return []Fact{{in[0].Type, reducedShape(s, axes, op.KeepDims)}}, nil
}

// eachRow reduces the rows of a matrix.
var eachRow = Reduction{Axes: []int{1}}

// rows returns the rows of the axes, which must be the last; op is the one of eachRow.
func (op *Reduction) rows(x Shape, of Op) (Rows, bool) {
	_, at, behind, ok := op.Sizes(x)
	return Rows{Op: of, Length: at, Single: true}, ok && behind == 1
}

// Sizes returns the products of the dimensions of x before, at and behind the axes, which
// must be neighbours, dimensions of size 1 aside.
func (op *Reduction) Sizes(x Shape) (before, at, behind int, ok bool) {
	reduced, err := axesOf("C2", op.Axes, len(x))
	if err != nil {
		return 0, 0, 0, false
	}
	sizes, part := [3]int{1, 1, 1}, 0
	for i, d := range x {
		switch {
		case d == 1:
			continue
		case reduced[i] && part == 2:
			return 0, 0, 0, false
		case reduced[i]:
			part = 1
		case part == 1:
			part = 2
		}
		sizes[part] *= d
	}
	return sizes[0], sizes[1], sizes[2], true
}

func reducedShape(s Shape, axes []bool, keep bool) Shape {
	out := Shape{}
	for i, d := range s {
		switch {
		case !axes[i]:
			out = append(out, d)
		case keep:
			out = append(out, 1)
		}
	}
	return out
}

func (f reduction) eval(op *Reduction, in, out []*Tensor) error {
	x := in[0]
	axes, err := axesOf("C2", op.Axes, len(x.shape))
	if err != nil {
		return err
	}
	if err := ensure(out, 0, x.typ, reducedShape(x.shape, axes, op.KeepDims)); err != nil {
		return err
	}
	y := out[0]
	switch {
	case x.typ == F32:
		reduceEach(x.shape, axes, Data[float32](x), Data[float32](y), f.real32)
	case x.typ == F64:
		reduceEach(x.shape, axes, Data[float64](x), Data[float64](y), f.real64)
	case x.typ.IsFloat():
		v := make([]float32, y.Len())
		reduceEach(x.shape, axes, x.Float32s(), v, f.real32)
		y.setFloat32s(v)
	default:
		v := make([]int64, y.Len())
		reduceEach(x.shape, axes, x.Int64s(), v, func(v []int64) int64 { return f.whole(v, x.typ) })
		y.setInts(v)
	}
	return nil
}

// reduceEach calls f with the elements of each output, in row-major order.
func reduceEach[T, U any](s Shape, axes []bool, x []T, y []U, f func([]T) U) {
	var kept, reduced Shape
	var keptStrides, reducedStrides []int
	for i, st := range rowMajorStrides(s) {
		if axes[i] {
			reduced, reducedStrides = append(reduced, s[i]), append(reducedStrides, st)
		} else {
			kept, keptStrides = append(kept, s[i]), append(keptStrides, st)
		}
	}
	offsets := offsetsOf(reduced, reducedStrides)
	v := make([]T, len(offsets))
	for i, base := range offsetsOf(kept, keptStrides) {
		for j, o := range offsets {
			v[j] = x[base+o]
		}
		y[i] = f(v)
	}
}

// offsetsOf lists the offsets of all indices of a shape in row-major order.
func offsetsOf(s Shape, strides []int) []int {
	var offsets []int
	eachIndex(s, func(idx []int) {
		o := 0
		for i, v := range idx {
			o += v * strides[i]
		}
		offsets = append(offsets, o)
	})
	return offsets
}
