package kernels

import "github.com/tf2ng/tf2ng/core"

// lowerRowSums lowers the sums, or means, of rows of columns float32.
func (c *compiler) lowerRowSums(n *core.Node, rows, columns int, divide bool) {
	src := c.buffer(n.Inputs()[0])
	dst := c.newOutput(n.Out(0))
	c.emit(instruction{node: n, kernel: "row sums", splits: rows > 1, reads: []int{src}, writes: []int{dst}, run: func(r *worker, part, parts int) error {
		x, y := view[float32](r.mem[src]), view[float32](r.mem[dst])
		for i := part * rows / parts; i < (part+1)*rows/parts; i++ {
			y[i] = sumLanes(x[i*columns:][:columns])
			if divide {
				y[i] /= float32(columns)
			}
		}
		return nil
	}})
}

// sumLanes adds in the order that core.Sum documents: number i to lane i mod 16, then the
// lanes in halves. The lanes are variables, for registers.
func sumLanes(v []float32) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15 float32
	for len(v) >= 16 {
		x := (*[16]float32)(v)
		s0, s1, s2, s3 = s0+x[0], s1+x[1], s2+x[2], s3+x[3]
		s4, s5, s6, s7 = s4+x[4], s5+x[5], s6+x[6], s7+x[7]
		s8, s9, s10, s11 = s8+x[8], s9+x[9], s10+x[10], s11+x[11]
		s12, s13, s14, s15 = s12+x[12], s13+x[13], s14+x[14], s15+x[15]
		v = v[16:]
	}
	lane := [16]float32{s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15}
	for i, x := range v {
		lane[i] += x
	}
	for half := 8; half > 0; half /= 2 {
		for i := range half {
			lane[i] += lane[i+half]
		}
	}
	return lane[0]
}
