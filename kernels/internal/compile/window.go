package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

// maxPoolTaps bounds the offsets of one pooling. Larger poolings run the reference.
const maxPoolTaps = 1 << 24

// window is the geometry of a sliding window over NHWC data with any number of spatial
// dimensions.
type window struct {
	axes            []geometry.Axis
	batch, channels int
	pixels, taps    int // pixels of an output image, and taps of the window
}

// newWindow returns the geometry of a window; false if kernels do not support it.
func newWindow(s *geometry.Spatial, size []int, data core.Shape) (*window, bool) {
	if s.Layout != geometry.NHWC || len(data) != len(size)+2 {
		return nil, false
	}
	axes, err := s.Axes(data, size)
	if err != nil {
		return nil, false
	}
	for _, n := range size {
		if n > pool.MaxTaps {
			return nil, false // this also keeps the product below from overflowing
		}
	}
	w := windowOf(axes, data[0], data[len(data)-1])
	ok := w.pixels > 0 && w.channels > 0 && w.taps <= pool.MaxTaps && w.pixels <= maxPoolTaps/w.taps
	return w, ok
}

func windowOf(axes []geometry.Axis, batch, channels int) *window {
	w := &window{axes: axes, batch: batch, channels: channels, pixels: batch, taps: 1}
	for _, a := range axes {
		w.pixels *= a.Out
		w.taps *= a.Window
	}
	return w
}

// padded stands for the number of a data pixel where a tap lies in the padding.
const padded = -1

// image returns, for one image, the number of the data pixel that each tap of each output pixel reads, or padded:
// [pixel][tap].
func (w *window) image() []int32 {
	at, pixels, taps := []int32{0}, 1, 1
	for _, a := range w.axes { // each entry for the axes before a becomes Out pixels with Window taps
		next := make([]int32, 0, pixels*a.Out*taps*a.Window)
		for p := range pixels {
			for o := range a.Out {
				for _, before := range at[p*taps:][:taps] {
					next = appendTaps(next, a, o, before)
				}
			}
		}
		at, pixels, taps = next, pixels*a.Out, taps*a.Window
	}
	return at
}

// appendTaps appends the numbers of the pixels that the taps of output index o read along an axis; before is the number
// along the axes before it.
func appendTaps(to []int32, a geometry.Axis, o int, before int32) []int32 {
	for k := range a.Window {
		i, inside := a.At(o, k)
		if before == padded || !inside {
			to = append(to, padded)
			continue
		}
		to = append(to, before*int32(a.In)+int32(i))
	}
	return to
}

// counts returns, for each output pixel, how many taps lie inside the data.
func (w *window) counts() []float32 {
	counts := make([]float32, 0, w.pixels)
	for i, at := 0, w.image(); i < len(at); i += w.taps {
		n := 0
		for _, data := range at[i:][:w.taps] {
			if data != padded {
				n++
			}
		}
		counts = append(counts, float32(n))
	}
	return slices.Repeat(counts, w.batch)
}

// offsets returns the offset of each tap of each pixel. Taps in the padding are at pad.
func (w *window) offsets(src, row, pad int) []int32 { return w.place(w.image(), src, row, pad) }

// insideOffsets is like offsets, but replaces each tap in the padding by the tap before it, or by the first tap inside
// the data if there is none before it.
func (w *window) insideOffsets(src, row int) []int32 {
	at := w.image()
	for i := 0; i < len(at); i += w.taps {
		taps := at[i:][:w.taps]
		last := taps[slices.IndexFunc(taps, func(data int32) bool { return data != padded })]
		for k, data := range taps {
			if data == padded {
				taps[k] = last
			}
			last = taps[k]
		}
	}
	return w.place(at, src, row, 0)
}

// place returns the offsets of the taps of all images. The pixels begin at src and are row bytes each; taps in the
// padding are at pad.
func (w *window) place(image []int32, src, row, pad int) []int32 {
	pixels := 1
	for _, a := range w.axes {
		pixels *= a.In
	}
	out := make([]int32, 0, w.batch*len(image))
	for n := range w.batch {
		first := int32(src + n*pixels*row)
		for _, data := range image {
			if data == padded {
				out = append(out, int32(pad))
			} else {
				out = append(out, first+data*int32(row))
			}
		}
	}
	return out
}

// convolution is the geometry of an NHWC convolution.
type convolution struct {
	axes       []geometry.Axis // one for each spatial dimension
	batch, inC int
	zero       zeroPoint
}

// isPadded reports whether an output reads padding.
func (g *convolution) isPadded() bool {
	for _, a := range g.axes {
		for o := range a.Out {
			for k := range a.Window {
				if _, inside := a.At(o, k); !inside {
					return true
				}
			}
		}
	}
	return false
}

// windowGrid returns the size of the output images if the window is 3x3 and moves by one pixel, else the zero Grid.
func (g *convolution) windowGrid() gemm.Grid {
	if len(g.axes) != 2 {
		return gemm.Grid{}
	}
	for _, a := range g.axes {
		if a.Window != 3 || a.Stride != 1 || a.Dilation != 1 || a.DataDilation != 1 {
			return gemm.Grid{}
		}
	}
	return gemm.Grid{Height: g.axes[0].Out, Width: g.axes[1].Out}
}

