package depthwise

// portableBlock is how many channels the portable variant sums at a time.
const portableBlock = 64

func packPortable(p *Packed, weights []int8) {
	p.weights = append([]int8(nil), weights...)
}

func runPortable(p *Packed, a Args, m0, m1 int) {
	channels, taps, size := p.spec.Channels, p.spec.Taps, p.spec.Epilogue.Out.Size()
	var buffer [portableBlock]int32
	for m := m0; m < m1; m++ {
		offsets := a.Offsets[m*taps : (m+1)*taps]
		for c0 := 0; c0 < channels; c0 += portableBlock {
			acc := buffer[:min(portableBlock, channels-c0)]
			copy(acc, a.Operands.init[c0:])
			t := 0
			for ; t+3 <= taps; t += 3 {
				row := func(i int) ([]byte, []int8) {
					return a.A[int(offsets[t+i])+c0:][:len(acc)], p.weights[(t+i)*channels+c0:][:len(acc)]
				}
				x0, w0 := row(0)
				x1, w1 := row(1)
				x2, w2 := row(2)
				for i := range acc {
					acc[i] += int32(x0[i])*int32(w0[i]) + int32(x1[i])*int32(w1[i]) + int32(x2[i])*int32(w2[i])
				}
			}
			for ; t < taps; t++ {
				x := a.A[int(offsets[t])+c0:][:len(acc)]
				w := p.weights[t*channels+c0:][:len(acc)]
				for i := range acc {
					acc[i] += int32(x[i]) * int32(w[i])
				}
			}
			p.chain.finish(a.Operands, a.C[m*a.LDC+c0*size:], acc, c0)
		}
	}
}
