package window

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core/geometry"
)

// axis returns the axis of a window, whose outputs are as many as fit.
func axis(a geometry.Axis) geometry.Axis {
	a.Stride, a.Dilation, a.DataDilation = max(a.Stride, 1), max(a.Dilation, 1), max(a.DataDilation, 1)
	data := (a.In-1)*a.DataDilation + 1 + a.PadBelow + a.PadAbove
	a.Out = (data-(a.Window-1)*a.Dilation-1)/a.Stride + 1
	return a
}

// windows are windows with one to three axes.
func windows() map[string]*Window {
	axes := []geometry.Axis{
		axis(geometry.Axis{In: 5, Window: 3, PadBelow: 1, PadAbove: 1}),
		axis(geometry.Axis{In: 7, Window: 2, Stride: 2, PadAbove: 1}),
		axis(geometry.Axis{In: 6, Window: 3, Dilation: 2, PadBelow: 3, PadAbove: 2}),
		axis(geometry.Axis{In: 4, Window: 3, DataDilation: 2, PadBelow: 2, PadAbove: 2}),
		axis(geometry.Axis{In: 3, Window: 5, DataDilation: 3, Stride: 2, PadBelow: 4, PadAbove: 1}),
		axis(geometry.Axis{In: 4, Window: 4, DataDilation: 6, Dilation: 4, Stride: 4, PadBelow: 2, PadAbove: 3}),
		axis(geometry.Axis{In: 5, Window: 1, DataDilation: 4, PadBelow: -1}),
		axis(geometry.Axis{In: 6, Window: 2, PadBelow: -1, PadAbove: -2}),
	}
	all := map[string]*Window{}
	for i, a := range axes {
		for j, b := range axes {
			all[fmt.Sprintf("axes=%d,%d", i, j)] = &Window{Axes: []geometry.Axis{a, b}, Batch: 2, Pixel: 3}
		}
		all[fmt.Sprintf("axes=%d", i)] = &Window{Axes: []geometry.Axis{a}, Batch: 3, Pixel: 5}
	}
	all["axes=0,2,1"] = &Window{Axes: []geometry.Axis{axes[0], axes[2], axes[1]}, Batch: 2, Pixel: 2}
	all["axes=3,0,4"] = &Window{Axes: []geometry.Axis{axes[3], axes[0], axes[4]}, Batch: 2, Pixel: 2}
	return all
}

// digits returns the digits of a number in a system with these bases, the first being the most significant.
func digits(n int, bases []int) []int {
	d := make([]int, len(bases))
	for i := len(bases) - 1; i >= 0; i-- {
		d[i], n = n%bases[i], n/bases[i]
	}
	return d
}

// read returns the pixel of an image that a tap reads for an output: the definition.
func read(w *Window, output, tap int) (pixel int, inside bool) {
	var outs, windows []int
	for _, a := range w.Axes {
		outs, windows = append(outs, a.Out), append(windows, a.Window)
	}
	o, k := digits(output, outs), digits(tap, windows)
	for i, a := range w.Axes {
		at, ok := a.At(o[i], k[i])
		if !ok {
			return 0, false
		}
		pixel = pixel*a.In + at
	}
	return pixel, true
}

func TestOffsetsReadWhatTheDefinitionReads(t *testing.T) {
	const src, pad = 1000, 7
	for name, w := range windows() {
		t.Run(name, func(t *testing.T) {
			outputs, taps, image := w.Outputs(), w.Taps(), w.inputs()
			offsets, counts := w.Offsets(src, pad), w.Counts()
			require.Len(t, offsets, w.Batch*outputs*taps)
			require.Len(t, counts, w.Batch*outputs)
			padded, empty := false, false
			for m := range w.Batch * outputs {
				inside := 0
				for k := range taps {
					want := pad
					if pixel, ok := read(w, m%outputs, k); ok {
						want = src + (m/outputs*image+pixel)*w.Pixel
						inside++
					}
					require.EqualValues(t, want, offsets[m*taps+k], "output %d, tap %d", m, k)
				}
				require.EqualValues(t, inside, counts[m], "output %d", m)
				padded, empty = padded || inside < taps, empty || inside == 0
			}
			assert.Equal(t, padded, w.ReadsPadding())
			if empty {
				return
			}
			for i, at := range w.InsideOffsets(src) {
				row := offsets[i/taps*taps:][:taps]
				assert.Contains(t, row, at, "output %d, tap %d", i/taps, i%taps)
				assert.NotEqualValues(t, pad, at, "output %d, tap %d", i/taps, i%taps)
				if row[i%taps] != pad {
					assert.Equal(t, row[i%taps], at, "output %d, tap %d", i/taps, i%taps)
				}
			}
		})
	}
}

