package movement

// Padding is a padding with a constant, in terms of lines of bytes of the output. A line holds only fill bytes,
// or data with fill bytes before and after it.
type Padding struct {
	Lines int

	value        []byte
	in, out      []int // the dimensions before the line, of which there is at least one
	below        []int // their padding before the data
	line         int   // bytes per line of the output
	left, length int   // where in a line the data begins, and its length in bytes
}

// NewPadding returns the padding of elements of the size of value by so many of them below and above each axis. It has
// no lines if the output has no elements.
func NewPadding(in, below, above []int, value []byte) *Padding {
	last, size := len(in)-1, len(value)
	for last > 0 && below[last]+above[last] == 0 {
		size *= in[last]
		last--
	}
	p := &Padding{value: value, line: size, length: size}
	if last >= 0 {
		p.left, p.length = below[last]*size, in[last]*size
		p.line = p.left + p.length + above[last]*size
	}
	for i := range last {
		p.in, p.below = append(p.in, in[i]), append(p.below, below[i])
		p.out = append(p.out, below[i]+in[i]+above[i])
	}
	if len(p.in) == 0 {
		p.in, p.below, p.out = []int{1}, []int{0}, []int{1}
	}
	if p.line > 0 {
		p.Lines = 1
		for _, n := range p.out {
			p.Lines *= n
		}
	}
	return p
}

// source returns the line of the data that the first line of group g of the output would hold; false if all its lines
// have only fill bytes. A group has the lines of the last dimension before the line.
func (p *Padding) source(g int) (int, bool) {
	last := len(p.out) - 1
	line, stride := 0, p.in[last]
	for i := last - 1; i >= 0; i-- {
		at := g%p.out[i] - p.below[i]
		g /= p.out[i]
		if at < 0 || at >= p.in[i] {
			return 0, false
		}
		line += at * stride
		stride *= p.in[i]
	}
	return line - p.below[last], true
}

// Run computes lines [l0,l1) of the output.
func (p *Padding) Run(out, in []byte, l0, l1 int) {
	group := p.out[len(p.out)-1]
	for l := l0; l < l1; {
		first, n := l%group, min(group-l%group, l1-l)
		to := out[l*p.line:][:n*p.line]
		from, ok := p.source(l / group)
		below, above := p.below[len(p.below)-1], p.below[len(p.below)-1]+p.in[len(p.in)-1]
		a, b := min(max(below, first), first+n), min(max(above, first), first+n) // lines that hold data
		if !ok {
			a, b = first, first
		}
		if p.line < shortLine {
			Repeat(to, p.value)
		} else {
			Repeat(to[:(a-first)*p.line], p.value)
			Repeat(to[(b-first)*p.line:], p.value)
			for i := a; i < b; i++ {
				line := to[(i-first)*p.line:][:p.line]
				Repeat(line[:p.left], p.value)
				Repeat(line[p.left+p.length:], p.value)
			}
		}
		if a < b {
			CopyRuns(to[(a-first)*p.line+p.left:], in[(from+a)*p.length:], b-a, p.length, p.line, p.length)
		}
		l += n
	}
}

// shortLine is the length of the shortest line whose ends alone are filled.
const shortLine = 256
