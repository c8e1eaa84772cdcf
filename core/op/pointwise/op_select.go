package pointwise

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Select]("Select")

// Select chooses elementwise.
//
//	y[i] = a[i] if condition[i], else b[i]; all broadcast to one shape by NumPy's rules
//
//	Inputs:  condition: boolean, any shape
//	         a: any type, any shape
//	         b: a's type, any shape
//	Outputs: y: a's type, the broadcast shape
//
//	C1: the condition is boolean
//	C2: b has a's type
//	C3: the three shapes broadcast
//
// It is nGraph's op::v1::Select and TensorFlow's SelectV2.
type Select struct{}

// InputNames names the inputs.
func (op *Select) InputNames() []string { return []string{"condition", "a", "b"} }

// Infer checks C1 to C3.
func (op *Select) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	switch {
	case !in[0].Type.Compatible(core.Bool):
		return nil, core.Violation("C1", 0, "got type %v, want boolean", in[0].Type)
	case !in[1].Type.Compatible(in[2].Type):
		return nil, core.Violation("C2", 2, "got type %v, want a's %v", in[2].Type, in[1].Type)
	}
	s, err := infer.BroadcastShapes("C3", in)
	return []core.Fact{{Type: max(in[1].Type, in[2].Type), Shape: s}}, err
}

// Eval chooses.
func (op *Select) Eval(in, out []*core.Tensor) error {
	s, err := infer.BroadcastShapes("C3", []core.Operand{{Fact: in[0].Fact()}, {Fact: in[1].Fact()}, {Fact: in[2].Fact()}})
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[1].Type(), s); err != nil {
		return err
	}
	wide := make([]*core.Tensor, 3)
	for i, t := range in {
		if wide[i], err = elements.BroadcastTensor(t, s); err != nil {
			return err
		}
	}
	elements.Copy(out[0], wide[2])
	size := in[1].Type().Size()
	for i, c := range core.Data[bool](wide[0]) {
		switch {
		case !c:
		case size == 0:
			out[0].Strings()[i] = wide[1].Strings()[i]
		default:
			copy(out[0].Bytes()[i*size:(i+1)*size], wide[1].Bytes()[i*size:])
		}
	}
	return nil
}

// Elements is trait.AllElements.
func (op *Select) Elements() trait.Elements { return trait.AllElements }
