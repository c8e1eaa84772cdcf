package matrix

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

// matrices are the inputs of an op, each with matrices along its last two axes.
type matrices struct{}

// BatchInputs says that all inputs have the batch axis (axis 0), if there is one before those of the matrices.
func (matrices) BatchInputs(in []core.Fact, _ core.Shape) []bool {
	for _, f := range in {
		if len(f.Shape) < 3 || f.Shape[0] != in[0].Shape[0] || len(f.Shape) != len(in[0].Shape) {
			return nil
		}
	}
	return slices.Repeat([]bool{true}, len(in))
}

// checkType checks that input i has f32 or f64, and the type of input 0.
func checkType(constraint string, in []core.Operand, i int) error {
	if err := infer.WantType(constraint, in, i, core.F16, core.F32, core.F64); err != nil {
		return err
	}
	if !in[i].Type.Compatible(in[0].Type) {
		return core.Violation(constraint, i, "got type %v, want %v", in[i].Type, in[0].Type)
	}
	return nil
}

// split returns the axes before the last two of input i, and these; what is not known is Unknown.
func split(constraint string, in []core.Operand, i int) (batch core.Shape, rows, columns int, err error) {
	if err := checkType(constraint, in, i); err != nil {
		return nil, 0, 0, err
	}
	s := in[i].Shape
	if !s.Ranked() {
		return nil, core.Unknown, core.Unknown, nil
	}
	if len(s) < 2 {
		return nil, 0, 0, core.Violation(constraint, i, "got shape %v, want rank 2 or more", s)
	}
	k := len(s) - 2
	return append(core.Shape{}, s[:k]...), s[k], s[k+1], nil
}

// splitSquare is split for square matrices.
func splitSquare(constraint string, in []core.Operand, i int) (batch core.Shape, n int, err error) {
	batch, rows, columns, err := split(constraint, in, i)
	if err == nil && rows != columns && rows != core.Unknown && columns != core.Unknown {
		err = core.Violation(constraint, i, "got shape %v, want square matrices", in[i].Shape)
	}
	return batch, max(rows, columns), err
}

// join returns a fact with the type of input 0 and further axes behind those of a batch, which may be unknown.
func join(in []core.Operand, batch core.Shape, axes ...int) core.Fact {
	if !batch.Ranked() {
		return core.Fact{Type: in[0].Type}
	}
	return core.Fact{Type: in[0].Type, Shape: infer.JoinedShapes(batch, axes)}
}

// checked returns facts whose shapes are within bounds.
func checked(facts ...core.Fact) ([]core.Fact, error) {
	for i := range facts {
		s, err := infer.CheckedShape(facts[i].Shape)
		if err != nil {
			return nil, err
		}
		facts[i].Shape = s
	}
	return facts, nil
}

// load sets v to block number k of a tensor of reals.
func load(v []float64, t *core.Tensor, k int) {
	at := k * len(v)
	switch t.Type() {
	case core.F64:
		copy(v, core.Data[float64](t)[at:])
	case core.F32:
		for i, x := range core.Data[float32](t)[at : at+len(v)] {
			v[i] = float64(x)
		}
	default:
		elements.Widen(v, core.Data[uint16](t)[at:at+len(v)], t.Type())
	}
}

// store sets block number k of a tensor of reals to v, rounded.
func store(t *core.Tensor, k int, v []float64) {
	at := k * len(v)
	switch t.Type() {
	case core.F64:
		copy(core.Data[float64](t)[at:], v)
	case core.F32:
		y := core.Data[float32](t)[at : at+len(v)]
		for i, x := range v {
			y[i] = float32(x)
		}
	default:
		x := make([]float32, len(v))
		for i, e := range v {
			x[i] = float32(e)
		}
		elements.Halve(core.Data[uint16](t)[at:at+len(v)], x, t.Type())
	}
}

// each calls f with the number of each block of n elements of a tensor, until out is abandoned.
func each(t *core.Tensor, n int, out *core.Tensor, f func(k int) error) error {
	if n == 0 {
		return nil
	}
	for k := range t.Len() / n {
		if k&63 == 0 && out.Abandoned() {
			return nil
		}
		if err := f(k); err != nil {
			return err
		}
	}
	return nil
}

// transpose transposes a square matrix in place.
func transpose(a []float64, n int) {
	for i := range n {
		for j := range i {
			a[i*n+j], a[j*n+i] = a[j*n+i], a[i*n+j]
		}
	}
}

// identity sets a to the identity.
func identity(a []float64, rows, columns int) {
	clear(a)
	for i := range min(rows, columns) {
		a[i*columns+i] = 1
	}
}

// subtract subtracts f times x from y.
func subtract(y, x []float64, f float64) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] -= float64(f * v)
	}
}
