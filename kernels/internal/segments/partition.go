// Package segments decides which nodes of a function are computed for one group of a batch's images after the
// other. It does so where the activations of the whole batch do not fit into the second-level cache but those of a
// few images do, and over as many nodes as this pays for. It knows nodes and bytes, not how nodes are computed.
package segments

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/trait"
)

// Partition is a function whose parts are lowered in order. Some parts are segments: a segment is a separate function
// for fewer images. The values that it computes for later nodes are, in the function here, stand-in parameters of
// which only type and shape are known.
type Partition struct {
	Parameters, Results []*core.Node
	Parts               []Part
}

// Part is a node to be lowered, or a segment in place of its first node.
type Part struct {
	Node    *core.Node
	Segment *Segment // nil for a node
}

// Segment is a run of consecutive nodes that are computed for one group of images after the other.
type Segment struct {
	Inner  *core.Function // the nodes, as a function for one group
	Groups int
	In     []Port                    // the values that are Inner's parameters
	Out    []Port                    // the values that are Inner's results
	Nodes  map[*core.Node]*core.Node // for each node of Inner, the node for the whole batch
	Whole  []*core.Node              // the nodes for the whole batch, in order
}

// Port is a value of the function around a segment.
type Port struct {
	Value   core.Value
	Batched bool // each group has its own part of the value
}

// Users returns, for every value in use, the nodes that read it. A segment counts as a node of which nothing else is
// known.
func (p *Partition) Users() map[core.Value][]*core.Node {
	users := map[core.Value][]*core.Node{}
	read := func(n *core.Node, values []core.Value) {
		for _, v := range values {
			users[v] = append(users[v], n)
		}
	}
	for _, part := range p.Parts {
		if s := part.Segment; s == nil {
			read(part.Node, part.Node.Inputs())
		} else {
			for i, in := range s.In {
				read(s.Inner.Parameters[i], []core.Value{in.Value})
			}
		}
	}
	return users
}

// Whole returns a function as a Partition without segments.
func Whole(f *core.Function) *Partition {
	p := &Partition{Parameters: f.Parameters, Results: f.Results}
	for _, n := range f.Nodes() {
		p.Parts = append(p.Parts, Part{Node: n})
	}
	return p
}

// Cut partitions a function, all of whose shapes must be known, for a number of threads.
func Cut(f *core.Function, threads int) (*Partition, error) {
	nodes := f.Nodes()
	stretches := stretchesOf(nodes, threads)
	if len(stretches) == 0 {
		return Whole(f), nil
	}
	c := cutter{
		partition: &Partition{Parameters: f.Parameters}, to: map[core.Value]core.Value{}, kept: map[*core.Node]*core.Node{},
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
		c.partition.Results = append(c.partition.Results, c.kept[r])
	}
	return c.partition, nil
}

// cutter makes a partition, node after node.
type cutter struct {
	partition *Partition
	to        map[core.Value]core.Value // by value: the value that replaces it
	kept      map[*core.Node]*core.Node // by node: the node that replaces it
}

func (c *cutter) value(v core.Value) core.Value {
	if w, ok := c.to[v]; ok {
		return w
	}
	return v
}

// keep adds a node that is not in a segment.
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
	c.partition.Parts = append(c.partition.Parts, Part{Node: m})
	return nil
}

// rebuilt returns a node on the values that replace its inputs.
func rebuilt(n *core.Node, to func(core.Value) core.Value) (*core.Node, error) {
	inputs := make([]core.Value, len(n.Inputs()))
	for i, v := range n.Inputs() {
		inputs[i] = to(v)
	}
	return n.WithInputs(inputs)
}

// reshaped returns a node in place of n that gives v another shape.
func reshaped(n *core.Node, v core.Value, shape core.Shape) (*core.Node, error) {
	to, err := core.NewTensor(core.I64, core.Shape{len(shape)})
	if err != nil {
		return nil, err
	}
	for i, d := range shape {
		core.Data[int64](to)[i] = int64(d)
	}
	m, err := n.With(&array.Reshape{}, v, core.NewConstant(to))
	if err != nil {
		return nil, err
	}
	return m, nil
}

// standIn returns a value with the type and name of v and the given shape, of which nothing else is known.
func standIn(v core.Value, shape core.Shape) (*core.Node, error) {
	return v.Node.With(&core.Parameter{Type: v.Type(), Shape: shape})
}

// replace adds a segment that replaces the nodes of a stretch.
func (c *cutter) replace(s *stretch, users map[core.Value][]*core.Node) error {
	of := &Segment{
		Inner: &core.Function{}, Groups: s.batch / s.group, Nodes: map[*core.Node]*core.Node{}, Whole: s.nodes,
	}
	inside := map[core.Value]core.Value{}
	for _, n := range s.nodes {
		if err := c.takeInputs(s, n, of, inside); err != nil {
			return err
		}
		want := s.shape(n.Outputs()[0].Shape)
		m, err := rebuilt(n, func(v core.Value) core.Value {
			if w, ok := inside[v]; ok {
				return w
			}
			return v
		})
		if trait.Reshapes(n.Op()) {
			m, err = reshaped(n, inside[n.Inputs()[0]], want)
		}
		if err != nil {
			return err
		}
		if got := m.Outputs()[0].Shape; !got.Equal(want) {
			return fmt.Errorf("internal error, please report: node %q (%s): got shape %v for %d of %d images, want %v",
				n.Name, n.OpName(), got, s.group, s.batch, want)
		}
		of.Nodes[m] = n
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
		of.Inner.Results = append(of.Inner.Results, result)
		of.Out = append(of.Out, Port{stand.Out(0), true})
		c.to[n.Out(0)] = stand.Out(0)
	}
	c.partition.Parts = append(c.partition.Parts, Part{s.nodes[0], of})
	return nil
}

// takeInputs makes the values that a node reads from outside its segment parameters of the segment.
func (c *cutter) takeInputs(s *stretch, n *core.Node, of *Segment, inside map[core.Value]core.Value) error {
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
		of.Inner.Parameters = append(of.Inner.Parameters, p)
		of.In = append(of.In, Port{c.value(v), batched[i]})
		inside[v] = p.Out(0)
	}
	return nil
}
