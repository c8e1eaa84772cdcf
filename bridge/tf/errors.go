package tf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
)

// Error is an error about a node of the GraphDef. It wraps a *core.OpError when an op
// of package core rejected what the node became, and a *graphdef.Error when one of the
// node's attributes is at fault.
type Error struct {
	Node, Op  string
	Input     int    // the input at fault; -1 for attributes and for the node as a whole
	InputName string // its name in TensorFlow's documentation
	Msg       string
	Err       error // may be nil; then Msg says it all
}

// Error reads, for example,
//
//	node "conv1" (QuantizedConv2D): input 4 (min_filter): got shape [0], want [], [1] or one element per channel
func (e *Error) Error() string {
	var g *graphdef.Error
	if errors.As(e.Err, &g) {
		return g.Error() // it names the node
	}
	s := fmt.Sprintf("node %q (%s)", e.Node, e.Op)
	if e.Input >= 0 {
		s += fmt.Sprintf(": input %d", e.Input)
		if e.InputName != "" {
			s += " (" + e.InputName + ")"
		}
	}
	return s + ": " + e.Msg
}

// Unwrap returns the error of the package that found it, or nil.
func (e *Error) Unwrap() error { return e.Err }

// within makes err an Error about a node.
func within(n *graphdef.Node, err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &Error{Node: n.Name, Op: n.Op, Input: -1, Msg: inner(n, err), Err: err}
}

// inner is the text of err without the node that it serves.
func inner(n *graphdef.Node, err error) string {
	var o *core.OpError
	if !errors.As(err, &o) {
		return err.Error()
	}
	c := *o
	if c.Node == n.Name {
		c.Node = ""
	} else if role, ok := strings.CutPrefix(c.Node, n.Name+"#"); ok {
		c.Node, c.Op = "", role+" ("+c.Op+")"
	}
	return c.Error()
}

// UnsupportedError lists all ops that the wanted outputs need and that this package
// does not translate.
type UnsupportedError struct {
	Ops       []UnsupportedOp
	Supported map[string]int // the nodes of all other ops that the wanted outputs need
}

// UnsupportedOp is an op without a translator.
type UnsupportedOp struct {
	Op    string
	Count int    // its nodes
	First string // the first of them
	Why   string // what is known about the op; may be empty
}

// Error reads, for example, unsupported ops: Foo (3 nodes, first "a/b"), Bar (1 node "c").
func (e *UnsupportedError) Error() string {
	parts := make([]string, len(e.Ops))
	for i, o := range e.Ops {
		parts[i] = o.String()
	}
	return "unsupported ops: " + strings.Join(parts, ", ")
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
	whyControl  = "control flow"
	whyVariable = "a variable: freeze the graph first"
	whyTraining = "training"
	whyForeign  = "TensorFlow 2.21 does not register this op"
	whyIntel    = whyForeign + "; Intel's builds of TensorFlow did"
	whyRuntime  = "it is made while a graph runs: take the graph as it was before"
	whyXLA      = "TensorFlow runs it in clusters that XLA compiles, nowhere else"
)

var why = map[string]string{
	"Switch": whyControl, "Merge": whyControl, "Enter": whyControl, "Exit": whyControl, "NextIteration": whyControl,
	"LoopCond": whyControl, "If": whyControl, "StatelessIf": whyControl, "While": whyControl, "StatelessWhile": whyControl,
	"Case": whyControl, "StatelessCase": whyControl,

	"Variable": whyVariable, "VariableV2": whyVariable, "VarHandleOp": whyVariable, "ReadVariableOp": whyVariable,
	"ResourceGather": whyVariable, "Assign": whyVariable, "AssignVariableOp": whyVariable, "RestoreV2": whyVariable,

	"FusedBatchNormGradV3": whyTraining, "Conv2DBackpropFilter": whyTraining, "ApplyGradientDescent": whyTraining,

	"FakeQuantWithMinMaxArgsGradient": whyTraining, "FakeQuantWithMinMaxVarsGradient": whyTraining,
	"FakeQuantWithMinMaxVarsPerChannelGradient": whyTraining, "QuantizeAndDequantizeV4Grad": whyTraining,
	"XlaDequantize": whyXLA,

	"_QuantizedConv2D": whyIntel, "_QuantizedConv3D": whyIntel, "_QuantizedDepthwiseConv2D": whyIntel, "_FusedQuantizedConv3D": whyIntel,
	"_FusedQuantizedDeconv2D": whyIntel, "_FusedQuantizedDeconv3D": whyIntel,
	"_QuantizedBatchMatMul": whyIntel, "_QuantizedBatchMatMulV2AndDequantize": whyIntel, "_QuantizedFusedBatchMatMulV2AndDequantize": whyIntel,
	"_QuantizedFusedMatMul": whyIntel, "_QuantizedFusedMatMulAndDequantize": whyIntel, "_QuantizedFusedMatMulAndRequantize": whyIntel,
	"_QuantizedFusedBatchNorm": whyIntel, "_QuantizedFusedInstanceNorm": whyIntel, "_QuantizedTranspose": whyIntel,
}

// unsupported returns an UnsupportedError for the nodes that have no translator, or else
// the error of the first call that could not be inlined, or nil.
func unsupported(g *graphdef.Graph, nodes []*graphdef.Node, failed map[string]error) error {
	e := &UnsupportedError{Supported: map[string]int{}}
	var failure error
	at := map[string]int{}
	for _, n := range nodes {
		if _, ok := table[n.Op]; ok {
			e.Supported[n.Op]++
			continue
		}
		if err, call := failed[n.Name]; call {
			if failure == nil {
				failure = err
			}
			continue
		}
		i, ok := at[n.Op]
		if !ok {
			i = len(e.Ops)
			at[n.Op] = i
			e.Ops = append(e.Ops, UnsupportedOp{Op: n.Op, First: n.Name, Why: reason(g, n)})
		}
		e.Ops[i].Count++
	}
	if len(e.Ops) == 0 {
		return failure
	}
	return e
}

func reason(g *graphdef.Graph, n *graphdef.Node) string {
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
