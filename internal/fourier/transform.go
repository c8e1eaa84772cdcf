package fourier

// Kind says what is transformed to what.
type Kind uint8

// The kinds.
const (
	Forward     Kind = iota // complex to complex: y[k] = sum of x[j] * e**(-2*pi*i*j*k/n)
	Inverse                 // complex to complex: x[j] = sum of y[k] * e**(2*pi*i*j*k/n) / n
	RealForward             // Forward of reals: the first n/2+1 of the last axis, of which the others are conjugates
	RealInverse             // the reals whose RealForward the data are
)

// Transform transforms the last axes of arrays. It does not change once it is made.
type Transform struct {
	In, Out int // how many numbers an array and its transform have, each part of a complex one counted

	kind    Kind
	in      []int // the dimensions of the data
	lengths []int
	width   int // complex numbers in a row of the last axis, while it is transformed
	plans   []*plan
	whole   *plan        // of the rows of a real transform of an even length: of half as many complex numbers
	turns   []complex128 // e**(-2*pi*i*k/n) for these
}

// New returns the transform of arrays with the dimensions in, of which the first lengths along each axis are taken: of
// the last one, for RealInverse, length/2+1. The lengths are in [1, MaxLength], and in is long enough.
func New(kind Kind, in, lengths []int) *Transform {
	t := &Transform{kind: kind, in: in, lengths: lengths}
	last := len(lengths) - 1
	n := lengths[last]
	t.In, t.Out, t.width = 1, 1, n
	for i, length := range lengths {
		t.In *= in[i]
		if i < last {
			t.Out *= length
		}
		t.plans = append(t.plans, newPlan(1))
		if i < last || kind == Forward || kind == Inverse || n%2 == 1 {
			t.plans[i] = newPlan(length)
		}
	}
	switch kind {
	case RealForward:
		t.Out, t.width = 2*t.Out*(n/2+1), n/2+1
	case RealInverse:
		t.In, t.Out, t.width = 2*t.In, t.Out*n, n/2+1
	default:
		t.In, t.Out = 2*t.In, 2*t.Out*n
	}
	if kind >= RealForward && n%2 == 0 {
		t.whole = newPlan(n / 2)
		for k := range n/2 + 1 {
			t.turns = append(t.turns, root(k, n))
		}
	}
	return t
}

// Scratch is how many complex numbers Run needs.
func (t *Transform) Scratch() int {
	last := len(t.lengths) - 1
	most, longest := t.plans[last].scratch()+t.lengths[last], 0
	if t.whole != nil {
		most = t.whole.scratch() + t.whole.n
	}
	for i, p := range t.plans[:last] {
		most, longest = max(most, p.scratch()), max(longest, t.lengths[i])
	}
	return t.rows()*t.width + most + longest
}

func (t *Transform) rows() int {
	rows := 1
	for _, n := range t.lengths[:len(t.lengths)-1] {
		rows *= n
	}
	return rows
}

// Run transforms one array. Results are rounded once.
func Run[T float32 | float64](t *Transform, y, x []T, scratch []complex128) {
	rows := t.rows()
	data, scratch := scratch[:rows*t.width], scratch[rows*t.width:]
	last := len(t.lengths) - 1
	if t.kind == RealInverse {
		for r := range rows {
			load(data[r*t.width:][:t.width], x[2*t.rowOf(r)*t.in[last]:], true)
		}
		t.outer(data, scratch)
		for r := range rows {
			toReals(t, y[r*t.lengths[last]:], data[r*t.width:][:t.width], scratch)
		}
		return
	}
	for r := range rows {
		row := data[r*t.width:][:t.width]
		if t.kind == RealForward {
			ofReals(t, row, x[t.rowOf(r)*t.in[last]:], scratch)
			continue
		}
		load(row, x[2*t.rowOf(r)*t.in[last]:], t.kind == Inverse)
		t.plans[last].transform(row, scratch)
	}
	t.outer(data, scratch)
	if t.kind == Inverse {
		by := 1 / float64(rows*t.width)
		for i, v := range data {
			y[2*i], y[2*i+1] = T(real(v)*by), T(-imag(v)*by)
		}
		return
	}
	for i, v := range data {
		y[2*i], y[2*i+1] = T(real(v)), T(imag(v))
	}
}

