package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[DynamicStitch]("DynamicStitch")

// DynamicStitch puts slices of several inputs where indices say.
//
//	y[at[k][i...]] = x[k][i...] for all k and i...; of several, the last one stays
//
// What no index names is 0, or the empty string.
//
//	Inputs:  at: Count inputs, i32, [i_k...]
//	         x: Count inputs of one type, any type, [i_k..., r...]
//	Outputs: y: the type of x, [1 + the largest index, r...]
//
//	C1: there are as many inputs x as at, one or more
//	C2: each at is i32, and its shape is the beginning of that of its x; the rest of these shapes is the same
//	C3: indices are 0 or more
//	C4: all x have one type
//
// It is TensorFlow's DynamicStitch and ParallelDynamicStitch.
type DynamicStitch struct{}

// Infer checks C1, C2 and C4, and C3 for constants.
func (op *DynamicStitch) Infer(in []core.Operand) ([]core.Fact, error) {
	n := len(in) / 2
	if n == 0 || len(in)%2 != 0 {
		return nil, core.Violation("C1", -1, "got %d inputs, want indices and as many data", len(in))
	}
	typ, rest, rows, known := core.Dynamic, core.Shape(nil), int64(0), true
	for i, at := range in[:n] {
		x := in[n+i]
		if !x.Type.Compatible(typ) {
			return nil, core.Violation("C4", n+i, "got type %v, want %v", x.Type, typ)
		}
		typ = max(typ, x.Type)
		tail, ok := tailOf(at.Shape, x.Shape)
		if ok {
			tail, ok = tail.Merge(rest)
		}
		if !ok || !at.Type.Compatible(core.I32) {
			return nil, core.Violation("C2", i, "got %v for data %v, want i32, the beginning of its shape, before %v",
				at.Fact, x.Fact, rest)
		}
		rest = tail
		v, constant := infer.IntsOf(at)
		known = known && constant
		for k, j := range v {
			if j < 0 {
				return nil, core.Violation("C3", i, "got %d at element %d, want 0 or more", j, k)
			}
			rows = max(rows, j+1)
		}
	}
	if !rest.Ranked() {
		return []core.Fact{{Type: typ}}, nil
	}
	if !known {
		rows = int64(core.Unknown)
	}
	s, err := infer.CheckedShape(infer.JoinedShapes(core.Shape{int(rows)}, rest))
	return []core.Fact{{Type: typ, Shape: s}}, err
}

// tailOf returns what of a shape follows the beginning; false if it does not begin like that.
func tailOf(beginning, s core.Shape) (core.Shape, bool) {
	if !beginning.Ranked() || !s.Ranked() {
		return nil, true
	}
	if len(beginning) > len(s) || !s[:len(beginning)].Compatible(beginning) {
		return nil, false
	}
	return infer.JoinedShapes(s[len(beginning):]), true
}

// Eval copies slice by slice.
func (op *DynamicStitch) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	y, n := out[0], len(in)/2
	clear(y.Bytes())
	clear(y.Strings())
	size := core.Shape(y.Shape()[1:]).MustElements()
	for k, at := range in[:n] {
		for i, j := range core.Data[int32](at) {
			elements.CopyUnit(y, int(j)*size, in[n+k], i*size, size)
		}
	}
	return nil
}
