package infer

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// WantReal checks that input i has a real type, as far as it is known.
func WantReal(constraint string, in []core.Operand, i int) error {
	if t := in[i].Type; t != core.Dynamic && !t.IsFloat() {
		return core.Violation(constraint, i, "got type %v, want a real type", t)
	}
	return nil
}

// WantType checks that input i has one of some types.
func WantType(constraint string, in []core.Operand, i int, types ...core.Type) error {
	if t := in[i].Type; t != core.Dynamic && !slices.Contains(types, t) {
		return core.Violation(constraint, i, "got type %v, want one of %v", t, types)
	}
	return nil
}

// CheckIndexVector checks that input i is a vector of i32 or i64.
func CheckIndexVector(constraint string, in []core.Operand, i int) error {
	o := in[i]
	if o.Type != core.I32 && o.Type != core.I64 && o.Type != core.Dynamic || o.Shape.Ranked() && len(o.Shape) != 1 {
		return core.Violation(constraint, i, "got %v, want i32 or i64 of rank 1", o.Fact)
	}
	return nil
}

// IntsOf returns the elements of a constant integer operand; false if it is not
// constant.
func IntsOf(o core.Operand) ([]int64, bool) {
	if o.Const == nil || !o.Const.Type().IsInteger() {
		return nil, false
	}
	return o.Const.Int64s(), true
}

// IsNumber reports whether t is an integer type, a real type or unknown.
func IsNumber(t core.Type) bool { return t == core.Dynamic || t.IsInteger() || t.IsFloat() }
