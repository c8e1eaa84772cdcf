package depthwise

// portableBlock is how many channels the portable variant sums at a time.
const portableBlock = 64

func packPortable(p *Packed, weights []int8, init []int32) {
	p.weights = append([]int8(nil), weights...)
	p.init = append([]int32(nil), init...)
}

func runPortable(p *Packed, a Args, m0, m1 int) {
	channels, taps, size := p.spec.Channels, p.spec.Taps, p.spec.Epilogue.Out.Size()
	var buffer [portableBlock]int32
	for m := m0; m < m1; m++ {
		offsets := a.Offsets[m*taps : (m+1)*taps]
		for c0 := 0; c0 < channels; c0 += portableBlock {
			acc := buffer[:min(portableBlock, channels-c0)]
			copy(acc, p.init[c0:])
			for t, o := range offsets {
				x := a.A[int(o)+c0:][:len(acc)]
				w := p.weights[t*channels+c0:][:len(acc)]
				for i := range acc {
					acc[i] += int32(x[i]) * int32(w[i])
				}
			}
			p.chain.finish(a.C[m*a.LDC+c0*size:], acc, c0)
		}
	}
}
