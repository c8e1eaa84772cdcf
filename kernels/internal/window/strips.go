package window

import "slices"

// Strips joins neighbouring outputs of a row to strips, for depthwise windows over few channels: in images that have
// been copied with their padding, each tap reads the numbers of a whole strip in a row, so that a strip is like one
// output with more channels.
type Strips struct {
	*Padded
	Outputs int // of a strip

	window Window
}

// Strips returns the window as one over strips; false if outputs that are neighbours do not read neighbours, or if a
// pixel has so many bytes that it is filtered well by itself.
func (w *Window) Strips() (Strips, bool) {
	const wide, least, most = 80, 512, 16 << 10 // bytes
	last := len(w.Axes) - 1
	x := w.Axes[last]
	if !w.canPad() || x.Stride != 1 || w.Pixel >= wide {
		return Strips{}, false
	}
	s := Strips{Outputs: 2}
	for s.Outputs < x.Out && (x.Out%s.Outputs != 0 || s.Outputs*w.Pixel < least) {
		s.Outputs++
	}
	if s.Outputs != x.Out && x.Out%s.Outputs != 0 || s.Outputs*w.Pixel > most {
		return Strips{}, false
	}
	s.Padded = NewPadded(w, w.Pixel, nil)
	axes := slices.Clone(s.rows.Axes)
	axes[last].Window, axes[last].Dilation = x.Window, x.Dilation
	axes[last].Stride, axes[last].Out = s.Outputs, x.Out/s.Outputs
	s.window = Window{Axes: axes, Batch: w.Batch, Pixel: w.Pixel}
	return s, true
}

// Offsets returns the offset of each tap of each strip, in images with padding that begin at src.
func (s *Strips) Offsets(src int) []int32 { return s.window.Offsets(src, 0) }
