package depthwise

// block is the filter of some neighbouring channels, in the form that the assembly reads.
//
// Instructions that widen bytes separate the lower and the upper 8 of each 16 channels of a vector, and those that
// widen words separate the lower and the upper 4 of these. So the sums are in four vectors: vector v holds channels
// 16*i+4*v to 16*i+4*v+3 for each i. The operands of the epilogue are stored in that order.
type block struct {
	first, width int
	rows         int           // computed together, each in a part of every vector; 0 if the routine knows no rows
	weights      int           // where they begin in Packed.blockWeights
	operands     int           // where they begin in Operands.blocks
	run          func(c *call) // the routine
}

// sums returns how many sums the routine computes at a time, in four vectors: of a pixel, or of one of each row.
func (b *block) sums() int { return b.width * max(b.rows, 1) }

// channel returns the channel whose sum is element i of vector v.
func (b *block) channel(v, i int) int { return b.first + (i/4*16+4*v+i%4)%b.width }

// layout appends the weights of a block to a slice. at returns a weight, or 0 if there is no such tap or channel.
type layout func(p *Packed, b *block, to []int8, at func(tap, channel int) int) []int8

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
			b.weights = len(p.blockWeights)
			p.blockWeights = pack(p, &b, p.blockWeights, value)
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
		switch last := i == len(routines)-1; {
		case left >= r.width:
			return p.newBlock(at, &r)
		case !last && left > routines[i+1].width && p.spec.Channels >= r.width, last:
			return p.newBlock(max(p.spec.Channels-r.width, 0), &r)
		}
	}
	panic("depthwise: no routines")
}

func (p *Packed) newBlock(first int, r *routine) block {
	b := block{first: first, width: r.width, run: r.any}
	if p.spec.Taps == 9 {
		b.run = r.nine
	}
	if run := r.slide.of(&p.spec); run != nil && p.spec.Channels >= r.width {
		b.rows, b.run = r.slide.rows, run
	}
	return b
}

// packQuads lays out weights as [quads][4 vectors][sums/4][4 taps]. If the routine knows rows, the quads are those of
// each column of the filter.
func (p *Packed) packQuads(b *block, to []int8, at func(tap, channel int) int) []int8 {
	taps, columns := p.spec.Taps, 1
	if b.rows > 0 {
		columns = p.spec.Columns
	}
	for column := range columns {
		for t := 0; t < taps/columns; t += 4 {
			for vector := range 4 {
				for i := range b.sums() / 4 {
					for k := t; k < t+4; k++ {
						w := 0
						if k < taps/columns {
							w = at(k*columns+column, b.channel(vector, i))
						}
						to = append(to, int8(w))
					}
				}
			}
		}
	}
	return to
}

// packDigits lays out weights as [pairs][lower, upper channels][low, high][width/2
// channels][2 taps].
//
// A weight w is 16*high + low, with low in [-8,7] and high in [-8,8]. The sum of two taps multiplied by either digit
// fits into 16 bits, and so does the sum of 16 taps: 16*255*8 = 32640.
func (p *Packed) packDigits(b *block, to []int8, at func(tap, channel int) int) []int8 {
	for t := 0; t < p.spec.Taps; t += 2 {
		for _, upper := range []int{0, 8} {
			for _, high := range []bool{false, true} {
				for i := range b.width / 2 {
					channel := b.first + i/8*16 + upper + i%8
					for _, tap := range []int{t, t + 1} {
						low, rest := nibbles(at(tap, channel))
						if high {
							low = rest
						}
						to = append(to, int8(low))
					}
				}
			}
		}
	}
	return to
}

// nibbles returns low in [-8,7] and high such that w = 16*high + low.
func nibbles(w int) (low, high int) {
	low = (w+8)&15 - 8
	return low, (w - low) / 16
}

// inOrder stores a value for each sum of a block, in the order of the sums. of returns the value of a channel; from
// channels on, which a block of few channels has too, there is none.
func (b *block) inOrder(to []uint32, of func(channel int) uint32, channels int) {
	for i := range b.sums() {
		if c := b.channel(i/(b.sums()/4), i%(b.sums()/4)); c < channels {
			to[i] = of(c)
		}
	}
}
