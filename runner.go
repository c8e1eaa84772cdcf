package tf2ng

import (
	"context"
	"maps"
	"slices"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels"
)

// Runner returns the Model as one side of a comparison. It computes not only the Model's outputs but any
// tensor that has a name in the graph. Each Run compiles the graph for the tensors that it fetches, so that
// the ops that compute them are not fused away. The Runner is closed with the Model.
func (m *Model) Runner() compare.Runner { return &runner{m} }

type runner struct{ model *Model }

// Inputs returns the Model's inputs.
func (r *runner) Inputs() []compare.Port { return comparePorts(r.model.Inputs()) }

// Outputs returns the Model's outputs.
func (r *runner) Outputs() []compare.Port { return comparePorts(r.model.Outputs()) }

func comparePorts(list []TensorInfo) []compare.Port {
	out := make([]compare.Port, len(list))
	for i, t := range list {
		out[i] = compare.Port(t)
	}
	return out
}

// Tensors lists the tensors that have a name in the graph.
func (r *runner) Tensors() []string { return slices.Sorted(maps.Keys(r.model.function.Names)) }

// Run computes tensors of the graph.
func (r *runner) Run(ctx context.Context, feeds compare.Tensors, fetches []string) (_ compare.Tensors, err error) {
	defer guard(&err)
	var outputs []string
	for _, o := range r.model.Outputs() {
		outputs = append(outputs, o.Name)
	}
	if slices.Equal(outputs, fetches) {
		return r.model.Run(ctx, feeds)
	}
	return r.run(ctx, r.model.function, feeds, fetches)
}

// run compiles a function for these tensors and computes them once.
func (r *runner) run(ctx context.Context, f *core.Function, feeds compare.Tensors, fetches []string) (
	out compare.Tensors, err error,
) {
	use := r.model.prepared.Use(func() error {
		if f, err = f.WithResults(fetches, false); err != nil {
			return err
		}
		p, err := kernels.Prepare(f, r.model.origin.options)
		if err != nil {
			return err
		}
		defer p.Close()
		out, err = p.Run(ctx, feeds, nil)
		return err
	})
	return out, use
}

// Bounds derives how far reals may be from those of another program; see compare.Bounds.
func (r *runner) Bounds(ctx context.Context, feeds compare.Tensors, fetches []string) (
	_ map[string]*compare.Bound, err error,
) {
	defer guard(&err)
	run := func(f *core.Function, fetches []string) (compare.Tensors, error) {
		return r.run(ctx, f, feeds, fetches)
	}
	return compare.Bounds(r.model.function, feeds, fetches, run)
}

// Explain says what a TensorFlow node became, and which kernels compute it when only the Model's outputs
// are asked for.
func (r *runner) Explain(node string, feeds compare.Tensors) (_ []compare.Became, err error) {
	defer guard(&err)
	shapes := map[string]Shape{}
	for name, t := range feeds {
		shapes[compare.NodeOf(name)] = t.Shape()
	}
	p, err := r.model.Compile(shapes)
	if err != nil {
		return nil, err
	}
	computed := map[string]string{}
	for _, s := range p.Steps() {
		computed[s.Node] = s.Kernel
	}
	var list []compare.Became
	for _, n := range r.model.function.Nodes() {
		if n.Origin.Node != node || len(n.Inputs()) == 0 || slices.Contains(r.model.function.Results, n) {
			continue
		}
		list = append(list, compare.Became{
			Node: n.Name, Op: n.OpName(), Builder: n.Origin.Builder, Kernel: computed[n.Name],
		})
	}
	return list, nil
}

// Close closes the Model.
func (r *runner) Close() error { return r.model.Close() }
