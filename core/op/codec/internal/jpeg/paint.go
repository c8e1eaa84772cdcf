package jpeg

// A painter makes pixels of samples.
type painter struct {
	*decoder
	space, out colours
	window     Window
	left       int // pixels before the window that are computed with it
	width      int // of the pixels that are computed
	components []plane
	rows       [][]byte // one of each component
	smallest   int
}

// A plane has the samples of a component.
type plane struct {
	samples       []byte
	stride        int
	columns, rows int // that have a meaning
	h, v          int // pixels of a sample
	kind          expansion
	buffer        []byte
}

// How samples become more pixels.
type expansion uint8

const (
	whole      expansion = iota // they do not
	boxes                       // each is repeated
	horizontal                  // two pixels of each, interpolated
	vertical                    // two rows, interpolated
	both
)

// newPainter prepares the pixels of a window. libjpeg computes them with those up to the next MCU on the left, where
// and at the right of the window it takes the image to end.
func newPainter(d *decoder, space, out colours, size Size, w Window) *painter {
	p := &painter{decoder: d, space: space, out: out, window: w, width: size.Width, smallest: 8 / d.Ratio}
	mcu := 0
	align := p.smallest * d.maxH
	single := len(d.header.components) == 1
	if single {
		align = p.smallest
	}
	cut := w.Width != size.Width
	if cut {
		mcu = w.X / align
		p.left = w.X - mcu*align
		p.width = p.left + w.Width
	}
	narrow := false
	for i := range d.header.components {
		c := &d.header.components[i]
		columns, offset := c.columns, 0
		if cut {
			columns = ceil(p.width*c.h*c.size, d.maxH*p.smallest)
			offset = mcu * c.h * c.size
			if single {
				offset = mcu * c.size
			}
			narrow = narrow || ceil(p.width*c.h, d.maxH) < 2 && c.columns >= 2
		}
		f := plane{samples: c.samples, stride: c.width * c.size, columns: columns, rows: c.rows}
		f.h, f.v = d.maxH*p.smallest/(c.h*c.size), d.maxV*p.smallest/(c.v*c.size)
		if c.needed {
			f.samples = c.samples[offset:]
		}
		f.buffer = make([]byte, ceil(p.width, 8)*8+32)
		p.components = append(p.components, f)
	}
	for i := range p.components {
		f := &p.components[i]
		wide := d.header.components[i].columns
		if narrow {
			wide = ceil(p.width*d.header.components[i].h, d.maxH)
		}
		f.kind = f.expansionOf(!d.Boxes && p.smallest > 1, wide)
	}
	p.rows = make([][]byte, len(p.components))
	return p
}

// expansionOf returns how samples become pixels, for a row of so many.
func (f *plane) expansionOf(fancy bool, columns int) expansion {
	switch {
	case f.h == 1 && f.v == 1:
		return whole
	case fancy && f.h == 2 && f.v == 1 && columns > 2:
		return horizontal
	case fancy && f.h == 1 && f.v == 2:
		return vertical
	case fancy && f.h == 2 && f.v == 2 && columns > 2:
		return both
	}
	return boxes
}

// paint computes the pixels.
func (p *painter) paint(pixels []byte) {
	channels := 3
	if p.out == grey {
		channels = 1
	}
	for y := range p.window.Height {
		for i := range p.components {
			if p.header.components[i].needed {
				p.rows[i] = p.components[i].row(p.window.Y+y, p.width)[p.left:p.width]
			}
		}
		p.convert(pixels[y*p.window.Width*channels:][:p.window.Width*channels])
	}
}

// row returns a row of pixels.
func (f *plane) row(y, width int) []byte {
	at := func(y int) []byte { return f.samples[min(max(y, 0), f.rows-1)*f.stride:] }
	near := at(y / f.v)
	if f.kind == whole {
		return near
	}
	out := f.buffer
	far := at(y/2 - 1 + y%2*2)
	switch f.kind {
	case horizontal:
		widen(out, near[:f.columns])
	case vertical:
		for x, v := range near[:f.columns] {
			out[x] = byte((int(v)*3 + int(far[x]) + 1 + y%2) >> 2)
		}
	case both:
		widenBetween(out, near[:f.columns], far[:f.columns])
	default:
		if f.h == 1 {
			return near
		}
		for x := range width {
			out[x] = near[x/f.h]
		}
	}
	return out
}
