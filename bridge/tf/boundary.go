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

// InputSpec makes a tensor of the graph an input, or sets the shape or type of an input.
type InputSpec struct {
	Name  string     // of a TensorFlow tensor, "x" or "x:0"
	Shape core.Shape // nil leaves what the graph says
	Type  core.Type  // Dynamic leaves what the graph says
}

// ParseInputSpec reads NAME or NAME:PORT, optionally followed by a type, a shape or both:
// "x:1,8,8,3", "x:f32", "x:0:u8:[?,8,8,3]", "x:1:[10]". A dimension of ? or -1 is unknown. A single
// number is a port, so a shape of one dimension needs brackets.
func ParseInputSpec(s string) (InputSpec, error) {
	name, rest, more := strings.Cut(s, ":")
	if port, shape, _ := strings.Cut(rest, ":"); more && isNumber(port) {
		name, rest, more = name+":"+port, shape, shape != ""
	}
	spec := InputSpec{Name: name}
	if name == "" {
		return spec, fmt.Errorf("input %q: want NAME, NAME:SHAPE or NAME:TYPE", s)
	}
	if typ, shape, both := strings.Cut(rest, ":"); more && spec.Type.UnmarshalText([]byte(typ)) == nil {
		rest, more = shape, both
	}
	if !more {
		return spec, nil
	}
	var err error
	if spec.Shape, err = parseShape(rest); err != nil {
		return spec, fmt.Errorf("input %q: %w", s, err)
	}
	return spec, nil
}

// parseShape reads "1,8,8,3" or "[?,8,8,3]".
func parseShape(s string) (core.Shape, error) {
	inner, open := strings.CutPrefix(s, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if open != closed {
		return nil, fmt.Errorf("shape %q has one bracket", s)
	}
	shape := core.Shape{}
	if inner == "" && open {
		return shape, nil
	}
	for _, d := range strings.Split(inner, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(d))
		switch {
		case strings.TrimSpace(d) == "?" || err == nil && n == -1:
			n = core.Unknown
		case err != nil || n < 0:
			return nil, fmt.Errorf("got dimension %q, want a number, ? or -1", d)
		}
		shape = append(shape, n)
	}
	return shape, nil
}

func isNumber(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && strconv.Itoa(n) == s
}

// maxFound bounds the outputs that are found.
const maxFound = 1 << 16

// findOutputs returns all outputs of the nodes whose data no node reads.
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
		if read[n.Name] || slices.Contains(notOutputs, n.Op) || isGuard(g, n) || forwardsGuard(g, n) ||
			ops.IsTableOp(n.Op) || initializers[n.Op] != "" {
			continue
		}
		count := max(countOutputs(g, n), 1)
		if count > maxFound-len(found) {
			return nil, fmt.Errorf("%w: more than %d outputs found: name those that are wanted", graphdef.ErrLimit,
				maxFound)
		}
		for port := range count {
			found = append(found, tensorName{n.Name, port})
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no outputs found: every node is a constant, an input, or read by another; " +
			"name the outputs")
	}
	return found, nil
}

// countOutputs returns how many outputs a node has. It is 1 where that is not known: for unsupported ops,
// and for nodes with wrong attributes, which are reported when they are translated.
func countOutputs(g *graphdef.Graph, n *graphdef.Node) int {
	if n.Op == "Switch" || n.Op == "Merge" {
		return 2
	}
	in := inliner{graph: g}
	if !ops.Known(n.Op) && !in.isCall(n) {
		return 1
	}
	layout, err := in.layout(n)
	if err != nil {
		return 1
	}
	count := 0
	for _, s := range layout {
		count += s.length
	}
	return count
}

// notOutputs are ops that are not taken for outputs of the graph when nothing reads them: such an Exit, for
// example, belongs to a loop's counter.
var notOutputs = []string{"Const", "HostConst", "Placeholder", "PlaceholderWithDefault", "NoOp", "Assert", "Exit"}

// isCut reports whether an input of a node need not be translated, because it is an input of the graph or
// has been translated already.
func (t *translation) isCut(in graphdef.Input) bool { return t.has(tensorName{in.Node, in.Port}) }

// uncut returns the nodes of those tensors that are not inputs.
func (t *translation) uncut(tensors []tensorName) []string {
	var names []string
	for _, o := range tensors {
		if !t.has(o) {
			names = append(names, o.node)
		}
	}
	return names
}

// needed returns the nodes that the outputs need, up to the cuts, each after the nodes that it reads. A
// cycle is an error: an *UnsupportedError if it is a loop.
func (t *translation) needed(outputs []tensorName) ([]*graphdef.Node, error) {
	ends := t.uncut(outputs)
	order, err := t.graph.OrderBehind(t.isCut, ends...)
	if errors.Is(err, graphdef.ErrCycle) {
		return nil, t.looping(ends, outputs, err)
	}
	if err != nil {
		return nil, err
	}
	t.decisions = t.decide(order)
	want := map[string]bool{}
	for _, name := range t.uncut(t.alive(outputs)) {
		want[name] = true
	}
	var nodes []*graphdef.Node
	for _, n := range slices.Backward(order) { // readers first
		if !want[n.Name] {
			continue
		}
		nodes = append(nodes, n)
		for _, in := range t.decisions.reads(n) {
			if !t.isCut(in) {
				want[in.Node] = true
			}
		}
	}
	slices.Reverse(nodes)
	return nodes, nil
}

// alive returns the outputs without those that were found on branches that are not taken, unless
// all are.
func (t *translation) alive(outputs []tensorName) []tensorName {
	alive := slices.DeleteFunc(slices.Clone(outputs), t.decisions.isDead)
	if !t.found || len(alive) == 0 {
		return outputs
	}
	return alive
}

// looping returns the error for outputs that need a cycle. It lists all unsupported ops, those of the loop
// included, or describes the cycle if there are none.
func (t *translation) looping(ends []string, outputs []tensorName, cycle error) error {
	nodes, err := t.graph.NeededBehind(t.isCut, ends...)
	if err != nil {
		return err
	}
	t.decisions = t.decide(nil)
	if err := t.unsupported(nodes, outputs); err != nil {
		return err
	}
	return cycle
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

// placeholders makes the remaining inputs, the Placeholders among the nodes. If there are none, the
// PlaceholderWithDefaults are the inputs; otherwise those have their default values.
func (t *translation) placeholders(nodes []*graphdef.Node) error {
	for _, op := range []string{"Placeholder", "PlaceholderWithDefault"} {
		for _, n := range nodes {
			if n.Op != op || t.fixed[tensorName{node: n.Name}] != nil {
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

// parameter makes a tensor an input. It is named after the node, or after the tensor if that is not the
// node's first output.
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

// knownElements reports whether the product of the known dimensions is within MaxElements.
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
		"it is supported; name it behind the tensor, %s:f32 for example", name, n.Op, name)
}

// unconstrainedBefore is the first producer version in which a Placeholder's shape [] means a scalar.
// Before, it means that the shape is unknown.
const unconstrainedBefore = 24

// shapeOfTensor returns what the graph says about a tensor's shape.
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
