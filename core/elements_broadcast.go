package core

// broadcastStrides returns the element strides with which a tensor of shape from is
// read as one of shape to.
func broadcastStrides(from, to Shape) []int {
	st := rowMajorStrides(from)
	out := make([]int, len(to))
	for i, d := range from {
		if d != 1 {
			out[len(to)-len(from)+i] = st[i]
		}
	}
	return out
}

// broadcastTensor returns t broadcast to a shape; t itself if it has that shape.
func broadcastTensor(t *Tensor, to Shape) (*Tensor, error) {
	if t.Shape().Equal(to) {
		return t, nil
	}
	out, err := NewTensor(t.Type(), to)
	if err != nil {
		return nil, err
	}
	move(whole(out), region{t, 0, broadcastStrides(t.Shape(), to)}, to)
	return out, nil
}

// broadcastTwo returns the first two inputs broadcast to one shape.
func broadcastTwo(in []*Tensor) (a, b *Tensor, err error) {
	s, ok := broadcastPair(in[0].Shape(), in[1].Shape())
	if !ok {
		return nil, nil, Violation("C3", 1, "got shape %v, which does not broadcast with %v", in[1].Shape(), in[0].Shape())
	}
	if a, err = broadcastTensor(in[0], s); err != nil {
		return nil, nil, err
	}
	b, err = broadcastTensor(in[1], s)
	return a, b, err
}
