package machine

import "github.com/tf2ng/tf2ng/core"

// operands are the tensors of an instruction that runs a reference.
type operands struct {
	tensors []*core.Tensor // over buffers that do not move; nil for memory of the caller
	given   []*core.Tensor // what Operands returns; the reference may change this slice
}

// NewOperands returns a new state for Operands, for the given number of buffers.
func NewOperands(buffers int) any {
	return &operands{make([]*core.Tensor, buffers), make([]*core.Tensor, buffers)}
}

// Operands returns tensors over buffers. The slice is valid until the next call with the same state, which
// is a number in r.State.
func (r *Run) Operands(state int, buffers []int, facts []core.Fact) ([]*core.Tensor, error) {
	o := r.State[state].(*operands)
	for i, b := range buffers {
		t := o.tensors[i]
		if t == nil {
			var err error
			if t, err = r.tensor(b, facts[i]); err != nil {
				return nil, err
			}
			if buf := r.layout.Buffers[b]; buf.Param < 0 && buf.Result < 0 {
				o.tensors[i] = t
			}
		}
		o.given[i] = t
	}
	return o.given, nil
}

// tensor returns a tensor over a buffer: the caller's own tensor if it has the type and shape.
func (r *Run) tensor(b int, f core.Fact) (*core.Tensor, error) {
	var t *core.Tensor
	switch buf := r.layout.Buffers[b]; {
	case buf.Param >= 0 && r.in != nil: // a segment has no tensors, only bytes
		t = r.in[buf.Param]
	case buf.Result >= 0 && r.out != nil:
		t = r.out[buf.Result]
	}
	if t != nil && t.Type() == f.Type && t.Shape().Equal(f.Shape) {
		return t, nil
	}
	return core.TensorOver(f.Type, f.Shape, r.Mem[b])
}
