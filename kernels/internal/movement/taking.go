package movement

import "slices"

// Taking composes an output of runs of bytes of the data. For each axis it has the positions in the data.
type Taking struct {
	Lines int

	axes [][]int // for each axis before the line, the byte offset of each index
	runs []run   // the runs of a line, relative to the sum of these offsets
	line int     // bytes per line
	size int     // bytes per run if all have as many; else 0
	at   []int   // the offsets of the runs
	most int     // the greatest of them
	same bool    // there are many runs, of the same bytes
	n    int     // how many copies of each run there are, one after the other
}

// run is a run of bytes of a line: its offset in the data and its length.
type run struct{ at, bytes int }

const (
	shortTaking = 4096 // the bytes of a line that is long enough
	maxTaken    = 2048 // bounds the runs of a line to which axes are added
	manySame    = 16   // runs of the same bytes that are worth a call
	longSame    = 512  // the bytes of copies of one element that are worth a call
)

// NewTaking returns the taking of elements of size bytes from data of a shape: index i of an axis of the output is
// index places[axis][i] of the data. Both have elements.
func NewTaking(shape []int, places [][]int, size int) *Taking {
	strides := stridesOf(shape, size)
	last := len(places) - 1
	unit := size
	for last >= 0 && isWhole(places[last], shape[last]) {
		unit *= shape[last]
		last--
	}
	t := &Taking{Lines: 1, line: unit, runs: []run{{0, unit}}, n: 1}
	if last >= 0 && isWord(unit) && allSame(places[last]) && unit*len(places[last]) < longSame {
		t.n, t.runs[0].at = len(places[last]), places[last][0]*strides[last]
		t.line *= t.n
		last--
	}
	for ; last >= 0; last-- {
		n := len(places[last])
		if t.line > unit && (t.line >= shortTaking || n*len(t.runs) > maxTaken) {
			break
		}
		t.same = t.n == 1 && len(t.runs) == 1 && n >= manySame && allSame(places[last])
		t.add(places[last], strides[last])
		if t.same {
			last--
			break
		}
	}
	t.size = t.runs[0].bytes
	for _, r := range t.runs {
		if t.at = append(t.at, r.at); r.bytes != t.size {
			t.size = 0
			break
		}
	}
	for i, from := range places[:last+1] {
		axis := make([]int, len(from))
		for k, at := range from {
			axis[k] = at * strides[i]
		}
		t.axes = append(t.axes, axis)
		t.Lines *= len(axis)
	}
	t.most = slices.Max(t.at)
	return t
}

// add makes lines of one axis more, whose indices are stride bytes apart in the data.
func (t *Taking) add(places []int, stride int) {
	inner := t.runs
	t.line, t.runs = t.line*len(places), nil
	for _, at := range places {
		for _, r := range inner {
			from := at*stride + r.at
			if n := len(t.runs) - 1; t.n == 1 && n >= 0 && t.runs[n].at+t.runs[n].bytes == from {
				t.runs[n].bytes += r.bytes
				continue
			}
			t.runs = append(t.runs, run{from, r.bytes})
		}
	}
}

// isWord reports whether elements of so many bytes can be spread.
func isWord(bytes int) bool { return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8 }

func allSame(places []int) bool {
	return !slices.ContainsFunc(places, func(at int) bool { return at != places[0] })
}

// isWhole reports whether places are all n elements in order.
func isWhole(places []int, n int) bool {
	for i, at := range places {
		if at != i {
			return false
		}
	}
	return len(places) == n
}

// source returns the offset in the data to which the runs of line l are relative.
func (t *Taking) source(l int) int {
	at := 0
	for i := len(t.axes) - 1; i >= 0; i-- {
		axis := t.axes[i]
		at += axis[l%len(axis)]
		l /= len(axis)
	}
	return at
}

// Run computes lines [l0,l1) of the output.
func (t *Taking) Run(out, in []byte, l0, l1 int) {
	for l := l0; l < l1; l++ {
		from, to := in[t.source(l):], out[l*t.line:][:t.line]
		switch {
		case t.same:
			Repeat(to, from[t.at[0]:][:t.size])
		case t.n > 1:
			Spread(to, from, t.at, t.most, t.size, t.n)
		case t.size > 0:
			Take(to, from, t.at, t.most, t.size)
		default:
			for _, r := range t.runs {
				copy(to, from[r.at:r.at+r.bytes])
				to = to[r.bytes:]
			}
		}
	}
}
