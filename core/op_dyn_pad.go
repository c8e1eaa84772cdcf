package core

var _ = Register[DynPad]("DynPad")

// DynPad is Pad whose paddings are a value.
//
//	Inputs:  x: any type, any shape
//	         paddings: i32 or i64, [rank, 2]: before and after each dimension
//	         value: the type of x, []: what the padding holds; only with PadConstant
//	Outputs: y: the type of x
//
//	C1: paddings are i32 or i64 of shape [rank, 2]
//	C2: what Pad demands of them and of the other inputs
//
// It is nGraph's DynPad, and TensorFlow's Pad, PadV2 and MirrorPad.
type DynPad struct {
	Mode PadMode `json:"mode,omitempty"`
}

// InputNames names the inputs.
func (op *DynPad) InputNames() []string { return []string{"x", "paddings", "value"} }

// Infer checks C1 and C2.
func (op *DynPad) Infer(in []Operand) ([]Fact, error) {
	n := 2
	if op.Mode == PadConstant {
		n = 3
	}
	if err := wantInputs(in, n); err != nil {
		return nil, err
	}
	rank := Unknown
	if s := in[0].Shape; s.Ranked() {
		rank = len(s)
	}
	o := in[1]
	if o.Type != I32 && o.Type != I64 && o.Type != Dynamic || !o.Shape.Compatible(Shape{rank, 2}) {
		return nil, Violation("C1", 1, "got %v, want i32 or i64 of shape %v", o.Fact, Shape{rank, 2})
	}
	if rank == Unknown && o.Shape.Static() {
		rank = o.Shape[0]
	}
	list, known := intsOf(o)
	if !known && op.Mode < numPadModes && rank != Unknown && rank <= maxRank {
		list = make([]int64, 2*rank)
	}
	others := append([]Operand{in[0]}, in[2:]...)
	if list == nil && !known {
		others[0].Shape, list = Shape{}, []int64{}
	}
	if !known { // whatever the paddings are, the dimensions change
		others[0].Shape = unknownShape(len(list) / 2)
	}
	facts, err := op.pad(list).Infer(others)
	if e, ok := err.(*OpError); ok {
		at := e.Input
		if at > 0 {
			at++
		}
		return nil, Violation("C2", at, "%s", e.Msg)
	}
	if !known && rank == Unknown {
		facts[0].Shape = nil
	}
	return facts, err
}

// pad returns the op with its paddings as attributes.
func (op *DynPad) pad(list []int64) *Pad {
	p := &Pad{Mode: op.Mode}
	for i, v := range list {
		n := int(min(max(v, -1), maxWindow+1))
		if i%2 == 0 {
			p.Below = append(p.Below, n)
		} else {
			p.Above = append(p.Above, n)
		}
	}
	return p
}

// Eval pads.
func (op *DynPad) Eval(in, out []*Tensor) error {
	if err := allocate(op, in, out); err != nil {
		return err
	}
	return op.pad(in[1].Int64s()).Eval(append([]*Tensor{in[0]}, in[2:]...), out)
}

// Decompose returns a Pad once the paddings are known.
func (op *DynPad) Decompose(in []Value) ([]Value, error) {
	paddings := in[1].Folded()
	if paddings == nil {
		return nil, nil
	}
	v, err := Apply(op.pad(paddings.Int64s()), append([]Value{in[0]}, in[2:]...)...)
	if err != nil {
		return nil, err
	}
	return []Value{v}, nil
}
