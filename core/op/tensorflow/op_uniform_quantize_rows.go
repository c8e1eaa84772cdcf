package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[UniformQuantizeRows]("TFUniformQuantizeRows")

// UniformQuantizeRows quantizes reals as TensorFlow's UniformQuantizedDotHybrid and UniformQuantizedConvolutionHybrid
// do: each row (index of the first axis) by a scale and a zero point from its own range. Everything is computed in
// float64 unless f32 is stated,
//
//	lo = min(0, the smallest), hi = max(0, the largest)
//	scale   = f32((hi - lo) / 255), inverse = f32(255 / (hi - lo))
//	zero    = rha(-128 - lo/scale), or rha(127 - hi/scale) if 127 + |hi/scale| is not above
//	          128 + |lo/scale|; within [-128, 127]
//	q       = that of UniformQuantize, with inverse as the factor 1/scale
//
// A row whose scale is 0, or whose inverse is not finite, gets scale 1 and consists of zeros.
//
//	Inputs:  x: f32, [N, ...]
//	Outputs: q: i8, the shape of x
//	         scales: f32, [N]
//	         zero_points: i32, [N]
//
//	C1: x is f32, of rank 1 or more
type UniformQuantizeRows struct{}

// InputNames names the input.
func (op *UniformQuantizeRows) InputNames() []string { return []string{"x"} }

// Infer checks C1.
func (op *UniformQuantizeRows) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := infer.WantType("C1", in, 0, core.F32); err != nil {
		return nil, err
	}
	rows := core.Shape{core.Unknown}
	if s := in[0].Shape; s.Ranked() {
		if len(s) == 0 {
			return nil, core.Violation("C1", 0, "got shape %v, want rank 1 or more", s)
		}
		rows = core.Shape{s[0]}
	}
	return []core.Fact{{Type: core.I8, Shape: in[0].Shape}, {Type: core.F32, Shape: rows}, {Type: core.I32, Shape: rows}},
		nil
}

// Eval quantizes row by row.
func (op *UniformQuantizeRows) Eval(in, out []*core.Tensor) error {
	s := in[0].Shape()
	for i, f := range []core.Fact{
		{Type: core.I8, Shape: s},
		{Type: core.F32, Shape: s[:1]},
		{Type: core.I32, Shape: s[:1]},
	} {
		if err := elements.Ensure(out, i, f.Type, f.Shape); err != nil {
			return err
		}
	}
	x, q := core.Data[float32](in[0]), core.Data[int8](out[0])
	scales, zeros := core.Data[float32](out[1]), core.Data[int32](out[2])
	size := core.Shape(s[1:]).MustElements()
	for r := range s[0] {
		quantizeRow(x[r*size:][:size], q[r*size:][:size], &scales[r], &zeros[r])
	}
	return nil
}

func quantizeRow(x []float32, q []int8, scale *float32, zero *int32) {
	var least, most float32
	for _, v := range x {
		least, most = min(least, v), max(most, v)
	}
	lo, hi := float64(least), float64(most)
	*scale, *zero = float32((hi-lo)/255), 0
	inverse := float32(255 / (hi - lo))
	if *scale == 0 || math.IsInf(float64(inverse), 0) || math.IsNaN(float64(inverse)) {
		*scale = 1
		clear(q)
		return
	}
	below, above := lo/float64(*scale), hi/float64(*scale)
	z := 127 - above
	if 128+math.Abs(below) < 127+math.Abs(above) {
		z = -128 - below
	}
	*zero = int32(math.Round(min(max(z, -128), 127)))
	for i, v := range x {
		q[i] = int8(affineQuantize(v, inverse, *zero, -128, 127))
	}
}
