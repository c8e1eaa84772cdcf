package text

import (
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[ReduceJoin]("StringReduceJoin")

// ReduceJoin joins the strings along axes. Of several axes the first one's strings follow each other.
//
//	y[rest...] = x[rest..., 0, 0] Separator x[rest..., 1, 0] Separator ... x[rest..., 0, 1] ..., for axes in this order
//
//	Inputs:  x: string, any shape
//	Outputs: y: string, the shape of x without the axes, or with 1 for each if KeepDims is set
//
//	C1: x has strings
//	C2: each of Axes is in [-rank, rank), and there once
//
// It is TensorFlow's ReduceJoin.
type ReduceJoin struct {
	Axes      []int  `json:"axes"`
	KeepDims  bool   `json:"keep_dims,omitempty"`
	Separator string `json:"separator,omitempty"`
}

// Infer checks C1 and C2.
func (op *ReduceJoin) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := wantStrings("C1", in, 0); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []core.Fact{{Type: core.String}}, nil
	}
	joined, err := infer.AxesOf("C2", op.Axes, len(s))
	if err != nil {
		return nil, err
	}
	out := core.Shape{}
	for i, d := range s {
		switch {
		case !joined[i]:
			out = append(out, d)
		case op.KeepDims:
			out = append(out, 1)
		}
	}
	return []core.Fact{{Type: core.String, Shape: out}}, nil
}

// Eval joins the strings, whose axes it brings into order first.
func (op *ReduceJoin) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s, strides := in[0].Shape(), elements.RowMajorStrides(in[0].Shape())
	joined, err := infer.AxesOf("C2", op.Axes, len(s))
	if err != nil {
		return err
	}
	n, shape, by := 1, core.Shape{}, []int{}
	for i, d := range s {
		if !joined[i] {
			shape, by = append(shape, d), append(by, strides[i])
		}
	}
	for _, axis := range slices.Backward(op.Axes) {
		axis, _ := infer.AxisOf("C2", axis, len(s)) // checked
		n *= s[axis]
		shape, by = append(shape, s[axis]), append(by, strides[axis])
	}
	ordered, err := core.NewTensor(core.String, shape)
	if err != nil {
		return err
	}
	elements.Move(elements.Whole(ordered), elements.Region{Tensor: in[0], Strides: by}, shape)
	r, list := room{op: op}, ordered.Strings()
	for i := range out[0].Strings() {
		parts := list[i*n : (i+1)*n]
		if err := r.takeJoined(parts, op.Separator); err != nil {
			return err
		}
		out[0].Strings()[i] = strings.Join(parts, op.Separator)
	}
	return nil
}

// takeJoined is take for strings with separators between them.
func (r *room) takeJoined(parts []string, separator string) error {
	for _, s := range parts {
		if err := r.take(len(s) + len(separator)); err != nil {
			return err
		}
	}
	return nil
}
