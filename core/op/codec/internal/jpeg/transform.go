package jpeg

// A block has the coefficients of 8 by 8 pixels.
type block struct {
	c [64]int16
	// used has, in its low byte, the columns with a coefficient that is not 0 below the first row, and in its high byte
	// those with any.
	used uint16
}

// usedOf is what a coefficient of the file adds to a block's used.
var usedOf = func() (used [128]uint16) {
	for k, z := range zigzag {
		used[k] = 0x100 << (z & 7)
		if z >= 8 {
			used[k] |= 1 << (z & 7)
		}
	}
	return used
}()

// note sets used.
func (b *block) note() {
	b.used = 0
	for i, c := range b.c {
		if c != 0 {
			b.used |= 0x100 << (i & 7)
			if i >= 8 {
				b.used |= 1 << (i & 7)
			}
		}
	}
}

// The inverse transforms are those that libjpeg-turbo has for SSE2 and AVX2, in numbers of 16 bits that wrap or
// saturate where those do.

// clamped is a pixel for the bits of a number behind the fractional ones.
var clamped = func() (pixels [2048]byte) {
	for i := range pixels {
		pixels[i] = pixel(int32(int16(i<<5) >> 5))
	}
	return pixels
}()

// pixel saturates a number around 0.
func pixel(v int32) byte { return byte(min(max(v, -128), 127) + 128) }

// scales are those of the fast transform's coefficients, in units of 2^-14.
var scales = func() (table [64]int32) {
	s := [8]float64{1, 1.387039845, 1.306562965, 1.175875602, 1, 0.785694958, 0.541196100, 0.275899379}
	for i := range table {
		product := s[i/8] * s[i%8]
		table[i] = int32(16384*product + 0.5)
	}
	return table
}()

// fastFactors are what coefficients are multiplied with before the fast transform.
func fastFactors(q *[64]uint16) (factors [64]int16) {
	for i, v := range q {
		factors[i] = int16((int32(v)*scales[i] + 1<<11) >> 12)
	}
	return factors
}

// exactFactors are those of the other transforms.
func exactFactors(q *[64]uint16) (factors [64]int16) {
	for i, v := range q {
		factors[i] = int16(v)
	}
	return factors
}

