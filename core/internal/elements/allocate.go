package elements

import "github.com/tf2ng/tf2ng/core"

// Allocate infers the outputs of an op from its complete inputs and allocates those that are missing. It is
// for ops whose output shapes depend on the values of the inputs.
func Allocate(op core.Op, in, out []*core.Tensor) error {
	facts, err := op.Infer(core.OperandsOf(in))
	if err != nil {
		return err
	}
	for i, f := range facts {
		if err := Ensure(out, i, f.Type, f.Shape); err != nil {
			return err
		}
	}
	return nil
}

// CopyUnit copies n elements from one tensor, starting at position from, to another of the same type,
// starting at position to.
func CopyUnit(dst *core.Tensor, to int, src *core.Tensor, from, n int) {
	if size := dst.Type().Size(); size > 0 {
		copy(dst.Bytes()[to*size:(to+n)*size], src.Bytes()[from*size:])
		return
	}
	copy(dst.Strings()[to:to+n], src.Strings()[from:])
}

// KeepElements evaluates an op that only changes the shape of its input 0.
func KeepElements(op core.Op, in, out []*core.Tensor) error {
	f, err := op.Infer([]core.Operand{{Fact: in[0].Fact(), Const: in[0]}})
	if err != nil {
		return err
	}
	t, err := in[0].Reshaped(f[0].Shape)
	if err != nil {
		return err
	}
	Fill(out, t)
	return nil
}
