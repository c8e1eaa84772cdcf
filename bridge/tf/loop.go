package tf

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
)

// looping is the translation of one loop.
type looping struct {
	t         *translation
	node      *graphdef.Node
	flow      *flow
	first     []core.Value // the values of all data inputs
	variables []int        // the data inputs that steps change
	facts     []core.Fact  // what is known about the variables in all steps
	unset     []int        // the variables that start as lists of elements of unknown shapes
	captures  *captures
}

// section is the condition or the body of a loop, as a function.
type section struct {
	in        *translation
	variables []core.Value // its parameters for the variables
	gives     []core.Value
}

// loop translates a loop. The results are the values of its data inputs after the last step.
func (t *translation) loop(n *graphdef.Node, f *flow) ([]core.Value, error) {
	l := &looping{t: t, node: n, flow: f}
	if err := l.start(); err != nil {
		return nil, err
	}
	condition, body, err := l.functions()
	if err != nil {
		return nil, err
	}
	var inputs []core.Value
	for v, i := range l.variables {
		x := l.first[i]
		if slices.Contains(l.unset, v) {
			x = x.Node.Inputs()[0] // how many elements the list has
		}
		inputs = append(inputs, x)
	}
	op := &control.Loop{Condition: condition, Body: body, Lists: l.unset}
	out, err := t.emit(n, "", op, append(inputs, l.captures.values...)...)
	if err != nil {
		return nil, err
	}
	last := slices.Clone(l.first[:f.variables])
	for v, i := range l.variables {
		last[i] = out[v]
		t.lists[last[i]] = t.lists[l.first[i]]
	}
	return last, nil
}

// emit applies an op for a node.
func (t *translation) emit(n *graphdef.Node, suffix string, op core.Op, in ...core.Value) ([]core.Value, error) {
	node, err := core.NewNamedNode(n.Name+suffix, op, in...)
	if err != nil {
		return nil, err
	}
	node.Origin = core.Origin{Node: n.Name, Op: n.Op}
	out := make([]core.Value, len(node.Outputs()))
	for i := range out {
		out[i] = node.Out(i)
	}
	return out, nil
}

// start reads the inputs, and finds the variables and what is known about them before the first step.
func (l *looping) start() error {
	for i, in := range l.node.DataInputs() {
		v, err := l.t.readInput(in)
		if err != nil {
			return err
		}
		l.first = append(l.first, v)
		if i >= l.flow.variables || l.unchanged(i) {
			continue
		}
		if ops.IsUnset(v) {
			l.unset = append(l.unset, len(l.variables))
		}
		l.variables = append(l.variables, i)
		l.facts = append(l.facts, v.Fact())
	}
	if got := len(l.flow.parts[1].gives); got != l.flow.variables {
		return fmt.Errorf("the body gives %d values, want %d, one for each input", got, l.flow.variables)
	}
	return nil
}

// unchanged reports whether the body returns a data input as it is.
func (l *looping) unchanged(i int) bool {
	body := &l.flow.parts[1]
	if i >= len(body.gives) {
		return false
	}
	o := body.gives[i]
	for range maxControlDepth {
		if at, ok := body.reads[o]; ok {
			return at == i
		}
		n, ok := l.t.graph.Lookup(o.node)
		if !ok || n.Op != "Identity" || len(n.DataInputs()) != 1 {
			return false
		}
		in := n.DataInputs()[0]
		o = tensorName{in.Node, in.Port}
	}
	return false
}

// patience is how often the body is translated before shapes that still change are taken to be unknown.
const patience = 4

// functions translates the condition and the body with what is known about the variables in all steps. It
// starts with what is known about the inputs, and assumes less each time until the body returns the shapes
// that it was given.
func (l *looping) functions() (condition, body *core.Function, err error) {
	var b *section
	for round := 0; ; round++ {
		l.captures = &captures{number: map[core.Value]int{}}
		if b, err = l.section(1); err != nil {
			return nil, nil, err
		}
		stable, err := l.widen(b, round)
		if err != nil {
			return nil, nil, err
		}
		if stable {
			break
		}
		if round > patience {
			return nil, nil, fmt.Errorf("the shapes of its variables do not settle: got %v", l.facts)
		}
	}
	c, err := l.section(0)
	if err != nil {
		return nil, nil, err
	}
	if len(c.gives) != 1 {
		return nil, nil, fmt.Errorf("the condition gives %d values, want 1", len(c.gives))
	}
	if c.gives[0], err = c.in.truth(l.node, c.gives[0]); err != nil {
		return nil, nil, err
	}
	if condition, err = c.in.close(l.node.Name+"/condition", c.variables, c.gives); err != nil {
		return nil, nil, err
	}
	body, err = b.in.close(l.node.Name+"/body", b.variables, b.gives)
	return condition, body, err
}

