package reduce

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

// The reductions. They share this definition and differ only in f, a row of a table:
//
//	y = f of the elements of x along Axes
//
// The elements are taken in row-major order. Sums of reals are computed in f32 (f64 for f64) in a fixed order:
// element k is added to lane k mod 16, and the 16 lanes (zeros at first) are added pairwise, lane i + lane i+8, then
// i+4, i+2, i+1. Products of reals are made likewise, with lanes of ones at first. Integers wrap in 64 bits and then in
// their type.
//
//	Inputs:  x: a number type, any shape
//	Outputs: y: the type of x; its shape without the axes, or with 1 there if KeepDims
//
//	C1: x is a number (an integer of at most 64 signed bits, or a real; for Sum also complex, computed in f64)
//	C2: the axes are different and in [-rank, rank); none reduces nothing
//
// They are nGraph's ops of the same names, and TensorFlow's with constant axes.
type (
	// Sum is the sum; 0 without elements.
	Sum struct{ Reduction }
	// Mean is the sum divided by the number of elements; integers truncate. Without elements it is NaN, or 0
	// for integers.
	Mean struct{ Reduction }
	// Prod is the product; 1 without elements.
	Prod struct{ Reduction }
	// Max is the largest; NaN if any is; -Inf or the type's lowest value without elements.
	Max struct{ Reduction }
	// Min is the smallest; NaN if any is; Inf or the type's highest value without elements.
	Min struct{ Reduction }
)

// Reduction holds the attributes of the reductions.
type Reduction struct {
	Axes     []int `json:"axes"`
	KeepDims bool  `json:"keep_dims,omitempty"`
}

var (
	_ = core.Register[Sum]("Sum")
	_ = core.Register[Mean]("Mean")
	_ = core.Register[Prod]("Prod")
	_ = core.Register[Max]("Max")
	_ = core.Register[Min]("Min")

	sumRow = arithmetic.Reduction{
		Real32: arithmetic.SumLanes[float32], Real64: arithmetic.SumLanes[float64],
		Whole:   func(v []int64, _ core.Type) int64 { return arithmetic.WholeSum(v) },
		Complex: arithmetic.ComplexSum,
	}
	meanRow = arithmetic.Reduction{
		Real32: func(v []float32) float32 { return arithmetic.SumLanes(v) / float32(len(v)) },
		Real64: func(v []float64) float64 { return arithmetic.SumLanes(v) / float64(len(v)) },
		Whole:  func(v []int64, _ core.Type) int64 { return arithmetic.WholeSum(v) / int64(max(len(v), 1)) },
	}
	prodRow = arithmetic.Reduction{
		Real32: arithmetic.MultiplyLanes[float32], Real64: arithmetic.MultiplyLanes[float64],
		Whole: func(v []int64, _ core.Type) int64 {
			p := int64(1)
			for _, x := range v {
				p *= x
			}
			return p
		},
	}
	minRow = arithmetic.Reduction{
		Real32: func(v []float32) float32 { return arithmetic.Smallest(v, float32(math.Inf(1))) },
		Real64: func(v []float64) float64 { return arithmetic.Smallest(v, math.Inf(1)) },
		Whole: func(v []int64, t core.Type) int64 {
			_, m := arithmetic.Bounds64(t)
			for _, x := range v {
				m = min(m, x)
			}
			return m
		},
	}
)

// Eval adds.
func (op *Sum) Eval(in, out []*core.Tensor) error {
	return evalReduction(sumRow, &op.Reduction, in, out)
}

// Rows are along the axes, if these are the last ones.
func (op *Sum) Rows(x core.Shape) (trait.Rows, bool) { return op.rows(x, &Sum{Reduction: eachRow}) }

// Eval averages.
func (op *Mean) Eval(in, out []*core.Tensor) error {
	return evalReduction(meanRow, &op.Reduction, in, out)
}

// Rows are along the axes, if these are the last ones.
func (op *Mean) Rows(x core.Shape) (trait.Rows, bool) { return op.rows(x, &Mean{Reduction: eachRow}) }

// Eval multiplies.
func (op *Prod) Eval(in, out []*core.Tensor) error {
	return evalReduction(prodRow, &op.Reduction, in, out)
}

// Rows are along the axes, if these are the last ones.
func (op *Prod) Rows(x core.Shape) (trait.Rows, bool) { return op.rows(x, &Prod{Reduction: eachRow}) }

// Eval finds the largest.
func (op *Max) Eval(in, out []*core.Tensor) error {
	return evalReduction(arithmetic.Max(), &op.Reduction, in, out)
}

// Rows are along the axes, if these are the last ones.
func (op *Max) Rows(x core.Shape) (trait.Rows, bool) { return op.rows(x, &Max{Reduction: eachRow}) }

// Eval finds the smallest.
func (op *Min) Eval(in, out []*core.Tensor) error {
	return evalReduction(minRow, &op.Reduction, in, out)
}

// Rows are along the axes, if these are the last ones.
func (op *Min) Rows(x core.Shape) (trait.Rows, bool) { return op.rows(x, &Min{Reduction: eachRow}) }

