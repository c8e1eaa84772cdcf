package depthwise

// block is the filter of some neighbouring channels, in the form that the assembly reads.
//
// Instructions that widen bytes separate the lower and the upper 8 of each 16 channels of a vector, and those that
// widen words separate the lower and the upper 4 of these. So the sums are in four vectors: vector v holds channels
// 16*i+4*v to 16*i+4*v+3 for each i. The operands of the epilogue are stored in that order.
type block struct {
	first, width int
	weights      []int8
	run          func(c *call) // the routine
}

// layout lays out the weights of a block. at returns a weight, or 0 if there is no such tap or channel.
type layout func(b *block, taps int, at func(tap, channel int) int)

// packBlocks returns the packing function of a variant. The routines are ordered from the widest, and the width of the
// last one must be narrowest.
func packBlocks(pack layout, routines []routine) func(p *Packed, weights []int8) {
	return func(p *Packed, weights []int8) {
		channels, taps := p.spec.Channels, p.spec.Taps
		value := func(tap, channel int) int {
			if tap >= taps || channel >= channels {
				return 0
			}
			return int(weights[tap*channels+channel])
		}
		for at := 0; at < channels; {
			b := p.nextBlock(at, routines)
			pack(&b, taps, value)
			p.blocks = append(p.blocks, b)
			at = b.first + b.width
		}
	}
}

// nextBlock returns the block that begins at channel at, or the last block, which overlaps the one before it. Its width
// is one that leaves no channel uncovered, or the smallest.
func (p *Packed) nextBlock(at int, routines []routine) block {
	left := p.spec.Channels - at
	for i, r := range routines {
		run := r.any
		if p.spec.Taps == 9 {
			run = r.nine
		}
		switch last := i == len(routines)-1; {
		case left >= r.width:
			return block{first: at, width: r.width, run: run}
		case !last && left > routines[i+1].width && p.spec.Channels >= r.width:
			return block{first: p.spec.Channels - r.width, width: r.width, run: run}
		case last:
			return block{first: max(p.spec.Channels-r.width, 0), width: r.width, run: run}
		}
	}
	panic("depthwise: no routines")
}

// packQuads lays out weights as [quads][4 vectors][width/4 channels][4 taps].
func (b *block) packQuads(taps int, at func(tap, channel int) int) {
	for t := 0; t < taps; t += 4 {
		for vector := range 4 {
			for i := range b.width / 4 {
				channel := b.first + i/4*16 + 4*vector + i%4
				for tap := t; tap < t+4; tap++ {
					b.weights = append(b.weights, int8(at(tap, channel)))
				}
			}
		}
	}
}

// packDigits lays out weights as [pairs][lower, upper channels][low, high][width/2
// channels][2 taps].
//
// A weight w is 16*high + low, with low in [-8,7] and high in [-8,8]. The sum of two taps multiplied by either digit
// fits into 16 bits, and so does the sum of 16 taps: 16*255*8 = 32640.
func (b *block) packDigits(taps int, at func(tap, channel int) int) {
	for t := 0; t < taps; t += 2 {
		for _, upper := range []int{0, 8} {
			for _, high := range []bool{false, true} {
				for i := range b.width / 2 {
					channel := b.first + i/8*16 + upper + i%8
					for _, tap := range []int{t, t + 1} {
						low, rest := nibbles(at(tap, channel))
						if high {
							low = rest
						}
						b.weights = append(b.weights, int8(low))
					}
				}
			}
		}
	}
}

// nibbles returns low in [-8,7] and high such that w = 16*high + low.
func nibbles(w int) (low, high int) {
	low = (w+8)&15 - 8
	return low, (w - low) / 16
}

// toOrder copies the operands of a block's channels into the order of the block's sums. If the smallest block has fewer
// channels than its width, the rest of to stays as it is.
func toOrder[T int32 | float32](b *block, to, from []T) {
	for vector := range 4 {
		for i := range b.width / 16 {
			at := b.first + 16*i + 4*vector
			copy(to[:4], from[min(at, len(from)):])
			to = to[4:]
		}
	}
}
