package gemm

// The portable variant multiplies one byte of A by three weights at once: a word holds
// them in lanes of 21 bits (the upper one has 22), and the lanes of a sum of up to
// laneTerms products stay apart, because each is less than 2^20 in magnitude:
// 32*255*128 = 1044480.
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
	p.lanes = make([]uint64, p.Panels()*K)
	for k := range K {
		for n, w := range weights[k*s.N : (k+1)*s.N] {
			p.lanes[n/laneCols*K+k] += uint64(w) << (n % laneCols * laneBits)
		}
	}
}

// split adds the three lanes of a sum to acc. A lane that is negative has borrowed
// from the one above it.
func split(acc *[laneCols]int32, sum uint64) {
	s := int64(sum)
	lane0 := s << (64 - laneBits) >> (64 - laneBits)
	s = (s - lane0) >> laneBits
	lane1 := s << (64 - laneBits) >> (64 - laneBits)
	acc[0] += int32(lane0)
	acc[1] += int32(lane1)
	acc[2] += int32((s - lane1) >> laneBits)
}

func runPortable(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	s := &p.spec
	K := s.Taps * s.TapBytes
	for panel := panel0; panel < panel1; panel++ {
		b := p.lanes[panel*K : (panel+1)*K]
		n0 := panel * laneCols
		cols := min(laneCols, s.N-n0)
		start := [laneCols]int32(p.init[n0:])
		for m := m0; m < m1; m += 4 {
			acc := [4][laneCols]int32{start, start, start, start}
			rows := min(4, m1-m)
			// Rows beyond the last repeat it.
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
			for r := range rows {
				p.finish(&a, acc[r][:cols], m+r, n0)
			}
		}
	}
}

// lanes4 adds the products of four runs of A, each as long as b, to acc.
func lanes4(acc *[4][laneCols]int32, x *[4][]byte, b []uint64) {
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
	for len(b) > 0 {
		n := min(laneTerms, len(b))
		w := b[:n]
		y0, y1, y2, y3 := x0[:n], x1[:n], x2[:n], x3[:n]
		var s0, s1, s2, s3 uint64
		for i, v := range w {
			s0 += uint64(y0[i]) * v
			s1 += uint64(y1[i]) * v
			s2 += uint64(y2[i]) * v
			s3 += uint64(y3[i]) * v
		}
		split(&acc[0], s0)
		split(&acc[1], s1)
		split(&acc[2], s2)
		split(&acc[3], s3)
		b, x0, x1, x2, x3 = b[n:], x0[n:], x1[n:], x2[n:], x3[n:]
	}
}
