package array

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Range]("Range")

// Range lists the numbers from a start, in steps of a delta, up to a limit.
//
//	y[0] = start, y[i] = y[i-1] + delta, up to but without limit
//
//	Inputs:  start, limit, delta: one number type, []
//	Outputs: y: that type, [ceil(|(limit - start) / delta|)]
//
//	C1: start, limit and delta are of one number type (not u64), of shape []
//	C2: delta is not 0, and leads from start to limit; reals are finite
//
// Reals are counted in their type, bf16 and f16 in f32. It is nGraph's op::v0::Range and
// TensorFlow's Range.
type Range struct{}

// InputNames names the inputs.
func (op *Range) InputNames() []string { return []string{"start", "limit", "delta"} }

// Infer checks C1 and C2.
func (op *Range) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	typ, known := core.Dynamic, true
	for i, o := range in {
		if !infer.IsNumber(o.Type) || o.Type == core.U64 || !o.Type.Compatible(typ) || !o.Shape.Compatible(core.Shape{}) {
			return nil, core.Violation("C1", i, "got %v, want a number of shape [], of one type with the others", o.Fact)
		}
		typ, known = max(typ, o.Type), known && o.Const != nil
	}
	if !known {
		return []core.Fact{{Type: typ, Shape: core.Shape{core.Unknown}}}, nil
	}
	n, err := rangeLength(in[0].Const, in[1].Const, in[2].Const)
	return []core.Fact{{Type: typ, Shape: core.Shape{n}}}, err
}

// rangeLength checks C2 and counts the elements.
func rangeLength(start, limit, delta *core.Tensor) (int, error) {
	var n float64
	if start.Type().IsInteger() {
		s, l, d := start.Int64s()[0], limit.Int64s()[0], delta.Int64s()[0]
		if d == 0 || d > 0 && s > l || d < 0 && s < l {
			return 0, core.Violation("C2", -1,
				"got start %d, limit %d and delta %d, want a delta that leads from start to limit",
				s, l, d)
		}
		width, step := uint64(l)-uint64(s), uint64(d)
		if d < 0 {
			width, step = -width, -step
		}
		count := width / step
		if width%step != 0 {
			count++
		}
		n = float64(count)
	} else {
		s, l, d := start.Float64s()[0], limit.Float64s()[0], delta.Float64s()[0]
		if n = math.Ceil(math.Abs((l - s) / d)); start.Type() != core.F64 {
			n = math.Ceil(math.Abs(float64((float32(l) - float32(s)) / float32(d))))
		}
		if d == 0 || d > 0 && s > l || d < 0 && s < l || n != n {
			return 0, core.Violation("C2", -1,
				"got start %v, limit %v and delta %v, want a delta that leads from start to limit",
				s, l, d)
		}
	}
	if n > core.MaxElements {
		return 0, core.Violation("C2", -1, "got a range of %.0f elements, want at most %d", n, int64(core.MaxElements))
	}
	return int(n), nil
}

// Eval counts.
func (op *Range) Eval(in, out []*core.Tensor) error {
	n, err := rangeLength(in[0], in[1], in[2])
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), core.Shape{n}); err != nil {
		return err
	}
	switch y := out[0]; {
	case y.Type() == core.F64:
		count(core.Data[float64](y), in[0].Float64s()[0], in[2].Float64s()[0])
	case y.Type() == core.F32:
		count(core.Data[float32](y), in[0].Float32s()[0], in[2].Float32s()[0])
	case y.Type() == core.I32: // modulo 2^32: the low bits of the 64 are stored
		count(core.Data[int32](y), int32(in[0].Int64s()[0]), int32(in[2].Int64s()[0]))
	case y.Type() == core.I64:
		count(core.Data[int64](y), in[0].Int64s()[0], in[2].Int64s()[0])
	case y.Type().IsFloat():
		v := make([]float32, n)
		count(v, in[0].Float32s()[0], in[2].Float32s()[0])
		elements.SetFloat32s(y, v)
	default:
		v := make([]int64, n)
		count(v, in[0].Int64s()[0], in[2].Int64s()[0])
		elements.SetInts(y, v)
	}
	return nil
}

func count[T int32 | int64 | float32 | float64](y []T, v, delta T) {
	for i := range y {
		y[i] = v
		v += delta
	}
}
