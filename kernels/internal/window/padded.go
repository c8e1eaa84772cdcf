package window

import (
	"encoding/binary"
	"slices"

	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// JoinsTaps reports whether the taps of each row of the window should be joined to one run of bytes, in images that
// have been copied with their padding (see Padded). Joining pays for few channels, where a single tap would fill only a
// part of a kernel's step; kernels for few outputs have steps of 64 bytes.
func (w *Window) JoinsTaps(outputs int) bool {
	const few, step, least = 8, 64, 16
	x := w.Axes[len(w.Axes)-1]
	return w.canPad() && x.Dilation == 1 && x.Window > 1 &&
		(w.Pixel < least || w.Pixel < step && (w.Pixel%4 != 0 || outputs <= few))
}

// canPad reports whether images can be copied with their padding.
func (w *Window) canPad() bool {
	return !slices.ContainsFunc(w.Axes, func(a geometry.Axis) bool { return a.PadBelow < 0 || a.DataDilation != 1 })
}

// Rows returns the axes of a window whose taps are the rows of this one: along the last axis there is one, which is
// inside the data.
func (w *Window) Rows() []geometry.Axis {
	axes := slices.Clone(w.Axes)
	last := &axes[len(axes)-1]
	*last = geometry.Axis{In: last.Out, Window: 1, Out: last.Out, Stride: 1, Dilation: 1, DataDilation: 1}
	return axes
}

// Padded copies images into ones with padding around them, line by line.
type Padded struct {
	Lines, Bytes int // how many lines all images with padding have, and the size of each

	rows        Window          // over the images with padding, with a tap for each row of the window
	outer       []geometry.Axis // of the images, without the last
	pixel       int             // the bytes of a pixel of the images
	widen       func(to, from []byte)
	line        int // the bytes of a line of the images
	left, right int // where they are in a line with padding
}

// NewPadded returns the copy for a window that joins taps. The copy's pixels have the given size. widen makes lines of
// them from lines of the data; if it is nil, they are those of the data with zeros behind each, and if the sizes
// differ, neither is more than 8.
func NewPadded(w *Window, pixel int, widen func(to, from []byte)) *Padded {
	last := len(w.Axes) - 1
	axes := slices.Clone(w.Axes)
	for i, a := range axes {
		axes[i].In = max((a.Out-1)*a.Stride+(a.Window-1)*a.Dilation+1, a.In+a.PadBelow)
		axes[i].PadBelow, axes[i].PadAbove = 0, 0
	}
	x := w.Axes[last]
	p := &Padded{
		Lines: w.Batch, Bytes: axes[last].In * pixel, outer: w.Axes[:last], pixel: w.Pixel, widen: widen,
		line: x.In * w.Pixel, left: x.PadBelow * pixel, right: (x.PadBelow + x.In) * pixel,
	}
	for _, a := range axes[:last] {
		p.Lines = bounds.Product(p.Lines, a.In)
	}
	axes[last].Window = 1
	p.rows = Window{Axes: axes, Batch: w.Batch, Pixel: pixel}
	return p
}

// Offsets returns the offset of each row of the window of each output, in images with padding that begin at src.
func (p *Padded) Offsets(src int) []int32 { return p.rows.Offsets(src, 0) }

// Run makes lines [l0,l1) of the images with padding, which consists of the byte zero.
func (p *Padded) Run(out, in []byte, zero byte, l0, l1 int) {
	for l := l0; l < l1; l++ {
		to := out[l*p.Bytes:][:p.Bytes]
		at, inside := p.source(l)
		if !inside {
			machine.Fill(to, zero)
			continue
		}
		from := in[at*p.line:][:p.line]
		machine.Fill(to[:p.left], zero)
		switch {
		case p.widen != nil:
			p.widen(to[p.left:p.right], from)
		case p.rows.Pixel == p.pixel:
			copy(to[p.left:p.right], from)
		default:
			widenPixels(to[p.left:p.right], from, p.rows.Pixel, p.pixel)
		}
		machine.Fill(to[p.right:], zero)
	}
}

// source returns the line of the images that a line with padding has; false if it is padding.
func (p *Padded) source(l int) (line int, inside bool) {
	stride := 1
	for i := len(p.outer) - 1; i >= 0; i-- {
		a, padded := p.outer[i], p.rows.Axes[i].In
		at := l%padded - a.PadBelow
		if at < 0 || at >= a.In {
			return 0, false
		}
		line += at * stride
		l, stride = l/padded, stride*a.In
	}
	return line + l*stride, true
}

// widenPixels copies pixels of few bytes, pixel bytes each, into ones of size bytes with zeros behind them. Neither is
// more than 8.
func widenPixels(to, from []byte, size, pixel int) {
	mask := uint64(1)<<(8*pixel) - 1
	for len(from) >= 8 && len(to) >= 8 {
		binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(from)&mask)
		to, from = to[size:], from[pixel:]
	}
	for len(from) >= pixel {
		machine.Fill(to[copy(to, from[:pixel]):size], 0)
		to, from = to[size:], from[pixel:]
	}
}
