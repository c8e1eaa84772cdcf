package savedmodel

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
	"github.com/tf2ng/tf2ng/core"
)

// Translation is the result of translating a SavedModel.
type Translation struct {
	Function *core.Function   // has all signatures that could be translated
	Refused  map[string]error // why the Function does not have each of the other signatures
	Cuts     []string         // parameters that the caller gave by a name of the graph, such as inner tensors

	Signatures map[string]Signature // as saved, including refused ones and those that only initialize the model
}

// Translate translates the signatures of a SavedModel to one Function: the named signature, which must
// exist, and all others that can be translated along with it. The parameters and results of the Function
// have the names of TensorFlow's tensors; Function.Signatures maps the signatures' names to these.
//
// The names in o.Inputs, o.Outputs and o.Constants are those of the signature's inputs and outputs, or else
// of tensors of the graph. If a constant is an input of a signature, it is an input no longer. If a name in
// o.Inputs or o.Outputs is not one of the signature's, or if o.CheckAsserts is set, no other signature is
// translated.
//
// If signature is empty, all names are those of tensors of the graph, and the Function has no signatures.
func (m *SavedModel) Translate(signature string, o tf.Options) (*Translation, error) {
	if signature == "" {
		return m.withoutSignature(o)
	}
	t := &translator{model: m, options: o, chosen: signature}
	own, err := t.bind()
	if err != nil {
		return nil, err
	}
	refused := map[string]error{}
	names := []string{signature}
	switch {
	case o.CheckAsserts:
		t.refuseOthers(refused)
	case !own:
		names = t.others(refused)
	}
	f, err := t.translate(names)
	if err != nil && len(names) > 1 {
		f, err = t.oneByOne(names, refused)
	}
	if err != nil {
		return nil, fmt.Errorf("signature %q: %w", signature, err)
	}
	return &Translation{f, refused, t.cuts, m.saved()}, nil
}

// oneByOne tries each signature by itself. It translates the first one, which must succeed, together with
// those of the others that succeed.
func (t *translator) oneByOne(names []string, refused map[string]error) (*core.Function, error) {
	if f, err := t.translate(names[:1]); err != nil {
		return f, err
	}
	good := names[:1:1]
	for _, name := range names[1:] {
		if _, err := t.translate([]string{name}); err != nil {
			refused[name] = err
			continue
		}
		good = append(good, name)
	}
	return t.translate(good)
}

// withoutSignature translates the outputs that o names. If it names none, the graph must have no variables,
// and the outputs are the tensors that no node reads.
func (m *SavedModel) withoutSignature(o tf.Options) (*Translation, error) {
	g := m.graph
	if len(o.Outputs) > 0 {
		var err error
		if g, err = m.Freeze(slices.Concat(named(o), o.Outputs)...); err != nil {
			return nil, err
		}
	} else if i := slices.IndexFunc(g.Nodes, func(n graphdef.Node) bool { return isVariable(&n) }); i >= 0 {
		return nil, wire.Errorf(graphdef.ErrStructure, "the SavedModel has no signature: save it with one, or name its "+
			"outputs with --output; its functions are called from Python alone")
	}
	o.Files = m.readAsset
	f, err := tf.Translate(g, o)
	return &Translation{Function: f}, err
}

// translator translates sets of signatures to Functions.
type translator struct {
	model   *SavedModel
	chosen  string
	options tf.Options
	given   map[string]tf.InputSpec // the caller's specs of tensors that are inputs of the signature
	inner   []tf.InputSpec          // the caller's specs of other tensors
	outputs []string                // tensors that the caller wants in addition to those of the signature
	cuts    []string                // see Translation.Cuts
	fixed   map[string]bool         // tensors that are no inputs of signatures any more: they are in o.Constants
}

