package tensorflow

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[QuantizedRelu]("TFQuantizedRelu")

// QuantizedRelu is TensorFlow's QuantizedRelu, QuantizedRelu6 and QuantizedReluX:
// quantized values clamped between the codes of 0 and of an upper limit. The range does not change.
//
//	y = min(max(x, FloatToQuantized(0)), FloatToQuantized(limit)), see quantization.go
//
// FloatToQuantized saturates, so a limit far outside the range has no effect. Where the limit exceeds int64,
// TensorFlow's conversion overflows and is undefined.
//
//	Inputs:  x: u8, i8 or i32, any shape
//	         min, max: f32, [] or [1]: the range of x
//	         limit: f32, [] or [1], optional: 6 for QuantizedRelu6
//	Outputs: y: the type and shape of x
//
//	C1: x is u8, i8 or i32
//	C2: the limit is f32 of shape [] or [1], and not NaN
//	R1 to R3: see quantization.go
type QuantizedRelu struct{}

// InputNames names the inputs.
func (op *QuantizedRelu) InputNames() []string { return []string{"x", "min", "max", "limit"} }

// Infer checks C1, C2 and R1 to R3.
func (op *QuantizedRelu) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) != 3 && len(in) != 4 {
		return nil, core.Violation("", -1, "got %d inputs, want 3 or 4", len(in))
	}
	if err := infer.WantType("C1", in, 0, core.I8, core.U8, core.I32); err != nil {
		return nil, err
	}
	if err := inferTFRange(in, 1, 2, noChannels); err != nil {
		return nil, err
	}
	if len(in) == 4 {
		l := in[3]
		if !l.Type.Compatible(core.F32) || !rangeShape(l.Shape, noChannels) {
			return nil, core.Violation("C2", 3, "got %v, want f32 of shape [] or [1]", l.Fact)
		}
		if l.Const != nil {
			if _, err := reluLimit(l.Const); err != nil {
				return nil, err
			}
		}
	}
	return []core.Fact{in[0].Fact}, nil
}

// reluLimit returns the limit and checks C2.
func reluLimit(t *core.Tensor) (float32, error) {
	l := core.Data[float32](t)[0]
	if l != l {
		return 0, core.Violation("C2", 3, "got NaN, want a number")
	}
	return l, nil
}

// Eval limits each element.
func (op *QuantizedRelu) Eval(in, out []*core.Tensor) error {
	r, err := readRange(in, 1, 2)
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	lo := r.floatToQuantized(0, in[0].Type())
	_, hi := in[0].Type().Bounds()
	if len(in) == 4 {
		limit, err := reluLimit(in[3])
		if err != nil {
			return err
		}
		hi = r.floatToQuantized(limit, in[0].Type())
	}
	elements.MapInts(in[0], out[0], func(q int64) int64 { return min(max(q, lo), hi) })
	return nil
}

// Elements is trait.FirstElements.
func (op *QuantizedRelu) Elements() trait.Elements { return trait.FirstElements }

// ElementCost is at most the cost of a product.
func (op *QuantizedRelu) ElementCost(core.Type) (cost int, ok bool) { return 1, true }
