package tf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// ConstantSpec gives a Placeholder a value.
type ConstantSpec struct {
	Name  string       // of the node
	Value *core.Tensor // of the Placeholder's type
	Text  string       // without Value: its JSON, "false" or "[1,2]", of the type and any shape that fits
}

// ParseConstantSpec reads NAME=VALUE, where VALUE is JSON.
func ParseConstantSpec(s string) (ConstantSpec, error) {
	name, text, ok := strings.Cut(s, "=")
	if !ok || name == "" || text == "" {
		return ConstantSpec{}, fmt.Errorf("got %q, want NAME=VALUE, phase_train=false for example", s)
	}
	return ConstantSpec{Name: name, Text: text}, nil
}

// constants gives Placeholders their values.
func (t *translation) constants(specs []ConstantSpec) error {
	for _, s := range specs {
		name, n, err := find(t.graph, "constant", s.Name)
		if err != nil {
			return err
		}
		if !isPlaceholder(n) || name.port != 0 {
			return fmt.Errorf("constant %q: the node is %s, want a Placeholder", s.Name, n.Op)
		}
		if t.fixed[name] != nil {
			return fmt.Errorf("constant %q: given twice", s.Name)
		}
		typ, err := t.typeOfTensor(name, n)
		if err != nil {
			return err
		}
		x := s.Value
		if x == nil {
			if x, err = parseConstant(typ, s.Text); err != nil {
				return fmt.Errorf("constant %q: %w", s.Name, err)
			}
		}
		shape, err := t.shapeOfTensor(name, n)
		if err != nil {
			return err
		}
		if x.Type() != typ || !x.Shape().Compatible(shape) {
			return fmt.Errorf("constant %q: got %v, want %v", s.Name, x.Fact(), core.Fact{Type: typ, Shape: shape})
		}
		t.fixed[name] = x
	}
	return nil
}

// parseConstant reads a JSON value, or lists of them in lists, as a tensor.
func parseConstant(typ core.Type, text string) (*core.Tensor, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return nil, fmt.Errorf("got %q, want a JSON value: a number, true, false, a string, or a list of them", text)
	}
	var elements []any
	shape, err := flatten(v, &elements, 0)
	if err != nil {
		return nil, err
	}
	return constantOf(typ, shape, elements)
}

// flatten appends the elements of lists in lists, and returns their shape.
func flatten(v any, elements *[]any, depth int) (core.Shape, error) {
	list, isList := v.([]any)
	if !isList {
		*elements = append(*elements, v)
		return core.Shape{}, nil
	}
	var inner core.Shape
	for i, x := range list {
		s, err := flatten(x, elements, depth+1)
		if err != nil {
			return nil, err
		}
		if i > 0 && !s.Equal(inner) {
			return nil, fmt.Errorf("got lists of different lengths, want all of one shape")
		}
		inner = s
	}
	return append(core.Shape{len(list)}, inner...), nil
}

// constantOf returns a tensor of JSON values, which its type must hold exactly but for the rounding of
// reals.
func constantOf(typ core.Type, shape core.Shape, elements []any) (*core.Tensor, error) {
	wrong := func(v any) error { return fmt.Errorf("got %v, want values of %v", v, typ) }
	switch typ {
	case core.Bool:
		return convertAll(shape, elements, func(v any) (bool, error) {
			b, ok := v.(bool)
			if !ok {
				return false, wrong(v)
			}
			return b, nil
		})
	case core.String:
		texts := make([]string, len(elements))
		for i, v := range elements {
			s, ok := v.(string)
			if !ok {
				return nil, wrong(v)
			}
			texts[i] = s
		}
		return core.StringTensor(shape, texts)
	}
	numbers, err := convertAll(shape, elements, func(v any) (float64, error) {
		n, ok := v.(json.Number)
		if !ok {
			return 0, wrong(v)
		}
		return n.Float64()
	})
	if err != nil || typ == core.F64 {
		return numbers, err
	}
	out, err := core.EvalOp(&pointwise.Convert{Type: typ}, []*core.Tensor{numbers})
	if err != nil {
		return nil, err
	}
	back, err := core.EvalOp(&pointwise.Convert{Type: core.F64}, out)
	if err == nil && typ.IsInteger() && !bytes.Equal(back[0].Bytes(), numbers.Bytes()) {
		return nil, wrong(elements)
	}
	return out[0], err
}

// convertAll returns a tensor of what convert makes of elements.
func convertAll[T bool | float64](
	shape core.Shape, elements []any, convert func(any) (T, error),
) (*core.Tensor, error) {
	data := make([]T, len(elements))
	for i, v := range elements {
		var err error
		if data[i], err = convert(v); err != nil {
			return nil, err
		}
	}
	return core.TensorOf(shape, data)
}

// needless returns an *UnsupportedError if a result depends on random numbers, and drops the
// names of what does.
func (t *translation) needless() error {
	depends := map[*core.Node]bool{}
	for _, n := range t.function.Nodes() {
		depends[n] = ops.IsRandom(n.Op()) || slices.ContainsFunc(n.Inputs(), func(v core.Value) bool {
			return depends[v.Node]
		}) || callsRandom(n.Op())
	}
	for name, v := range t.function.Names {
		if depends[v.Node] {
			delete(t.function.Names, name)
		}
	}
	first := map[string]*UnsupportedOp{}
	var list []UnsupportedOp
	if !slices.ContainsFunc(t.function.Results, func(r *core.Node) bool { return depends[r] }) {
		return nil
	}
	for i := range t.graph.Nodes {
		n := &t.graph.Nodes[i]
		if !ops.IsRandomOp(n.Op) {
			continue
		}
		if o := first[n.Op]; o != nil {
			o.Count++
			continue
		}
		first[n.Op] = &UnsupportedOp{Op: n.Op, Count: 1, First: n.Name, Why: whyRandom}
	}
	for _, o := range first {
		list = append(list, *o)
	}
	slices.SortFunc(list, func(a, b UnsupportedOp) int { return strings.Compare(a.Op, b.Op) })
	return &UnsupportedError{Ops: list, Supported: map[string]int{}}
}

// callsRandom reports whether a function that an op calls holds random numbers.
func callsRandom(op core.Op) bool {
	c, ok := op.(core.Caller)
	return ok && slices.ContainsFunc(c.Functions(), func(f *core.Function) bool {
		return slices.ContainsFunc(f.Nodes(), func(n *core.Node) bool { return ops.IsRandom(n.Op()) || callsRandom(n.Op()) })
	})
}

// withParts returns nodes with those that the loops and conditionals among them run.
func (t *translation) withParts(nodes []*graphdef.Node) []*graphdef.Node {
	all := slices.Clone(nodes)
	seen := map[string]bool{}
	for i := 0; i < len(all); i++ {
		f := t.flows[all[i].Name]
		if f == nil || seen[all[i].Name] {
			continue
		}
		seen[all[i].Name] = true
		for k, p := range f.parts {
			if !f.loop && !t.mayTake(all[i], k, len(f.parts)) {
				continue
			}
			in := t.inner(nil)
			for name := range p.reads {
				in.aliases[name] = name
			}
			if more, err := in.needed(p.gives); err == nil {
				all = append(all, more...)
			}
		}
	}
	return all
}

// mayTake reports whether a conditional may take a branch, as far as constants tell.
func (t *translation) mayTake(n *graphdef.Node, branch, ways int) bool {
	_, negated, constant := t.decisions.predicate(n.DataInputs()[0])
	if constant == nil {
		return true
	}
	taken := chosen(constant, ways)
	if negated {
		taken = 1 - taken
	}
	return taken == branch
}
