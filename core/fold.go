package core

// These bound Folded, which is meant for shapes, axes and the like.
const (
	foldNodes    = 1024
	foldElements = 1 << 16
)

// Folded returns the tensor of a value that follows from constants and known shapes alone, computed with the
// ops' references or by PartlyConstant ops. It returns nil for any other value, and for one that would take
// many nodes or large tensors.
func (v Value) Folded() *Tensor {
	return (&folder{values: map[*Node][]*Tensor{}}).value(v)
}

// folder remembers what it has computed, nil included.
type folder struct{ values map[*Node][]*Tensor }

func (f *folder) value(v Value) *Tensor {
	if t := v.Constant(); t != nil {
		return t
	}
	out, done := f.values[v.Node]
	if !done && len(f.values) < foldNodes {
		f.values[v.Node] = nil
		out = f.node(v.Node)
		f.values[v.Node] = out
	}
	if v.Index >= len(out) {
		return nil
	}
	return out[v.Index]
}

func (f *folder) node(n *Node) []*Tensor {
	if _, calls := n.op.(Caller); calls || len(n.inputs) == 0 {
		return nil // functions may take long
	}
	in, operands := make([]*Tensor, len(n.inputs)), make([]Operand, len(n.inputs))
	op, partly := n.op.(PartlyConstant)
	all := true
	for i, v := range n.inputs {
		operands[i].Fact = v.Fact()
		if t := f.value(v); t != nil && t.Len() <= foldElements {
			in[i], operands[i] = t, Operand{t.Fact(), t}
			continue
		}
		if all = false; !partly {
			return nil
		}
	}
	if !all {
		known, err := op.Constants(operands)
		if err != nil {
			return nil
		}
		return known
	}
	facts, err := n.op.Infer(operands)
	if err != nil {
		return nil
	}
	for _, fact := range facts {
		if size, err := fact.Shape.Elements(); err != nil || size > foldElements || fact.Type == Dynamic {
			return nil
		}
	}
	out, err := n.Eval(in)
	if err != nil {
		return nil
	}
	return out
}
