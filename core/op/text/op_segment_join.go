package text

import (
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[SegmentJoin]("StringSegmentJoin")

// SegmentJoin joins the strings of each segment, in their order.
//
//	Inputs:  x: string, [i..., r...]
//	         ids: i32 or i64, [i...]: the segment of each x
//	         count: i32 or i64, []
//	Outputs: y: string, [count, r...]; empty for segments without strings
//
//	C1: x has strings, and a shape that begins with that of ids
//	C2: ids are i32 or i64, of rank 1 or more; each is in [0, count)
//	C3: count is i32 or i64, a scalar, and 0 or more
//
// There is no separator behind what is still empty. It is TensorFlow's UnsortedSegmentJoin.
type SegmentJoin struct {
	Separator string `json:"separator,omitempty"`
}

// InputNames names the inputs.
func (op *SegmentJoin) InputNames() []string { return []string{"x", "ids", "count"} }

// Infer checks the types and shapes, and what constants say.
func (op *SegmentJoin) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if err := wantStrings("C1", in, 0); err != nil {
		return nil, err
	}
	if err := infer.WantType("C2", in, 1, core.I32, core.I64); err != nil {
		return nil, err
	}
	if err := infer.WantType("C3", in, 2, core.I32, core.I64); err != nil {
		return nil, err
	}
	s, ids := in[0].Shape, in[1].Shape
	switch {
	case ids.Ranked() && len(ids) == 0:
		return nil, core.Violation("C2", 1, "got shape [], want rank 1 or more")
	case s.Ranked() && ids.Ranked() && (len(ids) > len(s) || !s[:len(ids)].Compatible(ids)):
		return nil, core.Violation("C1", 0, "got shape %v, want one that begins with %v", s, ids)
	case !in[2].Shape.Compatible(core.Shape{}):
		return nil, core.Violation("C3", 2, "got shape %v, want a scalar", in[2].Shape)
	}
	count := core.Unknown
	if n, ok := infer.IntsOf(in[2]); ok {
		if n[0] < 0 || n[0] > core.MaxElements {
			return nil, core.Violation("C3", 2, "got %d, want 0 to %d", n[0], int64(core.MaxElements))
		}
		count = int(n[0])
		list, _ := infer.IntsOf(in[1])
		for i, id := range list {
			if id < 0 || id >= n[0] {
				return nil, core.Violation("C2", 1, "got %d at %d, want in [0, %d)", id, i, n[0])
			}
		}
	}
	if !s.Ranked() || !ids.Ranked() {
		return []core.Fact{{Type: core.String}}, nil
	}
	shape, err := infer.CheckedShape(infer.JoinedShapes(core.Shape{count}, s[len(ids):]))
	return []core.Fact{{Type: core.String, Shape: shape}}, err
}

// Eval collects the strings of each segment, and joins them.
func (op *SegmentJoin) Eval(in, out []*core.Tensor) error {
	facts, err := op.Infer(core.OperandsOf(in))
	if err != nil {
		return err
	}
	if err := allocate(op, out, 0, core.String, facts[0].Shape); err != nil {
		return err
	}
	x, y, r := in[0].Strings(), out[0].Strings(), room{op: op}
	if len(y) == 0 {
		return nil
	}
	ids, n := in[1].Int64s(), len(y)/out[0].Shape()[0]
	if err := r.takeJoined(x, op.Separator); err != nil {
		return err
	}
	made := make([]strings.Builder, len(y))
	for i, id := range ids {
		for k := range n {
			to := &made[int(id)*n+k]
			if to.Len() > 0 {
				to.WriteString(op.Separator)
			}
			to.WriteString(x[i*n+k])
		}
	}
	for i := range y {
		y[i] = made[i].String()
	}
	return nil
}
