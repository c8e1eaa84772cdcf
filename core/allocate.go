package core

// allocate infers the outputs of an op from its complete inputs and allocates those that
// are missing. It is for ops whose outputs' shapes follow from the inputs' values.
func allocate(op Op, in, out []*Tensor) error {
	operands := make([]Operand, len(in))
	for i, t := range in {
		operands[i] = Operand{t.Fact(), t}
	}
	facts, err := op.Infer(operands)
	if err != nil {
		return err
	}
	for i, f := range facts {
		if err := ensure(out, i, f.Type, f.Shape); err != nil {
			return err
		}
	}
	return nil
}

// wantReal checks that input i is real, or not known.
func wantReal(constraint string, in []Operand, i int) error {
	if t := in[i].Type; t != Dynamic && !t.IsFloat() {
		return Violation(constraint, i, "got type %v, want a real type", t)
	}
	return nil
}

// joinedShapes returns the dimensions of shapes of known rank one after the other; unlike
// slices.Concat's, the result is never nil.
func joinedShapes(shapes ...Shape) Shape {
	out := Shape{}
	for _, s := range shapes {
		out = append(out, s...)
	}
	return out
}

// copyUnit copies elements of one tensor to another of the same type: n from position from
// to position to.
func copyUnit(dst *Tensor, to int, src *Tensor, from, n int) {
	if size := dst.typ.Size(); size > 0 {
		copy(dst.data[to*size:(to+n)*size], src.data[from*size:])
		return
	}
	copy(dst.strings[to:to+n], src.strings[from:])
}
