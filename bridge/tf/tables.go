package tf

import (
	"fmt"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/core"
)

// initializers are the ops that say what a table contains, and what they read for it.
var initializers = map[string]string{
	"InitializeTable": "tensors", "InitializeTableV2": "tensors",
	"LookupTableImport": "tensors", "LookupTableImportV2": "tensors",
	"InitializeTableFromTextFile": "file", "InitializeTableFromTextFileV2": "file",
}

// changers are the ops that change a table while a graph runs.
var changers = map[string]bool{"LookupTableInsert": true, "LookupTableInsertV2": true, "LookupTableRemoveV2": true}

// tables are the tables of a graph, by the names under which nodes share them.
type tables struct {
	initializer map[string]*graphdef.Node // the first one
	changer     map[string]*graphdef.Node // the first one
	contents    map[string]contents       // those that were asked for
}

// contents are the keys and values of a table, or why they are not known.
type contents struct {
	keys, values *core.Tensor
	err          error
}

// findTables finds what initializes and what changes the tables of a graph.
func findTables(g *graphdef.Graph) *tables {
	t := &tables{map[string]*graphdef.Node{}, map[string]*graphdef.Node{}, map[string]contents{}}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		to := t.initializer
		if changers[n.Op] {
			to = t.changer
		} else if initializers[n.Op] == "" {
			continue
		}
		data := n.DataInputs()
		if len(data) == 0 {
			continue
		}
		if made, ok := ops.TableOf(g.Lookup, data[0]); ok && to[made.SharedName()] == nil {
			to[made.SharedName()] = n
		}
	}
	return t
}

// table returns the contents of the table that a node makes. An error may be about the node that initializes it.
func (t *translation) table(n *graphdef.Node) (keys, values *core.Tensor, err error) {
	if t.tables == nil {
		t.tables = findTables(t.graph)
	}
	name := n.SharedName()
	c, done := t.tables.contents[name]
	if !done {
		c.keys, c.values, c.err = t.contents(n, name)
		t.tables.contents[name] = c
	}
	return c.keys, c.values, c.err
}

func (t *translation) contents(n *graphdef.Node, name string) (keys, values *core.Tensor, err error) {
	if c := t.tables.changer[name]; c != nil {
		return nil, nil, fmt.Errorf("node %q (%s) changes the table: results would depend on earlier runs", c.Name, c.Op)
	}
	from := t.tables.initializer[name]
	if from == nil {
		return nil, nil, fmt.Errorf("nothing in the graph initializes the table: convert the SavedModel, whose " +
			"initializer does, or keep the table's initializer when the graph is frozen")
	}
	keys, values, err = t.initialized(n, from)
	return keys, values, within(from, err)
}

// initialized returns the keys and values that an initializer gives to a table.
func (t *translation) initialized(n, from *graphdef.Node) (keys, values *core.Tensor, err error) {
	data := from.DataInputs()
	if initializers[from.Op] == "file" {
		if len(data) != 2 {
			return nil, nil, fmt.Errorf("got %d inputs, want 2", len(data))
		}
		name, err := t.evaluated(data[1:])
		if err != nil {
			return nil, nil, err
		}
		return t.readTable(n, from, name[0])
	}
	if len(data) != 3 {
		return nil, nil, fmt.Errorf("got %d inputs, want 3", len(data))
	}
	both, err := t.evaluated(data[1:])
	if err != nil {
		return nil, nil, err
	}
	for i, x := range both { // initializers take any shapes of as many elements
		if both[i], err = x.Reshaped(core.Shape{x.Len()}); err != nil {
			return nil, nil, err
		}
	}
	return both[0], both[1], nil
}

// evaluated returns the values of inputs that depend on no input of the graph.
func (t *translation) evaluated(inputs []graphdef.Input) ([]*core.Tensor, error) {
	wanted := make([]tensorName, len(inputs))
	for i, in := range inputs {
		wanted[i] = tensorName{in.Node, in.Port}
	}
	in := t.outermost().inner(nil)
	nodes, err := in.needed(wanted)
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		if !in.supported(n) || isPlaceholder(n) && t.fixed[tensorName{node: n.Name}] == nil || ops.IsTableOp(n.Op) {
			return nil, fmt.Errorf("it depends on node %q (%s), want constants", n.Name, n.Op)
		}
	}
	values, err := in.translate(wanted)
	if err != nil {
		return nil, err
	}
	f := &core.Function{}
	for i, v := range values {
		r, err := core.NewNamedNode(wanted[i].String()+fmt.Sprintf("#%d", i), &core.Result{}, v)
		if err != nil {
			return nil, err
		}
		f.Results = append(f.Results, r)
	}
	for _, n := range f.Nodes() {
		if _, isInput := n.Op().(*core.Parameter); isInput || ops.IsRandom(n.Op()) {
			return nil, fmt.Errorf("it depends on input %q, want constants", n.Name)
		}
	}
	results, err := f.Eval(nil)
	if err != nil {
		return nil, err
	}
	list := make([]*core.Tensor, len(values))
	for i, r := range f.Results {
		list[i] = results[r.Name]
	}
	return list, nil
}

// outermost returns the translation of the graph as a whole.
func (t *translation) outermost() *translation {
	for t.parent != nil {
		t = t.parent
	}
	return t
}
