package onnx

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/export/onnx/internal/calibrate"
	"github.com/tf2ng/tf2ng/internal/passes"
	"github.com/tf2ng/tf2ng/internal/version"
)

// lastPass is the last pass to run: those after it prepare the function for tf2ng's own kernels.
const lastPass = "absorb_pads"

// Form says as which ONNX ops quantized convolutions and matrix products are written.
type Form string

// The forms.
const (
	// QDQ writes the float op between DequantizeLinear and QuantizeLinear; runtimes fuse these.
	QDQ Form = "qdq"
	// QOperator writes QLinearConv and QLinearMatMul, and MatMulInteger in front of sums.
	QOperator Form = "qoperator"
	// Integer writes ConvInteger and MatMulInteger, and after them each step with TensorFlow's
	// rounding.
	Integer Form = "integer"
)

// Sums says how a tensor is added to the product of a convolution before the result is quantized.
type Sums string

// The kinds of sums.
const (
	// SumsOfReals adds the product as it is.
	SumsOfReals Sums = "reals"
	// SumsOfBytes rounds the product to 8 bits before the sum, wherever no result can be off by more than one step
	// for that, whatever the inputs. It is SumsOfReals elsewhere, and in the form Integer.
	SumsOfBytes Sums = "bytes"
)

// Options say how a function is written.
type Options struct {
	Opset int  // version of ONNX's standard domain, 13 to 23; 0 means 21
	Form  Form // "" means QDQ
	Sums  Sums // "" means SumsOfReals

	// Calibration has inputs of the function, by name, on which Export runs it, to round the products of SumsOfBytes in
	// the ranges that they have there. That makes their steps finer, and leaves fewer sums of reals. Products outside of
	// these ranges saturate.
	Calibration []map[string]*core.Tensor
}

// The versions of the standard domain that can be written.
const (
	MinOpset     = 13
	MaxOpset     = 23
	DefaultOpset = 21
)

// irVersions are the first IR versions that allow the opsets, from MinOpset on.
var irVersions = [...]int{7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11}

// Reason says why a node cannot be written.
type Reason struct {
	Node string // its name
	Op   string // its op in core
	Why  string
}

// String writes: node "x" (Where): why.
func (r Reason) String() string { return fmt.Sprintf("node %q (%s): %s", r.Node, r.Op, r.Why) }

// UnsupportedError lists all nodes of a function that cannot be written.
type UnsupportedError struct{ Reasons []Reason }

// Error lists the reasons.
func (e *UnsupportedError) Error() string {
	lines := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		lines[i] = r.String()
	}
	return "no ONNX for " + strings.Join(lines, "\n       and ")
}

// OptionError reports an invalid option.
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
	if o.Sums == "" {
		o.Sums = SumsOfReals
	}
	if o.Opset < MinOpset || o.Opset > MaxOpset {
		return o, &OptionError{"opset", fmt.Sprint(o.Opset), fmt.Sprintf("%d to %d", MinOpset, MaxOpset)}
	}
	if o.Form != QDQ && o.Form != QOperator && o.Form != Integer {
		return o, &OptionError{"form", fmt.Sprintf("%q", o.Form), "qdq, qoperator or integer"}
	}
	if o.Sums != SumsOfReals && o.Sums != SumsOfBytes {
		return o, &OptionError{"sums", fmt.Sprintf("%q", o.Sums), "reals or bytes"}
	}
	if len(o.Calibration) > 0 && (o.Sums != SumsOfBytes || o.Form == Integer) {
		return o, &OptionError{"calibration", "sums of reals", "sums of bytes, in the form qdq or qoperator"}
	}
	return o, nil
}

// Fidelity says how close the result of a written node is to the result of the function's node for the same
// inputs.
type Fidelity string

// The fidelities.
const (
	// Exact: the result is equal bit for bit, by ONNX's definition of the ops.
	Exact Fidelity = "exact"
	// OneStep: integers are off by at most one.
	OneStep Fidelity = "within one step"
	// OneStepInRange: integers are off by at most one as long as the products of the node lie in the range that they had
	// in Calibration; beyond it they saturate.
	OneStepInRange Fidelity = "within one step in the range calibrated"
	// LastBits: reals may differ in their last bits, since ONNX leaves the order of a sum, or the
	// rounding of a function, to the runtime.
	LastBits Fidelity = "last bits"
)

// NodeReport says how a node was written.
type NodeReport struct {
	Node     string   `json:"node"`
	Op       string   `json:"op"`   // in core
	ONNX     []string `json:"onnx"` // the ONNX ops that it was written as
	Fidelity Fidelity `json:"fidelity"`
	Why      string   `json:"why,omitempty"` // why it is not exact
}

// Model is an ONNX model in memory.
type Model struct {
	message modelMessage
	report  []NodeReport
}

// Report lists the nodes of the function, except constants, in their order.
func (m *Model) Report() []NodeReport { return m.report }

// Nodes returns the number of the model's nodes.
func (m *Model) Nodes() int { return len(m.message.graph.nodes) }

// Prepare returns the function that Export writes node by node: f after constant folding and after its
// quantized products were turned into integer ones. Prepare is idempotent.
func Prepare(f *core.Function) (*core.Function, error) {
	return passes.Run(f, passes.Options{StopAfter: lastPass})
}

// Export converts f to an ONNX model, which refers to the tensors of f. The error is an *OptionError, an
// *UnsupportedError, or an error of a pass or of a run for Calibration.
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
	if len(o.Calibration) > 0 {
		if e.products, err = calibrate.Products(g, o.Calibration); err != nil {
			return nil, fmt.Errorf("onnx: calibration: %w", err)
		}
	}
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

// metadata returns the model's metadata, which say where it came from.
func metadata(f *core.Function, o Options) [][2]string {
	meta := [][2]string{{"source", "TensorFlow GraphDef"}, {"quantization", string(o.Form)}}
	for _, key := range slices.Sorted(maps.Keys(f.Meta)) {
		meta = append(meta, [2]string{key, f.Meta[key]})
	}
	return meta
}
