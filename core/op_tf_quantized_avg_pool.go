package core

import "math"

var _ = Register[TFQuantizedAvgPool]("TFQuantizedAvgPool")

// TFQuantizedAvgPool is TensorFlow's QuantizedAvgPool: the mean of a sliding window of
// quantized values, whose range stays.
//
//	y = rne(f32(sum) / f32(count)) over the window positions inside the data; a window
//	without any gives 0
//
//	Inputs:  x: i8 or u8, [N, C, spatial...] or [N, spatial..., C] by Layout
//	Outputs: y: the type of x, [N, C, spatial...] or [N, spatial..., C]
//
//	C1: x is i8 or u8
//	C2: 1 to 3 spatial dimensions; Window has a size >= 1 for each
//	C3: there are no data dilations
//	C4: the padded data is at least as large as the dilated window
//
// TensorFlow's QuantizedMaxPool is MaxPool.
type TFQuantizedAvgPool struct {
	Spatial
	Window []int `json:"window_shape"`
}

// Infer checks C1 to C4.
func (op *TFQuantizedAvgPool) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := wantType("C1", in, 0, I8, U8); err != nil {
		return nil, err
	}
	s, err := poolShape(&op.Spatial, in[0].Shape, op.Window)
	return []Fact{{Type: in[0].Type, Shape: s}}, err
}

// Eval adds in int64 and multiplies by the rounded reciprocal, as oneDNN does.
func (op *TFQuantizedAvgPool) Eval(in, out []*Tensor) error {
	p, err := newPool(&op.Spatial, in, out, op.Window)
	if err != nil {
		return err
	}
	y := make([]int64, out[0].Len())
	poolEach(p, in[0].Int64s(), y, func(v []int64) int64 {
		if len(v) == 0 {
			return 0
		}
		return int64(math.RoundToEven(float64(float32(wholeSum(v)) * (1 / float32(len(v))))))
	})
	SetInts(out[0], y)
	return nil
}

// ChannelLayout returns Layout.
func (op *TFQuantizedAvgPool) ChannelLayout() Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *TFQuantizedAvgPool) WithLayout(l Layout) Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the first input is data.
func (op *TFQuantizedAvgPool) LayoutRoles(in []Fact) []LayoutRole { return dataRoles(in) }
