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

// Translation is a SavedModel as a Function.
type Translation struct {
	Function *core.Function   // with all signatures that it has
	Refused  map[string]error // why it does not have others
	Cuts     []string         // parameters that the caller named as the graph does, inner tensors among them

	Signatures map[string]Signature // as they were saved: those that are refused, or only initialize, too
}

// Translate makes one Function of the signatures of a SavedModel: of that which is named, which must
// be there unless it is empty, and of all others that can be had beside it. Its parameters and
// results have the names of TensorFlow's tensors; Function.Signatures tells what the signatures call
// them.
//
// The names in o.Inputs, o.Outputs and o.Constants are those of the signature, or else of tensors of
// the graph. An input of a signature that is a constant is none any more.
// Without a signature they are tensors only. With any that the signature does not have, and with
// o.CheckAsserts, no other signature is translated.
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

// oneByOne translates the first signature and those of the others that can be translated.
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

// withoutSignature translates the tensors that o names, or for a graph without variables what no
// node reads.
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
	f, err := tf.Translate(g, o)
	return &Translation{Function: f}, err
}

// translator makes Functions of sets of signatures.
type translator struct {
	model   *SavedModel
	chosen  string
	options tf.Options
	given   map[string]tf.InputSpec // what the caller said of tensors that are inputs of the signature
	inner   []tf.InputSpec          // and of others
	outputs []string                // tensors that the caller wants beside those of the signature
	cuts    []string
	fixed   map[string]bool // tensors that are inputs of signatures no more: o.Constants has their values
}

// bind sorts the caller's inputs and outputs. It reports whether there are others than the
// signature's.
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

// others returns the chosen signature and those that can be translated with it: their inputs do not
// cut the graph elsewhere.
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

// refuseOthers refuses all other signatures: the checks of Asserts hang on results of one.
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

// checkSignature reports what no Function can have.
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

// translate makes a Function of signatures, with what the caller wants besides.
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

// named returns the tensors that are inputs or constants: their nodes stay in the graph, needed or
// not.
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

// spec returns what the signature says of an input, as far as its placeholder does not.
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

// narrowed returns a spec with what the caller says.
func narrowed(s, by tf.InputSpec) tf.InputSpec {
	if by.Type != core.Dynamic {
		s.Type = by.Type
	}
	if by.Shape != nil {
		s.Shape = by.Shape
	}
	return s
}

// signature returns the signature of a Function, whose inputs must be enough for its outputs.
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

// setDefault gives an input of a signature its value for callers who leave it out; nil is none.
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
