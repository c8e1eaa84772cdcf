// Package fourier computes discrete Fourier transforms of any length in float64, in one order of operations that is the
// same on every CPU. Each product and each sum is rounded.
//
// The error of an element of a result, before that is rounded to its type, is at most 2^-49 times the sum of the
// magnitudes of what is transformed, for lengths to MaxLength.
package fourier

import (
	"math"

	"github.com/tf2ng/tf2ng/internal/transcendental"
)

// MaxLength bounds the length of a transform.
const MaxLength = 1 << 22

// mostRadix is the largest prime factor of a length that is transformed stage by stage.
const mostRadix = 13

// plan is a transform of n numbers. It does not change once it is made.
type plan struct {
	n      int
	stages []stage
	chirp  *chirp // in place of stages, for lengths with large prime factors
}

// stage is a pass over all numbers, in Stockham's order: of each n/radix numbers at a distance of n/radix/stride.
type stage struct {
	radix, rest, stride int
	twiddles            []complex128 // radix-1 for each of rest positions
	roots               []complex128 // of radix, for those without a routine
}

func newPlan(n int) *plan {
	p := &plan{n: n}
	factors, ok := factorsOf(n)
	if !ok {
		p.chirp = newChirp(n)
		return p
	}
	rest, stride := n, 1
	for _, r := range factors {
		s := stage{radix: r, rest: rest / r, stride: stride}
		for i := range s.rest {
			for k := 1; k < r; k++ {
				s.twiddles = append(s.twiddles, root(i*k, rest))
			}
		}
		if r > 5 {
			for k := range r {
				s.roots = append(s.roots, root(k, r))
			}
		}
		p.stages = append(p.stages, s)
		rest, stride = s.rest, stride*r
	}
	return p
}

// factorsOf returns the radices of n, fours first; false if a prime factor is too large.
func factorsOf(n int) (factors []int, ok bool) {
	for n%4 == 0 {
		factors, n = append(factors, 4), n/4
	}
	for r := 2; n > 1 && r <= mostRadix; r++ {
		for n%r == 0 {
			factors, n = append(factors, r), n/r
		}
	}
	return factors, n == 1
}

// root returns e**(-2*pi*i*k/n) for 0 <= k, from an angle of at most pi/4.
func root(k, n int) complex128 {
	eighths := 8 * (k % n)
	octant := eighths / n
	part := eighths % n // of n, in this octant
	if octant%2 == 1 {
		part = n - part
	}
	angle := float64(float64(part)*(math.Pi/4)) / float64(n)
	c, s := transcendental.Cos(angle), transcendental.Sin(angle)
	if (octant+1)/2%2 == 1 {
		c, s = s, c
	}
	if octant >= 2 && octant < 6 {
		c = -c
	}
	if octant < 4 {
		s = -s
	}
	return complex(c, s)
}

// scratch is how many numbers transform needs in addition.
func (p *plan) scratch() int {
	if p.chirp != nil {
		return p.chirp.scratch()
	}
	return p.n
}

// transform transforms x in place.
func (p *plan) transform(x, scratch []complex128) {
	x = x[:p.n]
	if p.chirp != nil {
		p.chirp.transform(x, scratch)
		return
	}
	from, to := x, scratch[:p.n]
	for i := range p.stages {
		p.stages[i].run(to, from)
		from, to = to, from
	}
	if len(p.stages)%2 == 1 {
		copy(x, from)
	}
}

// chirp is Bluestein's transform: a convolution, computed by transforms of a power of two.
type chirp struct {
	n      int
	whole  *plan
	factor []complex128 // e**(-pi*i*k*k/n)
	kernel []complex128 // the transform of its conjugate, divided by the length
}

func newChirp(n int) *chirp {
	length := 1
	for length < 2*n-1 {
		length *= 2
	}
	c := &chirp{n: n, whole: newPlan(length), factor: make([]complex128, n), kernel: make([]complex128, length)}
	square := 0 // k*k modulo 2n
	for k := range c.factor {
		c.factor[k] = root(square, 2*n)
		square = (square + 2*k + 1) % (2 * n)
	}
	scale := 1 / float64(length)
	for k, w := range c.factor {
		v := complex(real(w)*scale, -imag(w)*scale)
		c.kernel[k] = v
		if k > 0 {
			c.kernel[length-k] = v
		}
	}
	c.whole.transform(c.kernel, make([]complex128, length))
	return c
}

func (c *chirp) scratch() int { return 2 * c.whole.n }

func (c *chirp) transform(x, scratch []complex128) {
	y, scratch := scratch[:c.whole.n], scratch[c.whole.n:]
	for k, w := range c.factor {
		y[k] = product(x[k], w)
	}
	clear(y[c.n:])
	c.whole.transform(y, scratch)
	for k, w := range c.kernel {
		v := product(y[k], w)
		y[k] = complex(real(v), -imag(v)) // whose transform is the conjugate of the inverse one
	}
	c.whole.transform(y, scratch)
	for k, w := range c.factor {
		x[k] = product(complex(real(y[k]), -imag(y[k])), w)
	}
}

// product is x*y.
func product(x, y complex128) complex128 {
	return complex(
		float64(real(x)*real(y))-float64(imag(x)*imag(y)),
		float64(real(x)*imag(y))+float64(imag(x)*real(y)),
	)
}
