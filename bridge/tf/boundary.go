package tf

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/core"
)

// InputSpec makes a tensor of the graph an input, or gives an input a shape.
type InputSpec struct {
	Name  string     // of a TensorFlow tensor, "x" or "x:0"
	Shape core.Shape // nil leaves what the graph says
	Type  core.Type  // Dynamic leaves what the graph says
}

// ParseInputSpec reads NAME, NAME:PORT, or either with a shape behind it: "x:1,8,8,3",
// "x:[?,8,8,3]", "x:1:[10]". A dimension of ? or -1 is unknown. A number alone is a
// port, so a shape of one dimension needs its brackets.
func ParseInputSpec(s string) (InputSpec, error) {
	name, rest, more := strings.Cut(s, ":")
	if port, shape, _ := strings.Cut(rest, ":"); more && isNumber(port) {
		name, rest, more = name+":"+port, shape, shape != ""
	}
	spec := InputSpec{Name: name}
	if name == "" {
		return spec, fmt.Errorf("input %q: want NAME or NAME:SHAPE", s)
	}
	if !more {
		return spec, nil
	}
	inner, open := strings.CutPrefix(rest, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if open != closed {
		return spec, fmt.Errorf("input %q: shape %q has one bracket", s, rest)
	}
	spec.Shape = core.Shape{}
	if inner == "" && open {
		return spec, nil
	}
	for _, d := range strings.Split(inner, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(d))
		switch {
		case strings.TrimSpace(d) == "?" || err == nil && n == -1:
			n = core.Unknown
		case err != nil || n < 0:
			return spec, fmt.Errorf("input %q: got dimension %q, want a number, ? or -1", s, d)
		}
		spec.Shape = append(spec.Shape, n)
	}
	return spec, nil
}

func isNumber(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && strconv.Itoa(n) == s
}

// findOutputs returns the first outputs of the nodes whose data no node reads.
func findOutputs(g *graphdef.Graph) ([]tensorName, error) {
	read := map[string]bool{}
	for i := range g.Nodes {
		for _, in := range g.Nodes[i].DataInputs() {
			read[in.Node] = true
		}
	}
	var found []tensorName
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if !read[n.Name] && !slices.Contains(notOutputs, n.Op) {
			found = append(found, tensorName{node: n.Name})
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no outputs found: every node is a constant, an input, or read by another; " +
			"name the outputs")
	}
	return found, nil
}

// notOutputs are ops that a reader leaves unread without it being a result.
var notOutputs = []string{"Const", "HostConst", "Placeholder", "PlaceholderWithDefault", "NoOp", "Assert"}

// needed returns the nodes that the outputs need beyond the cuts, in an order in which
// each stands after those that it reads.
func (t *translation) needed(outputs []tensorName) ([]*graphdef.Node, error) {
	g, cut := t.graph, t.cut
	names := make([]string, len(outputs))
	for i, o := range outputs {
		names[i] = o.node
	}
	order, err := g.Order(names...)
	if err != nil {
		return nil, err
	}
	t.decisions = decide(g, order, cut)
	want := map[string]bool{}
	for _, o := range outputs {
		if _, isCut := cut[o]; !isCut {
			want[o.node] = true
		}
	}
	var nodes []*graphdef.Node
	for _, n := range slices.Backward(order) { // readers first
		if !want[n.Name] {
			continue
		}
		nodes = append(nodes, n)
		for _, in := range t.decisions.reads(n) {
			if _, isCut := cut[tensorName{in.Node, in.Port}]; !isCut {
				want[in.Node] = true
			}
		}
	}
	slices.Reverse(nodes)
	return nodes, nil
}

// parameters makes the inputs that the caller gave.
func (t *translation) parameters(specs []InputSpec) error {
	for _, s := range specs {
		name, n, err := find(t.graph, "input", s.Name)
		if err != nil {
			return err
		}
		if _, dup := t.cut[name]; dup {
			return fmt.Errorf("input %q: given twice", s.Name)
		}
		if err := t.parameter(name, n, s); err != nil {
			return err
		}
	}
	return nil
}

// placeholders makes the rest of the inputs: the Placeholders among the nodes. Without
// any, the PlaceholderWithDefaults are the inputs; else they have their default.
func (t *translation) placeholders(nodes []*graphdef.Node) error {
	for _, op := range []string{"Placeholder", "PlaceholderWithDefault"} {
		for _, n := range nodes {
			if n.Op != op {
				continue
			}
			if err := t.parameter(tensorName{node: n.Name}, n, InputSpec{Name: n.Name}); err != nil {
				return err
			}
		}
		if len(t.function.Parameters) > 0 {
			break
		}
	}
	return nil
}

