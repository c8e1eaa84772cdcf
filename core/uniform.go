package core

// The inputs of TensorFlow's Uniform* family:
//
//	U1: scales are f32, zero points i32; both have the shape [], or [C] with C the
//	    dimension at the axis
//	U2: scales are positive
//
// U2 is checked at once for constants, and at run time for all.

// inferUniform checks U1, and U2 for constants, of the scales at input i and the zero
// points at input j. channels is C, or noChannels.
func inferUniform(in []Operand, i, j, channels int) error {
	want := Shape{}
	if channels != noChannels {
		want = Shape{channels}
	}
	for _, k := range []int{i, j} {
		if typ := map[int]Type{i: F32, j: I32}[k]; !in[k].Type.compatible(typ) {
			return Violation("U1", k, "got type %v, want %v", in[k].Type, typ)
		}
		if !in[k].Shape.Compatible(want) {
			return Violation("U1", k, "got shape %v, want %v", in[k].Shape, want)
		}
	}
	if in[i].Const != nil {
		return checkUniform(in[i].Const, i)
	}
	return nil
}

// checkUniform checks U2 of the scales at input i.
func checkUniform(scales *Tensor, i int) error {
	for _, s := range Data[float32](scales) {
		if !(s > 0) {
			return Violation("U2", i, "got scale %v, want one above 0", s)
		}
	}
	return nil
}

// checkLimits checks the limits of a quantized type.
func checkLimits(t Type, lo, hi int64) error {
	if t != I8 && t != U8 && t != I32 {
		return Violation("C1", -1, "type: got %v, want i8, u8 or i32", t)
	}
	if least, most := t.Bounds(); lo < least || hi > most || lo > hi {
		return Violation("C1", -1, "limits: got [%d, %d], want within those of %v", lo, hi, t)
	}
	return nil
}
