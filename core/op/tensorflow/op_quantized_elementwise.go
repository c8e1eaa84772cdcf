package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var (
	_ = core.Register[QuantizedAdd]("TFQuantizedAdd")
	_ = core.Register[QuantizedMul]("TFQuantizedMul")
	_ = core.Register[QuantizedBiasAdd]("TFQuantizedBiasAdd")
)

// TensorFlow's quantized sums and products. They have in common:
//
//	Inputs:  x, y: quantized
//	         min_x, max_x: f32, [] or [1]
//	         min_y, max_y: f32, [] or [1]
//	Outputs: z: i32
//	         min, max: f32, []: the range of z
//
//	R1 to R3: see quantization.go
type (
	// QuantizedAdd is TensorFlow's QuantizedAdd. With a = the largest of |min| and |max|
	// of both ranges, the range of z is (-a*2^14, a*2^14), and
	//
	//	z = x' + y', x' = x0 + x*(x1 - x0) clamped to i32
	//
	// where x0 and x1 are the codes 0 and 1 of x converted to the range of z:
	// FloatToQuantized(QuantizedToFloat(0)) and so on, without clamping; y' likewise. If x
	// or y has a single element, x' or y' is FloatToQuantized(QuantizedToFloat(x)) itself.
	//
	//	C1: x and y are u8
	//	C2: the shapes of x and y broadcast
	//	C3: min < max of both ranges
	QuantizedAdd struct{}

	// QuantizedMul is TensorFlow's QuantizedMul. With the zero points zx and zy =
	// FloatToQuantized(0), without clamping,
	//
	//	z = (x - zx) * (y - zy), wrapped to i32
	//
	// The range of z is -2^31 to 2^31 times the product of the levels (max-min)/255 of x and y.
	//
	//	C1: x and y are u8
	//	C2: the shapes of x and y broadcast
	//	C3: min < max of both ranges
	QuantizedMul struct{}

	// QuantizedBiasAdd is TensorFlow's QuantizedBiasAdd. With a = the largest of max
	// and -min of both ranges, the range of z is (-a*2^17, a*2^17), and in float32
	//
	//	z = quantize(dequantize(x)) + quantize(dequantize(y)) + FloatToQuantized(0)
	//
	// by the Eigen forms, wrapped to i32.
	//
	//	C1: x and y are u8 or i8
	//	C2: x has shape [..., C] and y shape [C]
	QuantizedBiasAdd struct{}
)

var quantizedSumInputs = []string{"x", "y", "min_x", "max_x", "min_y", "max_y"}

// InputNames names the inputs.
func (op *QuantizedAdd) InputNames() []string { return quantizedSumInputs }

// InputNames names the inputs.
func (op *QuantizedMul) InputNames() []string { return quantizedSumInputs }

// InputNames names the inputs.
func (op *QuantizedBiasAdd) InputNames() []string { return quantizedSumInputs }

// inferQuantizedSum checks C1 and the ranges.
func inferQuantizedSum(in []core.Operand, types ...core.Type) error {
	if err := core.WantInputs(in, 6); err != nil {
		return err
	}
	for i := range 2 {
		if err := infer.WantType("C1", in, i, types...); err != nil {
			return err
		}
	}
	for _, i := range []int{2, 4} {
		if err := inferTFRange(in, i, i+1, noChannels); err != nil {
			return err
		}
	}
	return nil
}

func inferBroadcastSum(in []core.Operand) ([]core.Fact, error) {
	if err := inferQuantizedSum(in, core.U8); err != nil {
		return nil, err
	}
	for _, i := range []int{2, 4} {
		if in[i].Const != nil && in[i+1].Const != nil {
			if err := checkWide(tfRange{core.Data[float32](in[i].Const)[0], core.Data[float32](in[i+1].Const)[0]},
				i+1); err != nil {
				return nil, err
			}
		}
	}
	s, err := infer.BroadcastShapes("C2", in[:2])
	return rangeFacts(core.I32, s), err
}

// checkWide checks C3 for the range whose max is input i.
func checkWide(r tfRange, i int) error {
	if !(r.min < r.max) {
		return core.Violation("C3", i, "got the range [%v, %v], want min < max", r.min, r.max)
	}
	return nil
}

// Infer checks C1 to C3 and R1 to R3.
func (op *QuantizedAdd) Infer(in []core.Operand) ([]core.Fact, error) {
	return inferBroadcastSum(in)
}

// Infer checks C1 to C3 and R1 to R3.
func (op *QuantizedMul) Infer(in []core.Operand) ([]core.Fact, error) {
	return inferBroadcastSum(in)
}

