package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[UniformRequantize]("TFUniformRequantize")

// UniformRequantize is TensorFlow's UniformRequantize, and the last step of its UniformQuantizedDot,
// UniformQuantizedConvolution and UniformQuantizedAdd: it converts integers from one scale to another in fixed point.
// With m = f64(factor) * f64(scale) / f64(output scale) = n * 2^(e-31), n rounded to 31 bits,
//
//	q = max(min(((x - zero) * n + 2^(30-e)) >> (31-e) + output zero, Hi), Lo)
//
// where the difference and the last sum wrap to i32, and the shifted product saturates to it. m below 2^-32 counts as
// 0, and m of 2^30 or more as 2^30 - 2^-1. Without a factor, i32 inputs and outputs are converted to float32 and back,
// as TensorFlow does with qint32 there, and with an Axis the difference does not wrap.
//
//	Inputs:  x: i8 or i32, any shape
//	         scales, zero_points: those of x; [], or [dimension at Axis]
//	         output_scales, output_zero_points: [], or [dimension at Axis]
//	         factor: f32, []: another scale of x; may be left out
//	Outputs: q: Type, the shape of x
//
//	C1: Type is i8, u8 or i32; Lo and Hi are two of its values, Lo <= Hi
//	C2: x is i8 or i32
//	C3: Axis is -1 (none) or an axis of x
//	U1, U2: see uniform.go
type UniformRequantize struct {
	Type core.Type `json:"type"`
	Axis int       `json:"axis"` // the axis along which scales differ; -1 for none
	Lo   int64     `json:"lo"`
	Hi   int64     `json:"hi"`
}

// InputNames names the inputs.
func (op *UniformRequantize) InputNames() []string {
	return []string{"x", "scales", "zero_points", "output_scales", "output_zero_points", "factor"}
}

// Infer checks C1 to C3 and U1, U2.
func (op *UniformRequantize) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) != 6 {
		if err := core.WantInputs(in, 5); err != nil {
			return nil, err
		}
	}
	if err := checkLimits(op.Type, op.Lo, op.Hi); err != nil {
		return nil, err
	}
	if err := infer.WantType("C2", in, 0, core.I8, core.I32); err != nil {
		return nil, err
	}
	channels, err := sliceAxis("C3", op.Axis, in[0].Shape)
	if err != nil {
		return nil, err
	}
	for _, i := range []int{1, 3} {
		c := channels
		if s := in[i].Shape; s.Ranked() && len(s) == 0 {
			c = noChannels
		}
		if err := inferUniform(in, i, i+1, c); err != nil {
			return nil, err
		}
	}
	if len(in) == 6 {
		if t := in[5]; !t.Type.Compatible(core.F32) || !t.Shape.Compatible(core.Shape{}) {
			return nil, core.Violation("U1", 5, "got %v, want f32[]", t.Fact)
		}
	}
	return []core.Fact{{Type: op.Type, Shape: in[0].Shape}}, nil
}

// Eval requantizes each element.
func (op *UniformRequantize) Eval(in, out []*core.Tensor) error {
	multipliers, err := op.multipliers(in)
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, op.Type, in[0].Shape()); err != nil {
		return err
	}
	x, zeros, outZeros := in[0].Int64s(), core.Data[int32](in[2]), core.Data[int32](in[4])
	q := make([]int64, len(x))
	real := len(in) == 5
	eachSlice(in[0].Shape(), op.Axis, func(i, c int) {
		d := int64(throughFloat(x[i], real && in[0].Type() == core.I32)) - int64(zeros[c%len(zeros)])
		if !real || op.Axis == -1 {
			d = int64(int32(d))
		}
		v := multipliers[c%len(multipliers)].times(d) + outZeros[c%len(outZeros)]
		v = int32(max(min(int64(v), op.Hi), op.Lo))
		q[i] = int64(throughFloat(int64(v), real && op.Type == core.I32))
	})
	elements.SetInts(out[0], q)
	return nil
}

// throughFloat converts an i32 to float32 and back, if the op does so.
func throughFloat(v int64, yes bool) int32 {
	if yes {
		v = truncateToInt32(float64(float32(v)))
	}
	return int32(v)
}

