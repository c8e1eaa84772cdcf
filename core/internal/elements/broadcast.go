package elements

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

// BroadcastStrides returns the element strides for reading a tensor of shape from as if it had shape to.
func BroadcastStrides(from, to core.Shape) []int {
	st := RowMajorStrides(from)
	out := make([]int, len(to))
	for i, d := range from {
		if d != 1 {
			out[len(to)-len(from)+i] = st[i]
		}
	}
	return out
}

// BroadcastTensor returns t broadcast to a shape; t itself if it has that shape.
func BroadcastTensor(t *core.Tensor, to core.Shape) (*core.Tensor, error) {
	if t.Shape().Equal(to) {
		return t, nil
	}
	out, err := core.NewTensor(t.Type(), to)
	if err != nil {
		return nil, err
	}
	Move(Whole(out), Region{t, 0, BroadcastStrides(t.Shape(), to)}, to)
	return out, nil
}

// BroadcastTwo returns the first two inputs broadcast to one shape.
func BroadcastTwo(in []*core.Tensor) (a, b *core.Tensor, err error) {
	s, ok := infer.BroadcastPair(in[0].Shape(), in[1].Shape())
	if !ok {
		return nil, nil, core.Violation("C3", 1,
			"got shape %v, which does not broadcast with %v", in[1].Shape(), in[0].Shape())
	}
	if a, err = BroadcastTensor(in[0], s); err != nil {
		return nil, nil, err
	}
	b, err = BroadcastTensor(in[1], s)
	return a, b, err
}