// bind sorts the caller's inputs and outputs into those of the signature and others. It reports whether
// there are others.
func (t *translator) bind() (own bool, err error) {
	s := t.model.Signatures[t.chosen]
	byTensor := map[string]bool{}
	for _, in := range s.Inputs {
		byTensor[full(in.Name)] = true
	}
	t.fixed = map[string]bool{}
	t.options.Constants = slices.Clone(t.options.Constants)
	for i, c := range t.options.Constants {
		if in, ok := s.Inputs[c.Name]; ok {
			t.options.Constants[i].Name = in.Name
		}
		t.fixed[full(t.options.Constants[i].Name)] = true
	}
	t.given = map[string]tf.InputSpec{}
	for _, spec := range t.options.Inputs {
		name := full(spec.Name)
		if in, ok := s.Inputs[spec.Name]; ok {
			name = full(in.Name)
		} else {
			t.cuts = append(t.cuts, strings.TrimSuffix(spec.Name, ":0"))
			if !byTensor[name] {
				t.inner = append(t.inner, spec)
				continue
			}
		}
		if _, twice := t.given[name]; twice {
			return false, fmt.Errorf("input %q: given twice", spec.Name)
		}
		t.given[name] = spec
	}
	for _, name := range t.options.Outputs {
		if _, ok := s.Outputs[name]; !ok {
			t.outputs = append(t.outputs, full(name))
		}
	}
	return len(t.cuts) > 0 || len(t.outputs) > 0, nil
}

// full returns the full name of a tensor, "x:0".
func full(name string) string {
	if name != "" && !strings.Contains(name, ":") {
		return name + ":0"
	}
	return name
}

// others returns the chosen signature and those that can be translated with it, because their inputs do
// not cut the graph at other places.
func (t *translator) others(refused map[string]error) []string {
	names := []string{t.chosen}
	inner := t.innerInputs(t.model.Signatures[t.chosen])
	for _, name := range t.model.Names() {
		if name == t.chosen {
			continue
		}
		if err := t.model.checkSignature(name); err != nil {
			refused[name] = err
		} else if !slices.Equal(inner, t.innerInputs(t.model.Signatures[name])) {
			refused[name] = fmt.Errorf("it starts at other tensors of the graph than signature %q: load the SavedModel "+
				"with it", t.chosen)
		} else {
			names = append(names, name)
		}
	}
	return names
}

// refuseOthers refuses all signatures but the chosen one, since checks of Asserts are tied to the results
// of one signature.
func (t *translator) refuseOthers(refused map[string]error) {
	for _, name := range t.model.Names() {
		if name != t.chosen {
			refused[name] = fmt.Errorf("only the Asserts of signature %q are checked: load the SavedModel with it", t.chosen)
		}
	}
}

// innerInputs returns the inputs of a signature that are computed in the graph.
func (t *translator) innerInputs(s Signature) []string {
	var inner []string
	for _, in := range s.Inputs {
		if n, ok := t.model.graph.Lookup(nodeOf(in.Name)); ok && len(n.DataInputs()) > 0 {
			inner = append(inner, full(in.Name))
		}
	}
	return sorted(inner)
}

func nodeOf(tensor string) string {
	name, _, _ := strings.Cut(tensor, ":")
	return name
}

// checkSignature returns an error if a signature does not exist or cannot be part of a Function.
func (m *SavedModel) checkSignature(name string) error {
	s, ok := m.Signatures[name]
	if !ok {
		return &SignatureError{name, m.Names()}
	}
	if len(s.Outputs) == 0 {
		return wire.Errorf(graphdef.ErrStructure, "it has no outputs")
	}
	for side, tensors := range map[string]map[string]Tensor{"input": s.Inputs, "output": s.Outputs} {
		for _, key := range slices.Sorted(maps.Keys(tensors)) {
			name := tensors[key].Name
			if name == "" {
				return wire.Errorf(graphdef.ErrStructure, "%s %q is a sparse or composite tensor, which is not supported",
					side, key)
			}
			if _, ok := m.graph.Lookup(nodeOf(name)); !ok {
				return wire.Errorf(graphdef.ErrNoNode, "%s %q: got tensor %q, but the graph has no such node", side, key, name)
			}
		}
	}
	return nil
}

