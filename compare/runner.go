package compare

import (
	"context"
	"fmt"
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

// Runner computes the tensors of a graph for one side of a comparison.
type Runner interface {
	// Inputs describes the inputs, in the order of the graph.
	Inputs() []Port
	// Outputs describes the outputs, by their full names ("Identity:0").
	Outputs() []Port
	// Run returns the tensors named in fetches, keyed by these names. The keys of feeds are names of
	// inputs, with or without ":0". The returned tensors belong to the caller, who must not change
	// feeds before Run returns. An error is about the whole call: no tensor is returned.
	Run(ctx context.Context, feeds Tensors, fetches []string) (Tensors, error)
}

// Tensors maps names to tensors.
type Tensors = map[string]*core.Tensor

// Engine opens binary GraphDefs as Runners. The bytes of a GraphDef must not change while its Runner is in
// use. A Runner may need to be closed: see Close.
type Engine interface {
	// Name identifies the engine in reports: "tf2ng", "TensorFlow 2.21.0".
	Name() string
	// Open loads a GraphDef.
	Open(ctx context.Context, graph []byte) (Runner, error)
}

// Lister is a Runner that lists the tensors that can be fetched from it: full names, in any order. A
// Runner that is no Lister can be asked for any tensor of the graph.
type Lister interface{ Tensors() []string }

// Port describes an input or an output of a Runner. Dimensions may be unknown, and the type may be
// Dynamic.
type Port struct {
	Name  string     `json:"name"`
	Type  core.Type  `json:"type"`
	Shape core.Shape `json:"shape"`
}

// Close closes a Runner that has a method Close, and does nothing for any other.
func Close(r Runner) error {
	if c, ok := r.(interface{ Close() error }); ok {
		return c.Close()
	}
	return nil
}

// FullName returns the name of a tensor with the number of the output: "x:0" for "x".
func FullName(tensor string) string {
	if strings.Contains(tensor, ":") {
		return tensor
	}
	return tensor + ":0"
}

// NodeOf returns the name of the node that computes a tensor.
func NodeOf(tensor string) string {
	node, _, _ := strings.Cut(tensor, ":")
	return node
}

// InputError reports an input that a Runner does not accept. It ends a comparison.
type InputError struct {
	Side, Input string
	Msg         string
}

// Error writes: input "x": TensorFlow 2.21.0 has no such tensor.
func (e *InputError) Error() string { return fmt.Sprintf("input %q: %s %s", e.Input, e.Side, e.Msg) }

// NoTensorError reports a tensor that a Runner does not have.
type NoTensorError struct {
	Side   string // the side that lacks the tensor
	Tensor string
}

// Error names the tensor.
func (e *NoTensorError) Error() string {
	return fmt.Sprintf("%s has no tensor %q", e.Side, e.Tensor)
}
