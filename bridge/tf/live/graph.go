//go:build tensorflow

package live

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/wamuir/graft/tensorflow"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// Graph is a GraphDef that is loaded in TensorFlow. It is safe for concurrent use until it is closed.
type Graph struct {
	graph   *tensorflow.Graph
	session *tensorflow.Session
	name    string

	tensors         map[string]tensorflow.Output
	inputs, outputs []compare.Port
}

// list finds the inputs, the outputs and the tensors of the graph.
func (g *Graph) list() error {
	g.tensors = map[string]tensorflow.Output{}
	for _, op := range g.graph.Operations() {
		read := false
		for i := range op.NumOutputs() {
			out := op.Output(i)
			g.tensors[fmt.Sprintf("%s:%d", op.Name(), i)] = out
			read = read || len(out.Consumers()) > 0
		}
		switch {
		case op.Type() == "Placeholder":
			g.inputs = append(g.inputs, port(op.Name(), op.Output(0)))
		case op.NumInputs() > 0 && !read:
			for i := range op.NumOutputs() {
				g.outputs = append(g.outputs, port(fmt.Sprintf("%s:%d", op.Name(), i), op.Output(i)))
			}
		}
	}
	return nil
}

func port(name string, out tensorflow.Output) compare.Port {
	p := compare.Port{Name: name, Type: kinds()[graphdef.DataType(out.DataType())].core}
	dims, err := out.Shape().ToSlice()
	if err != nil { // the rank is unknown
		return p
	}
	p.Shape = core.Shape{}
	for _, d := range dims {
		if d < 0 {
			d = core.Unknown
		}
		p.Shape = append(p.Shape, int(d))
	}
	return p
}

// Name returns the Engine's name.
func (g *Graph) Name() string { return g.name }

// Inputs describes the placeholders.
func (g *Graph) Inputs() []compare.Port { return g.inputs }

// Outputs describes the tensors of the nodes whose results no other node reads.
func (g *Graph) Outputs() []compare.Port { return g.outputs }

// Tensors lists the tensors of the graph whose types package core has, which excludes resource handles.
func (g *Graph) Tensors() []string {
	known := kinds()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(g.tensors)), func(name string) bool {
		_, ok := known[graphdef.DataType(g.tensors[name].DataType())]
		return !ok
	})
}

// TensorTypes returns the TensorFlow types (DataType numbers) of all tensors.
func (g *Graph) TensorTypes() map[string]int32 {
	types := make(map[string]int32, len(g.tensors))
	for name, out := range g.tensors {
		types[name] = int32(out.DataType())
	}
	return types
}

// Run runs the graph. Any tensor of the graph may be fed. TensorFlow cannot be interrupted, so ctx is only
// checked before it starts.
func (g *Graph) Run(ctx context.Context, feeds compare.Tensors, fetches []string) (compare.Tensors, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fed := map[tensorflow.Output]*tensorflow.Tensor{}
	for name, t := range feeds {
		out, ok := g.tensors[compare.FullName(name)]
		if !ok {
			return nil, &compare.InputError{Side: g.name, Input: name, Msg: "has no such tensor"}
		}
		x, err := ToTensorFlow(t, graphdef.DataType(out.DataType()))
		if err != nil {
			return nil, &compare.InputError{Side: g.name, Input: name, Msg: err.Error()}
		}
		fed[out] = x
	}
	wanted := make([]tensorflow.Output, len(fetches))
	for i, name := range fetches {
		out, ok := g.tensors[compare.FullName(name)]
		if !ok {
			return nil, &compare.NoTensorError{Side: g.name, Tensor: name}
		}
		wanted[i] = out
	}
	got, err := g.session.Run(fed, wanted, nil)
	if err != nil {
		return nil, fmt.Errorf("TensorFlow refuses it: %w", err)
	}
	results := compare.Tensors{}
	for i, name := range fetches {
		if results[name], err = FromTensorFlow(got[i]); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
	}
	return results, nil
}

// Close closes the session.
func (g *Graph) Close() error { return g.session.Close() }
