package sparse

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

// inOrder returns the numbers of indices of k dimensions in row-major order; equal ones in theirs.
func inOrder(indices []int64, k int) []int {
	if k == 0 {
		return nil
	}
	order := make([]int, len(indices)/k)
	for i := range order {
		order[i] = i
	}
	compare := func(a, b int) int { return slices.Compare(indices[a*k:(a+1)*k], indices[b*k:(b+1)*k]) }
	if !slices.IsSortedFunc(order, compare) {
		slices.SortStableFunc(order, compare)
	}
	return order
}

// wantSparse checks the types and shapes of indices, values and shape, which are input number at and those behind it by
// step each, and returns the shape of the indices, as far as it is known.
func wantSparse(constraint string, in []core.Operand, at, step int) (core.Shape, error) {
	indices, values, shape := in[at], in[at+step], in[at+2*step]
	s, ok := indices.Shape.Merge(infer.UnknownShape(2))
	if !ok || !indices.Type.Compatible(core.I64) {
		return nil, core.Violation(constraint, at, "got %v, want a matrix of i64", indices.Fact)
	}
	n, ok := values.Shape.Merge(s[:1])
	if !ok {
		return nil, core.Violation(constraint, at+step, "got shape %v, want %v", values.Shape, s[:1])
	}
	k, ok := shape.Shape.Merge(s[1:])
	if !ok || !shape.Type.Compatible(core.I64) {
		return nil, core.Violation(constraint, at+2*step, "got %v, want i64%v", shape.Fact, s[1:])
	}
	return core.Shape{n[0], k[0]}, nil
}