// multipliers returns one multiplier for all slices or one for each, and checks U2.
func (op *UniformRequantize) multipliers(in []*core.Tensor) ([]fixedMultiplier, error) {
	for _, i := range []int{1, 3, 5} {
		if i < len(in) {
			if err := checkUniform(in[i], i); err != nil {
				return nil, err
			}
		}
	}
	from, to, factor := core.Data[float32](in[1]), core.Data[float32](in[3]), 1.0
	if len(in) > 5 {
		factor = float64(core.Data[float32](in[5])[0])
	}
	out := make([]fixedMultiplier, max(len(from), len(to)))
	for c := range out {
		out[c] = newFixedMultiplier(factor * float64(from[c%len(from)]) / float64(to[c%len(to)]))
		if out[c].n < 0 {
			return nil, core.Violation("U2", 3,
				"got scale %v for %v, whose ratio is not finite", to[c%len(to)], from[c%len(from)])
		}
	}
	return out, nil
}

// FixedPoint returns n and 31-e of the op's formula: the factors by which differences from the zero point are
// multiplied, and the numbers of bits by which the products are shifted. There is one pair for all elements, or one
// for each slice along Axis. in are the inputs of Eval; x itself is not read. The error is a violation of U2.
func (op *UniformRequantize) FixedPoint(in []*core.Tensor) (factors []int64, shifts []int, err error) {
	multipliers, err := op.multipliers(in)
	for _, m := range multipliers {
		factors, shifts = append(factors, m.n), append(shifts, 31-m.shift)
	}
	return factors, shifts, err
}

// fixedMultiplier is the number n * 2^(shift-31), where n has 31 bits.
type fixedMultiplier struct {
	n     int64
	shift int
}

// newFixedMultiplier returns m as a fixedMultiplier; n is -1 if m is not finite and positive.
func newFixedMultiplier(m float64) fixedMultiplier {
	if !(m > 0) || math.IsInf(m, 0) {
		return fixedMultiplier{n: -1}
	}
	fraction, shift := math.Frexp(m)
	n := int64(math.Round(fraction * (1 << 31)))
	if n == 1<<31 {
		n, shift = n/2, shift+1
	}
	switch {
	case shift < -31:
		return fixedMultiplier{}
	case shift > 30:
		return fixedMultiplier{1<<31 - 1, 30}
	}
	return fixedMultiplier{n, shift}
}

// times multiplies x, rounds half up and saturates to i32.
func (f fixedMultiplier) times(x int64) int32 {
	total := 31 - f.shift
	product := (x*f.n + 1<<(total-1)) >> total
	return int32(min(max(product, math.MinInt32), math.MaxInt32))
}

// Elements is trait.FirstElements if all elements have the same scale.
func (op *UniformRequantize) Elements() trait.Elements {
	return trait.ElementsOfSlices(op.Axis, true)
}

// Rescaling holds the parameters of UniformRequantize for one scale and i32 data: x is rounded to float32 and
// back, (x-Zero)*Factor is shifted right by Shift bits with rounding and saturated, Offset is added, and the sum is
// clamped to the bounds of the op.
type Rescaling struct {
	Zero, Offset int32
	Factor       int64
	Shift        int
}

// Rescaling returns the parameters; false if there are several scales, if there is a factor, if x is not the type
// i32, or if Type is not a type of 8 bits. in are the inputs of Eval; x itself is not read.
func (op *UniformRequantize) Rescaling(x core.Type, in []*core.Tensor) (Rescaling, bool) {
	if op.Axis != -1 || x != core.I32 || op.Type.Size() != 1 || len(in) != 5 {
		return Rescaling{}, false
	}
	m, err := op.multipliers(in)
	if err != nil || len(m) != 1 || in[2].Len() != 1 || in[4].Len() != 1 {
		return Rescaling{}, false
	}
	return Rescaling{
		Zero: core.Data[int32](in[2])[0], Offset: core.Data[int32](in[4])[0], Factor: m[0].n, Shift: 31 - m[0].shift,
	}, true
}
