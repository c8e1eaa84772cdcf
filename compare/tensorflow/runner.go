package tensorflow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// Runner is a GraphDef, or a signature of a SavedModel, that is loaded in an Engine.
type Runner struct {
	engine *Engine
	id     int
	graph  []byte
	saved  SavedModel // used instead of graph if Dir is set
	loaded int        // the Engine's starts when the graph was loaded: it is in that child only

	types           map[string]int32 // the TensorFlow types (DataType numbers) of all tensors
	inputs, outputs []compare.Port
}

// load loads the graph into the Engine's child, and starts a child if there is none.
func (r *Runner) load(ctx context.Context) error {
	e := r.engine
	if e.closed {
		return errors.New("TensorFlow was closed")
	}
	if e.child == nil {
		if err := e.start(ctx); err != nil {
			return err
		}
	}
	if r.loaded == e.starts {
		return nil
	}
	q := request{
		Do: "load", Graph: r.id, SavedModel: r.saved.Dir, Tags: r.saved.Tags, Signature: r.saved.Signature,
		Optimize: e.options.Optimize, Threads: e.options.Threads,
	}
	a, _, err := e.call(ctx, q, r.graph)
	if err != nil {
		return err
	}
	r.loaded = e.starts
	r.types = make(map[string]int32, len(a.Tensors))
	for _, d := range a.Tensors {
		r.types[d.Name] = int32(d.Type)
	}
	r.inputs, r.outputs = describe(a.Inputs), describe(a.Outputs)
	for i := range r.inputs {
		r.inputs[i].Name = compare.NodeOf(r.inputs[i].Name)
	}
	return nil
}

func describe(list []described) []compare.Port {
	ports := make([]compare.Port, len(list))
	for i, d := range list {
		ports[i] = compare.Port{Name: d.Name, Type: tf.CoreType(d.Type)}
		if d.Shape == nil {
			continue
		}
		ports[i].Shape = core.Shape{}
		for _, n := range d.Shape {
			if n < 0 {
				n = core.Unknown
			}
			ports[i].Shape = append(ports[i].Shape, n)
		}
	}
	return ports
}

// Freeze returns what a SavedModel's signature computes as a binary GraphDef, in which variables are constants
// and the functions that it calls are inlined. Resources that have no value before a run, such as tables,
// cannot be frozen. names maps the signature's names to tensors of the GraphDef.
func (r *Runner) Freeze(ctx context.Context) (graph []byte, names *Names, err error) {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	if err := r.load(ctx); err != nil {
		return nil, nil, err
	}
	a, graph, err := r.engine.call(ctx, request{Do: "freeze", Graph: r.id})
	if err != nil {
		return nil, nil, err
	}
	if a.Names == nil {
		return nil, nil, failure(Garbled, "answered what is no answer: no names of tensors")
	}
	return graph, a.Names, nil
}

// Inputs describes the placeholders.
func (r *Runner) Inputs() []compare.Port { return r.inputs }

// Outputs describes the tensors of the nodes whose results no other node reads.
func (r *Runner) Outputs() []compare.Port { return r.outputs }

// Tensors lists the tensors of the graph whose types package core has, which excludes resource handles.
func (r *Runner) Tensors() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(r.types)), func(name string) bool {
		return tf.CoreType(graphdef.DataType(r.types[name])) == core.Dynamic
	})
}

// TensorTypes returns the TensorFlow types (DataType numbers) of all tensors.
func (r *Runner) TensorTypes() map[string]int32 { return r.types }

// Name returns the Engine's name.
func (r *Runner) Name() string { return r.engine.Name() }

// Run runs the graph. Any tensor of the graph may be fed. Errors other than those of the arguments are an
// *Error.
func (r *Runner) Run(ctx context.Context, feeds compare.Tensors, fetches []string) (compare.Tensors, error) {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	q := request{Do: "run", Graph: r.id, Feeds: []described{}, Fetches: []string{}}
	var parts [][]byte
	for _, name := range slices.Sorted(maps.Keys(feeds)) {
		t, full := feeds[name], compare.FullName(name)
		typ, ok := r.types[full]
		if !ok {
			return nil, &compare.InputError{Side: r.Name(), Input: name, Msg: "has no such tensor"}
		}
		if want := tf.CoreType(graphdef.DataType(typ)); t == nil || t.Type() != want {
			return nil, &compare.InputError{
				Side: r.Name(), Input: name, Msg: fmt.Sprintf("wants elements of %v, got %v", want, t),
			}
		}
		part := content(t)
		q.Feeds = append(q.Feeds, described{
			Name: full, Type: graphdef.DataType(typ), Shape: append([]int{}, t.Shape()...), Bytes: len(part),
		})
		parts = append(parts, part)
	}
	for _, name := range fetches {
		full := compare.FullName(name)
		if _, ok := r.types[full]; !ok {
			return nil, &compare.NoTensorError{Side: r.Name(), Tensor: name}
		}
		q.Fetches = append(q.Fetches, full)
	}
	a, payload, err := r.engine.call(ctx, q, parts...)
	if err != nil {
		return nil, err
	}
	got, err := tensors(a.Tensors, payload)
	if err != nil {
		return nil, failure(Garbled, "answered what is no answer: %v", err)
	}
	return pick(got, fetches)
}

// pick returns the fetched tensors, keyed by the names in fetches.
func pick(got compare.Tensors, fetches []string) (compare.Tensors, error) {
	out := compare.Tensors{}
	for _, name := range fetches {
		t := got[compare.FullName(name)]
		if t == nil {
			return nil, failure(Garbled, "answered what is no answer: tensor %q is not in it", name)
		}
		out[name] = t
	}
	return out, nil
}

// Close frees what TensorFlow holds for the graph.
func (r *Runner) Close() error {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	e := r.engine
	if e.child == nil || r.loaded != e.starts {
		return nil
	}
	_, _, err := e.call(context.Background(), request{Do: "drop", Graph: r.id})
	return err
}