// Infer checks C1, C2 and R1 to R3.
func (op *QuantizedBiasAdd) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := inferQuantizedSum(in, core.I8, core.U8); err != nil {
		return nil, err
	}
	x, y := in[0].Shape, in[1].Shape
	if x.Ranked() {
		if len(x) == 0 {
			return nil, core.Violation("C2", 0, "got shape %v, want rank 1 or more", x)
		}
		if want := x[len(x)-1:]; !y.Compatible(want) {
			return nil, core.Violation("C2", 1, "got shape %v, want %v: the channels of x", y, want)
		}
	} else if y.Ranked() && len(y) != 1 {
		return nil, core.Violation("C2", 1, "got shape %v, want rank 1", y)
	}
	return rangeFacts(core.I32, x), nil
}

// summands are the inputs of a quantized sum or product, broadcast.
type summands struct {
	x, y           *core.Tensor
	xRange, yRange tfRange
}

func readSummands(in, out []*core.Tensor) (summands, error) {
	var s summands
	var err error
	if s.xRange, err = readRange(in, 2, 3); err != nil {
		return s, err
	}
	if s.yRange, err = readRange(in, 4, 5); err != nil {
		return s, err
	}
	if s.x, s.y, err = elements.BroadcastTwo(in); err != nil {
		return s, err
	}
	return s, elements.Ensure(out, 0, core.I32, s.x.Shape())
}

// readWideSummands is like readSummands, for ops with constraint C3.
func readWideSummands(in, out []*core.Tensor) (summands, error) {
	s, err := readSummands(in, out)
	if err != nil {
		return s, err
	}
	if err := checkWide(s.xRange, 3); err != nil {
		return s, err
	}
	return s, checkWide(s.yRange, 5)
}

// symmetric returns the range (-a, a) for a = factor times the largest magnitude.
func (s summands) symmetric(factor float32) tfRange {
	a := max(s.xRange.magnitude(), s.yRange.magnitude()) * factor
	return tfRange{-a, a}
}

// headroom returns the range of a sum with a bias, which is (-a, a) unless ranges have their min above their max.
func (s summands) headroom() tfRange {
	a := max(s.xRange.max, -s.xRange.min, s.yRange.max, -s.yRange.min) * (1 << 17)
	return tfRange{-a, a}
}

// each stores the result of f for each pair of elements.
func (s summands) each(out *core.Tensor, f func(x, y int64) int64) {
	x, y := s.x.Int64s(), s.y.Int64s()
	z := make([]int64, len(x))
	for i, v := range x {
		z[i] = f(v, y[i])
	}
	elements.SetInts(out, z)
}

// Eval converts both summands to the range of the sum and adds them.
func (op *QuantizedAdd) Eval(in, out []*core.Tensor) error {
	s, err := readWideSummands(in, out)
	if err != nil {
		return err
	}
	to := s.symmetric(1 << 14)
	x, y := s.xRange.linearTo(to), s.yRange.linearTo(to)
	switch {
	case in[0].Len() == 1:
		x = s.xRange.requantizeInNewRange(core.U8, to, core.I32)
	case in[1].Len() == 1:
		y = s.yRange.requantizeInNewRange(core.U8, to, core.I32)
	}
	s.each(out[0], func(a, b int64) int64 { return x(a) + y(b) })
	setRange(out, 1, to)
	return nil
}

// linearTo returns the i32 values in one range for the u8 values of another: multiples of the step between the first
// two.
func (r tfRange) linearTo(to tfRange) func(q int64) int64 {
	real := r.quantizedToFloat(core.U8)
	first := truncateToInt64(to.floatToQuantizedUnclamped(real(0), core.I32))
	step := truncateToInt64(to.floatToQuantizedUnclamped(real(1), core.I32)) - first
	return func(q int64) int64 {
		return min(max(first+q*step, math.MinInt32), math.MaxInt32)
	}
}

// Eval multiplies the differences from the zero points.
func (op *QuantizedMul) Eval(in, out []*core.Tensor) error {
	s, err := readWideSummands(in, out)
	if err != nil {
		return err
	}
	zx := truncateToInt32(s.xRange.floatToQuantizedUnclamped(0, s.x.Type()))
	zy := truncateToInt32(s.yRange.floatToQuantizedUnclamped(0, s.y.Type()))
	s.each(out[0], func(a, b int64) int64 { return (a - zx) * (b - zy) })
	setRange(out, 1, productRange(s.xRange, s.x.Type(), s.yRange, s.y.Type()))
	return nil
}

// Eval converts both summands to the range of the sum, in float32, and adds them.
func (op *QuantizedBiasAdd) Eval(in, out []*core.Tensor) error {
	s, err := readSummands(in, out)
	if err != nil {
		return err
	}
	to := s.headroom()
	x, y, q := s.xRange.eigenDequantize(s.x.Type()), s.yRange.eigenDequantize(s.y.Type()), to.eigenQuantize(core.I32)
	zero := to.floatToQuantized(0, core.I32)
	s.each(out[0], func(a, b int64) int64 { return int64(int32(q(x(a)) + q(y(b)) + zero)) })
	setRange(out, 1, to)
	return nil
}
