package reduce

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
)

var _ = core.Register[Histogram]("Histogram")

// Histogram counts the numbers in each of a few intervals of the same width. Those outside count in the first or the
// last one.
//
//	width = float64(range[1] - range[0]) / bins
//	y[b]  = how many x have b = trunc(min(float64(max(x, range[0]) - range[0]) / width, bins - 1))
//
//	Inputs:  x: a number type, any shape
//	         range: the type of x, [2]
//	         bins: i32, []
//	Outputs: y: Type, [bins]
//
//	C1: x is a number (not u64), and not NaN
//	C2: range has the type of x and shape [2]; it is finite, and range[0] < range[1]
//	C3: bins is i32 of shape [], and 1 or more
//	C4: Type is i32 or i64
//
// Differences are in the type of x. It is TensorFlow's HistogramFixedWidth.
type Histogram struct {
	Type core.Type `json:"type"`
}

// InputNames names the inputs.
func (op *Histogram) InputNames() []string { return []string{"x", "range", "bins"} }

// Infer checks C1 to C4 as far as values are constant.
func (op *Histogram) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	switch x, r, n := in[0], in[1], in[2]; {
	case op.Type != core.I32 && op.Type != core.I64:
		return nil, core.Violation("C4", -1, "type: got %v, want i32 or i64", op.Type)
	case !infer.IsNumber(x.Type) || x.Type == core.U64:
		return nil, core.Violation("C1", 0, "got type %v, want numbers other than u64", x.Type)
	case !r.Type.Compatible(x.Type) || !r.Shape.Compatible(core.Shape{2}):
		return nil, core.Violation("C2", 1, "got %v, want %v of shape [2]", r.Fact, x.Type)
	case !n.Type.Compatible(core.I32) || !n.Shape.Compatible(core.Shape{}):
		return nil, core.Violation("C3", 2, "got %v, want i32[]", n.Fact)
	}
	if r := in[1].Const; r != nil {
		v := r.Float64s()
		if !(v[0] < v[1]) || math.IsInf(v[0], 0) || math.IsInf(v[1], 0) {
			return nil, core.Violation("C2", 1, "got %v, want two finite numbers, the first one smaller", v)
		}
	}
	bins := core.Unknown
	if v, ok := infer.IntsOf(in[2]); ok {
		if bins = int(v[0]); bins < 1 {
			return nil, core.Violation("C3", 2, "got %d, want 1 or more", bins)
		}
	}
	return []core.Fact{{Type: op.Type, Shape: core.Shape{bins}}}, nil
}

// Eval counts number by number.
func (op *Histogram) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	counts := make([]int64, out[0].Len())
	var err error
	switch x, r := in[0], in[1]; {
	case x.Type() == core.F64:
		err = distribute(x.Type(), core.Data[float64](x), core.Data[float64](r), counts)
	case x.Type().IsFloat():
		err = distribute(x.Type(), x.Float32s(), r.Float32s(), counts)
	default:
		err = distribute(x.Type(), x.Int64s(), r.Int64s(), counts)
	}
	elements.SetInts(out[0], counts)
	return err
}

func distribute[T numeric.Number](t core.Type, x, limits []T, counts []int64) error {
	difference := func(a, b T) float64 {
		d := []T{a - b}
		if t == core.I32 {
			d[0] = T(int32(int64(d[0])))
		}
		elements.Narrow(t, d)
		return float64(d[0])
	}
	lo, last := limits[0], float64(len(counts)-1)
	width := difference(limits[1], lo) / float64(len(counts))
	for i, v := range x {
		if v != v {
			return core.Violation("C1", 0, "got NaN at element %d", i)
		}
		at := min(difference(max(v, lo), lo)/width, last)
		if !(at >= 0) { // differences of integers may wrap
			at = 0
		}
		counts[int(at)]++
	}
	return nil
}
