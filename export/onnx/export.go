package onnx

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/passes"
	"github.com/tf2ng/tf2ng/internal/version"
)

// lastPass is the last pass before those that shape the function for our kernels.
const lastPass = "absorb_pads"

// Form is how quantized convolutions and matrix products are written.
type Form string

// The forms.
const (
	// QDQ has the float op between DequantizeLinear and QuantizeLinear, which runtimes fuse.
	QDQ Form = "qdq"
	// QOperator has QLinearConv and QLinearMatMul.
	QOperator Form = "qoperator"
	// Integer has ConvInteger and MatMulInteger, and each step behind the sum as TensorFlow
	// rounds it.
	Integer Form = "integer"
)

// Options say how a function is written.
type Options struct {
	Opset int  // of ONNX's standard domain, 13 to 23; 0 means 21
	Form  Form // "" means QDQ
}

// The versions of the standard domain that can be written.
const (
	MinOpset     = 13
	MaxOpset     = 23
	DefaultOpset = 21
)

// irVersions are the first IR versions with the opsets from MinOpset on.
var irVersions = [...]int{7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11}

// Reason is why a node cannot be written.
type Reason struct {
	Node string // its name
	Op   string // its op in core
	Why  string
}

// String writes: node "x" (Where): why.
func (r Reason) String() string { return fmt.Sprintf("node %q (%s): %s", r.Node, r.Op, r.Why) }

// UnsupportedError lists everything of a function that cannot be written.
type UnsupportedError struct{ Reasons []Reason }

// Error lists the reasons.
func (e *UnsupportedError) Error() string {
	lines := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		lines[i] = r.String()
	}
	return "no ONNX for " + strings.Join(lines, "\n       and ")
}

// OptionError reports an option that cannot be.
type OptionError struct{ Option, Got, Want string }

// Error writes: onnx: opset: got 12, want 13 to 23.
func (e *OptionError) Error() string {
	return fmt.Sprintf("onnx: %s: got %s, want %s", e.Option, e.Got, e.Want)
}

func (o Options) complete() (Options, error) {
	if o.Opset == 0 {
		o.Opset = DefaultOpset
	}
	if o.Form == "" {
		o.Form = QDQ
	}
	if o.Opset < MinOpset || o.Opset > MaxOpset {
		return o, &OptionError{"opset", fmt.Sprint(o.Opset), fmt.Sprintf("%d to %d", MinOpset, MaxOpset)}
	}
	if o.Form != QDQ && o.Form != QOperator && o.Form != Integer {
		return o, &OptionError{"form", fmt.Sprintf("%q", o.Form), "qdq, qoperator or integer"}
	}
	return o, nil
}

// Fidelity says how close a node of the model, given the same inputs, comes to the node of the
// function.
type Fidelity string

// The fidelities.
const (
	// Exact is equal bit for bit, as ONNX defines the ops.
	Exact Fidelity = "exact"
	// OneStep is an integer off by at most one.
	OneStep Fidelity = "within one step"
	// LastBits is a real that differs in its last bits: ONNX leaves the order of sums, or the
	// rounding of a function, to the runtime.
	LastBits Fidelity = "last bits"
)

// NodeReport says what became of a node.
type NodeReport struct {
	Node     string   `json:"node"`
	Op       string   `json:"op"`   // in core
	ONNX     []string `json:"onnx"` // the ops that it became
	Fidelity Fidelity `json:"fidelity"`
	Why      string   `json:"why,omitempty"` // it is not exact
}

// Model is an ONNX model in memory.
type Model struct {
	message modelMessage
	report  []NodeReport
}

// Report lists the nodes of the function, in its order, constants aside.
func (m *Model) Report() []NodeReport { return m.report }

// Nodes returns the number of the model's nodes.
func (m *Model) Nodes() int { return len(m.message.graph.nodes) }

// Prepare returns the function that Export writes node by node: f with its constants folded and
// its quantized products integer. Preparing it again changes nothing.
func Prepare(f *core.Function) (*core.Function, error) {
	return passes.Run(f, passes.Options{StopAfter: lastPass})
}

// Export writes f. The error is an *OptionError, an *UnsupportedError, or one of the passes.
// It borrows the tensors of f.
func Export(f *core.Function, o Options) (*Model, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	g, err := Prepare(f)
	if err != nil {
		return nil, err
	}
	e := newExporter(g, o)
	for _, n := range g.Nodes() {
		e.export(n)
	}
	if len(e.reasons) > 0 {
		return nil, &UnsupportedError{e.reasons}
	}
	return &Model{
		message: modelMessage{
			irVersion: irVersions[o.Opset-MinOpset], opset: o.Opset,
			producer: "tf2ng", version: version.String(),
			graph: *e.graph, meta: metadata(f, o),
		},
		report: e.report,
	}, nil
}

// metadata says where the model came from.
func metadata(f *core.Function, o Options) [][2]string {
	meta := [][2]string{{"source", "TensorFlow GraphDef"}, {"quantization", string(o.Form)}}
	for _, key := range slices.Sorted(maps.Keys(f.Meta)) {
		meta = append(meta, [2]string{key, f.Meta[key]})
	}
	return meta
}
