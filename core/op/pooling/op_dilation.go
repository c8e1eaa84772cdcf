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
		return dilateAll(op, in, y, raise32, -math.MaxFloat32)
	case core.F64:
		return dilateAll(op, in, y, raise[float64], -math.MaxFloat64)
	case core.I8:
		return dilateAll(op, in, y, raise[int8], math.MinInt8)
	case core.U8:
		return dilateAll(op, in, y, raise[uint8], 0)
	case core.I16:
		return dilateAll(op, in, y, raise[int16], math.MinInt16)
	case core.U16:
		return dilateAll(op, in, y, raise[uint16], 0)
	case core.I32:
		return dilateAll(op, in, y, raise[int32], math.MinInt32)
	case core.U32:
		return dilateAll(op, in, y, raise[uint32], 0)
	case core.I64:
		return dilateAll(op, in, y, raise[int64], math.MinInt64)
	case core.U64:
		return dilateAll(op, in, y, raise[uint64], 0)
	default:
		lowest := float32(-65504)
		if x.Type() == core.BF16 {
			lowest = -0x1.fep127
		}
		v, sums := make([]float32, y.Len()), make([]float32, x.Shape()[3])
		err := dilate(op, in, y, x.Float32s(), f.Float32s(), v, func(best, x, f []float32) {
			for c, v := range x {
				sums[c] = v + f[c]
			}
			elements.Narrow(y.Type(), sums)
			for c, v := range sums {
				best[c] = larger(best[c], v)
			}
		}, lowest)
		elements.SetFloat32s(y, v)
		return err
	}
}

func dilateAll[T core.Element](
	op *Dilation, in []*core.Tensor, y *core.Tensor, raise func(best, x, f []T), lowest T,
) error {
	return dilate(op, in, y, core.Data[T](in[0]), core.Data[T](in[1]), core.Data[T](y), raise, lowest)
}

// dilate raises each output to the sums of its window. It stops early if to is abandoned.
func dilate[T any](
	op *Dilation, in []*core.Tensor, to *core.Tensor, x, f, y []T, raise func(best, x, f []T), lowest T,
) error {
	s, t := in[0].Shape(), to.Shape()
	axes, err := op.Axes(s, in[1].Shape()[:2])
	if err != nil {
		return err
	}
	channels, columns := s[3], in[1].Shape()[1]
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
					raise(best, from, f[(i*columns+j)*channels:][:channels])
				}
			}
		}
	}
	return nil
}

// raise raises best to the sums of x and f.
func raise[T numeric.Number](best, x, f []T) {
	x, f = x[:len(best)], f[:len(best)]
	for c, b := range best {
		if s := x[c] + f[c]; s > b {
			best[c] = s
		}
	}
}

// raise32 is raise without a branch, which would be mispredicted often.
func raise32(best, x, f []float32) {
	x, f = x[:len(best)], f[:len(best)]
	for c, b := range best {
		best[c] = larger(b, x[c]+f[c])
	}
}

// larger returns s if it is larger than b, else b.
func larger(b, s float32) float32 {
	chosen, other := math.Float32bits(b), math.Float32bits(s)
	if s > b {
		chosen = other
	}
	return math.Float32frombits(chosen)
}

// BatchInputs says that the first input has the batch axis (axis 0).
func (op *Dilation) BatchInputs(in []core.Fact, _ core.Shape) []bool { return trait.FirstInput(in) }
