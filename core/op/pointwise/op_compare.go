package pointwise

import (
	"cmp"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Compare]("Compare")

// Relation is how Compare compares.
type Relation uint8

// The relations.
const (
	Equal Relation = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	numRelations
)

var relationNames = [numRelations]string{"Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"}

// String returns TensorFlow's name.
func (r Relation) String() string { return enum.Name(r, relationNames[:]) }

// MarshalText writes the name, which stands for the Relation in JSON.
func (r Relation) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText parses a relation's name.
func (r *Relation) UnmarshalText(b []byte) error {
	return enum.Parse(r, string(b), "relation", relationNames[:])
}

func holds[T cmp.Ordered](r Relation) func(a, b T) bool {
	switch r {
	case Equal:
		return func(a, b T) bool { return a == b }
	case NotEqual:
		return func(a, b T) bool { return a != b }
	case Less:
		return func(a, b T) bool { return a < b }
	case LessEqual:
		return func(a, b T) bool { return a <= b }
	case Greater:
		return func(a, b T) bool { return a > b }
	}
	return func(a, b T) bool { return a >= b }
}

// Compare compares elementwise.
//
//	y[i] = a[i] Relation b[i], a and b broadcast to one shape by NumPy's rules
//
//	Inputs:  a: any type, any shape
//	         b: a's type, a shape that broadcasts with a's
//	Outputs: y: boolean, the broadcast shape
//
//	C1: Relation is one of the relations; of strings Equal or NotEqual
//	C2: b has a's type
//	C3: the shapes broadcast
//
// It is nGraph's and TensorFlow's Equal, Less and so on.
type Compare struct {
	Relation Relation `json:"relation"`
}

// Infer checks C1 to C3.
func (op *Compare) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	switch {
	case op.Relation >= numRelations:
		return nil, core.Violation("C1", -1, "unknown relation %d", op.Relation)
	case in[0].Type == core.String && op.Relation != Equal && op.Relation != NotEqual:
		return nil, core.Violation("C1", 0, "got type string, want numbers or booleans")
	case in[0].Type.IsComplex():
		return nil, core.Violation("C1", 0, "got type %v, want one that is not complex", in[0].Type)
	case !in[0].Type.Compatible(in[1].Type):
		return nil, core.Violation("C2", 1, "got type %v, want a's %v", in[1].Type, in[0].Type)
	}
	s, err := infer.BroadcastShapes("C3", in)
	return []core.Fact{{Type: core.Bool, Shape: s}}, err
}

// Eval compares.
func (op *Compare) Eval(in, out []*core.Tensor) error {
	a, b, err := elements.BroadcastTwo(in)
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, core.Bool, a.Shape()); err != nil {
		return err
	}
	y := core.Data[bool](out[0])
	switch {
	case a.Type() == core.String:
		zip(y, a.Strings(), b.Strings(), holds[string](op.Relation))
	case a.Type() == core.I32:
		zip(y, core.Data[int32](a), core.Data[int32](b), holds[int32](op.Relation))
	case a.Type() == core.I64:
		zip(y, core.Data[int64](a), core.Data[int64](b), holds[int64](op.Relation))
	case a.Type() == core.F32:
		zip(y, core.Data[float32](a), core.Data[float32](b), holds[float32](op.Relation))
	case a.Type() == core.U64:
		zip(y, core.Data[uint64](a), core.Data[uint64](b), holds[uint64](op.Relation))
	case a.Type().IsFloat():
		zip(y, a.Float64s(), b.Float64s(), holds[float64](op.Relation))
	default:
		zip(y, a.Int64s(), b.Int64s(), holds[int64](op.Relation))
	}
	return nil
}

// Widens is true: f32 has the numbers of bf16 and f16.
func (op *Compare) Widens() bool { return true }

// Elements is trait.AllElements.
func (op *Compare) Elements() trait.Elements { return trait.AllElements }