func TestGridIsThatOfA3x3WindowThatMovesByOnePixel(t *testing.T) {
	a := axis(geometry.Axis{In: 5, Window: 3, PadBelow: 1, PadAbove: 1})
	b := axis(geometry.Axis{In: 9, Window: 3})
	w := &Window{Axes: []geometry.Axis{a, b}, Batch: 1, Pixel: 1}
	assert.Equal(t, 5, w.Grid().Height)
	assert.Equal(t, 7, w.Grid().Width)
	for name, change := range map[string]func(a *geometry.Axis){
		"window": func(a *geometry.Axis) { a.Window = 2 }, "stride": func(a *geometry.Axis) { a.Stride = 2 },
		"dilation": func(a *geometry.Axis) { a.Dilation = 2 }, "data": func(a *geometry.Axis) { a.DataDilation = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			for i := range 2 {
				other := &Window{Axes: slices.Clone(w.Axes), Batch: 1, Pixel: 1}
				change(&other.Axes[i])
				assert.Zero(t, other.Grid())
			}
		})
	}
	assert.Zero(t, (&Window{Axes: []geometry.Axis{a}}).Grid())
}

// A sliding window finds in its grid what the window reads.
func TestSlidingReadsWhatTheWindowReads(t *testing.T) {
	const src, pad = 1000, 7
	slide := 0
	for name, w := range windows() {
		t.Run(name, func(t *testing.T) {
			s, ok := w.Sliding()
			if x := w.Axes[len(w.Axes)-1]; !ok {
				assert.True(t, len(w.Axes) > 2 || x.Stride%x.Dilation != 0)
				return
			}
			slide++
			outputs, taps, at := w.Outputs(), w.Taps(), s.Offsets(src, pad)
			size := s.Grid.Height * s.Grid.Width
			require.Len(t, at, w.Batch*size)
			for i, want := range w.Offsets(src, pad) {
				m, k := i/taps, i%taps
				image, y, x := m/outputs, m%outputs/s.Grid.Columns, m%s.Grid.Columns
				row, column := y*s.Grid.RowStep+k/s.Columns*s.Grid.TapStep, x*s.Step+k%s.Columns
				require.Equal(t, want, at[image*size+row*s.Grid.Width+column], "output %d, tap %d", m, k)
			}
		})
	}
	assert.Positive(t, slide)
}

// Each output of a window reads the same through the phase that has it: taps that the phase leaves out are padding.
func TestPhasesReadWhatTheWindowReads(t *testing.T) {
	const src, pad = 1000, 7
	for name, w := range windows() {
		t.Run(name, func(t *testing.T) {
			phases, outputs, taps := w.Phases(), w.Outputs(), w.Taps()
			assert.Equal(t, len(phases), w.CountPhases(1<<12))
			if len(phases) > 1 {
				assert.Greater(t, w.CountPhases(1), 1)
			}
			want, got := w.Offsets(src, pad), make([]int32, w.Batch*outputs*taps)
			seen := map[int]int{}
			for i := range got {
				got[i] = pad
			}
			for _, p := range phases {
				positions := p.Positions()
				places, step := p.Places()
				offsets := p.Offsets(src, pad)
				line := p.Axes[len(p.Axes)-1].Out
				require.Len(t, offsets, w.Batch*len(places)*len(positions))
				for i, at := range offsets {
					m, k := i/len(positions), i%len(positions)
					place := m % len(places)
					got[(m/len(places)*outputs+places[place])*taps+positions[k]] = at
					if k == 0 && m < len(places) {
						seen[places[place]]++
					}
					if place%line > 0 {
						assert.Equal(t, places[place-1]+step, places[place], "outputs of a line are apart by step")
					}
				}
			}
			assert.Equal(t, want, got)
			assert.Len(t, seen, outputs)
			for o, n := range seen {
				assert.Equal(t, 1, n, "output %d", o)
			}
		})
	}
}

