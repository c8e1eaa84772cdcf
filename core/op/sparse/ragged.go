package sparse

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

// checkSplits checks that splits, an input, do not decrease and lie from 0 to n.
func checkSplits(constraint string, input int, splits []int64, n int) error {
	if len(splits) == 0 {
		return core.Violation(constraint, input, "got no splits, want one or more")
	}
	last := int64(0)
	for i, v := range splits {
		if v < last || v > int64(n) {
			return core.Violation(constraint, input, "got %d at %d behind %d, want up to %d without a decrease", v, i, last, n)
		}
		last = v
	}
	return nil
}

// wantSplits checks the type and shape of splits, which are some of the inputs, and returns their type.
func wantSplits(constraint string, in []core.Operand, first, n int) (core.Type, error) {
	t := core.Dynamic
	for i := first; i < first+n; i++ {
		if err := infer.CheckIndexVector(constraint, in, i); err != nil {
			return t, err
		}
		if !in[i].Type.Compatible(t) {
			return t, core.Violation(constraint, i, "got type %v, want %v as the others", in[i].Type, t)
		}
		t = max(t, in[i].Type)
	}
	return t, nil
}

// widest returns the length of the longest row.
func widest(splits []int64) int64 {
	most := int64(0)
	for i := 1; i < len(splits); i++ {
		most = max(most, splits[i]-splits[i-1])
	}
	return most
}
