package tf

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
)

// UnsupportedError lists all ops that the wanted outputs need and that this package
// does not translate, and how to do without them.
type UnsupportedError struct {
	Ops       []UnsupportedOp
	Supported map[string]int // the nodes of all other ops that the wanted outputs need

	Inputs  []Endpoint // the inputs that the wanted outputs need
	Outputs []Endpoint // the wanted outputs
	Front   []string   // the last tensors that need no such op: Options.Outputs that would do
	Behind  []string   // the first tensors behind all such ops: Options.Inputs that would do

	heading string // the start of the text; empty means the one for unsupported ops
}

// malformedNodes begins the text if the ops are supported and only these nodes are at fault.
const malformedNodes = "malformed nodes: "

// UnsupportedOp is an op without a translator.
type UnsupportedOp struct {
	Op    string
	Count int    // the number of its nodes
	First string // the name of the first one
	Why   string // what is known about the op; may be empty
}

// Error reads, for example,
//
//	unsupported ops: Foo (3 nodes, first "a/b"), Bar (1 node "c"); to do without them, end in front with
//	--output pool:0, or start behind with --input logits:0
func (e *UnsupportedError) Error() string {
	parts := make([]string, len(e.Ops))
	for i, o := range e.Ops {
		parts[i] = o.String()
	}
	s := cmp.Or(e.heading, "unsupported ops: ") + strings.Join(parts, ", ")
	var ways []string
	if len(e.Front) > 0 {
		ways = append(ways, "end in front with "+flags("--output", e.Front))
	}
	if len(e.Behind) > 0 {
		ways = append(ways, "start behind with "+flags("--input", e.Behind))
	}
	if len(ways) == 0 {
		return s
	}
	return s + "; to do without them, " + strings.Join(ways, ", or ")
}

