package tf

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// OpSummary sums up the nodes of one TensorFlow op, and what they became.
type OpSummary struct {
	Nodes    int      `json:"nodes"`              // of the GraphDef
	Core     []string `json:"core,omitempty"`     // the core ops, constants aside, by name
	Builders []string `json:"builders,omitempty"` // the functions of package builders that made them, by name
}

// Origins says, for each TensorFlow op, what its nodes became in a translated function. Nodes that left
// nothing behind, such as Identity, are not counted.
func Origins(f *core.Function) map[string]*OpSummary {
	ops := map[string]*OpSummary{}
	seen := map[string]bool{}
	for _, n := range f.Nodes() {
		o := n.Origin
		if _, isResult := n.Op().(*core.Result); isResult || o.Op == "" {
			continue
		}
		b := ops[o.Op]
		if b == nil {
			b = &OpSummary{}
			ops[o.Op] = b
		}
		if !seen[o.Node] {
			seen[o.Node] = true
			b.Nodes++
		}
		if _, isConstant := n.Op().(*core.Constant); !isConstant {
			b.Core = insert(b.Core, n.OpName())
		}
		if o.Builder != "" {
			b.Builders = insert(b.Builders, o.Builder)
		}
	}
	return ops
}

// Add adds another summary of the same op.
func (b *OpSummary) Add(more *OpSummary) {
	b.Nodes += more.Nodes
	for _, s := range more.Core {
		b.Core = insert(b.Core, s)
	}
	for _, s := range more.Builders {
		b.Builders = insert(b.Builders, s)
	}
}

// insert adds s to a sorted list if it is not there.
func insert(list []string, s string) []string {
	if i, found := slices.BinarySearch(list, s); !found {
		list = slices.Insert(list, i, s)
	}
	return list
}