// rowOf returns where row r, of those that are transformed, stands among the rows of the data.
func (t *Transform) rowOf(r int) int {
	at, size := 0, 1
	for i := len(t.lengths) - 2; i >= 0; i-- {
		at += r % t.lengths[i] * size
		r, size = r/t.lengths[i], size*t.in[i]
	}
	return at
}

// outer transforms all axes but the last.
func (t *Transform) outer(data, scratch []complex128) {
	inner := t.width
	for i := len(t.lengths) - 2; i >= 0; i-- {
		n := t.lengths[i]
		column, scratch := scratch[:n], scratch[n:]
		for at := 0; at < len(data); at += n * inner {
			for j := range inner {
				for k := range column {
					column[k] = data[at+k*inner+j]
				}
				t.plans[i].transform(column, scratch)
				for k, v := range column {
					data[at+k*inner+j] = v
				}
			}
		}
		inner *= n
	}
}

// load converts complex numbers, or their conjugates.
func load[T float32 | float64](to []complex128, from []T, conjugate bool) {
	from = from[:2*len(to)]
	for i := range to {
		re, im := float64(from[2*i]), float64(from[2*i+1])
		if conjugate {
			im = -im
		}
		to[i] = complex(re, im)
	}
}

// ofReals sets row to the transform of reals. For an even length, pairs of them are complex numbers.
func ofReals[T float32 | float64](t *Transform, row []complex128, x []T, scratch []complex128) {
	n := t.lengths[len(t.lengths)-1]
	if t.whole == nil {
		z, scratch := scratch[:n], scratch[n:]
		for i, v := range x[:n] {
			z[i] = complex(float64(v), 0)
		}
		t.plans[len(t.plans)-1].transform(z, scratch)
		copy(row, z)
		return
	}
	h := n / 2
	z := row[:h]
	load(z, x, false)
	t.whole.transform(z, scratch)
	// y[k] = even + turn*odd, where z[k] = even + i*odd, and z[h-k] is the conjugate of even - i*odd. The turn of h-k is
	// the conjugate of -turn, and so y[h-k] is that of even - turn*odd.
	first := z[0]
	for k := 1; 2*k <= h; k++ {
		a, b := z[k], z[h-k]
		b = complex(real(b), -imag(b))
		even, odd := scaled(a+b, 0.5), scaled(a-b, 0.5)
		odd = product(complex(imag(odd), -real(odd)), t.turns[k])
		less := even - odd
		row[k], row[h-k] = even+odd, complex(real(less), -imag(less))
	}
	row[0], row[h] = complex(real(first)+imag(first), 0), complex(real(first)-imag(first), 0)
}

// toReals sets y to the reals of a row, whose other half is conjugates; the row itself is conjugates, too.
func toReals[T float32 | float64](t *Transform, y []T, row, scratch []complex128) {
	n, last := t.lengths[len(t.lengths)-1], len(t.plans)-1
	by := float64(n)
	for _, length := range t.lengths[:last] {
		by *= float64(length)
	}
	by = 1 / by
	if t.whole == nil {
		z, scratch := scratch[:n], scratch[n:]
		copy(z, row)
		z[0] = complex(real(z[0]), 0)
		for k := 1; 2*k < n; k++ {
			z[n-k] = complex(real(z[k]), -imag(z[k]))
		}
		t.plans[last].transform(z, scratch)
		for i, v := range z {
			y[i] = T(real(v) * by)
		}
		return
	}
	h := n / 2
	z, scratch := scratch[:h], scratch[h:]
	lowest, highest := real(row[0]), real(row[h])
	z[0] = complex(lowest+highest, lowest-highest)
	for k := 1; 2*k <= h; k++ {
		a, b := row[k], row[h-k]
		b = complex(real(b), -imag(b))
		even, odd := a+b, product(a-b, t.turns[k])
		z[h-k] = complex(real(even)+imag(odd), real(odd)-imag(even))
		z[k] = complex(real(even)-imag(odd), imag(even)+real(odd))
	}
	t.whole.transform(z, scratch)
	y = y[:n]
	for i, v := range z {
		y[2*i], y[2*i+1] = T(real(v)*by), T(imag(v)*by)
	}
}
