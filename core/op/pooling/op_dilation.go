package pooling

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/internal/pool"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Dilation]("Dilation")

// Dilation is the largest sum of an element in a sliding window and the filter's element at its position.
//
//	y[n, p, c] = max over window positions k inside the data of x[n, p+k, c] + filter[k, c],
//	             and of the type's lowest finite value; NaN is passed over
//
// Sums of bf16 and f16 are rounded; integers wrap.
//
//	Inputs:  x: a number type, [N, H, W, C]
//	         filter: the type of x, [h, w, C]
//	Outputs: y: the type of x, [N, H', W', C]
//
//	C1: x is a number of rank 4; Layout is NHWC
//	C2: filter has the type of x, rank 3, h and w >= 1, and as many channels
//	C3: there are no data dilations
//	C4: the padded data is at least as large as the dilated window
//
// It is TensorFlow's Dilation2D.
type Dilation struct {
	geometry.Spatial
}

// InputNames names the inputs.
func (op *Dilation) InputNames() []string { return []string{"x", "filter"} }

// Infer checks C1 to C4.
func (op *Dilation) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	x, ok := in[0].Shape.Merge(infer.UnknownShape(4))
	if !ok || !infer.IsNumber(in[0].Type) || op.Layout != geometry.NHWC {
		return nil, core.Violation("C1", 0, "got %v in %v, want numbers of rank 4 in NHWC", in[0].Fact, op.Layout)
	}
	f, ok := in[1].Shape.Merge(core.Shape{core.Unknown, core.Unknown, x[3]})
	if !ok || !in[1].Type.Compatible(in[0].Type) || f[0] == 0 || f[1] == 0 {
		return nil, core.Violation("C2", 1, "got %v, want %v of shape [h,w,%d], h and w 1 or more", in[1].Fact,
			in[0].Type, x[3])
	}
	y := core.Shape{x[0], core.Unknown, core.Unknown, x[3]}
	if f[0] != core.Unknown && f[1] != core.Unknown {
		s, err := pool.Shape(&op.Spatial, x, f[:2])
		if err != nil {
			return nil, err
		}
		y = s
	}
	return []core.Fact{{Type: in[0].Type, Shape: y}}, nil
}

// Eval compares sum by sum.
func (op *Dilation) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	switch x, f, y := in[0], in[1], out[0]; x.Type() {
	case core.F32:
		return dilate(op, in, y, core.Data[float32](x), core.Data[float32](f), core.Data[float32](y), -math.MaxFloat32)
	case core.F64:
		return dilate(op, in, y, core.Data[float64](x), core.Data[float64](f), core.Data[float64](y), -math.MaxFloat64)
	case core.I8:
		return dilate(op, in, y, core.Data[int8](x), core.Data[int8](f), core.Data[int8](y), math.MinInt8)
	case core.U8:
		return dilate(op, in, y, core.Data[uint8](x), core.Data[uint8](f), core.Data[uint8](y), 0)
	case core.I16:
		return dilate(op, in, y, core.Data[int16](x), core.Data[int16](f), core.Data[int16](y), math.MinInt16)
	case core.U16:
		return dilate(op, in, y, core.Data[uint16](x), core.Data[uint16](f), core.Data[uint16](y), 0)
	case core.I32:
		return dilate(op, in, y, core.Data[int32](x), core.Data[int32](f), core.Data[int32](y), math.MinInt32)
	case core.U32:
		return dilate(op, in, y, core.Data[uint32](x), core.Data[uint32](f), core.Data[uint32](y), 0)
	case core.I64:
		return dilate(op, in, y, core.Data[int64](x), core.Data[int64](f), core.Data[int64](y), math.MinInt64)
	case core.U64:
		return dilate(op, in, y, core.Data[uint64](x), core.Data[uint64](f), core.Data[uint64](y), 0)
	default:
		lowest := float32(-65504)
		if x.Type() == core.BF16 {
			lowest = -0x1.fep127
		}
		v := make([]float32, y.Len())
		err := dilate(op, in, y, x.Float32s(), f.Float32s(), v, lowest)
		elements.SetFloat32s(y, v)
		return err
	}
}

// dilate stops early if to is abandoned.
func dilate[T numeric.Number](op *Dilation, in []*core.Tensor, to *core.Tensor, x, f, y []T, lowest T) error {
	s, t := in[0].Shape(), to.Shape()
	axes, err := op.Axes(s, in[1].Shape()[:2])
	if err != nil {
		return err
	}
	channels, columns := s[3], in[1].Shape()[1]
	sums := make([]T, channels)
	for row := range t[0] * t[1] {
		if to.Abandoned() {
			return nil
		}
		n, oy := row/t[1], row%t[1]
		top, bottom := axes[0].Inside(oy)
		for ox := range t[2] {
			best := y[(row*t[2]+ox)*channels:][:channels]
			for c := range best {
				best[c] = lowest
			}
			left, right := axes[1].Inside(ox)
			for i := top; i < bottom; i++ {
				iy, _ := axes[0].At(oy, i)
				for j := left; j < right; j++ {
					ix, _ := axes[1].At(ox, j)
					from := x[((n*s[1]+iy)*s[2]+ix)*channels:][:channels]
					raise(to.Type(), best, from, f[(i*columns+j)*channels:][:channels], sums)
				}
			}
		}
	}
	return nil
}

// raise raises best to the sums of x and f.
func raise[T numeric.Number](t core.Type, best, x, f, sums []T) {
	for c, v := range x {
		sums[c] = v + f[c]
	}
	if t.IsHalf() {
		elements.Narrow(t, sums)
	}
	for c, v := range sums {
		if v > best[c] {
			best[c] = v
		}
	}
}

// BatchInputs says that the first input has the batch axis (axis 0).
func (op *Dilation) BatchInputs(in []core.Fact, _ core.Shape) []bool { return trait.FirstInput(in) }
