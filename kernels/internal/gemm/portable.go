package gemm

// The portable variant multiplies one byte of A by three weights at once. A word holds the weights in lanes of 21 bits
// (the upper one has 22). The lanes of a sum of up to laneTerms products do not overlap, because each is less than 2^20
// in magnitude: 32*255*128 = 1044480.
const (
	laneBits  = 21
	laneCols  = 64 / laneBits
	laneTerms = 32
)

// packLanes packs B as [panel][taps*tapBytes] words of three columns.
func packLanes(p *Packed, weights []int8) {
	s := &p.spec
	K := s.Taps * s.TapBytes
	p.tapBytes = s.TapBytes
	p.operands.identities()
	p.lanes = make([]uint64, p.Panels()*K)
	// Eight rows at a time fill whole cache lines.
	for k0 := 0; k0 < K; k0 += 8 {
		for panel := range p.Panels() {
			n0 := panel * laneCols
			cols := min(laneCols, s.N-n0)
			for k := k0; k < min(k0+8, K); k++ {
				var word uint64
				for n, w := range weights[k*s.N+n0:][:cols] {
					word += uint64(w) << (n * laneBits)
				}
				p.lanes[panel*K+k] = word
			}
		}
	}
}

// split adds the three lanes of a sum to the accumulators of row r. A negative lane has borrowed from the lane above
// it.
func split(acc *[laneCols][4]int32, r int, sum uint64) {
	s := int64(sum)
	lane0 := s << (64 - laneBits) >> (64 - laneBits)
	s = (s - lane0) >> laneBits
	lane1 := s << (64 - laneBits) >> (64 - laneBits)
	acc[0][r] += int32(lane0)
	acc[1][r] += int32(lane1)
	acc[2][r] += int32((s - lane1) >> laneBits)
}

func runPortable(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	s := &p.spec
	K := s.Taps * s.TapBytes
	for panel := panel0; panel < panel1; panel++ {
		b := p.lanes[panel*K : (panel+1)*K]
		n0 := panel * laneCols
		cols := min(laneCols, s.N-n0)
		for m := m0; m < m1; m += 4 {
			var acc [laneCols][4]int32
			for c := range acc {
				v := a.Operands.init[n0+c]
				acc[c] = [4]int32{v, v, v, v}
			}
			rows := min(4, m1-m)
			// Rows beyond the last one repeat it.
			var offsets [4][]int32
			for r := range offsets {
				offsets[r] = a.Offsets[(m+min(r, rows-1))*s.Taps:][:s.Taps]
			}
			for t := range s.Taps {
				var x [4][]byte
				for r := range x {
					x[r] = a.A[offsets[r][t]:][:s.TapBytes]
				}
				lanes4(&acc, &x, b[t*s.TapBytes:][:s.TapBytes])
			}
			for c := range cols {
				p.finish(&a, acc[c][:rows], m, n0+c)
			}
		}
	}
}

// lanes4 adds the products of four runs of A, each as long as b, to acc.
func lanes4(acc *[laneCols][4]int32, x *[4][]byte, b []uint64) {
	for k := 0; k < len(b); k += laneTerms {
		end := min(k+laneTerms, len(b))
		s0, s1, s2, s3 := dot4(x[0][k:end], x[1][k:end], x[2][k:end], x[3][k:end], b[k:end])
		split(acc, 0, s0)
		split(acc, 1, s1)
		split(acc, 2, s2)
		split(acc, 3, s3)
	}
}

// dot4 multiplies four runs of A by the words w. It is a separate function so that everything in its loop is in
// registers.
//
//go:noinline
func dot4(x0, x1, x2, x3 []byte, w []uint64) (s0, s1, s2, s3 uint64) {
	x0, x1, x2, x3 = x0[:len(w)], x1[:len(w)], x2[:len(w)], x3[:len(w)]
	for i, v := range w {
		s0 += uint64(x0[i]) * v
		s1 += uint64(x1[i]) * v
		s2 += uint64(x2[i]) * v
		s3 += uint64(x3[i]) * v
	}
	return s0, s1, s2, s3
}
