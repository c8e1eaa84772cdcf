package text

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

// wantStrings is a violation of a constraint unless input i has strings.
func wantStrings(constraint string, in []core.Operand, i int) error {
	if t := in[i].Type; t != core.String && t != core.Dynamic {
		return core.Violation(constraint, i, "got type %v, want string", t)
	}
	return nil
}

// inferEach infers an op of one input of strings, C1, that makes an element of a type of each.
func inferEach(in []core.Operand, t core.Type) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := wantStrings("C1", in, 0); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: t, Shape: in[0].Shape}}, nil
}

// evalEach evaluates an op that makes a number of each string.
func evalEach[T core.Element](op core.Op, in, out []*core.Tensor, f func(string) T) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	y := core.Data[T](out[0])
	for i, s := range in[0].Strings() {
		y[i] = f(s)
	}
	return nil
}

// evalText evaluates an op that makes a string of each string.
func evalText(op core.Op, in, out []*core.Tensor, f func(string) string) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	for i, s := range in[0].Strings() {
		out[0].Strings()[i] = f(s)
	}
	return nil
}
