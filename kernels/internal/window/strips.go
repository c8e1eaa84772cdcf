package window

import "slices"

// Strips joins neighbouring outputs of a row to strips, for depthwise windows over few channels: in images that have
// been copied with their padding, each tap reads the numbers of a whole strip in a row, so that a strip is like one
// output with more channels. If outputs that are neighbours do not read neighbours, the pixels of each line must have
// been reordered: Stride of them in turn belong to Stride runs.
type Strips struct {
	*Padded
	Outputs int // of a strip
	Stride  int
	Columns int // pixels of each run of a line

	taps   []int  // for each tap of a row of the window, the bytes from the first
	window Window // with one tap for each row
}

// Strips returns the window as one over strips; false if a pixel has so many bytes that it is filtered well by itself.
func (w *Window) Strips() (Strips, bool) {
	const wide, wideApart, least, most = 80, 32, 512, 16 << 10 // bytes
	last := len(w.Axes) - 1
	x := w.Axes[last]
	if !w.canPad() || w.Pixel >= wide || x.Stride > 1 && w.Pixel >= wideApart {
		return Strips{}, false
	}
	s := Strips{Outputs: 2, Stride: x.Stride}
	for s.Outputs < x.Out && (x.Out%s.Outputs != 0 || s.Outputs*w.Pixel < least) {
		s.Outputs++
	}
	if s.Outputs != x.Out && x.Out%s.Outputs != 0 || s.Outputs*w.Pixel > most {
		return Strips{}, false
	}
	s.Padded = NewPadded(w, w.Pixel, nil)
	line := &s.rows.Axes[last]
	s.Columns = (line.In + x.Stride - 1) / x.Stride
	line.In = s.Columns * x.Stride
	s.Bytes = line.In * w.Pixel
	for k := range x.Window {
		at := k * x.Dilation
		s.taps = append(s.taps, w.Pixel*(at%x.Stride*s.Columns+at/x.Stride))
	}
	axes := slices.Clone(s.rows.Axes)
	axes[last].Stride, axes[last].Out = s.Outputs, x.Out/s.Outputs
	s.window = Window{Axes: axes, Batch: w.Batch, Pixel: w.Pixel}
	return s, true
}

// Offsets returns the offset of each tap of each strip, in images with padding, perhaps reordered, that begin at src.
func (s *Strips) Offsets(src int) []int32 {
	rows := s.window.Offsets(src, 0)
	offsets := make([]int32, 0, len(rows)*len(s.taps))
	for _, row := range rows {
		for _, at := range s.taps {
			offsets = append(offsets, row+int32(at))
		}
	}
	return offsets
}
