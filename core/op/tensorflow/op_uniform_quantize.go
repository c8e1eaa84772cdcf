package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[UniformQuantize]("TFUniformQuantize")

// UniformQuantize is TensorFlow's UniformQuantize: it quantizes reals by scales and zero points. Each step is rounded
// to float32.
//
//	i = int32(floor(x * (1/scale) + 0.5)) + zero_point; int32() gives -2^31 for numbers that
//	    do not fit, and the sum wraps
//	q = max(min(i, Hi), Lo)
//
// With an Axis each slice has its own scale and zero point. nGraph's Quantize divides.
//
//	Inputs:  x: f32, any shape
//	         scales: f32, []; [dimension at Axis] with an Axis
//	         zero_points: i32, the shape of scales
//	Outputs: q: Type, the shape of x
//
//	C1: Type is i8, u8 or i32; Lo and Hi are two of its values, Lo <= Hi
//	C2: x is f32
//	C3: Axis is -1 (none) or an axis of x
//	U1, U2: see uniform.go
type UniformQuantize struct {
	Type core.Type `json:"type"`
	Axis int       `json:"axis"` // -1 for none
	Lo   int64     `json:"lo"`
	Hi   int64     `json:"hi"`
}

// InputNames names the inputs.
func (op *UniformQuantize) InputNames() []string { return []string{"x", "scales", "zero_points"} }

// Infer checks C1 to C3 and U1, U2.
func (op *UniformQuantize) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if err := checkLimits(op.Type, op.Lo, op.Hi); err != nil {
		return nil, err
	}
	if err := infer.WantType("C2", in, 0, core.F32); err != nil {
		return nil, err
	}
	channels, err := sliceAxis("C3", op.Axis, in[0].Shape)
	if err != nil {
		return nil, err
	}
	return []core.Fact{{Type: op.Type, Shape: in[0].Shape}}, inferUniform(in, 1, 2, channels)
}

// Eval quantizes each element.
func (op *UniformQuantize) Eval(in, out []*core.Tensor) error {
	if err := checkUniform(in[1], 1); err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, op.Type, in[0].Shape()); err != nil {
		return err
	}
	x, scales, zeros := core.Data[float32](in[0]), core.Data[float32](in[1]), core.Data[int32](in[2])
	q := make([]int64, len(x))
	eachSlice(in[0].Shape(), op.Axis, func(i, c int) {
		q[i] = affineQuantize(x[i], 1/scales[c], zeros[c], op.Lo, op.Hi)
	})
	elements.SetInts(out[0], q)
	return nil
}

// Elements is trait.FirstElements if all elements have the same scale.
func (op *UniformQuantize) Elements() trait.Elements {
	return trait.ElementsOfSlices(op.Axis, true)
}

// Rows are along the last axis, if that is the axis along which scales differ.
func (op *UniformQuantize) Rows(x core.Shape) (trait.Rows, bool) {
	if op.Axis < 0 {
		return trait.Rows{}, false
	}
	c := *op
	c.Axis = 1
	return trait.RowsOf(x, op.Axis, &c, false)
}

// affineQuantize is TensorFlow's AffineQuantize.
func affineQuantize(x, inverse float32, zero int32, lo, hi int64) int64 {
	i := truncateToInt32(math.Floor(float64(float32(x*inverse) + 0.5)))
	return max(min(int64(int32(i)+zero), hi), lo)
}

// Affine returns the factor, and the zero point and the bounds (numbers), with which each f32 element is quantized to 8
// bits; false if there are several scales, or if Type does not have 8 bits.
func (op *UniformQuantize) Affine(scale, zero *core.Tensor) (factor float32, numbers [3]int32, ok bool) {
	if op.Axis != -1 || op.Type.Size() != 1 || scale.Len() != 1 || checkUniform(scale, 1) != nil {
		return 0, numbers, false
	}
	return 1 / core.Data[float32](scale)[0], [3]int32{core.Data[int32](zero)[0], int32(op.Lo), int32(op.Hi)}, true
}
