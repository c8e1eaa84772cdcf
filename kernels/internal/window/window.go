// Package window says what a window reads that slides over images with the channels last: which pixel each of its taps
// reads for each output, as a number or as an offset in bytes. It turns the geometry of convolutions and poolings into
// what kernels take, and knows neither ops nor buffers.
//
// A Window has the geometry. Its offsets are for kernels that read images as they are. Padded copies images into ones
// with padding around them, in which whole rows of a window are contiguous. Phases divide the outputs of a transposed
// convolution into windows without data dilation.
package window

import (
	"slices"

	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/kernels/internal/depthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// Window is a window that slides over the images of a batch, along any number of axes.
type Window struct {
	Axes  []geometry.Axis
	Batch int
	Pixel int // the bytes of a pixel of the data
}

// Outputs returns how many pixels an output image has.
func (w *Window) Outputs() int {
	n := 1
	for _, a := range w.Axes {
		n *= a.Out
	}
	return n
}

// Taps returns how many taps the window has.
func (w *Window) Taps() int {
	n := 1
	for _, a := range w.Axes {
		n *= a.Window
	}
	return n
}

// inputs returns how many pixels an image has.
func (w *Window) inputs() int {
	n := 1
	for _, a := range w.Axes {
		n *= a.In
	}
	return n
}

// Outside stands for the number of a pixel where a tap lies in the padding.
const Outside = -1

// Bytes returns how many bytes all outputs take.
func (w *Window) Bytes() int { return w.Batch * w.Outputs() * w.Pixel }

// Separated returns windows that slide along one axis each, the last one first, over the outputs of the one before.
// What is behind an axis is part of its pixels.
func (w *Window) Separated() []*Window {
	var passes []*Window
	pixel := w.Pixel
	for i := len(w.Axes) - 1; i >= 0; i-- {
		before := &Window{Axes: w.Axes[:i], Batch: w.Batch}
		passes = append(passes, &Window{Axes: w.Axes[i : i+1], Batch: w.Batch * before.inputs(), Pixel: pixel})
		pixel *= w.Axes[i].Out
	}
	return passes
}

// Image returns, for one image, the number of the pixel that each tap of each output reads, or Outside: [output][tap].
func (w *Window) Image() []int32 {
	at, outputs, taps := []int32{0}, 1, 1
	for _, a := range w.Axes { // each entry for the axes before a becomes Out outputs with Window taps
		next := make([]int32, 0, outputs*a.Out*taps*a.Window)
		for p := range outputs {
			for o := range a.Out {
				for _, before := range at[p*taps:][:taps] {
					next = appendTaps(next, a, o, before)
				}
			}
		}
		at, outputs, taps = next, outputs*a.Out, taps*a.Window
	}
	return at
}

// appendTaps appends the numbers of the pixels that the taps of output index o read along an axis; before is the number
// along the axes before it.
func appendTaps(to []int32, a geometry.Axis, o int, before int32) []int32 {
	for k := range a.Window {
		i, inside := a.At(o, k)
		if before == Outside || !inside {
			to = append(to, Outside)
			continue
		}
		to = append(to, before*int32(a.In)+int32(i))
	}
	return to
}

// Counts returns, for each output of all images, how many taps lie inside the data.
func (w *Window) Counts() []float32 {
	taps := w.Taps()
	counts := make([]float32, 0, w.Batch*w.Outputs())
	for i, at := 0, w.Image(); i < len(at); i += taps {
		n := 0
		for _, data := range at[i:][:taps] {
			if data != Outside {
				n++
			}
		}
		counts = append(counts, float32(n))
	}
	return slices.Repeat(counts, w.Batch)
}

// Offsets returns the offset of each tap of each output of all images, which begin at src: [output][tap]. Taps in the
// padding are at pad.
func (w *Window) Offsets(src, pad int) []int32 { return w.place(w.Image(), src, pad) }

// InsideOffsets is like Offsets, but replaces each tap in the padding by the tap before it, or by the first tap inside
// the data if there is none before it. Each output must have a tap inside the data.
func (w *Window) InsideOffsets(src int) []int32 {
	at, n := w.Image(), w.Taps()
	for i := 0; i < len(at); i += n {
		taps := at[i:][:n]
		last := taps[slices.IndexFunc(taps, func(data int32) bool { return data != Outside })]
		for k, data := range taps {
			if data == Outside {
				taps[k] = last
			}
			last = taps[k]
		}
	}
	return w.place(at, src, 0)
}

// place returns the offsets of the taps of all images, given the pixels of one.
func (w *Window) place(image []int32, src, pad int) []int32 {
	out := make([]int32, 0, w.Batch*len(image))
	size := w.inputs() * w.Pixel
	for n := range w.Batch {
		first := int32(src + n*size)
		for _, data := range image {
			if data == Outside {
				out = append(out, int32(pad))
			} else {
				out = append(out, first+data*int32(w.Pixel))
			}
		}
	}
	return out
}

// ReadsPadding reports whether a tap of an output lies in the padding.
func (w *Window) ReadsPadding() bool {
	for _, a := range w.Axes {
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

// Grid returns the size of the output images if the window is 3x3 and moves by one pixel, else the zero Grid.
func (w *Window) Grid() gemm.Grid {
	if len(w.Axes) != 2 {
		return gemm.Grid{}
	}
	for _, a := range w.Axes {
		if a.Window != 3 || a.Stride != 1 || a.Dilation != 1 || a.DataDilation != 1 {
			return gemm.Grid{}
		}
	}
	return gemm.Grid{Height: w.Axes[0].Out, Width: w.Axes[1].Out}
}

// Sliding is a window with one or two axes in the form of the depthwise kernels whose filter slides: neighbouring
// outputs of a row share their taps.
type Sliding struct {
	Columns, Step int            // of depthwise.Spec
	Grid          depthwise.Grid // whose elements Offsets has

	window Window
}

// Sliding returns the window as one that slides; false if it has more axes, or neighbouring outputs share no taps.
func (w *Window) Sliding() (Sliding, bool) {
	if len(w.Axes) > 2 {
		return Sliding{}, false
	}
	y, x := plane(w.Axes)
	if x.Stride%x.Dilation != 0 {
		return Sliding{}, false
	}
	s := Sliding{Columns: x.Window, Step: x.Stride / x.Dilation}
	s.Grid = depthwise.Grid{
		Rows: y.Out, Columns: x.Out,
		Height: (y.Out-1)*y.Stride + (y.Window-1)*y.Dilation + 1, Width: (x.Out-1)*s.Step + x.Window,
		RowStep: y.Stride, TapStep: y.Dilation,
	}
	y.Window, y.Out, y.Stride = 1, s.Grid.Height, 1
	x.Window, x.Out, x.Stride = 1, s.Grid.Width, x.Dilation
	s.window = Window{Axes: []geometry.Axis{y, x}, Batch: w.Batch, Pixel: w.Pixel}
	return s, true
}

// Offsets returns the offset of each element of the grid. Those in the padding are at pad.
func (s *Sliding) Offsets(src, pad int) []int32 { return s.window.Offsets(src, pad) }

// plane returns one or two axes as two.
func plane(axes []geometry.Axis) (y, x geometry.Axis) {
	if len(axes) == 1 {
		return geometry.Axis{In: 1, Window: 1, Out: 1, Stride: 1, Dilation: 1, DataDilation: 1}, axes[0]
	}
	return axes[0], axes[1]
}
