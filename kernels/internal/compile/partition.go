package compile

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// partition is a function whose nodes are lowered in an order, some of them as segments: each of
// these is a function of its own, over fewer images, and what it computes for the nodes behind it
// are parameters of the function here.
type partition struct {
	parameters, results []*core.Node
	parts               []part
}

// part is a node to be lowered, or a segment in place of its first node.
type part struct {
	node    *core.Node
	segment *segment // nil for a node
}

// segment is nodes that follow each other and are computed for one group of images after the other.
type segment struct {
	inner  *core.Function // for one group
	groups int
	in     []port // the values that are inner's parameters
	out    []port // and its results
	nodes  map[*core.Node]*core.Node
	whole  []*core.Node // its nodes, for the whole batch
}

// port is a value of the function around a segment.
type port struct {
	value   core.Value
	batched bool // each group has its own part of it
}

// users returns, for every value in use, the nodes that read it. A segment is a node that nothing is
// known of.
func (p *partition) users() map[core.Value][]*core.Node {
	users := map[core.Value][]*core.Node{}
	read := func(n *core.Node, values []core.Value) {
		for _, v := range values {
			users[v] = append(users[v], n)
		}
	}
	for _, part := range p.parts {
		if s := part.segment; s == nil {
			read(part.node, part.node.Inputs())
		} else {
			for i, in := range s.in {
				read(s.inner.Parameters[i], []core.Value{in.value})
			}
		}
	}
	return users
}

// inOnePart returns a function without segments.
func inOnePart(f *core.Function) *partition {
	p := &partition{parameters: f.Parameters, results: f.Results}
	for _, n := range f.Nodes() {
		p.parts = append(p.parts, part{node: n})
	}
	return p
}

// cut divides a function at the stretches that stretchesOf finds.
func cut(f *core.Function, threads int) (*partition, error) {
	nodes := f.Nodes()
	stretches := stretchesOf(nodes, threads)
	if len(stretches) == 0 {
		return inOnePart(f), nil
	}
	c := cutter{
		partition: &partition{parameters: f.Parameters}, to: map[core.Value]core.Value{}, kept: map[*core.Node]*core.Node{},
	}
	users := f.Users()
	at := map[*core.Node]*stretch{}
	for i := range stretches {
		for _, n := range stretches[i].nodes {
			at[n] = &stretches[i]
		}
	}
	for _, n := range nodes {
		var err error
		if s := at[n]; s == nil {
			err = c.keep(n)
		} else if n == s.nodes[0] {
			err = c.replace(s, users)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, r := range f.Results {
		c.partition.results = append(c.partition.results, c.kept[r])
	}
	return c.partition, nil
}

// cutter makes a partition, node after node.
type cutter struct {
	partition *partition
	to        map[core.Value]core.Value // what has taken a value's place
	kept      map[*core.Node]*core.Node // and a node's
}

func (c *cutter) value(v core.Value) core.Value {
	if w, ok := c.to[v]; ok {
		return w
	}
	return v
}

// keep adds a node that is in no segment.
func (c *cutter) keep(n *core.Node) error {
	m, err := rebuilt(n, c.value)
	if err != nil {
		return err
	}
	for i := range n.Outputs() {
		if m != n {
			c.to[n.Out(i)] = m.Out(i)
		}
	}
	c.kept[n] = m
	c.partition.parts = append(c.partition.parts, part{node: m})
	return nil
}

// rebuilt returns a node over what has taken its inputs' places; itself if nothing has.
func rebuilt(n *core.Node, to func(core.Value) core.Value) (*core.Node, error) {
	inputs := make([]core.Value, len(n.Inputs()))
	for i, v := range n.Inputs() {
		inputs[i] = to(v)
	}
	if slices.Equal(inputs, n.Inputs()) {
		return n, nil
	}
	m, err := core.NewNamedNode(n.Name, n.Op(), inputs...)
	if err != nil {
		return nil, err
	}
	m.Origin = n.Origin
	return m, nil
}

// standIn returns a value of the type and shape of v, and with its name, of which nothing else is known.
func standIn(v core.Value, shape core.Shape) (*core.Node, error) {
	p, err := core.NewNamedNode(v.Node.Name, &core.Parameter{Type: v.Type(), Shape: shape})
	if err == nil {
		p.Origin = v.Node.Origin
	}
	return p, err
}

// replace adds a segment in place of the nodes of a stretch.
func (c *cutter) replace(s *stretch, users map[core.Value][]*core.Node) error {
	of := &segment{
		inner: &core.Function{}, groups: s.batch / s.group, nodes: map[*core.Node]*core.Node{}, whole: s.nodes,
	}
	inside := map[core.Value]core.Value{}
	for _, n := range s.nodes {
		if err := c.takeInputs(s, n, of, inside); err != nil {
			return err
		}
		m, err := rebuilt(n, func(v core.Value) core.Value {
			if w, ok := inside[v]; ok {
				return w
			}
			return v
		})
		if err != nil {
			return err
		}
		want := s.shape(n.Outputs()[0].Shape)
		if got := m.Outputs()[0].Shape; !got.Equal(want) {
			return fmt.Errorf("internal error, please report: node %q (%s): got shape %v for %d of %d images, want %v",
				n.Name, n.OpName(), got, s.group, s.batch, want)
		}
		of.nodes[m] = n
		for i := range n.Outputs() {
			inside[n.Out(i)] = m.Out(i)
		}
	}
	for _, n := range s.nodes {
		outside := func(u *core.Node) bool { return !slices.Contains(s.nodes, u) }
		if !slices.ContainsFunc(users[n.Out(0)], outside) {
			continue
		}
		result, err := core.NewNamedNode(n.Name, &core.Result{}, inside[n.Out(0)])
		if err != nil {
			return err
		}
		stand, err := standIn(n.Out(0), n.Outputs()[0].Shape)
		if err != nil {
			return err
		}
		of.inner.Results = append(of.inner.Results, result)
		of.out = append(of.out, port{stand.Out(0), true})
		c.to[n.Out(0)] = stand.Out(0)
	}
	c.partition.parts = append(c.partition.parts, part{s.nodes[0], of})
	return nil
}

// takeInputs makes what a node reads from outside its segment parameters of that.
func (c *cutter) takeInputs(s *stretch, n *core.Node, of *segment, inside map[core.Value]core.Value) error {
	batched := s.batched[n]
	for i, v := range n.Inputs() {
		if _, known := inside[v]; known || v.Constant() != nil {
			continue
		}
		shape := v.Shape()
		if batched[i] {
			shape = s.shape(shape)
		}
		p, err := standIn(v, shape)
		if err != nil {
			return err
		}
		of.inner.Parameters = append(of.inner.Parameters, p)
		of.in = append(of.in, port{c.value(v), batched[i]})
		inside[v] = p.Out(0)
	}
	return nil
}
