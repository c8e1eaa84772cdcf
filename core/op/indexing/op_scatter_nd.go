package indexing

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[ScatterND]("ScatterND")

// ScatterMode says how ScatterND combines existing elements with new ones.
type ScatterMode uint8

// The modes.
const (
	ScatterUpdate ScatterMode = iota // new elements replace the existing ones
	ScatterAdd                       // new elements are added to the existing ones
	ScatterSubtract
	ScatterMin
	ScatterMax
	numScatterModes
)

var scatterModeNames = [numScatterModes]string{"Update", "Add", "Subtract", "Min", "Max"}

// String returns the mode's name.
func (m ScatterMode) String() string { return enum.Name(m, scatterModeNames[:]) }

// MarshalText writes the name, which stands for the ScatterMode in JSON.
func (m ScatterMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText parses a mode's name.
func (m *ScatterMode) UnmarshalText(b []byte) error {
	return enum.Parse(m, string(b), "scatter mode", scatterModeNames[:])
}

// ScatterND combines slices of a tensor with other slices, one after the other.
//
//	y = x, then y[indices[i..., 0], ..., indices[i..., K-1], r...] Mode= updates[i..., r...]
//
//	Inputs:  x: any type, rank K or more; a number unless Mode is ScatterUpdate
//	         indices: an integer type, [i..., K]
//	         updates: the type of x, [i..., r...]
//	Outputs: y: the type and shape of x
//
//	C1: indices are i16, i32 or i64 of rank 1 or more
//	C2: K is at most the rank of x
//	C3: each index is inside its dimension
//	C4: updates have the type of x and the shape [i..., r...]
//	C5: Mode is one of the modes; x is a number (not u64) unless Mode is ScatterUpdate
//
// It is TensorFlow's ScatterNd (of zeros, Add), TensorScatterUpdate, TensorScatterAdd and
// so on.
type ScatterND struct {
	Mode ScatterMode `json:"mode"`
}

// InputNames names the inputs.
func (op *ScatterND) InputNames() []string { return []string{"x", "indices", "updates"} }

// Infer checks C1, C2, C4 and C5.
func (op *ScatterND) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	t := max(in[0].Type, in[2].Type)
	switch {
	case op.Mode >= numScatterModes:
		return nil, core.Violation("C5", -1, "unknown mode %d", op.Mode)
	case op.Mode != ScatterUpdate && (!infer.IsNumber(t) || t == core.U64):
		return nil, core.Violation("C5", 0, "got type %v, want a number other than u64 for mode %v", t, op.Mode)
	case !in[0].Type.Compatible(in[2].Type):
		return nil, core.Violation("C4", 2, "got type %v, want %v", in[2].Type, in[0].Type)
	}
	rest, err := indexedRest(in[0].Shape, in, 1)
	if err != nil || !rest.Ranked() {
		return []core.Fact{{Type: t, Shape: in[0].Shape}}, err
	}
	at := in[1].Shape
	if want := infer.JoinedShapes(at[:len(at)-1], rest); !in[2].Shape.Compatible(want) {
		return nil, core.Violation("C4", 2, "got shape %v, want %v", in[2].Shape, want)
	}
	return []core.Fact{{Type: t, Shape: in[0].Shape}}, nil
}

// Eval combines slice by slice.
func (op *ScatterND) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	y, at := out[0], in[1].Shape()
	elements.Copy(y, in[0])
	n := core.Shape(in[0].Shape()[at[len(at)-1]:]).MustElements()
	switch {
	case op.Mode == ScatterUpdate:
		return EachIndexed(y.Shape(), in[1], func(i, to int) { elements.CopyUnit(y, to*n, in[2], i*n, n) })
	case y.Type() == core.F64:
		f := scatterRow(op.Mode).Real64
		d, u := core.Data[float64](y), core.Data[float64](in[2])
		return EachIndexed(y.Shape(), in[1], func(i, to int) { combine(d[to*n:(to+1)*n], u[i*n:], f) })
	case y.Type().IsFloat():
		f := scatterRow(op.Mode).Real32
		d, u := slices.Clone(y.Float32s()), in[2].Float32s()
		err := EachIndexed(y.Shape(), in[1], func(i, to int) { combine(d[to*n:(to+1)*n], u[i*n:], f) })
		elements.SetFloat32s(y, d)
		return err
	}
	whole := scatterRow(op.Mode).Whole
	f := func(a, b int64) int64 {
		v, _ := whole(a, b) // no mode can fail
		return v
	}
	d, u := slices.Clone(y.Int64s()), in[2].Int64s()
	err := EachIndexed(y.Shape(), in[1], func(i, to int) { combine(d[to*n:(to+1)*n], u[i*n:], f) })
	elements.SetInts(y, d)
	return err
}

func combine[T any](d, u []T, f func(a, b T) T) {
	for i, v := range d {
		d[i] = f(v, u[i])
	}
}

func scatterRow(m ScatterMode) arithmetic.Binary {
	switch m {
	case ScatterAdd:
		return arithmetic.Add()
	case ScatterSubtract:
		return arithmetic.Subtract()
	case ScatterMin:
		return arithmetic.Minimum()
	}
	return arithmetic.Maximum()
}

// Widens is true unless elements are replaced: bf16 and f16 are combined in f32, and rounded in the end.
func (op *ScatterND) Widens() bool { return op.Mode != ScatterUpdate }

// Passes recognises an update of all slices in order, whose output is the updates.
func (op *ScatterND) Passes(in []core.Operand) (input int, ok bool) {
	at, known := infer.IntsOf(in[1])
	s, n := in[0].Shape, in[1].Shape
	if op.Mode != ScatterUpdate || !known || !s.Static() || len(s) == 0 || len(n) != 2 || n[1] != 1 {
		return 0, false
	}
	return 2, len(at) == s[0] && (len(at) == 0 || at[0] == 0) && counting(at)
}
