package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
)

// inspectedOp is a TensorFlow op of the model.
type inspectedOp struct {
	Op        string `json:"op"`
	Supported bool   `json:"supported"`
	First     string `json:"first,omitempty"` // the first node with the op, if it is not supported
	Why       string `json:"why,omitempty"`   // why the op is not supported
	tf.OpSummary
}

// tensorFlowOps lists the ops that a function was translated from.
func tensorFlowOps(f *core.Function) []inspectedOp {
	list := []inspectedOp{}
	for name, b := range tf.Origins(f) {
		if len(b.Core) > 0 {
			list = append(list, inspectedOp{Op: name, Supported: true, OpSummary: *b})
		}
	}
	return sorted(list)
}

// refusedOps lists the ops of a graph that is not translated, the unsupported ones first.
func refusedOps(u *tf.UnsupportedError) []inspectedOp {
	var bad, good []inspectedOp
	for _, o := range u.Ops {
		bad = append(bad, inspectedOp{Op: o.Op, First: o.First, Why: o.Why, OpSummary: tf.OpSummary{Nodes: o.Count}})
	}
	for name, nodes := range u.Supported {
		good = append(good, inspectedOp{Op: name, Supported: true, OpSummary: tf.OpSummary{Nodes: nodes}})
	}
	return append(bad, sorted(good)...)
}

// sorted sorts ops by frequency, the most frequent first.
func sorted(list []inspectedOp) []inspectedOp {
	slices.SortFunc(list, func(a, b inspectedOp) int {
		return cmp.Or(cmp.Compare(b.Nodes, a.Nodes), strings.Compare(a.Op, b.Op))
	})
	return list
}

// printOps prints a table of ops: whether they are supported, and what they become.
func (in *inspection) printOps(w io.Writer) {
	fmt.Fprintln(w, "TensorFlow ops, and what they become:")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, " nodes\top\tsupported\tbecomes")
	for _, o := range in.TFOps {
		supported := "no"
		if o.Supported {
			supported = "yes"
		}
		fmt.Fprintf(t, "%6d\t%s\t%s\t%s\n", o.Nodes, o.Op, supported, o.becomes())
	}
	t.Flush()
}

// becomes returns a text such as "ScaledQuantize: Quantize, RangeToScale", or the reason why the op is not
// supported.
func (o *inspectedOp) becomes() string {
	switch {
	case o.Supported && len(o.Builders) > 0:
		return strings.Join(o.Builders, ", ") + ": " + strings.Join(o.Core, ", ")
	case o.Supported:
		return strings.Join(o.Core, ", ")
	case o.Why != "":
		return fmt.Sprintf("first %q: %s", o.First, o.Why)
	}
	return fmt.Sprintf("first %q", o.First)
}
