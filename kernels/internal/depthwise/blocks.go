package depthwise

// block is the filter of some neighbouring channels as the assembly reads it.
//
// Within each 16 channels of a vector, instructions that widen bytes take the lower and
// the upper 8 apart, and those that widen words the lower and upper 4 of these. So the
// sums are in four vectors, of which number v holds channels 16*i+4*v to 16*i+4*v+3 for
// each i: operands of the epilogue have that order.
type block struct {
	first, width int
	quads        bool // how the weights lie: as packQuads does, or packDigits
	weights      []int8
}

// packBlocks returns the packing of a variant with blocks of the given widths, largest
// first; 16 must be the last.
func packBlocks(quads bool, widths ...int) func(p *Packed, weights []int8) {
	return func(p *Packed, weights []int8) {
		for at := 0; at < p.spec.Channels; {
			b := p.nextBlock(at, widths)
			b.quads = quads
			b.pack(p, weights)
			p.blocks = append(p.blocks, b)
			at = b.first + b.width
		}
	}
}

// nextBlock returns the block that begins at channel at, or the last one, which
// overlaps the one before: with a width that leaves no channel uncovered, or the
// smallest.
func (p *Packed) nextBlock(at int, widths []int) block {
	left := p.spec.Channels - at
	for i, w := range widths {
		switch last := i == len(widths)-1; {
		case left >= w:
			return block{first: at, width: w}
		case !last && left > widths[i+1] && p.spec.Channels >= w:
			return block{first: p.spec.Channels - w, width: w}
		case last:
			return block{first: max(p.spec.Channels-w, 0), width: w}
		}
	}
	panic("depthwise: no widths")
}

func (b *block) pack(p *Packed, weights []int8) {
	channels, taps := p.spec.Channels, p.spec.Taps
	at := func(tap, channel int) int {
		if tap >= taps || channel >= channels {
			return 0
		}
		return int(weights[tap*channels+channel])
	}
	if b.quads {
		b.packQuads(taps, at)
	} else {
		b.packDigits(taps, at)
	}
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
// A weight w is 16*high + low, with low in [-8,7] and high in [-8,8]. Pairs of taps,
// multiplied by either and added, stay within 16 bits, and so do the sums of 16 taps:
// 16*255*8 = 32640.
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

// toOrder copies the operands of a block's channels to the order of its sums. The smallest
// block may have too few channels: what lies behind them stays as it is.
func toOrder[T int32 | float32](b *block, to, from []T) {
	for vector := range 4 {
		for i := range b.width / 16 {
			at := b.first + 16*i + 4*vector
			copy(to[:4], from[min(at, len(from)):])
			to = to[4:]
		}
	}
}