// translate translates signatures, and the other inputs and outputs that the caller wants, to a Function.
func (t *translator) translate(names []string) (*core.Function, error) {
	inputs := map[string]tf.InputSpec{}
	var outputs []string
	for _, name := range names {
		if err := t.model.checkSignature(name); err != nil {
			return nil, err
		}
		s := t.model.Signatures[name]
		for _, in := range s.Inputs {
			if name := full(in.Name); !t.fixed[name] {
				inputs[name] = t.spec(in)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(s.Outputs)) {
			outputs = append(outputs, full(s.Outputs[key].Name))
		}
	}
	for name, spec := range t.given {
		if s, ok := inputs[name]; ok {
			inputs[name] = narrowed(s, spec)
		}
	}
	o := t.options
	o.Files = t.model.readAsset
	o.Outputs = sorted(append(outputs, t.outputs...))
	o.Inputs = slices.Clone(t.inner)
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		o.Inputs = append(o.Inputs, inputs[name])
	}
	g, err := t.model.Freeze(slices.Concat(named(o), o.Outputs)...)
	if err != nil {
		return nil, err
	}
	f, err := tf.Translate(g, o)
	if err != nil {
		return nil, err
	}
	f.Signatures = map[string]core.Signature{}
	for _, name := range names {
		if f.Signatures[name], err = t.signature(f, t.model.Signatures[name]); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// named returns the names of the tensors that are inputs or constants. Their nodes stay in the graph even
// if nothing needs them.
func named(o tf.Options) []string {
	var names []string
	for _, s := range o.Inputs {
		names = append(names, s.Name)
	}
	for _, c := range o.Constants {
		names = append(names, c.Name)
	}
	return names
}

// spec returns the type and shape that the signature gives for an input, as far as the input's placeholder
// does not specify them.
func (t *translator) spec(in Tensor) tf.InputSpec {
	s := tf.InputSpec{Name: full(in.Name)}
	n, ok := t.model.graph.Lookup(nodeOf(in.Name))
	if !ok {
		return s
	}
	isPlaceholder := n.Op == "Placeholder" || n.Op == "PlaceholderWithDefault"
	if typ, err := opdef.TypeOf(n, "dtype", in.Type); err == nil && !isPlaceholder {
		s.Type = typ
	}
	shape, err := n.ShapeOr("shape", graphdef.Shape{UnknownRank: true})
	if !isPlaceholder || err == nil && shape.UnknownRank {
		s.Shape = opdef.ShapeOf(in.Shape)
	}
	return s
}

// narrowed returns s with the type and shape that by specifies.
func narrowed(s, by tf.InputSpec) tf.InputSpec {
	if by.Type != core.Dynamic {
		s.Type = by.Type
	}
	if by.Shape != nil {
		s.Shape = by.Shape
	}
	return s
}

// signature returns signature s for a Function. It is an error if the outputs depend on parameters that are
// neither inputs of s nor given by the caller.
func (t *translator) signature(f *core.Function, s Signature) (core.Signature, error) {
	defaults, err := s.Defaults()
	if err != nil {
		return core.Signature{}, err
	}
	out := core.Signature{Inputs: map[string]string{}, Outputs: map[string]string{}, Method: s.Method}
	known := map[*core.Node]bool{}
	for key, in := range s.Inputs {
		if t.fixed[full(in.Name)] {
			continue
		}
		name := strings.TrimSuffix(full(in.Name), ":0")
		i := slices.IndexFunc(f.Parameters, func(p *core.Node) bool { return p.Name == name })
		if i < 0 {
			return out, fmt.Errorf("input %q: no tensor %q in the graph", key, in.Name)
		}
		out.Inputs[key] = name
		known[f.Parameters[i]] = true
		if err := setDefault(&out, key, defaults[key], f.Parameters[i].Outputs()[0]); err != nil {
			return out, err
		}
	}
	var results []*core.Node
	for key, o := range s.Outputs {
		out.Outputs[key] = full(o.Name)
		for _, r := range f.Results {
			if r.Name == full(o.Name) {
				results = append(results, r)
			}
		}
	}
	for _, n := range (&core.Function{Results: results}).Nodes() {
		_, isParameter := n.Op().(*core.Parameter)
		if isParameter && !known[n] && !slices.Contains(t.cuts, n.Name) {
			return out, fmt.Errorf("its outputs need input %q (%s), which it does not have", n.Name, n.Origin.Op)
		}
	}
	return out, nil
}

// setDefault sets the default value of a signature's input. If t is nil, the input has none.
func setDefault(s *core.Signature, key string, t *core.Tensor, of core.Fact) error {
	switch {
	case t == nil:
		return nil
	case !of.Type.Compatible(t.Type()) || of.Shape.Ranked() && !of.Shape.Compatible(t.Shape()):
		return fmt.Errorf("input %q: its default has type %v and shape %v, want %v", key, t.Type(), t.Shape(), of)
	case s.Defaults == nil:
		s.Defaults = map[string]*core.Tensor{}
	}
	s.Defaults[key] = t
	return nil
}
