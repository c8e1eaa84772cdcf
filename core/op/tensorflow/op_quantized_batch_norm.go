package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[QuantizedBatchNorm]("TFQuantizedBatchNorm")

// QuantizedBatchNorm is TensorFlow's
// QuantizedBatchNormWithGlobalNormalization: batch normalization of quantized values in integers of the range
// (-2^20, 2^20), in steps of 2^-11. With QuantizedToFloat and FloatToQuantized (see quantization.go), and reals in
// float32,
//
//	k[c]     = 1/sqrt(variance[c] + Epsilon), times gamma[c] with ScaleAfterNormalization
//	shift[c] = beta[c] - mean[c]*k[c]
//	y        = (t' * k') / 1' + shift'
//
// where ' is FloatToQuantized in that range; the product wraps in int32 and the
// division truncates.
//
//	Inputs:  t: u8, [N, H, W, C]
//	         t_min, t_max: f32, [] or [1]
//	         mean, mean_min, mean_max: u8, [C], and its range like that of t
//	         variance, beta, gamma: likewise
//	Outputs: y: i32, the shape of t
//	         min, max: f32, []: -2^20 and 2^20
//
//	C1: t, mean, variance, beta and gamma are u8 or i32, of one type
//	C2: t has rank 4
//	C3: mean, variance, beta and gamma have shape [C], C not 0
//	C4: Epsilon is finite
//	R1 to R3: see quantization.go
type QuantizedBatchNorm struct {
	Epsilon                 float32 `json:"variance_epsilon"`
	ScaleAfterNormalization bool    `json:"scale_after_normalization"`
}

// InputNames names the inputs.
func (op *QuantizedBatchNorm) InputNames() []string {
	return []string{
		"t", "t_min", "t_max", "mean", "mean_min", "mean_max", "variance", "variance_min", "variance_max",
		"beta", "beta_min", "beta_max", "gamma", "gamma_min", "gamma_max",
	}
}

// Infer checks C1 to C4 and R1 to R3.
func (op *QuantizedBatchNorm) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 15); err != nil {
		return nil, err
	}
	if e := float64(op.Epsilon); math.IsNaN(e) || math.IsInf(e, 0) {
		return nil, core.Violation("C4", -1, "variance_epsilon: got %v, want a finite number", op.Epsilon)
	}
	s, ok := infer.UnknownShape(4).Merge(in[0].Shape)
	if !ok {
		return nil, core.Violation("C2", 0, "got shape %v, want [N, H, W, C]", in[0].Shape)
	}
	for i := 0; i < 15; i += 3 {
		if err := infer.WantType("C1", in, i, core.U8, core.I32); err != nil {
			return nil, err
		}
		if !in[i].Type.Compatible(in[0].Type) {
			return nil, core.Violation("C1", i, "got type %v, want t's %v", in[i].Type, in[0].Type)
		}
		if err := inferTFRange(in, i+1, i+2, noChannels); err != nil {
			return nil, err
		}
		if want := s[3:]; i > 0 && !in[i].Shape.Compatible(want) || s[3] == 0 {
			return nil, core.Violation("C3", i, "got shape %v, want %v of at least one channel", in[i].Shape, want)
		}
	}
	return rangeFacts(core.I32, s), nil
}

// Eval normalizes each element.
func (op *QuantizedBatchNorm) Eval(in, out []*core.Tensor) error {
	var real [5][]float32 // of t (not used), mean, variance, beta and gamma
	var tRange tfRange
	for i := range real {
		r, err := readRange(in, 3*i+1, 3*i+2)
		if err != nil {
			return err
		}
		if i == 0 {
			tRange = r
			continue
		}
		toFloat := r.quantizedToFloat(in[3*i].Type())
		for _, q := range in[3*i].Int64s() {
			real[i] = append(real[i], toFloat(q))
		}
	}
	if err := elements.Ensure(out, 0, core.I32, in[0].Shape()); err != nil {
		return err
	}
	to := tfRange{-(1 << 20), 1 << 20}
	k, shift := op.factors(to, real[1], real[2], real[3], real[4])
	one := to.floatToQuantized(1, core.I32)
	input := tRange.requantizeInNewRange(in[0].Type(), to, core.I32)
	element := func(q int64, c int) int32 { return int32(int64(int32(input(q)*k[c]))/one + shift[c]) }
	y := core.Data[int32](out[0])
	if in[0].Type() == core.U8 && len(y) > 256*len(k) { // a table of all bytes for each channel is cheaper
		table := make([]int32, 256*len(k))
		for i := range table {
			table[i] = element(int64(i%256), i/256)
		}
		for x := core.Data[uint8](in[0]); len(x) > 0; x, y = x[len(k):], y[len(k):] {
			for c, q := range x[:len(k)] {
				y[c] = table[c<<8|int(q)]
			}
		}
	} else {
		q := in[0].Int64s()
		eachSlice(in[0].Shape(), 3, func(i, c int) { y[i] = element(q[i], c) })
	}
	setRange(out, 1, to)
	return nil
}

// factors returns the quantized k and shift of each channel.
func (op *QuantizedBatchNorm) factors(to tfRange, mean, variance, beta, gamma []float32) (k, shift []int64) {
	for c, v := range variance {
		f := 1 / float32(math.Sqrt(float64(v+op.Epsilon)))
		if op.ScaleAfterNormalization {
			f *= gamma[c]
		}
		k = append(k, to.floatToQuantized(f, core.I32))
		shift = append(shift, to.floatToQuantized(float32(-mean[c]*f)+beta[c], core.I32))
	}
	return k, shift
}