// A row of a window that joins taps is one run of bytes in the image with padding.
func TestPaddedHasEachRowInOneRun(t *testing.T) {
	a := axis(geometry.Axis{In: 5, Window: 3, PadBelow: 1, PadAbove: 1})
	b := axis(geometry.Axis{In: 9, Window: 2, Stride: 2, PadAbove: 2})
	c := axis(geometry.Axis{In: 6, Window: 3, Stride: 2, PadBelow: 2})
	d := axis(geometry.Axis{In: 6, Window: 2, Dilation: 3, PadBelow: 1, PadAbove: 4})
	e := axis(geometry.Axis{In: 5, Window: 2, Stride: 3, PadAbove: 1})
	for _, test := range []struct {
		name         string
		axes         []geometry.Axis
		pixel, wider int
	}{
		{"one axis", []geometry.Axis{a}, 3, 3},
		{"two axes", []geometry.Axis{a, b}, 3, 3},
		{"a dilated axis", []geometry.Axis{d, a}, 1, 1},
		{"three axes", []geometry.Axis{a, c, b}, 2, 2},
		{"outputs end before the data", []geometry.Axis{e, e}, 3, 3},
		{"three bytes as four", []geometry.Axis{a, c}, 3, 4},
		{"six bytes as eight", []geometry.Axis{c, a}, 6, 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &Window{Axes: test.axes, Batch: 2, Pixel: test.pixel}
			require.True(t, w.JoinsTaps(32))
			const zero = 77
			random := rand.New(rand.NewPCG(1, 2))
			data := make([]byte, w.Batch*w.inputs()*w.Pixel)
			for i := range data {
				data[i] = byte(random.IntN(256))
			}
			p := NewPadded(w, test.wider, nil)
			images := make([]byte, p.Lines*p.Bytes)
			for _, cut := range []int{0, p.Lines / 3, p.Lines} { // in parts
				p.Run(images, data, zero, 0, cut)
				p.Run(images, data, zero, cut, p.Lines)
			}
			rows := w.Rows()
			outputs, taps, columns := w.Outputs(), w.Taps(), w.Axes[len(w.Axes)-1].Window
			offsets := p.Offsets(0)
			require.Len(t, offsets, w.Batch*outputs*taps/columns)
			assert.Equal(t, taps/columns, (&Window{Axes: rows}).Taps())
			assert.Equal(t, outputs, (&Window{Axes: rows}).Outputs())
			for m := range w.Batch * outputs {
				for k := range taps {
					want := slices.Repeat([]byte{zero}, test.wider)
					if pixel, ok := read(w, m%outputs, k); ok {
						want = make([]byte, test.wider)
						copy(want, data[(m/outputs*w.inputs()+pixel)*w.Pixel:][:w.Pixel])
					}
					run := images[offsets[(m*taps+k)/columns]:]
					require.Equal(t, want, run[k%columns*test.wider:][:test.wider], "output %d, tap %d", m, k)
				}
			}
		})
	}
}

func TestPaddedWidensByAFunction(t *testing.T) {
	w := &Window{Axes: []geometry.Axis{axis(geometry.Axis{In: 3, Window: 2, PadBelow: 1})}, Batch: 1, Pixel: 2}
	p := NewPadded(w, 4, func(to, from []byte) {
		for i, v := range from {
			to[2*i], to[2*i+1] = v, v
		}
	})
	images := make([]byte, p.Lines*p.Bytes)
	p.Run(images, []byte{1, 2, 3, 4, 5, 6}, 9, 0, p.Lines)
	assert.Equal(t, []byte{9, 9, 9, 9, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}, images)
}

func TestJoinsTaps(t *testing.T) {
	a := axis(geometry.Axis{In: 5, Window: 3, PadBelow: 1, PadAbove: 1})
	var outputs int
	for _, c := range []struct {
		name   string
		change func(w *Window)
		want   bool
	}{
		{"three bytes", func(*Window) {}, true},
		{"sixteen bytes", func(w *Window) { w.Pixel = 16 }, false},
		{"not a multiple of four", func(w *Window) { w.Pixel = 18 }, true},
		{"many bytes", func(w *Window) { w.Pixel = 66 }, false},
		{"sixteen bytes and few outputs", func(w *Window) { w.Pixel, outputs = 16, 8 }, true},
		{"many bytes and few outputs", func(w *Window) { w.Pixel, outputs = 64, 8 }, false},
		{"one tap in a row", func(w *Window) { w.Axes[1].Window = 1 }, false},
		{"dilated rows", func(w *Window) { w.Axes[0].Dilation = 2 }, true},
		{"dilated columns", func(w *Window) { w.Axes[1].Dilation = 2 }, false},
		{"dilated data", func(w *Window) { w.Axes[0].DataDilation = 2 }, false},
		{"negative padding", func(w *Window) { w.Axes[0].PadBelow = -1 }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &Window{Axes: []geometry.Axis{a, a}, Batch: 1, Pixel: 3}
			outputs = 32
			c.change(w)
			assert.Equal(t, c.want, w.JoinsTaps(outputs))
		})
	}
}