// flags writes at most four of the tensors as command line flags.
func flags(flag string, tensors []string) string {
	const most = 4
	s := flag + " " + strings.Join(tensors[:min(len(tensors), most)], " "+flag+" ")
	if more := len(tensors) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// String reads Foo (3 nodes, first "a/b").
func (o UnsupportedOp) String() string {
	s := fmt.Sprintf("%s (%d nodes, first %q", o.Op, o.Count, o.First)
	if o.Count == 1 {
		s = fmt.Sprintf("%s (1 node %q", o.Op, o.First)
	}
	if o.Why != "" {
		s += ": " + o.Why
	}
	return s + ")"
}

// Reasons why ops are not supported.
const (
	whyLoop     = "part of a while loop that is not as TensorFlow writes them"
	whyVariable = "a variable: freeze the graph first"
	whyTable    = "of the tables, only those with one value for each key are supported"
	whyChanges  = "it changes a table: results would depend on earlier runs"
	whyTraining = "training"
	whyForeign  = "TensorFlow 2.21 does not register this op"
	whyIntel    = whyForeign + "; Intel's builds of TensorFlow did"
	whyRuntime  = "it is made while a graph runs: take the graph as it was before"
	whyXLA      = "TensorFlow runs it in clusters that XLA compiles, nowhere else"
	whyRandom   = "random numbers: if they serve for training only, fix what switches it with --set NAME=VALUE"
)

// why returns the reason why an op is not supported, by its name.
var why = byOp(map[string][]string{
	whyVariable: {
		"Variable", "VariableV2", "VarHandleOp", "ReadVariableOp", "ResourceGather", "Assign", "AssignVariableOp",
		"RestoreV2",
	},
	whyTable: {
		"MutableDenseHashTable", "MutableDenseHashTableV2", "AnonymousMutableDenseHashTable",
		"MutableHashTableOfTensors", "MutableHashTableOfTensorsV2", "AnonymousMutableHashTableOfTensors",
		"LookupTableExport", "LookupTableExportV2",
	},
	whyChanges: {"LookupTableInsert", "LookupTableInsertV2", "LookupTableRemoveV2"},
	whyTraining: {
		"FusedBatchNormGradV3", "Conv2DBackpropFilter", "ApplyGradientDescent",
		"FakeQuantWithMinMaxArgsGradient", "FakeQuantWithMinMaxVarsGradient",
		"FakeQuantWithMinMaxVarsPerChannelGradient", "QuantizeAndDequantizeV4Grad",
	},
	whyRandom: {"StatelessMultinomial", "StatelessShuffle", "RandomGamma", "RandomPoisson", "RandomPoissonV2"},
	whyXLA:    {"XlaDequantize"},
	whyIntel: {
		"_QuantizedConv2D", "_QuantizedConv3D", "_QuantizedDepthwiseConv2D",
		"_FusedQuantizedConv3D", "_FusedQuantizedDeconv2D", "_FusedQuantizedDeconv3D",
		"_QuantizedBatchMatMul", "_QuantizedBatchMatMulV2AndDequantize", "_QuantizedFusedBatchMatMulV2AndDequantize",
		"_QuantizedFusedMatMul", "_QuantizedFusedMatMulAndDequantize", "_QuantizedFusedMatMulAndRequantize",
		"_QuantizedFusedBatchNorm", "_QuantizedFusedInstanceNorm", "_QuantizedTranspose",
	},
})

func byOp(reasons map[string][]string) map[string]string {
	why := map[string]string{}
	for reason, ops := range reasons {
		for _, op := range ops {
			why[op] = reason
		}
	}
	return why
}

// Unsupported lists, by name, the ops that Translate refuses for a known reason.
func Unsupported() []UnsupportedOp {
	var list []UnsupportedOp
	for name, w := range why {
		if !ops.Known(name) {
			list = append(list, UnsupportedOp{Op: name, Why: w})
		}
	}
	slices.SortFunc(list, func(a, b UnsupportedOp) int { return strings.Compare(a.Op, b.Op) })
	return list
}

// unsupported returns an UnsupportedError for the nodes without a translator, or else the error of the first
// call that could not be inlined, or nil.
func (t *translation) unsupported(nodes []*graphdef.Node, outputs []tensorName) error {
	e := &UnsupportedError{Supported: map[string]int{}}
	var failure error
	at := map[string]int{}
	for _, n := range nodes {
		if t.supported(n) {
			e.Supported[n.Op]++
			continue
		}
		if err, call := t.failed[n.Name]; call {
			if failure == nil {
				failure = err
			}
			continue
		}
		i, ok := at[n.Op]
		if !ok {
			i = len(e.Ops)
			at[n.Op] = i
			e.Ops = append(e.Ops, UnsupportedOp{Op: n.Op, First: n.Name, Why: reason(t.graph, n)})
		}
		e.Ops[i].Count++
	}
	if len(e.Ops) == 0 {
		return failure
	}
	t.surround(e, nodes, outputs)
	return e
}

// supported reports whether a node can be translated, judged by its op and its role in a loop.
func (t *translation) supported(n *graphdef.Node) bool {
	return ops.Known(n.Op) && !t.strays(n) && !t.malformed[n.Name]
}

// inTheWay adds to the first error's Graph all nodes that cannot be translated for reasons of their own.
func (t *translation) inTheWay(err error, nodes []*graphdef.Node, outputs []tensorName) error {
	var first, e *Error
	if !errors.As(err, &first) {
		return err
	}
	graph := &UnsupportedError{Supported: map[string]int{}, heading: malformedNodes}
	malformed, behind := map[string]bool{}, map[string]bool{}
	follows := func(in graphdef.Input) bool { return behind[in.Node] && !t.isCut(in) }
	for i, n := range nodes {
		if t.decisions.conditional(n) || t.values[n.Name] != nil {
			continue
		}
		if behind[n.Name] = slices.ContainsFunc(t.reads(n), follows); behind[n.Name] {
			continue
		}
		if !errors.As(within(n, t.node(n, nodes[i+1:])), &e) {
			continue
		}
		malformed[n.Name], behind[n.Name] = true, true
		why := strings.TrimPrefix(e.Error(), fmt.Sprintf("node %q (%s): ", n.Name, n.Op))
		graph.Ops = append(graph.Ops, UnsupportedOp{Op: n.Op, Count: 1, First: n.Name, Why: why})
	}
	for _, n := range nodes {
		if !malformed[n.Name] {
			graph.Supported[n.Op]++
		}
	}
	t.malformed = malformed
	t.surround(graph, nodes, outputs)
	first.Graph = graph
	return err
}

// strays reports whether a node belongs to a while loop that does not have the form that TensorFlow writes.
// Loops that do have been replaced by one node each.
func (t *translation) strays(n *graphdef.Node) bool {
	data := n.DataInputs()
	switch n.Op {
	case "Enter", "NextIteration", "LoopCond":
		return true
	case "Exit":
		return len(data) == 1 && t.flows[data[0].Node] == nil
	case "Switch":
		return len(data) == 2 && t.graph.Producer(data[1]).Op == "LoopCond"
	case "Merge":
		return slices.ContainsFunc(data, func(in graphdef.Input) bool { return t.graph.Producer(in).Op == "NextIteration" })
	}
	return false
}

func reason(g *graphdef.Graph, n *graphdef.Node) string {
	if ops.Known(n.Op) {
		return whyLoop
	}
	if w := why[n.Op]; w != "" {
		return w
	}
	if f, ok := g.Callee(n); ok {
		return fmt.Sprintf("it calls function %q in a way that is not supported", f.Name)
	}
	switch {
	case strings.HasPrefix(n.Op, "_Mkl"), strings.HasPrefix(n.Op, "_ITEX"), strings.HasPrefix(n.Op, "_OneDnn"):
		return whyRuntime
	case IsQuantized(n.Op):
		return whyForeign
	}
	return ""
}
