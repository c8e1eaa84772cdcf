package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[GatherND]("GatherND")

// GatherND takes slices of a tensor by multi-dimensional indices.
//
//	y[i..., r...] = x[indices[i..., 0], ..., indices[i..., K-1], r...]
//
//	Inputs:  x: any type, rank K or more
//	         indices: an integer type, [i..., K]
//	Outputs: y: the type of x, [i..., r...]
//
//	C1: indices are i16, i32 or i64 of rank 1 or more
//	C2: K is at most the rank of x
//	C3: each index is inside its dimension
//
// It is nGraph's op::v0::GatherND and TensorFlow's GatherNd.
type GatherND struct{}

// InputNames names the inputs.
func (op *GatherND) InputNames() []string { return []string{"x", "indices"} }

// Infer checks C1 and C2.
func (op *GatherND) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	rest, err := indexedRest(in[0].Shape, in, 1)
	if err != nil || !rest.Ranked() {
		return []core.Fact{{Type: in[0].Type}}, err
	}
	at := in[1].Shape
	out, err := infer.CheckedShape(infer.JoinedShapes(at[:len(at)-1], rest))
	return []core.Fact{{Type: in[0].Type, Shape: out}}, err
}

// indexedRest checks C1 and C2 of indices, input i, and returns the dimensions of a shape that follow the indexed
// ones; nil if they are not known.
func indexedRest(s core.Shape, in []core.Operand, i int) (core.Shape, error) {
	o := in[i]
	if o.Type != core.I16 && o.Type != core.I32 && o.Type != core.I64 && o.Type != core.Dynamic || o.Shape.Ranked() &&
		len(o.Shape) == 0 {
		return nil, core.Violation("C1", i, "got %v, want i16, i32 or i64 of rank 1 or more", o.Fact)
	}
	if !o.Shape.Ranked() || !s.Ranked() || o.Shape[len(o.Shape)-1] == core.Unknown {
		return nil, nil
	}
	k := o.Shape[len(o.Shape)-1]
	if k > len(s) {
		return nil, core.Violation("C2", i, "got shape %v, want at most %d indices into shape %v", o.Shape, len(s), s)
	}
	return append(core.Shape{}, s[k:]...), nil
}

// EachIndexed calls f with the number i of each slice that indices of shape [i..., K] tell, and with the position of
// that slice in a tensor of shape s, counted in slices. It ends at an index that violates C3.
func EachIndexed(s core.Shape, indices *core.Tensor, f func(i, at int)) error {
	k := indices.Shape()[len(indices.Shape())-1]
	v := indices.Int64s()
	for i := range core.Shape(indices.Shape()[:len(indices.Shape())-1]).MustElements() {
		at := 0
		for j, x := range v[i*k : (i+1)*k] {
			if x < 0 || x >= int64(s[j]) {
				return core.Violation("C3", 1, "got index %v, want one inside %v", v[i*k:(i+1)*k], s[:k])
			}
			at = at*s[j] + int(x)
		}
		f(i, at)
	}
	return nil
}

// Eval copies each slice.
func (op *GatherND) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	at := in[1].Shape()
	n := core.Shape(in[0].Shape()[at[len(at)-1]:]).MustElements()
	return EachIndexed(in[0].Shape(), in[1], func(i, from int) { elements.CopyUnit(out[0], i*n, in[0], from*n, n) })
}