// A tap of a strip reads what the tap of each of its outputs reads, in a row.
func TestStrips(t *testing.T) {
	same := axis(geometry.Axis{In: 9, Window: 3, PadBelow: 1, PadAbove: 1})
	apart := axis(geometry.Axis{In: 7, Window: 3, Stride: 2, Dilation: 2, PadBelow: 2})
	far := axis(geometry.Axis{In: 17, Window: 5, Stride: 3, PadAbove: 2})
	long := axis(geometry.Axis{In: 300, Window: 5, Dilation: 3, PadBelow: 6, PadAbove: 6})
	for _, c := range []struct {
		name           string
		axes           []geometry.Axis
		pixel, outputs int // 0 for none
	}{
		{"a row", []geometry.Axis{same}, 12, 9},
		{"rows apart", []geometry.Axis{apart, same}, 4, 9},
		{"parts of a row", []geometry.Axis{same, long}, 12, 50},
		{"wide pixels", []geometry.Axis{same, same}, 80, 0},
		{"columns apart", []geometry.Axis{same, apart}, 12, 3},
		{"columns far apart", []geometry.Axis{same, far}, 28, 5},
		{"wide pixels apart", []geometry.Axis{same, far}, 32, 0},
		{"a long row of an odd length", []geometry.Axis{axis(geometry.Axis{In: 1361, Window: 1})}, 76, 0},
		{"negative padding", []geometry.Axis{axis(geometry.Axis{In: 9, Window: 2, PadBelow: -1}), same}, 12, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &Window{Axes: c.axes, Batch: 2, Pixel: c.pixel}
			s, ok := w.Strips()
			require.Equal(t, c.outputs > 0, ok)
			if !ok {
				return
			}
			require.Equal(t, c.outputs, s.Outputs)
			const zero = 77
			random := rand.New(rand.NewPCG(1, 2))
			data := make([]byte, w.Batch*w.inputs()*w.Pixel)
			for i := range data {
				data[i] = byte(random.IntN(256))
			}
			images := make([]byte, s.Lines*s.Bytes)
			s.Run(images, data, zero, 0, s.Lines)
			var runs []byte
			for line := range slices.Chunk(images, s.Bytes) {
				for first := range s.Stride {
					for i := range s.Columns {
						runs = append(runs, line[(i*s.Stride+first)*w.Pixel:][:w.Pixel]...)
					}
				}
			}
			taps := w.Taps()
			offsets := s.Offsets(0)
			require.Len(t, offsets, w.Batch*w.Outputs()/s.Outputs*taps)
			for m := range w.Batch * w.Outputs() {
				for k := range taps {
					want := slices.Repeat([]byte{zero}, w.Pixel)
					if pixel, ok := read(w, m%w.Outputs(), k); ok {
						want = data[(m/w.Outputs()*w.inputs()+pixel)*w.Pixel:][:w.Pixel]
					}
					strip := runs[offsets[m/s.Outputs*taps+k]:]
					require.Equal(t, want, strip[m%s.Outputs*w.Pixel:][:w.Pixel], "output %d, tap %d", m, k)
				}
			}
		})
	}
}

// TestSeparated: the passes together read, for each byte of an output, the bytes that the window reads, in its order.
func TestSeparated(t *testing.T) {
	for name, w := range windows() {
		t.Run(name, func(t *testing.T) {
			through := func(w *Window, in [][]int) (out [][]int) {
				at, taps := w.Image(), w.Taps()
				for image := range w.Batch {
					for o := range w.Outputs() {
						for b := range w.Pixel {
							var read []int
							for _, pixel := range at[o*taps:][:taps] {
								if pixel != Outside {
									read = append(read, in[(image*w.inputs()+int(pixel))*w.Pixel+b]...)
								}
							}
							out = append(out, read)
						}
					}
				}
				return out
			}
			var data [][]int
			for i := range w.Batch * w.inputs() * w.Pixel {
				data = append(data, []int{i})
			}
			got := data
			for _, pass := range w.Separated() {
				require.Len(t, pass.Axes, 1)
				got = through(pass, got)
				require.Len(t, got, pass.Bytes())
			}
			require.Equal(t, through(w, data), got)
		})
	}
}
