package control

import "github.com/tf2ng/tf2ng/core"

// facts returns what is known about the first output of each node.
func facts(nodes []*core.Node) []core.Fact {
	list := make([]core.Fact, len(nodes))
	for i, n := range nodes {
		list[i] = n.Outputs()[0]
	}
	return list
}

// checkArgument checks that a tensor can be the value of a parameter.
func checkArgument(constraint string, input int, t *core.Tensor, want core.Fact) error {
	if !t.Type().Compatible(want.Type) || !t.Shape().Compatible(want.Shape) {
		return core.Violation(constraint, input, "got %v, want %v", t.Fact(), want)
	}
	return nil
}

// wholeOf returns the integer in a tensor that holds a single i32 or i64.
func wholeOf(t *core.Tensor) int {
	if t.Type() == core.I32 {
		return int(core.Data[int32](t)[0])
	}
	return int(core.Data[int64](t)[0])
}

// isWhole reports whether a tensor holds a single i32 or i64.
func isWhole(t *core.Tensor) bool {
	return (t.Type() == core.I32 || t.Type() == core.I64) && t.Len() == 1
}
