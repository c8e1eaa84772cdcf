package tf2ng

import (
	"context"
	"fmt"
	"io"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/ngfile"
	"github.com/tf2ng/tf2ng/kernels"
)

// Model is a translated graph, ready to run. Its methods may be called from any number
// of goroutines at the same time.
type Model struct {
	function  *core.Function
	prepared  *kernels.Prepared
	origin    *origin
	signature string // whose names the inputs and outputs have; may be empty
	defaults  map[string]*Tensor
}

// TensorInfo describes an input or an output. Dimensions may be unknown.
type TensorInfo struct {
	Name  string     `json:"name"`
	Type  core.Type  `json:"type"`
	Shape core.Shape `json:"shape"`
}

// Inputs describes the inputs, in the order of the graph, by their names in the signature if there is one.
func (m *Model) Inputs() []TensorInfo { return infos(m.function.Parameters) }

// Outputs describes the outputs, by their full names ("Identity:0"), as the signature names them, or
// as WithOutputs did.
func (m *Model) Outputs() []TensorInfo { return infos(m.function.Results) }

func infos(nodes []*core.Node) []TensorInfo {
	out := make([]TensorInfo, len(nodes))
	for i, n := range nodes {
		out[i] = TensorInfo{n.Name, n.Outputs()[0].Type, n.Outputs()[0].Shape}
	}
	return out
}

// Warning tells of a node that is not computed as TensorFlow 2.21 does: because version "auto"
// computes it as the versions before it had a defect, or because it is left out.
type Warning struct {
	Node    string `json:"node"` // the TensorFlow node
	Op      string `json:"op"`
	Repairs string `json:"repairs,omitempty"`  // the defect, in words
	LeftOut bool   `json:"left_out,omitempty"` // an Assert that is not checked
}

// String returns the warning as a sentence.
func (w Warning) String() string {
	if w.LeftOut {
		return fmt.Sprintf("node %q (%s) is not checked: it is with --check-asserts, or WithAssertsChecked", w.Node, w.Op)
	}
	return fmt.Sprintf("node %q (%s) is computed as TensorFlow 2.13 does: %s; version 2.21 reproduces that", w.Node,
		w.Op, w.Repairs)
}

// Warnings lists the nodes that the default version computes unlike TensorFlow 2.21, and then the
// Asserts that are left out.
func (m *Model) Warnings() []Warning {
	var warnings []Warning
	seen := map[string]bool{}
	for _, n := range m.function.AllNodes() {
		if o := n.Origin; o.Repairs != "" && !seen[o.Node] {
			seen[o.Node] = true
			warnings = append(warnings, Warning{Node: o.Node, Op: o.Op, Repairs: o.Repairs})
		}
	}
	for _, name := range tf.LeftOut(m.function) {
		warnings = append(warnings, Warning{Node: name, Op: "Assert", LeftOut: true})
	}
	return warnings
}

// Function returns the translated graph, which must not be changed.
func (m *Model) Function() *core.Function { return m.function }

// Run computes all outputs. Inputs are by name, with or without ":0"; the outputs, by their
// full names, belong to the caller. The first Run for a set of input shapes compiles,
// unless Prepare was called for them; cancelling ctx stops between two ops. An input for which the
// signature has a default may be left out.
//
// A *TensorError tells of inputs that do not fit, a *MemoryError of too little memory,
// ErrClosed of a Model that was closed, and ctx.Err() that it was cancelled: all of them the
// caller's. An *InternalError is this module's fault.
func (m *Model) Run(ctx context.Context, inputs map[string]*Tensor) (map[string]*Tensor, error) {
	return m.prepared.Run(ctx, m.withDefaults(inputs), nil)
}

// RunInto is Run that writes each output for which outputs holds a tensor into that. If it
// holds one for each output, by full names, outputs itself is returned, and a Run for shapes
// that are prepared allocates nothing. After an error the tensors hold anything.
func (m *Model) RunInto(ctx context.Context, inputs, outputs map[string]*Tensor) (map[string]*Tensor, error) {
	return m.prepared.Run(ctx, m.withDefaults(inputs), outputs)
}

// Prepare compiles for inputs of the given shapes, by name, ahead of the first Run; shapes
// that the graph knows need not be given. Weights are packed once, for all shapes. The most
// recently used shapes stay prepared, see WithPreparedShapes.
func (m *Model) Prepare(shapes map[string]Shape) error {
	_, err := m.prepared.Program(shapes)
	return err
}

// Compile is Prepare that returns the Program, which tells of its steps and their times. It
// does not run once the Model is closed.
func (m *Model) Compile(shapes map[string]Shape) (*kernels.Program, error) {
	return m.prepared.Program(shapes)
}

// Memory tells what the Model keeps beside its file: the bytes of packed weights and folded
// constants, which all shapes share, and those of what is prepared for certain shapes.
func (m *Model) Memory() (shared, shapes int64) { return m.prepared.Memory() }

// WriteNG writes the model as a .ng file, which Load reads, with all its signatures.
func (m *Model) WriteNG(w io.Writer) (err error) {
	defer guard(&err)
	return m.prepared.Use(func() error { return ngfile.Write(w, m.origin.function) })
}

// Close waits for the Runs that are under way and releases the mapped file and what was
// prepared. Whatever begins later, or while Close waits, fails with ErrClosed. Function's
// constants must not be read after Close. The Models of other signatures are closed with it. To end a
// long Run early, cancel its context first.
func (m *Model) Close() error { return m.origin.close() }

// guard turns a panic of this goroutine into an error: the last belt.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = kernels.Recovered(p)
	}
}