// section translates a part of the loop.
func (l *looping) section(number int) (*section, error) {
	p := &l.flow.parts[number]
	s := &section{in: l.t.inner(l.captures)}
	for v, i := range l.variables {
		x, err := s.in.variable(fmt.Sprintf("variable%d", i), l.facts[v], l.t.lists[l.first[i]])
		if err != nil {
			return nil, err
		}
		s.variables = append(s.variables, x)
	}
	data := l.node.DataInputs()
	for name, i := range p.reads {
		if v := slices.Index(l.variables, i); v >= 0 {
			s.in.cut[name] = s.variables[v]
		} else {
			s.in.aliases[name] = tensorName{data[i].Node, data[i].Port}
		}
	}
	wanted := p.gives
	if number == 1 {
		wanted = nil
		for _, i := range l.variables {
			wanted = append(wanted, p.gives[i])
		}
	}
	var err error
	s.gives, err = s.in.translate(wanted)
	return s, err
}

// widen drops what is known about the variables wherever the body's results disagree, and reports whether
// nothing had to be dropped.
func (l *looping) widen(body *section, round int) (stable bool, err error) {
	stable = true
	for v, next := range body.gives {
		now := &l.facts[v]
		if ops.IsUnset(next) {
			return false, fmt.Errorf("input %d: the body gives a list whose elements have not been set", l.variables[v])
		}
		if t := next.Type(); t != now.Type && t != core.Dynamic && now.Type != core.Dynamic {
			return false, fmt.Errorf("input %d is %v, but the body gives %v", l.variables[v], now.Type, t)
		}
		s := now.Shape.Join(next.Shape())
		if slices.Contains(l.unset, v) && !elementsKnown(now.Shape) {
			if s = next.Shape().Clone(); len(s) > 0 {
				s[0] = core.Unknown
			}
		}
		if s.Equal(now.Shape) {
			continue
		}
		if stable = false; round == patience {
			s = nil
		}
		now.Shape = s
	}
	return stable, nil
}

// elementsKnown reports whether the shape of the elements of a list is known.
func elementsKnown(list core.Shape) bool { return len(list) > 0 && list[1:].Static() }

// close returns a part of the graph as a function, with parameters for the variables and for all captures.
func (t *translation) close(name string, variables, results []core.Value) (*core.Function, error) {
	f := t.function
	f.Name = name
	for _, v := range variables {
		f.Parameters = append(f.Parameters, v.Node)
	}
	for i, v := range t.captures.values {
		p, ok := t.captured[i]
		if !ok {
			var err error
			if p, err = t.variable(captureName(i, v), v.Fact(), t.lists[v]); err != nil {
				return nil, err
			}
		}
		f.Parameters = append(f.Parameters, p.Node)
	}
	for i, v := range results {
		r, err := core.NewNamedNode(fmt.Sprintf("result%d", i), &core.Result{}, v)
		if err != nil {
			return nil, err
		}
		r.Origin = v.Node.Origin
		f.Results = append(f.Results, r)
	}
	return f, nil
}

// captureName is the name of the parameter for a capture.
func captureName(i int, v core.Value) string { return fmt.Sprintf("capture%d:%s", i, v.Node.Name) }

// truth returns a predicate as a boolean: a number is true if it is not 0, and a tensor that is not a scalar
// is true if it has elements.
func (t *translation) truth(n *graphdef.Node, v core.Value) (core.Value, error) {
	s := v.Shape()
	switch {
	case !s.Ranked():
		return v, fmt.Errorf("got a predicate of unknown rank, want a scalar: give the inputs shapes")
	case len(s) > 0:
		shape, err := t.emit(n, "#shape", &core.ShapeOf{Type: core.I64}, v)
		if err != nil {
			return v, err
		}
		all := reduce.Reduction{Axes: []int{0}}
		size, err := t.emit(n, "#size", &reduce.Prod{Reduction: all}, shape[0])
		if err != nil {
			return v, err
		}
		v = size[0]
	case v.Type() == core.Bool:
		return v, nil
	case v.Type() == core.String:
		return v, fmt.Errorf("got a string for a predicate, want a boolean or a number")
	}
	zero, err := t.emit(n, "#zero", &pointwise.Convert{Type: v.Type()}, core.NewConstant(core.Scalar(int32(0))))
	if err != nil {
		return v, err
	}
	out, err := t.emit(n, "#truth", &pointwise.Compare{Relation: pointwise.NotEqual}, v, zero[0])
	if err != nil {
		return v, err
	}
	return out[0], nil
}