// Infer checks C1 and C2.
func (op *Sum) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) != 1 || !in[0].Type.IsComplex() {
		return op.Reduction.Infer(in)
	}
	parts := in[0]
	parts.Type = parts.Type.Part()
	facts, err := op.Reduction.Infer([]core.Operand{parts})
	if err != nil {
		return nil, err
	}
	facts[0].Type = in[0].Type
	return facts, nil
}

// Infer checks C1 and C2.
func (op *Reduction) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if !infer.IsNumber(in[0].Type) || in[0].Type == core.U64 {
		return nil, core.Violation("C1", 0, "got type %v, want an integer type other than u64, or a real type", in[0].Type)
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	axes, err := infer.AxesOf("C2", op.Axes, len(s))
	if err != nil {
		return nil, err
	}
	return []core.Fact{{Type: in[0].Type, Shape: reducedShape(s, axes, op.KeepDims)}}, nil
}

// BatchInputs says that the input has the batch axis (axis 0), unless that axis is reduced.
func (op *Reduction) BatchInputs(in []core.Fact, _ core.Shape) []bool {
	reduced, err := infer.AxesOf("C2", op.Axes, len(in[0].Shape))
	if err != nil || len(reduced) == 0 || reduced[0] {
		return nil
	}
	return trait.FirstInput(in)
}

// Widens is true: bf16 and f16 are reduced in f32.
func (op *Reduction) Widens() bool { return true }

// eachRow reduces the rows of a matrix.
var eachRow = Reduction{Axes: []int{1}}

// rows returns the rows of the axes, which must be the last; op is the one of eachRow.
func (op *Reduction) rows(x core.Shape, of core.Op) (trait.Rows, bool) {
	_, at, behind, ok := op.Sizes(x)
	return trait.Rows{Op: of, Length: at, Single: true}, ok && behind == 1
}

// Sizes returns the products of the dimensions of x before, at and behind the axes. The axes must be adjacent, apart
// from dimensions of size 1.
func (op *Reduction) Sizes(x core.Shape) (before, at, behind int, ok bool) {
	reduced, err := infer.AxesOf("C2", op.Axes, len(x))
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

func reducedShape(s core.Shape, axes []bool, keep bool) core.Shape {
	out := core.Shape{}
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

func evalReduction(f arithmetic.Reduction, op *Reduction, in, out []*core.Tensor) error {
	x := in[0]
	axes, err := infer.AxesOf("C2", op.Axes, len(x.Shape()))
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, x.Type(), reducedShape(x.Shape(), axes, op.KeepDims)); err != nil {
		return err
	}
	y := out[0]
	switch {
	case x.Type() == core.F32:
		reduceEach(y, x.Shape(), axes, core.Data[float32](x), core.Data[float32](y), f.Real32)
	case x.Type() == core.F64:
		reduceEach(y, x.Shape(), axes, core.Data[float64](x), core.Data[float64](y), f.Real64)
	case x.Type().IsComplex():
		v := make([]complex128, y.Len())
		reduceEach(y, x.Shape(), axes, elements.Complexes(x), v, f.Complex)
		elements.SetComplexes(y, v)
	case x.Type().IsFloat():
		v := make([]float32, y.Len())
		reduceEach(y, x.Shape(), axes, x.Float32s(), v, f.Real32)
		elements.SetFloat32s(y, v)
	default:
		v := make([]int64, y.Len())
		reduceEach(y, x.Shape(), axes, x.Int64s(), v, func(v []int64) int64 { return f.Whole(v, x.Type()) })
		elements.SetInts(y, v)
	}
	return nil
}

// reduceEach calls f with the elements of each output, in row-major order. It stops early if the tensor to is
// abandoned.
func reduceEach[T, U any](to *core.Tensor, s core.Shape, axes []bool, x []T, y []U, f func([]T) U) {
	var kept, reduced core.Shape
	var keptStrides, reducedStrides []int
	for i, st := range elements.RowMajorStrides(s) {
		if axes[i] {
			reduced, reducedStrides = append(reduced, s[i]), append(reducedStrides, st)
		} else {
			kept, keptStrides = append(kept, s[i]), append(keptStrides, st)
		}
	}
	offsets := offsetsOf(to, reduced, reducedStrides)
	v := make([]T, len(offsets))
	for i, base := range offsetsOf(to, kept, keptStrides) {
		if i%256 == 0 && to.Abandoned() {
			return
		}
		for j, o := range offsets {
			v[j] = x[base+o]
		}
		y[i] = f(v)
	}
}

// offsetsOf lists the offsets of all indices of a shape in row-major order. It stops early if the tensor to is
// abandoned.
func offsetsOf(to *core.Tensor, s core.Shape, strides []int) []int {
	var offsets []int
	rest := false
	elements.EachIndex(s, func(idx []int) {
		if rest = rest || len(offsets)%(1<<20) == 1<<20-1 && to.Abandoned(); rest {
			return
		}
		o := 0
		for i, v := range idx {
			o += v * strides[i]
		}
		offsets = append(offsets, o)
	})
	return offsets
}
