package compare

import (
	"context"
	"fmt"
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

// Runner is a side of a comparison: something that computes the tensors of a graph.
type Runner interface {
	// Inputs describes the inputs, in the order of the graph.
	Inputs() []Port
	// Outputs describes the outputs, by their full names ("Identity:0").
	Outputs() []Port
	// Run returns the tensors that fetches names, by these names. feeds are by the names of
	// inputs, with or without ":0". The tensors belong to the caller, who must not change feeds
	// before Run returns. An error concerns the whole call: nothing was computed.
	Run(ctx context.Context, feeds Tensors, fetches []string) (Tensors, error)
}

// Tensors are tensors by name.
type Tensors = map[string]*core.Tensor

// Engine makes Runners of binary GraphDefs, which must not change while a Runner is in use. The
// Runners that it makes may need to be closed: see Close.
type Engine interface {
	// Name tells engines apart in reports: "tf2ng", "TensorFlow 2.21.0".
	Name() string
	// Open loads a GraphDef.
	Open(ctx context.Context, graph []byte) (Runner, error)
}

// Lister is a Runner that knows which tensors it can be asked for: full names, in any order. Of
// any other Runner every tensor of the graph may be asked for.
type Lister interface{ Tensors() []string }

// Port describes an input or an output of a Runner. Dimensions may be unknown, and the type
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

// FullName returns the name of a tensor with its number: "x" is "x:0".
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

// InputError reports an input that a Runner does not take. A comparison ends with it.
type InputError struct {
	Side, Input string
	Msg         string
}

// Error writes: input "x": TensorFlow 2.21.0 has no such tensor.
func (e *InputError) Error() string { return fmt.Sprintf("input %q: %s %s", e.Input, e.Side, e.Msg) }

// NoTensorError reports a tensor that a Runner does not have.
type NoTensorError struct {
	Side   string // what does not have it
	Tensor string
}

// Error names the tensor.
func (e *NoTensorError) Error() string {
	return fmt.Sprintf("%s has no tensor %q", e.Side, e.Tensor)
}
