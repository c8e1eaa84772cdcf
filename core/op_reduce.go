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

var (
	_ = Register[Sum]("Sum")
	_ = Register[Mean]("Mean")
	_ = Register[Prod]("Prod")
	_ = Register[Max]("Max")
	_ = Register[Min]("Min")

	sumRow = reduction{
		real32: sumLanes[float32], real64: sumLanes[float64],
		whole: func(v []int64, _ Type) int64 { return wholeSum(v) },
	}
	meanRow = reduction{
		real32: func(v []float32) float32 { return sumLanes(v) / float32(len(v)) },
		real64: func(v []float64) float64 { return sumLanes(v) / float64(len(v)) },
		whole:  func(v []int64, _ Type) int64 { return wholeSum(v) / int64(max(len(v), 1)) },
	}
	prodRow = reduction{
		real32: product[float32], real64: product[float64],
		whole: func(v []int64, _ Type) int64 { return product(v) },
	}
	minRow = reduction{
		real32: func(v []float32) float32 { return smallest(v, float32(math.Inf(1))) },
		real64: func(v []float64) float64 { return smallest(v, math.Inf(1)) },
		whole: func(v []int64, t Type) int64 {
			_, m := bounds64(t)
			for _, x := range v {
				m = min(m, x)
			}
			return m
		},
	}
)

func product[T float32 | float64 | int64](v []T) T {
	p := T(1)
	for _, x := range v {
		p *= x
	}
	return p
}

// Eval adds.
func (op *Sum) Eval(in, out []*Tensor) error { return evalReduction(sumRow, &op.Reduction, in, out) }

// Rows are those of the axes, if they are the last.
func (op *Sum) Rows(x Shape) (Rows, bool) { return op.rows(x, &Sum{Reduction: eachRow}) }

// Eval averages.
func (op *Mean) Eval(in, out []*Tensor) error { return evalReduction(meanRow, &op.Reduction, in, out) }

// Rows are those of the axes, if they are the last.
func (op *Mean) Rows(x Shape) (Rows, bool) { return op.rows(x, &Mean{Reduction: eachRow}) }

// Eval multiplies.
func (op *Prod) Eval(in, out []*Tensor) error { return evalReduction(prodRow, &op.Reduction, in, out) }

// Rows are those of the axes, if they are the last.
func (op *Prod) Rows(x Shape) (Rows, bool) { return op.rows(x, &Prod{Reduction: eachRow}) }

// Eval finds the largest.
func (op *Max) Eval(in, out []*Tensor) error { return evalReduction(maxRow(), &op.Reduction, in, out) }

// Rows are those of the axes, if they are the last.
func (op *Max) Rows(x Shape) (Rows, bool) { return op.rows(x, &Max{Reduction: eachRow}) }

// Eval finds the smallest.
func (op *Min) Eval(in, out []*Tensor) error { return evalReduction(minRow, &op.Reduction, in, out) }

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
		return []Fact{{Type: in[0].Type}}, nil
	}
	axes, err := axesOf("C2", op.Axes, len(s))
	if err != nil {
		return nil, err
	}
	return []Fact{{Type: in[0].Type, Shape: reducedShape(s, axes, op.KeepDims)}}, nil
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

func evalReduction(f reduction, op *Reduction, in, out []*Tensor) error {
	x := in[0]
	axes, err := axesOf("C2", op.Axes, len(x.Shape()))
	if err != nil {
		return err
	}
	if err := ensure(out, 0, x.Type(), reducedShape(x.Shape(), axes, op.KeepDims)); err != nil {
		return err
	}
	y := out[0]
	switch {
	case x.Type() == F32:
		reduceEach(x.Shape(), axes, Data[float32](x), Data[float32](y), f.real32)
	case x.Type() == F64:
		reduceEach(x.Shape(), axes, Data[float64](x), Data[float64](y), f.real64)
	case x.Type().IsFloat():
		v := make([]float32, y.Len())
		reduceEach(x.Shape(), axes, x.Float32s(), v, f.real32)
		SetFloat32s(y, v)
	default:
		v := make([]int64, y.Len())
		reduceEach(x.Shape(), axes, x.Int64s(), v, func(v []int64) int64 { return f.whole(v, x.Type()) })
		SetInts(y, v)
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
