package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[DynPad]("DynPad")

// DynPad is like Pad, but its paddings are an input.
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
func (op *DynPad) Infer(in []core.Operand) ([]core.Fact, error) {
	n := 2
	if op.Mode == PadConstant {
		n = 3
	}
	if err := core.WantInputs(in, n); err != nil {
		return nil, err
	}
	rank := core.Unknown
	if s := in[0].Shape; s.Ranked() {
		rank = len(s)
	}
	o := in[1]
	if o.Type != core.I32 && o.Type != core.I64 && o.Type != core.Dynamic || !o.Shape.Compatible(core.Shape{rank, 2}) {
		return nil, core.Violation("C1", 1, "got %v, want i32 or i64 of shape %v", o.Fact, core.Shape{rank, 2})
	}
	if rank == core.Unknown && o.Shape.Static() {
		rank = o.Shape[0]
	}
	list, known := infer.IntsOf(o)
	if !known && op.Mode < numPadModes && rank != core.Unknown && rank <= core.MaxRank {
		list = make([]int64, 2*rank)
	}
	others := append([]core.Operand{in[0]}, in[2:]...)
	if list == nil && !known {
		others[0].Shape, list = core.Shape{}, []int64{}
	}
	if !known { // the dimensions change by unknown paddings
		others[0].Shape = infer.UnknownShape(len(list) / 2)
	}
	facts, err := op.pad(list).Infer(others)
	if e, ok := err.(*core.OpError); ok {
		at := e.Input
		if at > 0 {
			at++
		}
		return nil, core.Violation("C2", at, "%s", e.Msg)
	}
	if !known && rank == core.Unknown {
		facts[0].Shape = nil
	}
	return facts, err
}

// pad returns the op with its paddings as attributes.
func (op *DynPad) pad(list []int64) *Pad {
	p := &Pad{Mode: op.Mode}
	for i, v := range list {
		n := int(min(max(v, -1), geometry.MaxWindow+1))
		if i%2 == 0 {
			p.Below = append(p.Below, n)
		} else {
			p.Above = append(p.Above, n)
		}
	}
	return p
}

// Eval pads.
func (op *DynPad) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	return op.pad(in[1].Int64s()).Eval(append([]*core.Tensor{in[0]}, in[2:]...), out)
}

// Decompose returns a Pad once the paddings are known.
func (op *DynPad) Decompose(in []core.Value) ([]core.Value, error) {
	paddings := in[1].Folded()
	if paddings == nil {
		return nil, nil
	}
	v, err := core.Apply(op.pad(paddings.Int64s()), append([]core.Value{in[0]}, in[2:]...)...)
	if err != nil {
		return nil, err
	}
	return []core.Value{v}, nil
}
