package kernels

import (
	"fmt"
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

// port is a parameter or a result.
type port struct {
	name  string // the full name
	short string // the other accepted name: name without its ":0", or with one added
	fact  core.Fact
}

// ports are the parameters and results of a function, in the function's order.
type ports struct{ params, outs []port }

func newPorts(f *core.Function) *ports {
	return &ports{portsOf(f.Parameters), portsOf(f.Results)}
}

func portsOf(nodes []*core.Node) []port {
	list := make([]port, len(nodes))
	for i, n := range nodes {
		short, has := strings.CutSuffix(n.Name, ":0")
		if !has {
			short = n.Name + ":0"
		}
		list[i] = port{n.Name, short, n.Outputs()[0]}
	}
	return list
}

func names(list []port) []string {
	all := make([]string, len(list))
	for i, p := range list {
		all[i] = p.name
	}
	return all
}

// call holds the tensors of one Run, in the order of the ports.
type call struct {
	in, out []*core.Tensor // an element of out is nil if its tensor is to be allocated
	shapes  []core.Shape   // of the inputs
	full    bool           // a tensor was given for every result, under its full name
}

func newCall(p *ports) *call {
	return &call{
		in: make([]*core.Tensor, len(p.params)), out: make([]*core.Tensor, len(p.outs)),
		shapes: make([]core.Shape, len(p.params)),
	}
}

// clear drops the references to the caller's tensors.
func (c *call) clear() {
	clear(c.in)
	clear(c.out)
	clear(c.shapes)
}

// bind stores the tensors of a Run, given by name, in c in the order of the ports.
func (p *ports) bind(c *call, inputs, outputs map[string]*core.Tensor) error {
	if _, err := bindPorts(c.in, p.params, inputs, false); err != nil {
		return err
	}
	for i, t := range c.in {
		if t == nil {
			q := p.params[i]
			return wrong(q.name, false, core.Missing, "%v", q.fact)
		}
	}
	var err error
	c.full, err = bindPorts(c.out, p.outs, outputs, true)
	return err
}

// bindPorts stores the given tensors in to, in the order of the ports. It reports whether every port was
// given a tensor under its full name.
func bindPorts(to []*core.Tensor, list []port, given map[string]*core.Tensor, output bool) (full bool, err error) {
	full = true
	found := 0
	for i := range list {
		q := &list[i]
		t, ok := given[q.name]
		other, short := given[q.short]
		name := q.name
		switch {
		case ok && short:
			return false, wrong(q.short, output, core.Duplicate, "it is also given as %q", q.name)
		case short:
			t, name, full = other, q.short, false
		case !ok:
			full = false
			continue
		}
		if to[i], err = q.check(name, t, output); err != nil {
			return false, err
		}
		if !output { // the shapes of outputs are checked by the Program, which knows them
			if err := q.checkShape(name, to[i], false); err != nil {
				return false, err
			}
		}
		found++
	}
	if found == len(given) {
		return full, nil
	}
	return false, unknownPort(list, given, output)
}

// unknownPort reports the alphabetically first of the given names that no port has.
func unknownPort(list []port, given map[string]*core.Tensor, output bool) error {
	known := map[string]bool{}
	for _, q := range list {
		known[q.name], known[q.short] = true, true
	}
	first, any := "", false
	for name := range given {
		if !known[name] && (!any || name < first) {
			first, any = name, true
		}
	}
	side := "inputs"
	if output {
		side = "outputs"
	}
	return wrong(first, output, core.UnknownName, "the %s are %q", side, names(list))
}

// check returns the tensor that was given for a port, with the port's type: for bf16 and f16 the caller
// may give the bits as u16.
func (q *port) check(name string, t *core.Tensor, output bool) (*core.Tensor, error) {
	if t == nil {
		return nil, wrong(name, output, core.NoTensor, "got no tensor")
	}
	want := q.fact.Type
	if want.IsHalf() && t.Type() == core.U16 {
		bits, err := core.TensorOver(want, t.Shape(), t.Bytes())
		if err != nil {
			return nil, wrong(name, output, core.WrongShape, "%v", err)
		}
		t = bits
	}
	if want != core.Dynamic && t.Type() != want {
		return nil, misfit(name, t.Fact(), q.fact, output, core.WrongType)
	}
	return t, nil
}

// checkShape reports a tensor whose shape does not fit.
func (q *port) checkShape(name string, t *core.Tensor, output bool) error {
	if !t.Shape().Compatible(q.fact.Shape) {
		return misfit(name, t.Fact(), q.fact, output, core.WrongShape)
	}
	return nil
}

// wrong reports a tensor that was given for an input or output, or is missing.
func wrong(name string, output bool, p core.Problem, format string, args ...any) error {
	return &core.TensorError{Name: name, Output: output, Problem: p, Detail: fmt.Sprintf(format, args...)}
}

// misfit reports a tensor whose type or shape does not fit its input or output.
func misfit(name string, got, want core.Fact, output bool, p core.Problem) error {
	format := "got %v, want %v"
	if output {
		format = "got a tensor of %v to write into, want %v"
	}
	return wrong(name, output, p, format, got, want)
}

// shapes returns the shapes that were given by name in the order of the parameters. For a parameter
// without a given shape it returns the shape that the function declares.
func (p *ports) shapes(given map[string]core.Shape) ([]core.Shape, error) {
	ordered, found := make([]core.Shape, len(p.params)), 0
	for i, q := range p.params {
		s, ok := given[q.name]
		other, short := given[q.short]
		switch {
		case ok && short:
			return nil, wrong(q.short, false, core.Duplicate, "it is also given as %q", q.name)
		case short:
			s, ok = other, true
		}
		ordered[i] = q.fact.Shape
		if !ok {
			continue
		}
		found++
		merged, fits := q.fact.Shape.Merge(s)
		if !fits {
			return nil, wrong(q.name, false, core.WrongShape, "got shape %v, want %v", s, q.fact.Shape)
		}
		ordered[i] = merged
	}
	if found < len(given) {
		tensors := make(map[string]*core.Tensor, len(given))
		for name := range given {
			tensors[name] = nil
		}
		return nil, unknownPort(p.params, tensors, false)
	}
	return ordered, nil
}

// results returns the results of a Run by full name: in outputs itself if that has them all.
func (p *ports) results(c *call, outputs map[string]*core.Tensor) map[string]*core.Tensor {
	if c.full && len(outputs) > 0 {
		return outputs
	}
	all := make(map[string]*core.Tensor, len(c.out))
	for i, t := range c.out {
		all[p.outs[i].name] = t
	}
	return all
}
