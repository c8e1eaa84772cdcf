package tensorflow

import "github.com/tf2ng/tf2ng/core"

// The inputs of TensorFlow's Uniform* family:
//
//	U1: scales are f32, zero points i32; both have the shape [], or [C] with C the
//	    dimension at the axis
//	U2: scales are positive
//
// U2 is checked immediately for constants, and always at run time.

// inferUniform checks U1, and U2 for constants, of the scales at input i and the zero
// points at input j. channels is C, or noChannels.
func inferUniform(in []core.Operand, i, j, channels int) error {
	want := core.Shape{}
	if channels != noChannels {
		want = core.Shape{channels}
	}
	for _, k := range []int{i, j} {
		if typ := map[int]core.Type{i: core.F32, j: core.I32}[k]; !in[k].Type.Compatible(typ) {
			return core.Violation("U1", k, "got type %v, want %v", in[k].Type, typ)
		}
		if !in[k].Shape.Compatible(want) {
			return core.Violation("U1", k, "got shape %v, want %v", in[k].Shape, want)
		}
	}
	if in[i].Const != nil {
		return checkUniform(in[i].Const, i)
	}
	return nil
}

// checkUniform checks U2 of the scales at input i.
func checkUniform(scales *core.Tensor, i int) error {
	for _, s := range core.Data[float32](scales) {
		if !(s > 0) {
			return core.Violation("U2", i, "got scale %v, want one above 0", s)
		}
	}
	return nil
}

// checkLimits checks the limits of a quantized type.
func checkLimits(t core.Type, lo, hi int64) error {
	if t != core.I8 && t != core.U8 && t != core.I32 {
		return core.Violation("C1", -1, "type: got %v, want i8, u8 or i32", t)
	}
	if least, most := t.Bounds(); lo < least || hi > most || lo > hi {
		return core.Violation("C1", -1, "limits: got [%d, %d], want within those of %v", lo, hi, t)
	}
	return nil
}