// fast is the transform JDCT_IFAST.
func fast(b *block, q *[64]int16, out []byte, stride int) {
	if b.used&^0x100 == 0 {
		fill(out, stride, clamped[uint16(int32(b.c[0])*int32(q[0]))>>5])
		return
	}
	var w [64]int32
	for x := range 8 {
		if b.used>>x&1 == 0 {
			if b.used>>x&0x100 != 0 {
				v := int32(b.c[x]) * int32(q[x])
				for i := x; i < 64; i += 8 {
					w[i] = v
				}
			}
			continue
		}
		c, f := (*[57]int16)(b.c[x:]), (*[57]int16)(q[x:])
		r := (*[57]int32)(w[x:])
		r[0], r[8], r[16], r[24], r[32], r[40], r[48], r[56] = fastLine(
			int32(c[0])*int32(f[0]), int32(c[8])*int32(f[8]), int32(c[16])*int32(f[16]), int32(c[24])*int32(f[24]),
			int32(c[32])*int32(f[32]), int32(c[40])*int32(f[40]), int32(c[48])*int32(f[48]), int32(c[56])*int32(f[56]))
	}
	flat := b.used>>8 == 1 // all columns but the first are 0
	for y := range 8 {
		r, o := (*[8]int32)(w[8*y:]), (*[8]byte)(out[y*stride:])
		if flat {
			v := clamped[uint16(r[0])>>5]
			*o = [8]byte{v, v, v, v, v, v, v, v}
			continue
		}
		r0, r1, r2, r3, r4, r5, r6, r7 := fastLine(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
		o[0], o[1] = clamped[uint16(r0)>>5], clamped[uint16(r1)>>5]
		o[2], o[3] = clamped[uint16(r2)>>5], clamped[uint16(r3)>>5]
		o[4], o[5] = clamped[uint16(r4)>>5], clamped[uint16(r5)>>5]
		o[6], o[7] = clamped[uint16(r6)>>5], clamped[uint16(r7)>>5]
	}
}

// fill sets all pixels of a block.
func fill(out []byte, stride int, v byte) {
	for y := range 8 {
		*(*[8]byte)(out[y*stride:]) = [8]byte{v, v, v, v, v, v, v, v}
	}
}

// fastMul multiplies 16 bits with a number of 8 fractional bits, moved up by 6.
func fastMul(v, factor int32) int32 { return int32(int16(v<<2)) * factor >> 16 }

// fastLine transforms a row or a column. Only the low 16 bits of the numbers count.
func fastLine(v0, v1, v2, v3, v4, v5, v6, v7 int32) (r0, r1, r2, r3, r4, r5, r6, r7 int32) {
	t10, t11 := v0+v4, v0-v4
	t13 := v2 + v6
	t12 := fastMul(v2-v6, 362<<6) - t13
	e0, e3 := t10+t13, t10-t13
	e1, e2 := t11+t12, t11-t12

	z13, z10 := v5+v3, v5-v3
	z11, z12 := v1+v7, v1-v7
	o7 := z11 + z13
	z5 := int32(int16(z10<<2+z12<<2)) * (473 << 6) >> 16
	o6 := fastMul(z10, -413<<6) - z10 + z5 - o7
	o5 := fastMul(z11-z13, 362<<6) - o6
	o4 := fastMul(z12, 277<<6) - z5 + o5
	return e0 + o7, e1 + o6, e2 + o5, e3 - o4, e3 + o4, e2 - o5, e1 - o6, e0 - o7
}

// accurate is the transform JDCT_ISLOW.
func accurate(b *block, q *[64]int16, out []byte, stride int) {
	var w [64]int32
	for x := range 8 {
		if b.used&0xff == 0 {
			v := int32(int16(int32(b.c[x]) * int32(q[x]) << 2))
			for i := x; i < 64; i += 8 {
				w[i] = v
			}
			continue
		}
		var v [8]int32
		for y := range v {
			v[y] = int32(int16(int32(b.c[8*y+x]) * int32(q[8*y+x])))
		}
		accurateLine(&v)
		for y := range v {
			w[8*y+x] = saturated((v[y] + 1<<10) >> 11)
		}
	}
	for y := range 8 {
		v := (*[8]int32)(w[8*y:])
		accurateLine(v)
		for x := range v {
			out[y*stride+x] = pixel((v[x] + 1<<17) >> 18)
		}
	}
}

// saturated brings a number into 16 bits.
func saturated(v int32) int32 { return min(max(v, -1<<15), 1<<15-1) }

// accurateLine transforms a row or a column of 16-bit numbers to 13 fractional bits.
func accurateLine(v *[8]int32) {
	t2 := v[2]*4433 + v[6]*(4433-15137)
	t3 := v[2]*(4433+6270) + v[6]*4433
	t0, t1 := int32(int16(v[0]+v[4]))<<13, int32(int16(v[0]-v[4]))<<13
	e0, e3 := t0+t3, t0-t3
	e1, e2 := t1+t2, t1-t2

	z3, z4 := int32(int16(v[3]+v[7])), int32(int16(v[1]+v[5]))
	s3 := z3*(9633-16069) + z4*9633
	s4 := z3*9633 + z4*(9633-3196)
	o0 := v[7]*(2446-7373) + v[1]*-7373 + s3
	o1 := v[5]*(16819-20995) + v[3]*-20995 + s4
	o2 := v[5]*-20995 + v[3]*(25172-20995) + s3
	o3 := v[7]*-7373 + v[1]*(12299-7373) + s4
	*v = [8]int32{e0 + o3, e1 + o2, e2 + o1, e3 + o0, e3 - o0, e2 - o1, e1 - o2, e0 - o3}
}

// half is the transform to 4 by 4 pixels.
func half(b *block, q *[64]int16, out []byte, stride int) {
	direct := true // all are 0 that count below the first row
	for i := 8; i < 64; i++ {
		direct = direct && (b.c[i] == 0 || i/8 == 4)
	}
	var w [4][8]int32
	for x := range 8 {
		var v [8]int32
		for y := range v {
			v[y] = int32(int16(int32(b.c[8*y+x]) * int32(q[8*y+x])))
		}
		r := halfLine(&v)
		for y := range r {
			w[y][x] = saturated((r[y] + 1<<11) >> 12)
			if direct {
				w[y][x] = int32(int16(v[0] << 2))
			}
		}
	}
	for y := range w {
		for x, v := range halfLine(&w[y]) {
			out[y*stride+x] = pixel((v + 1<<18) >> 19)
		}
	}
}

// halfLine transforms a row or a column of 16-bit numbers to half as many of 14 fractional bits.
func halfLine(v *[8]int32) [4]int32 {
	o0 := v[1]*8697 - v[3]*17799 + v[5]*11893 - v[7]*1730
	o2 := v[1]*20995 + v[3]*7373 - v[5]*4926 - v[7]*4176
	e0, e2 := v[0]<<14, v[2]*15137-v[6]*6270
	return [4]int32{e0 + e2 + o2, e0 - e2 + o0, e0 - e2 - o0, e0 + e2 - o2}
}

// quarter is the transform to 2 by 2 pixels.
func quarter(b *block, q *[64]int16, out []byte, stride int) {
	var w [2][8]int32
	for _, x := range [5]int{0, 1, 3, 5, 7} {
		var v [8]int32
		for y := range v {
			v[y] = int32(int16(int32(b.c[8*y+x]) * int32(q[8*y+x])))
		}
		even, odd := v[0]<<15, quarterOdd(&v)
		w[0][x], w[1][x] = (even+odd+1<<12)>>13, (even-odd+1<<12)>>13
		if x > 0 {
			w[0][x], w[1][x] = saturated(w[0][x]), saturated(w[1][x])
		}
	}
	for y := range w {
		even, odd := w[y][0]<<15, quarterOdd(&w[y])
		out[y*stride], out[y*stride+1] = pixel((even+odd+1<<19)>>20), pixel((even-odd+1<<19)>>20)
	}
}

func quarterOdd(v *[8]int32) int32 { return v[1]*29692 - v[3]*10426 + v[5]*6967 - v[7]*5906 }

// eighth is the transform to one pixel.
func eighth(b *block, q *[64]int16, out []byte, _ int) {
	v := (int32(b.c[0])*int32(q[0]) + 4) >> 3
	out[0] = pixel(v << 22 >> 22) // 10 bits of it count
}
