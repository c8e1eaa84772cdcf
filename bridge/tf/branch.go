package tf

import (
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// way is one branch of a conditional.
type way struct {
	aliases map[tensorName]tensorName // inside name to outside name, for tensors around the conditional
	assumed *side                     // the value of the predicate on this branch
	wanted  []tensorName
}

// translation returns the translation of the branch, either within t or as a function with captures.
func (w *way) translation(t *translation, c *captures) *translation {
	in := t.inner(c)
	in.aliases = w.aliases
	if w.assumed != nil {
		in.assumed[w.assumed.predicate] = w.assumed.value
	}
	return in
}

// branch translates an If or Case.
func (t *translation) branch(n *graphdef.Node, f *flow) ([]core.Value, error) {
	data := n.DataInputs()
	predicate, err := t.readInput(data[0])
	if err != nil {
		return nil, err
	}
	if functional[n.Op][0] != "branches" {
		if predicate, err = t.truth(n, predicate); err != nil {
			return nil, err
		}
	}
	ways := make([]way, len(f.parts))
	for i, p := range f.parts {
		ways[i] = way{aliases: map[tensorName]tensorName{}, wanted: p.gives}
		for name, k := range p.reads {
			ways[i].aliases[name] = tensorName{data[k].Node, data[k].Port}
		}
	}
	return t.choose(n, predicate, ways)
}

// maxTogether bounds the Merges that are looked at for one conditional.
const maxTogether = 64

// merge translates a Merge whose predicate is not known, together with later Merges of the same
// conditional.
func (t *translation) merge(n *graphdef.Node, later []*graphdef.Node) error {
	c := t.decisions.merges[n.Name]
	group := []*graphdef.Node{n}
	for _, m := range later {
		if len(group) == maxTogether {
			break
		}
		if t.belongs(m, c, n) {
			group = append(group, m)
		}
	}
	predicate, err := t.read(c.predicate)
	if err != nil {
		return err
	}
	out, err := t.choose(n, predicate, t.waysOf(c.predicate, c.ways, group))
	if err != nil {
		return err
	}
	for i, m := range group {
		at, err := t.valueIndex(m, predicate)
		if err != nil {
			return err
		}
		t.give(m, []core.Value{out[i], at}, false)
	}
	return nil
}

// valueIndex returns the number of the input that a Merge takes; no value if the Merge depends on several
// predicates.
func (t *translation) valueIndex(m *graphdef.Node, predicate core.Value) (core.Value, error) {
	c := t.decisions.merges[m.Name]
	inputs := make([]int32, c.ways)
	for v := range inputs {
		alive := c.inputs(v)
		if len(alive) > 1 {
			return core.Value{}, nil // by more than one predicate
		}
		inputs[v] = int32(alive[0])
	}
	table, err := core.TensorOf(core.Shape{len(inputs)}, inputs)
	if err != nil {
		return core.Value{}, err
	}
	index, err := t.index(m, predicate)
	if err != nil {
		return core.Value{}, err
	}
	// An index out of range chooses the last branch. As an unsigned number, a negative index is large.
	unsigned, err := t.emit(m, "#unsigned", &pointwise.Convert{Type: core.U32}, index)
	if err != nil {
		return core.Value{}, err
	}
	last := core.NewConstant(core.Scalar(uint32(c.ways - 1)))
	inside, err := t.emit(m, "#inside", &pointwise.Minimum{}, unsigned[0], last)
	if err != nil {
		return core.Value{}, err
	}
	at, err := t.emit(m, "#at", &pointwise.Convert{Type: core.I32}, inside[0])
	if err != nil {
		return core.Value{}, err
	}
	out, err := t.emit(m, "#value_index", &indexing.Gather{}, core.NewConstant(table), at[0])
	if err != nil {
		return core.Value{}, err
	}
	return out[0], nil
}

// index returns the number of the branch that a predicate chooses.
func (t *translation) index(n *graphdef.Node, predicate core.Value) (core.Value, error) {
	if predicate.Type() != core.Bool {
		return predicate, nil
	}
	out, err := t.emit(n, "#branch", &pointwise.Convert{Type: core.I32}, predicate)
	if err != nil {
		return predicate, err
	}
	return out[0], nil
}

// waysOf returns the branches that Merges choose among.
func (t *translation) waysOf(predicate tensorName, count int, merges []*graphdef.Node) []way {
	ways := make([]way, count)
	for i := range ways {
		ways[i] = way{aliases: map[tensorName]tensorName{}, assumed: &side{predicate, i}}
	}
	for _, m := range merges {
		data := m.DataInputs()
		for i := range ways {
			o := tensorName{m.Name, 0} // which then chooses among fewer
			if alive := t.decisions.merges[m.Name].inputs(i); len(alive) == 1 {
				o = tensorName{data[alive[0]].Node, data[alive[0]].Port}
			}
			ways[i].wanted = append(ways[i].wanted, o)
		}
	}
	return ways
}

// belongs reports whether a Merge has the same predicate as another, and needs nothing that has not been
// translated yet.
func (t *translation) belongs(m *graphdef.Node, c *choice, first *graphdef.Node) bool {
	own := t.decisions.merges[m.Name]
	if own == nil || own.predicate != c.predicate || own.ways != c.ways || len(own.values) != own.ways ||
		t.values[m.Name] != nil ||
		!slices.Equal(t.decisions.where[tensorName{m.Name, -1}], t.decisions.where[tensorName{first.Name, -1}]) {
		return false
	}
	for _, w := range t.waysOf(c.predicate, c.ways, []*graphdef.Node{m}) {
		nodes, err := w.translation(t, nil).needed(w.wanted)
		if err != nil || slices.ContainsFunc(nodes, func(x *graphdef.Node) bool { return !t.decisions.conditional(x) }) {
			return false
		}
	}
	return true
}

// choose translates the branches that a predicate chooses among: only the chosen one if the predicate is
// constant, otherwise all of them as a Branch.
func (t *translation) choose(n *graphdef.Node, predicate core.Value, ways []way) ([]core.Value, error) {
	if c := predicate.Folded(); c != nil {
		if c = scalarPredicate(c); c != nil {
			w := ways[min(chosen(c, len(ways)), len(ways)-1)]
			return w.translation(t, nil).translate(w.wanted)
		}
	}
	index, err := t.index(n, predicate)
	if err != nil {
		return nil, err
	}
	shared := &captures{number: map[core.Value]int{}}
	inners, gives := make([]*translation, len(ways)), make([][]core.Value, len(ways))
	for i := range ways {
		inners[i] = ways[i].translation(t, shared)
		if gives[i], err = inners[i].translate(ways[i].wanted); err != nil {
			return nil, err
		}
	}
	return t.branches(n, index, inners, gives, shared)
}

// branches emits a Branch of translated branches.
func (t *translation) branches(
	n *graphdef.Node, index core.Value, inners []*translation, gives [][]core.Value, shared *captures,
) ([]core.Value, error) {
	op := &control.Branch{}
	lists := make([]bool, len(gives[0]))
	for i, in := range inners {
		for k, v := range gives[i] {
			if ops.IsUnset(v) {
				return nil, &Error{Node: n.Name, Op: n.Op, Input: -1, Msg: "a branch gives a list whose elements have not been set"}
			}
			if k < len(lists) {
				lists[k] = lists[k] || t.lists[v]
			}
		}
		f, err := in.close(n.Name+"/branch", nil, gives[i])
		if err != nil {
			return nil, err
		}
		op.Branches = append(op.Branches, f)
	}
	out, err := t.emit(n, "", op, append([]core.Value{index}, shared.values...)...)
	for k, v := range out {
		t.lists[v] = lists[k]
	}
	return out, err
}
