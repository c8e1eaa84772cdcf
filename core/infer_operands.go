package core

import "slices"

// wantReal checks that input i is real, or not known.
func wantReal(constraint string, in []Operand, i int) error {
	if t := in[i].Type; t != Dynamic && !t.IsFloat() {
		return Violation(constraint, i, "got type %v, want a real type", t)
	}
	return nil
}

// wantType checks that input i has one of some types.
func wantType(constraint string, in []Operand, i int, types ...Type) error {
	if t := in[i].Type; t != Dynamic && !slices.Contains(types, t) {
		return Violation(constraint, i, "got type %v, want one of %v", t, types)
	}
	return nil
}

// checkIndexVector checks that input i is a vector of i32 or i64.
func checkIndexVector(constraint string, in []Operand, i int) error {
	o := in[i]
	if o.Type != I32 && o.Type != I64 && o.Type != Dynamic || o.Shape.Ranked() && len(o.Shape) != 1 {
		return Violation(constraint, i, "got %v, want i32 or i64 of rank 1", o.Fact)
	}
	return nil
}

// intsOf returns the elements of a constant integer operand; false if it is not
// constant.
func intsOf(o Operand) ([]int64, bool) {
	if o.Const == nil || !o.Const.Type().IsInteger() {
		return nil, false
	}
	return o.Const.Int64s(), true
}

// isNumber reports whether t is an integer or real type, or not known.
func isNumber(t Type) bool { return t == Dynamic || t.IsInteger() || t.IsFloat() }
