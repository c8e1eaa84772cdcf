package sparse

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

// allocate sets out[i] to a tensor of zeros, within the memory that one tensor may take, unless it is there.
func allocate(op core.Op, out []*core.Tensor, i int, t core.Type, s core.Shape) error {
	if out[i] != nil {
		return nil
	}
	made, err := core.BoundedTensor(op, core.Fact{Type: t, Shape: s})
	out[i] = made
	return err
}

// allocateAll allocates what an op infers from complete inputs.
func allocateAll(op core.Op, in, out []*core.Tensor) error {
	facts, err := op.Infer(core.OperandsOf(in))
	if err != nil {
		return err
	}
	for i, f := range facts {
		if err := allocate(op, out, i, f.Type, f.Shape); err != nil {
			return err
		}
	}
	return nil
}

// rowShape returns the shape of the rows of input data, which input at numbers: of data without the dimensions of at,
// which it begins with. nil if it is not known.
func rowShape(constraint string, in []core.Operand, data, at int) (core.Shape, error) {
	s, begin := in[data].Shape, in[at].Shape
	if !s.Ranked() || !begin.Ranked() {
		return nil, nil
	}
	if len(begin) > len(s) || !s[:len(begin)].Compatible(begin) {
		return nil, core.Violation(constraint, data, "got shape %v, want one that begins with %v", s, begin)
	}
	return infer.JoinedShapes(s[len(begin):]), nil
}
