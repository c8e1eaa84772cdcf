package core

// keepElements evaluates an op that only changes the shape of its input 0.
func keepElements(op Op, in, out []*Tensor) error {
	f, err := op.Infer([]Operand{{in[0].Fact(), in[0]}})
	if err != nil {
		return err
	}
	t, err := in[0].Reshaped(f[0].Shape)
	if err != nil {
		return err
	}
	fill(out, t)
	return nil
}

// axesOf returns for each of rank axes whether it is in a list of maybe negative axes,
// which must be different.
func axesOf(constraint string, list []int, rank int) ([]bool, error) {
	set := make([]bool, rank)
	for _, a := range list {
		i, err := axisOf(constraint, a, rank)
		if err != nil {
			return nil, err
		}
		if set[i] {
			return nil, Violation(constraint, -1, "axes: got %v, want each axis once", list)
		}
		set[i] = true
	}
	return set, nil
}
