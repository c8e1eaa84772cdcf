package control

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[SetRow]("SetRow")

// SetRow replaces one row of a tensor: the elements at one index of the first axis.
//
//	Inputs:  x: any type [n, ...]
//	         index: i32 or i64 []
//	         row: the type of x, [...]
//	Outputs: y: x with row at index
//
//	C1: index is i32 or i64 [], and the number of an existing row; with Grows it may be after
//	    the last row, and rows of zeros are inserted in between
//	C2: row has the type and the shape of a row of x, unless the rows of x are known to have
//	    no elements: then x is a list in which no row has been set, and all rows get the
//	    shape of row
//
// It is TensorFlow's TensorListSetItem and TensorArrayWriteV3.
type SetRow struct {
	Grows bool `json:"grows,omitempty"`
}

// Infer checks C1 and C2.
func (op *SetRow) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	x, index, row := in[0], in[1], in[2]
	if t := index.Type; t != core.Dynamic && t != core.I32 && t != core.I64 {
		return nil, core.Violation("C1", 1, "index: got type %v, want i32 or i64", t)
	}
	if s := index.Shape; !s.Compatible(core.Shape{}) {
		return nil, core.Violation("C1", 1, "index: got shape %v, want []", s)
	}
	if !row.Type.Compatible(x.Type) {
		return nil, core.Violation("C2", 2, "row: got type %v, want %v", row.Type, x.Type)
	}
	if x.Shape.Ranked() && len(x.Shape) == 0 {
		return nil, core.Violation("C2", 0, "got a scalar, want rows")
	}
	s := x.Shape
	if empty := s.Ranked() && slices.Contains(s[1:], 0); empty && row.Shape != nil {
		s = infer.JoinedShapes(s[:1], row.Shape)
	} else if empty {
		s = nil
	} else if s.Ranked() && !row.Shape.Compatible(s[1:]) {
		return nil, core.Violation("C2", 2, "row: got shape %v, want %v", row.Shape, s[1:])
	}
	if row.Shape != nil {
		merged := infer.JoinedShapes(core.Shape{core.Unknown}, row.Shape)
		if s != nil {
			merged, _ = merged.Merge(s)
		}
		s = merged
	}
	if op.Grows && s != nil {
		s = s.Clone()
		s[0] = core.Unknown
		if x.Shape != nil && x.Shape[0] != core.Unknown && index.Const != nil {
			s[0] = max(x.Shape[0], wholeOf(index.Const)+1)
		}
	}
	s, err := infer.CheckedShape(s)
	return []core.Fact{{Type: x.Type, Shape: s}}, err
}

// Eval copies x and sets the row.
func (op *SetRow) Eval(in, out []*core.Tensor) error {
	x, at := in[0], wholeOf(in[1])
	shape := infer.JoinedShapes(x.Shape()[:1], rowShape(x, in[2]))
	if op.Grows {
		shape[0] = max(shape[0], at+1)
	}
	if out[0] == nil {
		t, err := core.BoundedTensor(op, core.Fact{Type: x.Type(), Shape: shape})
		if err != nil {
			return err
		}
		out[0] = t
	}
	if x.Len() > 0 {
		elements.CopyUnit(out[0], 0, x, 0, x.Len())
	}
	clear(out[0].Bytes()[len(x.Bytes()):])
	clear(out[0].Strings()[len(x.Strings()):])
	return setRow(out[0], in[1], in[2])
}

// rowShape returns the shape that the rows of x have after a row has been set.
func rowShape(x, row *core.Tensor) core.Shape {
	if own := x.Shape()[1:]; !slices.Contains(own, 0) {
		return own
	}
	return row.Shape()
}

// setRow sets one row of a tensor.
func setRow(x, index, row *core.Tensor) error {
	if !isWhole(index) {
		return core.Violation("C1", 1, "index: got %v, want i32 or i64 []", index.Fact())
	}
	if len(x.Shape()) == 0 {
		return core.Violation("C2", 0, "got a scalar, want rows")
	}
	at := wholeOf(index)
	if at < 0 || at >= x.Shape()[0] {
		return core.Violation("C1", 1, "index: got %d, want one of the %d rows", at, x.Shape()[0])
	}
	if row.Type() != x.Type() || !row.Shape().Equal(x.Shape()[1:]) {
		return core.Violation("C2", 2, "row: got %v, want %v", row.Fact(), core.Fact{Type: x.Type(), Shape: x.Shape()[1:]})
	}
	elements.CopyUnit(x, at*row.Len(), row, 0, row.Len())
	return nil
}
