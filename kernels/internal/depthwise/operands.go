package depthwise

import (
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// columnOperands are the operands of an epilogue without a summand.
var columnOperands = []gemm.Operand{gemm.Pre, gemm.Scale, gemm.Bias, gemm.Post}

// Operands are the start values of the accumulators and the values of an epilogue's operands, one for each channel: in
// the order of the channels and, for variants with blocks, also in the order of each block's sums.
type Operands struct {
	init    []int32
	columns [gemm.SumScale][]float32 // nil if the step is absent

	// blocks has the bits of the start values of the first block's sums and then of the columns that are present, then
	// those of the next block.
	blocks []uint32
}

func (p *Packed) newOperands(init []int32) Operands {
	o := Operands{init: make([]int32, p.spec.Channels)}
	present := 1
	for _, which := range columnOperands {
		if p.spec.Epilogue.Has(which) {
			o.columns[which] = make([]float32, p.spec.Channels)
			present++
		}
	}
	for i := range p.blocks {
		p.blocks[i].operands = len(o.blocks)
		o.blocks = append(o.blocks, make([]uint32, present*p.blocks[i].sums())...)
	}
	p.SetInit(&o, init)
	for _, which := range columnOperands {
		if v := p.spec.Epilogue.Constant(which); v != nil {
			p.Set(&o, which, v)
		}
	}
	return o
}

// NewOperands returns operands for Args: a copy of p's constants, into which Set and SetInit store computed values.
// They must not be stored while a Run uses them.
func (p *Packed) NewOperands() *Operands {
	o := &Operands{init: slices.Clone(p.operands.init), blocks: slices.Clone(p.operands.blocks)}
	for i, v := range p.operands.columns {
		o.columns[i] = slices.Clone(v)
	}
	return o
}

// inBlock returns where in blocks the values of a column for the sums of block b are.
func (o *Operands) inBlock(b *block, which gemm.Operand) []uint32 {
	at := b.operands + b.sums()
	for _, before := range columnOperands {
		if before == which {
			break
		}
		if o.columns[before] != nil {
			at += b.sums()
		}
	}
	return o.blocks[at:][:b.sums()]
}

// Set stores the values of an operand, repeating them until all channels have one. It panics if v is empty or if the
// epilogue does not have the operand.
func (p *Packed) Set(o *Operands, which gemm.Operand, v []float32) {
	to := o.columns[which][:p.spec.Channels]
	gemm.Repeat(to, v)
	for i := range p.blocks {
		b := &p.blocks[i]
		b.inOrder(o.inBlock(b, which), func(channel int) uint32 { return math.Float32bits(to[channel]) }, len(to))
	}
}

// SetInit stores the start values, one for each channel.
func (p *Packed) SetInit(o *Operands, v []int32) {
	copy(o.init, v[:p.spec.Channels])
	for i := range p.blocks {
		b := &p.blocks[i]
		b.inOrder(o.blocks[b.operands:], func(channel int) uint32 { return uint32(o.init[channel]) }, len(o.init))
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
	if len(o.init) != p.spec.Channels || len(o.blocks) != len(p.operands.blocks) {
		return fmt.Errorf("got operands of %d channels with %d numbers for blocks, want %d with %d",
			len(o.init), len(o.blocks), p.spec.Channels, len(p.operands.blocks))
	}
	for i, v := range p.operands.columns {
		if len(o.columns[i]) != len(v) {
			return fmt.Errorf("got operands of another epilogue: %d values of %s, want %d",
				len(o.columns[i]), gemm.Operand(i), len(v))
		}
	}
	return nil
}
