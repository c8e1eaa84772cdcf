package pointwise

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var (
	_ = core.Register[Logical]("Logical")
	_ = core.Register[LogicalNot]("LogicalNot")
)

// LogicalFunction is what Logical computes.
type LogicalFunction uint8

// The logical functions.
const (
	And LogicalFunction = iota
	Or
	Xor
	numLogicalFunctions
)

var logicalNames = [numLogicalFunctions]string{"And", "Or", "Xor"}

// String returns the function's name.
func (f LogicalFunction) String() string { return enum.Name(f, logicalNames[:]) }

// MarshalText writes the name, which stands for the LogicalFunction in JSON.
func (f LogicalFunction) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText parses a function's name.
func (f *LogicalFunction) UnmarshalText(b []byte) error {
	return enum.Parse(f, string(b), "logical function", logicalNames[:])
}

// Logical combines booleans elementwise.
//
//	y[i] = a[i] Function b[i], a and b broadcast to one shape by NumPy's rules
//
//	Inputs:  a: boolean, any shape
//	         b: boolean, a shape that broadcasts with a's
//	Outputs: y: boolean, the broadcast shape
//
//	C1: a is boolean; Function is one of the functions
//	C2: b is boolean
//	C3: the shapes broadcast
//
// It is TensorFlow's LogicalAnd and LogicalOr.
type Logical struct {
	Function LogicalFunction `json:"function"`
}

// Infer checks C1 to C3.
func (op *Logical) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if op.Function >= numLogicalFunctions {
		return nil, core.Violation("C1", -1, "unknown function %d", op.Function)
	}
	for i, o := range in {
		if !o.Type.Compatible(core.Bool) {
			return nil, core.Violation([]string{"C1", "C2"}[i], i, "got type %v, want boolean", o.Type)
		}
	}
	s, err := infer.BroadcastShapes("C3", in)
	return []core.Fact{{Type: core.Bool, Shape: s}}, err
}

// Eval combines.
func (op *Logical) Eval(in, out []*core.Tensor) error {
	a, b, err := elements.BroadcastTwo(in)
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, core.Bool, a.Shape()); err != nil {
		return err
	}
	f := [...]func(a, b bool) bool{
		And: func(a, b bool) bool { return a && b },
		Or:  func(a, b bool) bool { return a || b },
		Xor: func(a, b bool) bool { return a != b },
	}[op.Function]
	zip(core.Data[bool](out[0]), core.Data[bool](a), core.Data[bool](b), f)
	return nil
}

// Elements is trait.AllElements.
func (op *Logical) Elements() trait.Elements { return trait.AllElements }

// LogicalNot negates booleans.
//
//	Inputs:  x: boolean, any shape
//	Outputs: y: boolean, the shape of x
//
//	C1: x is boolean
type LogicalNot struct{}

// Infer checks C1.
func (op *LogicalNot) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if !in[0].Type.Compatible(core.Bool) {
		return nil, core.Violation("C1", 0, "got type %v, want boolean", in[0].Type)
	}
	return []core.Fact{{Type: core.Bool, Shape: in[0].Shape}}, nil
}

// Eval negates.
func (op *LogicalNot) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	y := core.Data[bool](out[0])
	for i, v := range core.Data[bool](in[0]) {
		y[i] = !v
	}
	return nil
}

// Elements is trait.FirstElements.
func (op *LogicalNot) Elements() trait.Elements { return trait.FirstElements }
