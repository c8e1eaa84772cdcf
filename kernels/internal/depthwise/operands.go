package depthwise

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// columnOperands are the operands of an epilogue without a summand.
var columnOperands = []gemm.Operand{gemm.Pre, gemm.Scale, gemm.Bias, gemm.Post}

// Operands are the start values of the accumulators and the values of an epilogue's operands, one for each channel: in
// the order of the channels and, for variants with blocks, also in the order of each block's sums.
type Operands struct {
	channels
	blocks []channels
}

// channels are the operands of some channels.
type channels struct {
	init    []int32
	columns [gemm.SumScale][]float32 // nil if the step is absent
}

func (p *Packed) newOperands(init []int32) Operands {
	o := Operands{channels: p.zeros(p.spec.Channels)}
	for i := range p.blocks {
		o.blocks = append(o.blocks, p.zeros(p.blocks[i].width))
	}
	p.SetInit(&o, init)
	for _, which := range columnOperands {
		if v := p.spec.Epilogue.Constant(which); v != nil {
			p.Set(&o, which, v)
		}
	}
	return o
}

// zeros returns zeros for all operands that the epilogue has, for n channels.
func (p *Packed) zeros(n int) channels {
	c := channels{init: make([]int32, n)}
	for _, which := range columnOperands {
		if p.spec.Epilogue.Has(which) {
			c.columns[which] = make([]float32, n)
		}
	}
	return c
}

func (c *channels) clone() channels {
	d := channels{init: slices.Clone(c.init)}
	for i, v := range c.columns {
		d.columns[i] = slices.Clone(v)
	}
	return d
}

// NewOperands returns operands for Args: a copy of p's constants, into which Set and SetInit store computed values.
// They must not be stored while a Run uses them.
func (p *Packed) NewOperands() *Operands {
	o := &Operands{channels: p.operands.clone()}
	for i := range p.operands.blocks {
		o.blocks = append(o.blocks, p.operands.blocks[i].clone())
	}
	return o
}

// Set stores the values of an operand, repeating them until all channels have one. It panics if v is empty or if the
// epilogue does not have the operand.
func (p *Packed) Set(o *Operands, which gemm.Operand, v []float32) {
	to := o.columns[which][:p.spec.Channels]
	gemm.Repeat(to, v)
	for i := range p.blocks {
		toOrder(&p.blocks[i], o.blocks[i].columns[which], to)
	}
}

// SetInit stores the start values, one for each channel.
func (p *Packed) SetInit(o *Operands, v []int32) {
	copy(o.init, v[:p.spec.Channels])
	for i := range p.blocks {
		toOrder(&p.blocks[i], o.blocks[i].init, o.init)
	}
}

// checkOperands checks that o, if not nil, was made for p.
func (p *Packed) checkOperands(o *Operands) error {
	if o == nil {
		if p.spec.Epilogue.Computed != 0 {
			return fmt.Errorf("got no operands, but some of them are computed")
		}
		return nil
	}
	if len(o.init) != p.spec.Channels || len(o.blocks) != len(p.blocks) {
		return fmt.Errorf("got operands of %d channels in %d blocks, want %d in %d",
			len(o.init), len(o.blocks), p.spec.Channels, len(p.blocks))
	}
	for i, v := range p.operands.columns {
		if len(o.columns[i]) != len(v) {
			return fmt.Errorf("got operands of another epilogue: %d values of %s, want %d",
				len(o.columns[i]), gemm.Operand(i), len(v))
		}
	}
	return nil
}
