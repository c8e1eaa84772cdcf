package tf

import (
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/core"
)

// Facts tell of a node what matters to whoever runs its graph in TensorFlow and looks at its tensors.
type Facts struct {
	// AddsTo is the number of the data input to which TensorFlow's kernel adds in place, so that it fails
	// if anything else holds that tensor; -1 if there is none.
	AddsTo int
	// Passes: the outputs are what the node reads, as it is.
	Passes bool
	// Flow: the output of floats is the flow of a TensorArray, a number that orders what is done with
	// the array. Its value has no meaning, and programs differ in it.
	Flow bool
	// Quantized: the op computes with quantized types, or makes or simulates them.
	Quantized bool
}

// CoreType returns the type in package core of a TensorFlow type; Dynamic if there is none. That of a quantized type
// is its plain integer type.
func CoreType(t graphdef.DataType) core.Type { return opdef.CoreType(t) }

// FactsOf returns what the table of ops says of a node. Of ops that it does not have it says nothing.
func FactsOf(n *graphdef.Node) Facts {
	f := Facts{AddsTo: -1, Passes: ops.Passes(n.Op), Flow: ops.IsFlow(n.Op), Quantized: IsQuantized(n.Op)}
	if input, ok := ops.AddsTo(n); ok {
		f.AddsTo = input
	}
	return f
}
