package text

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

// room counts the bytes of the strings that an op makes, so that they stay within what one tensor may take.
type room struct {
	op   core.Op
	used int64
}

// take is an error if n more bytes are too many.
func (r *room) take(n int) error {
	if r.used += int64(n); n < 0 || r.used > core.DefaultMaxTensorBytes {
		return &core.MemoryError{Op: core.OpName(r.op), Bytes: r.used, Limit: core.DefaultMaxTensorBytes, OneTensor: true}
	}
	return nil
}

// allocate sets out[i] to a tensor, within what one may take, unless it is there.
func allocate(op core.Op, out []*core.Tensor, i int, t core.Type, s core.Shape) error {
	if out[i] != nil {
		return nil
	}
	made, err := core.BoundedTensor(op, core.Fact{Type: t, Shape: s})
	out[i] = made
	return err
}

// evalRoomy evaluates an op that makes a string, maybe a longer one, of each string.
func evalRoomy(op core.Op, in, out []*core.Tensor, f func(string) (string, error)) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	y, r := out[0].Strings(), room{op: op}
	for i, s := range in[0].Strings() {
		made, err := f(s)
		if err != nil {
			return err
		}
		if err := r.take(len(made)); err != nil {
			return err
		}
		y[i] = made
	}
	return nil
}

// wantScalar is a violation of a constraint unless input i is one string.
func wantScalar(constraint string, in []core.Operand, i int) error {
	if !in[i].Type.Compatible(core.String) || !in[i].Shape.Compatible(core.Shape{}) {
		return core.Violation(constraint, i, "got %v, want a string", in[i].Fact)
	}
	return nil
}

// wantVector is a violation of a constraint unless input i is a vector of strings.
func wantVector(constraint string, in []core.Operand, i int) error {
	if !in[i].Type.Compatible(core.String) || !in[i].Shape.Compatible(core.Shape{core.Unknown}) {
		return core.Violation(constraint, i, "got %v, want a vector of strings", in[i].Fact)
	}
	return nil
}
