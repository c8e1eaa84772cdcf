package tf2ng

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/mapped"
	"github.com/tf2ng/tf2ng/kernels"
)

// origin is shared by the Models of all signatures of one file.
type origin struct {
	function *core.Function // with all signatures that could be translated
	prepared *kernels.Prepared
	options  kernels.Options
	refused  map[string]error // why the other signatures could not be translated
	saved    map[string]savedmodel.Signature

	mu     sync.Mutex
	models map[string]*Model // by their signatures
	files  []*mapped.File    // what the weights are mapped from
}

// Signatures lists all signatures of the model in order, also those that could not be translated:
// Signature returns an error for these that says why. A GraphDef has no signatures.
func (m *Model) Signatures() []string {
	return slices.Sorted(maps.Keys(m.origin.names()))
}

func (o *origin) names() map[string]bool {
	names := map[string]bool{}
	for name := range o.function.Signatures {
		names[name] = true
	}
	for name := range o.refused {
		names[name] = true
	}
	return names
}

// SignatureName returns the signature that names the inputs and outputs; it is empty for a model without
// signatures.
func (m *Model) SignatureName() string { return m.signature }

// Signature returns a Model with the inputs and outputs of another signature of the same file. It shares
// packed weights with m, and closing one of them closes both. A name that the model does not have is a
// *SignatureError. WithInputs and WithOutputs apply to the signature that Load chose; a Model that was
// loaded with them has no other signatures.
func (m *Model) Signature(name string) (*Model, error) {
	o := m.origin
	if err := o.refused[name]; err != nil {
		return nil, fmt.Errorf("signature %q: %w", name, err)
	}
	s, ok := o.function.Signatures[name]
	if !ok {
		return nil, &SignatureError{Name: name, Have: m.Signatures()}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if known := o.models[name]; known != nil {
		return known, nil
	}
	f, err := view(o.function, s, nil)
	if err != nil {
		return nil, fmt.Errorf("signature %q: %w", name, err)
	}
	p, err := o.prepared.View(f)
	if err != nil {
		return nil, err
	}
	o.models[name] = &Model{function: f, prepared: p, origin: o, signature: name, defaults: defaultsOf(s, f)}
	return o.models[name], nil
}

// model returns the Model for what was read, as the options ask for it.
func (c *config) model(t *translation) (*Model, error) {
	f := t.Function
	o := &origin{function: f, options: c.kernels, refused: t.Refused, saved: t.Signatures, models: map[string]*Model{}}
	name, err := c.choose(slices.Collect(maps.Keys(o.names())))
	if err != nil {
		return nil, err
	}
	plain := name != "" && len(c.outputs) == 0 && len(t.Cuts) == 0
	if !plain {
		if f, err = c.customized(t, name); err != nil {
			return nil, err
		}
		o.function, o.refused = f, nil
	}
	if o.prepared, err = kernels.Prepare(f, c.kernels); err != nil {
		return nil, err
	}
	if plain {
		return (&Model{origin: o}).Signature(name)
	}
	defaults := defaultsOf(t.Function.Signatures[name], f)
	return &Model{function: f, prepared: o.prepared, origin: o, signature: name, defaults: defaults}, nil
}

// choose returns the signature to use; empty if the model has none.
func (c *config) choose(have []string) (string, error) {
	if len(have) == 0 && c.signature == "" {
		return "", nil
	}
	return savedmodel.Choose(c.signature, have)
}

// customized returns the Function with the inputs and outputs that the options name. Those that the
// signature knows have its names.
func (c *config) customized(t *translation, name string) (*core.Function, error) {
	f := t.Function
	if name != "" {
		var err error
		if f, err = view(f, f.Signatures[name], t.Cuts); err != nil {
			return nil, fmt.Errorf("signature %q: %w", name, err)
		}
	}
	if len(c.outputs) > 0 {
		if err := givenTwice(c.outputs); err != nil {
			return nil, err
		}
		var err error
		if f, err = f.WithResults(c.outputs, true); err != nil { // named as the caller named them
			return nil, err
		}
	}
	if name == "" {
		return f, nil
	}
	keep := slices.Clone(t.Cuts)
	for _, s := range c.inputs {
		keep = append(keep, s.Name)
	}
	return onlyNeeded(f, keep), nil
}

// onlyNeeded drops the parameters that the results do not need, except for those that are named.
func onlyNeeded(f *core.Function, keep []string) *core.Function {
	g := *f
	g.Names, g.Parameters = nil, nil
	needed := map[*core.Node]bool{}
	for _, n := range g.Nodes() {
		needed[n] = true
	}
	for _, p := range f.Parameters {
		if needed[p] || slices.Contains(keep, p.Name) {
			g.Parameters = append(g.Parameters, p)
		}
	}
	g.Names = computable(f, g.Parameters)
	return &g
}

// view returns the Function of one signature: its inputs and outputs under the signature's names, and
// additional parameters, which keep their own names even if they are inputs of the signature.
func view(f *core.Function, s core.Signature, more []string) (*core.Function, error) {
	names, err := renamings(s)
	if err != nil {
		return nil, err
	}
	g := &core.Function{Name: f.Name, Meta: f.Meta}
	for _, p := range f.Parameters {
		if _, ok := names[p.Name]; ok || slices.Contains(more, p.Name) {
			g.Parameters = append(g.Parameters, p)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.Outputs)) {
		v, ok := f.Lookup(s.Outputs[key])
		if !ok {
			return nil, fmt.Errorf("output %q: no tensor %q in the graph", key, s.Outputs[key])
		}
		r, err := core.NewNamedNode(key, &core.Result{}, v)
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", key, err)
		}
		r.Origin = v.Node.Origin
		g.Results = append(g.Results, r)
	}
	g.Names = computable(f, g.Parameters)
	return g.Rewrite(func(n *core.Node, _ []core.Value) ([]core.Value, error) {
		p, isParameter := n.Op().(*core.Parameter)
		key, renamed := names[n.Name]
		if !isParameter || !renamed || key == n.Name || slices.Contains(more, n.Name) {
			return nil, nil
		}
		r, err := core.NewNamedNode(key, p)
		if err != nil {
			return nil, err
		}
		r.Origin = n.Origin
		return []core.Value{r.Out(0)}, nil
	})
}

