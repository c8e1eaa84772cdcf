package pointwise

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/trait"
)

// FloatClass is a class of reals.
type FloatClass uint8

// The classes.
const (
	NaN FloatClass = iota
	Infinite
	Finite
	numFloatClasses
)

var floatClassNames = [numFloatClasses]string{"NaN", "Infinite", "Finite"}

// String returns the class's name.
func (c FloatClass) String() string { return enum.Name(c, floatClassNames[:]) }

// MarshalText writes the name, which stands for the FloatClass in JSON.
func (c FloatClass) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText parses a class's name.
func (c *FloatClass) UnmarshalText(b []byte) error {
	return enum.Parse(c, string(b), "class of reals", floatClassNames[:])
}

var _ = core.Register[Is]("Is")

// Is says which elements belong to a class.
//
//	Inputs:  x: a real type, any shape
//	Outputs: y: boolean, the shape of x
//
//	C1: Class is one of the classes
//	C2: x is real
//
// It is TensorFlow's IsNan, IsInf and IsFinite.
type Is struct {
	Class FloatClass `json:"class"`
}

// Infer checks C1 and C2.
func (op *Is) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if op.Class >= numFloatClasses {
		return nil, core.Violation("C1", -1, "unknown class %d", op.Class)
	}
	if t := in[0].Type; t != core.Dynamic && !t.IsFloat() {
		return nil, core.Violation("C2", 0, "got type %v, want a real type", t)
	}
	return []core.Fact{{Type: core.Bool, Shape: in[0].Shape}}, nil
}

// Eval looks at each element.
func (op *Is) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, core.Bool, in[0].Shape()); err != nil {
		return err
	}
	y := core.Data[bool](out[0])
	for i, v := range in[0].Float64s() {
		switch op.Class {
		case NaN:
			y[i] = v != v
		case Infinite:
			y[i] = math.IsInf(v, 0)
		default:
			y[i] = v == v && !math.IsInf(v, 0)
		}
	}
	return nil
}

// Widens is true: f32 has the numbers of bf16 and f16.
func (op *Is) Widens() bool { return true }

// Elements is trait.FirstElements.
func (op *Is) Elements() trait.Elements { return trait.FirstElements }