// parameter makes a tensor an input. Its name is the node's, for other outputs than the
// first the tensor's.
func (t *translation) parameter(name tensorName, n *graphdef.Node, s InputSpec) error {
	p := &core.Parameter{Type: s.Type, Shape: s.Shape}
	var err error
	if p.Type == core.Dynamic {
		if p.Type, err = t.typeOfTensor(name, n); err != nil {
			return err
		}
	}
	shape, err := t.shapeOfTensor(name, n)
	if err != nil {
		return err
	}
	if s.Shape == nil {
		p.Shape = shape
	} else if isPlaceholder(n) {
		merged, ok := shape.Merge(s.Shape)
		if !ok {
			return fmt.Errorf("input %q: got shape %v, but the graph says %v", s.Name, s.Shape, shape)
		}
		p.Shape = merged
	}
	if !knownElements(p.Shape) {
		return &Error{
			Node:  n.Name,
			Op:    n.Op,
			Input: -1,
			Msg:   fmt.Sprintf("got shape %v, want at most %d elements", p.Shape, int64(core.MaxElements)),
		}
	}
	called := n.Name
	if name.port != 0 {
		called = name.String()
	}
	node, err := core.NewNamedNode(called, p)
	if err != nil {
		return within(n, err)
	}
	node.Origin = core.Origin{Node: n.Name, Op: n.Op}
	t.function.Parameters = append(t.function.Parameters, node)
	t.cut[name] = node.Out(0)
	t.function.Names[name.String()] = node.Out(0)
	return nil
}

// knownElements reports whether the known dimensions alone keep within MaxElements.
func knownElements(s core.Shape) bool {
	known := core.Shape{}
	for _, d := range s {
		if d != core.Unknown {
			known = append(known, d)
		}
	}
	_, err := known.Elements()
	return err == nil
}

func isPlaceholder(n *graphdef.Node) bool {
	return n.Op == "Placeholder" || n.Op == "PlaceholderWithDefault"
}

// typeOfTensor finds the element type of a tensor without translating its node: from
// the node's signature, or else from a reader's.
func (t *translation) typeOfTensor(name tensorName, n *graphdef.Node) (core.Type, error) {
	if ops.Known(n.Op) {
		_, ports := ops.Ports(n.Op)
		types, _, err := ports.Expand(n, opdef.MaxValues)
		switch {
		case err != nil:
			return core.Dynamic, err
		case name.port >= len(types):
			return core.Dynamic, fmt.Errorf("input %q: node %q (%s) has %d output(s)", name, n.Name, n.Op, len(types))
		}
		return types[name.port], nil
	}
	for i := range t.graph.Nodes {
		reader := &t.graph.Nodes[i]
		ports, _ := ops.Ports(reader.Op)
		data := reader.DataInputs()
		types, _, err := ports.Expand(reader, len(data))
		for k := 0; err == nil && k < min(len(types), len(data)); k++ {
			if data[k].Node == name.node && data[k].Port == name.port {
				return types[k], nil
			}
		}
	}
	return core.Dynamic, fmt.Errorf("input %q: its element type is not known, since neither %s nor an op that reads "+
		"it is supported; name the type", name, n.Op)
}

// unconstrainedBefore is the producer version before which a Placeholder's shape []
// says nothing.
const unconstrainedBefore = 24

// shapeOfTensor returns what the graph says of a tensor's shape.
func (t *translation) shapeOfTensor(name tensorName, n *graphdef.Node) (core.Shape, error) {
	if isPlaceholder(n) {
		s, err := n.ShapeOr("shape", graphdef.Shape{UnknownRank: true})
		if err != nil || len(s.Dims) == 0 && n.Op == "Placeholder" && t.graph.Versions.Producer < unconstrainedBefore {
			return nil, err
		}
		return opdef.ShapeOf(s), nil
	}
	if !n.Has("_output_shapes") {
		return nil, nil
	}
	shapes, err := n.Shapes("_output_shapes")
	if err != nil || name.port >= len(shapes) {
		return nil, err
	}
	return opdef.ShapeOf(shapes[name.port]), nil
}