// renamings maps the function's names of parameters to the caller's.
func renamings(s core.Signature) (map[string]string, error) {
	names := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(s.Inputs)) {
		parameter := s.Inputs[key]
		if other, twice := names[parameter]; twice {
			return nil, fmt.Errorf("inputs %q and %q are the same tensor %q, which is not supported", other, key, parameter)
		}
		names[parameter] = key
	}
	return names, nil
}

// computable returns the names of the tensors that can be computed from the parameters.
func computable(f *core.Function, parameters []*core.Node) map[string]core.Value {
	enough := map[*core.Node]bool{}
	for _, n := range f.Nodes() {
		_, isParameter := n.Op().(*core.Parameter)
		enough[n] = !isParameter || slices.Contains(parameters, n)
		for _, v := range n.Inputs() {
			enough[n] = enough[n] && enough[v.Node]
		}
	}
	names := map[string]core.Value{}
	for name, v := range f.Names {
		if enough[v.Node] {
			names[name] = v
		}
	}
	return names
}

// close waits for Runs and releases the files.
func (o *origin) close() error {
	o.prepared.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	var errs []error
	for _, f := range o.files {
		errs = append(errs, f.Close())
	}
	o.files = nil
	return errors.Join(errs...)
}

// portless returns a tensor's name without ":0", which is how parameters are named.
func portless(tensor string) string { return strings.TrimSuffix(tensor, ":0") }

// givenTwice returns an error if two names of outputs mean the same tensor.
func givenTwice(outputs []string) error {
	seen := map[string]bool{}
	for _, name := range outputs {
		tensor := strings.TrimSuffix(name, ":0")
		if seen[tensor] {
			return fmt.Errorf("output %q: given twice", name)
		}
		seen[tensor] = true
	}
	return nil
}
