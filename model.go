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
	signature string // the one that names the inputs and outputs; empty if there is none
	defaults  map[string]*Tensor
}

// TensorInfo describes an input or an output. Dimensions may be unknown.
type TensorInfo struct {
	Name  string     `json:"name"`
	Type  core.Type  `json:"type"`
	Shape core.Shape `json:"shape"`
}

// Inputs describes the inputs, in the order of the graph. If there is a signature, they have its names.
func (m *Model) Inputs() []TensorInfo { return infos(m.function.Parameters) }

// Outputs describes the outputs. They have their full names ("Identity:0"), those of the signature, or
// those that WithOutputs gave them.
func (m *Model) Outputs() []TensorInfo { return infos(m.function.Results) }

func infos(nodes []*core.Node) []TensorInfo {
	out := make([]TensorInfo, len(nodes))
	for i, n := range nodes {
		out[i] = TensorInfo{n.Name, n.Outputs()[0].Type, n.Outputs()[0].Shape}
	}
	return out
}

// Warning names a node that is not computed the way TensorFlow 2.21 does: version "auto" computes it as
// TensorFlow did before a defect came in, or it is left out.
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

// Warnings lists the nodes that are computed differently from TensorFlow 2.21, and then the Asserts that
// are left out.
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

// Function returns the translated graph. It must not be changed.
func (m *Model) Function() *core.Function { return m.function }

// Run computes all outputs. Inputs are given by name, with or without ":0". The outputs are returned
// under their full names and belong to the caller. The first Run with a new set of input shapes compiles
// for them, unless Prepare was called. Cancelling ctx stops between two ops.
// An input for which the signature has a default may be left out.
//
// Errors that the caller can act on are a *TensorError (an input does not fit), a *MemoryError (the
// memory limit is too low), ErrClosed (the Model was closed) and ctx.Err(). An *InternalError is a
// defect of this module.
func (m *Model) Run(ctx context.Context, inputs map[string]*Tensor) (map[string]*Tensor, error) {
	return m.prepared.Run(ctx, m.withDefaults(inputs), nil)
}

// RunInto is like Run, but writes each output for which outputs holds a tensor into that tensor. If it
// holds a tensor for every output, by full names, outputs itself is returned, and a call with shapes that
// are prepared allocates nothing. After an error the contents of the tensors are undefined.
func (m *Model) RunInto(ctx context.Context, inputs, outputs map[string]*Tensor) (map[string]*Tensor, error) {
	return m.prepared.Run(ctx, m.withDefaults(inputs), outputs)
}

// Prepare compiles for inputs of the given shapes, by name, ahead of the first Run. Shapes that the
// graph tells need not be given. Weights are packed once, for all shapes. The most recently used shapes
// stay prepared: see WithPreparedShapes.
func (m *Model) Prepare(shapes map[string]Shape) error {
	_, err := m.prepared.Program(shapes)
	return err
}

// Compile is like Prepare, but returns the Program, which can list its steps and their times. The
// Program cannot be run once the Model is closed.
func (m *Model) Compile(shapes map[string]Shape) (*kernels.Program, error) {
	return m.prepared.Program(shapes)
}

// Memory returns how many bytes the Model keeps in addition to its file: packed weights and folded
// constants, which all shapes share, and what is prepared for particular shapes.
func (m *Model) Memory() (shared, shapes int64) { return m.prepared.Memory() }

// WriteNG writes the model as a .ng file with all its signatures, for Load to read.
func (m *Model) WriteNG(w io.Writer) (err error) {
	defer guard(&err)
	return m.prepared.Use(func() error { return ngfile.Write(w, m.origin.function) })
}

// Close waits for the Runs that are under way, and then releases the mapped file and everything that was
// prepared. Calls that begin later, or while Close waits, fail with ErrClosed. The Models of the other
// signatures are closed as well. The constants of Function must not be read after Close. To end a long
// Run early, cancel its context first.
func (m *Model) Close() error { return m.origin.close() }

// guard turns a panic of this goroutine into an error, as a last resort.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = core.Recovered(nil, p)
	}
}