// wide reports whether the taps of one filter row should be joined to one run of bytes. Their bytes are contiguous if
// the image has been copied with its padding and the width is not dilated. Joining pays for few channels, where a
// single tap would fill only a part of a kernel's step.
func (g *convolution) wide() bool {
	for _, a := range g.axes {
		if a.PadBelow < 0 || a.DataDilation != 1 {
			return false
		}
	}
	x := g.axes[len(g.axes)-1]
	return x.Dilation == 1 && x.Window > 1 && (g.inC < 16 || g.inC%4 != 0 && g.inC < 64)
}

// strand has every step-th output of an axis, from first on, which all read the same positions of the window: tap,
// tap+tapStep and so on. The Axis has these outputs and positions only, and no data dilation.
type strand struct {
	geometry.Axis

	first, step, tap, tapStep int
}

// strands divides the outputs of an axis by what they read. Outputs whose window lies between the elements of dilated
// data have a strand with one position, in the padding.
func strands(a geometry.Axis) []strand {
	d := a.DataDilation
	step, tapStep := d/commonDivisor(a.Stride, d), d/commonDivisor(a.Dilation, d)
	out := make([]strand, min(step, a.Out))
	for first := range out {
		s := strand{first: first, step: step, tapStep: tapStep}
		s.Axis = geometry.Axis{
			In: a.In, Window: 1, Out: (a.Out - first + step - 1) / step,
			Stride: step * a.Stride / d, Dilation: tapStep * a.Dilation / d, DataDilation: 1,
		}
		s.PadBelow = s.Out * s.Stride
		for tap := range min(tapStep, a.Window) {
			if below := a.PadBelow - first*a.Stride - tap*a.Dilation; below%d == 0 {
				s.tap, s.Window, s.PadBelow = tap, (a.Window-tap+tapStep-1)/tapStep, below/d
				break
			}
		}
		out[first] = s
	}
	return out
}

func commonDivisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// phase is a part of a convolution, with a strand of each axis.
type phase []strand

// phases divides a convolution by what its outputs read: into one phase if the data is not dilated.
func phases(axes []geometry.Axis) []phase {
	list := []phase{{}}
	for _, a := range axes {
		var next []phase
		for _, p := range list {
			for _, s := range strands(a) {
				next = append(next, append(slices.Clip(p), s))
			}
		}
		list = next
	}
	return list
}

// numberOfPhases returns how many phases there are, or more than most.
func numberOfPhases(axes []geometry.Axis, most int) int {
	n := 1
	for _, a := range axes {
		n *= min(a.DataDilation/commonDivisor(a.Stride, a.DataDilation), a.Out)
		if n > most {
			break
		}
	}
	return n
}

// axes returns the axes of the phase's own convolution.
func (p phase) axes() []geometry.Axis {
	axes := make([]geometry.Axis, len(p))
	for i, s := range p {
		axes[i] = s.Axis
	}
	return axes
}

// along returns, for each combination of an index below count(s) along each axis, its position in an array of the
// axes' sizes: index i is at first(s) + i*step(s).
func (p phase) along(sizes []int, of func(s strand) (first, step, count int)) []int {
	at := []int{0}
	for i, s := range p {
		first, step, count := of(s)
		next := make([]int, 0, len(at)*count)
		for _, before := range at {
			for j := range count {
				next = append(next, before*sizes[i]+first+j*step)
			}
		}
		at = next
	}
	return at
}

// offsets returns the offset of each tap of each output pixel: [pixel][tap]. Taps in the padding are at pad.
func (g *convolution) offsets(src, pad int) []int32 {
	return windowOf(g.axes, g.batch, g.inC).offsets(src, g.inC, pad)
}

// inPadded returns the axes for the image with its padding around it.
func (g *convolution) inPadded() []geometry.Axis {
	axes := slices.Clone(g.axes)
	for i, a := range axes {
		axes[i].In = max((a.Out-1)*a.Stride+(a.Window-1)*a.Dilation+1, a.In+a.PadBelow)
		axes[i].PadBelow, axes[i].PadAbove = 0, 0
	}
	return axes
}

// lines returns the axes of a window whose positions are filter rows: along the last axis there is one, which is inside
// the data.
func (g *convolution) lines() []geometry.Axis {
	axes := slices.Clone(g.axes)
	last := &axes[len(axes)-1]
	*last = geometry.Axis{In: last.Out, Window: 1, Out: last.Out, Stride: 1, Dilation: 1, DataDilation: 1}
	return axes
}

// wideOffsets is like offsets, for filter rows that are one run of bytes each in a padded image.
func (g *convolution) wideOffsets(src int) []int32 {
	axes := g.inPadded()
	axes[len(axes)-1].Window = 1
	return windowOf(axes, g.batch, g.inC).offsets(src, g.inC, 0)
}
