package fourier

// run computes the stage: y[stride*(radix*i+k)+j] is the product of a twiddle and element k of the transform of
// x[stride*i+j], x[stride*(i+rest)+j] and so on.
func (s *stage) run(y, x []complex128) {
	switch s.radix {
	case 2:
		s.run2(y, x)
	case 3:
		s.run3(y, x)
	case 4:
		s.run4(y, x)
	case 5:
		s.run5(y, x)
	default:
		s.runAny(y, x)
	}
}

func (s *stage) run2(y, x []complex128) {
	n := s.stride
	if s.rest == 1 { // the twiddle is 1
		a, b, p, q := x[:n], x[n:][:n], y[:n], y[n:][:n]
		for j, u := range a {
			p[j], q[j] = u+b[j], u-b[j]
		}
		return
	}
	for i, w := range s.twiddles {
		a, b := x[n*i:][:n], x[n*(i+s.rest):][:n]
		p, q := y[2*n*i:][:n], y[2*n*i+n:][:n]
		for j, u := range a {
			v := b[j]
			p[j] = u + v
			q[j] = product(u-v, w)
		}
	}
}

// run4 adds first the numbers at a distance of two.
func (s *stage) run4(y, x []complex128) {
	n := s.stride
	switch {
	case n == 1:
		s.run4Once(y, x)
		return
	case n == 4 && s.rest > 1:
		s.run4Short(y, x)
		return
	case s.rest == 1: // the twiddles are 1
		a, b, c, d := x[:n], x[n:][:n], x[2*n:][:n], x[3*n:][:n]
		p, q, r, t := y[:n], y[n:][:n], y[2*n:][:n], y[3*n:][:n]
		for j := range a {
			p[j], q[j], r[j], t[j] = four(a[j], b[j], c[j], d[j])
		}
		return
	}
	for i := range s.rest {
		w1, w2, w3 := s.twiddles[3*i], s.twiddles[3*i+1], s.twiddles[3*i+2]
		a, b, c, d := x[n*i:][:n], x[n*(i+s.rest):][:n], x[n*(i+2*s.rest):][:n], x[n*(i+3*s.rest):][:n]
		p, q, r, t := y[4*n*i:][:n], y[4*n*i+n:][:n], y[4*n*i+2*n:][:n], y[4*n*i+3*n:][:n]
		for j := range a {
			e, f, g, h := four(a[j], b[j], c[j], d[j])
			p[j], q[j], r[j], t[j] = e, product(f, w1), product(g, w2), product(h, w3)
		}
	}
}

// run4Short is run4 with a stride of 4.
func (s *stage) run4Short(y, x []complex128) {
	for i := range s.rest {
		w := s.twiddles[3*i:][:3:3]
		a, b := (*[4]complex128)(x[4*i:]), (*[4]complex128)(x[4*(i+s.rest):])
		c, d := (*[4]complex128)(x[4*(i+2*s.rest):]), (*[4]complex128)(x[4*(i+3*s.rest):])
		out := (*[16]complex128)(y[16*i:])
		for j := range 4 {
			e, f, g, h := four(a[j], b[j], c[j], d[j])
			out[j], out[4+j], out[8+j], out[12+j] = e, product(f, w[0]), product(g, w[1]), product(h, w[2])
		}
	}
}

// run4Once is run4 with a stride of 1.
func (s *stage) run4Once(y, x []complex128) {
	n := s.rest
	a, b, c, d := x[:n], x[n:][:n], x[2*n:][:n], x[3*n:][:n]
	y, tw := y[:4*n], s.twiddles[:3*n]
	for i := range a {
		e, f, g, h := four(a[i], b[i], c[i], d[i])
		out, w := y[4*i:][:4:4], tw[3*i:][:3:3]
		out[0], out[1], out[2], out[3] = e, product(f, w[0]), product(g, w[1]), product(h, w[2])
	}
}

// four is the transform of four numbers.
func four(a, b, c, d complex128) (complex128, complex128, complex128, complex128) {
	u, v, w, z := a+c, a-c, b+d, b-d
	z = complex(imag(z), -real(z))
	return u + w, v + z, u - w, v - z
}

const (
	sine3            = 0.86602540378443864676
	cosine5, sine5   = 0.30901699437494742410, 0.95105651629515357212
	cosine25, sine25 = -0.80901699437494742410, 0.58778525229247312917
)

func (s *stage) run3(y, x []complex128) {
	n := s.stride
	for i := range s.rest {
		w1, w2 := s.twiddles[2*i], s.twiddles[2*i+1]
		a, b, c := x[n*i:][:n], x[n*(i+s.rest):][:n], x[n*(i+2*s.rest):][:n]
		p, q, r := y[3*n*i:][:n], y[3*n*i+n:][:n], y[3*n*i+2*n:][:n]
		for j := range a {
			sum, diff := b[j]+c[j], scaled(b[j]-c[j], sine3)
			middle := a[j] - scaled(sum, 0.5)
			turned := complex(imag(diff), -real(diff))
			p[j] = a[j] + sum
			q[j] = product(middle+turned, w1)
			r[j] = product(middle-turned, w2)
		}
	}
}

func (s *stage) run5(y, x []complex128) {
	n := s.stride
	for i := range s.rest {
		w := s.twiddles[4*i:][:4:4]
		var in, out [5][]complex128
		for k := range in {
			in[k], out[k] = x[n*(i+k*s.rest):][:n], y[5*n*i+k*n:][:n]
		}
		for j, a := range in[0] {
			b, c, d, e := in[1][j], in[2][j], in[3][j], in[4][j]
			u, v, p, q := b+e, b-e, c+d, c-d
			m := a + (scaled(u, cosine5) + scaled(p, cosine25))
			o := a + (scaled(u, cosine25) + scaled(p, cosine5))
			g := scaled(v, sine5) + scaled(q, sine25)
			h := scaled(v, sine25) - scaled(q, sine5)
			g, h = complex(imag(g), -real(g)), complex(imag(h), -real(h))
			out[0][j] = a + (u + p)
			out[1][j] = product(m+g, w[0])
			out[2][j] = product(o+h, w[1])
			out[3][j] = product(o-h, w[2])
			out[4][j] = product(m-g, w[3])
		}
	}
}

// runAny sums the products in their order.
func (s *stage) runAny(y, x []complex128) {
	n, r := s.stride, s.radix
	for i := range s.rest {
		for j := range n {
			for k := range r {
				sum, at := x[n*i+j], 0
				for l := 1; l < r; l++ {
					if at += k; at >= r {
						at -= r
					}
					sum += product(x[n*(i+l*s.rest)+j], s.roots[at])
				}
				if k > 0 {
					sum = product(sum, s.twiddles[(r-1)*i+k-1])
				}
				y[n*(r*i+k)+j] = sum
			}
		}
	}
}

// scaled is x times a real number.
func scaled(x complex128, by float64) complex128 {
	return complex(float64(real(x)*by), float64(imag(x)*by))
}
