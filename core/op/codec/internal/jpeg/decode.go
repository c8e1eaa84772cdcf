// Package jpeg decodes JPEG files to the bytes that libjpeg-turbo 2.1 makes of them on processors with SSE2, with
// damage that it takes, too.
package jpeg

import (
	"errors"
	"fmt"
	"math"
)

// Options say how to decode.
type Options struct {
	Channels int  // 1, 3, or 0: as many as the file has
	Ratio    int  // of the sides of the file's image and the result: 1, 2, 4, or 8
	Boxes    bool // samples of colour are repeated, not interpolated
	Accurate bool // JDCT_ISLOW, not JDCT_IFAST
	Recover  bool // a file that is cut short is taken
	Window   *Window
}

// A Window is a part of the result.
type Window struct{ Y, X, Height, Width int }

// A WindowError reports a window that does not lie in an image.
type WindowError struct {
	Window Window
	Image  Size
}

// Error tells both.
func (e *WindowError) Error() string {
	return fmt.Sprintf("got %d by %d pixels at row %d and column %d, but the image has %d by %d", e.Window.Height,
		e.Window.Width, e.Window.Y, e.Window.X, e.Image.Height, e.Image.Width)
}

// A Size is that of a result.
type Size struct{ Height, Width, Channels int }

// maxSamples is where TensorFlow refuses an image.
const maxSamples = 1 << 29

// Colour spaces.
type colours uint8

const (
	unknown colours = iota
	grey
	rgb
	ycc
	cmyk
	ycck
)

// SizeOf returns the size of the image in a file. Of a file with several scans it reads all, if allow takes the bytes
// of working memory.
func SizeOf(data []byte, allow func(working int64) error) (Size, error) {
	d := &decoder{Options: Options{Ratio: 1}}
	d.data = data
	space := d.open()
	d.setSizes(space, native(space))
	if d.err != nil {
		return Size{}, d.err
	}
	s := Size{d.height, d.width, len(d.components)}
	if d.several() {
		return s, d.absorb(allow)
	}
	d.startScan()
	if d.ended {
		d.fail("is cut short")
	}
	return s, d.err
}

// Decode decodes a file. allocate returns the memory for the result when its size is known, if bytes of working memory
// may be taken as well.
func Decode(data []byte, o Options, allocate func(s Size, working int64) ([]byte, error)) error {
	d := &decoder{Options: o}
	d.data = data
	space := d.open()
	if d.err != nil {
		return d.err
	}
	if o.Channels == 4 {
		return errors.New("is a JPEG, which has 1 or 3 channels, not 4")
	}
	if o.Channels == 0 {
		if o.Channels = min(len(d.components), 3); o.Channels == 2 {
			return errors.New("has 2 components, want 1, 3 or 4")
		}
	}
	out := grey
	if o.Channels == 3 {
		if out = rgb; space == cmyk || space == ycck {
			out = cmyk
		}
	}
	size := d.setSizes(space, out)
	if int64(size.Height)*int64(size.Width)*int64(len(d.components)) >= maxSamples {
		d.fail("has %d by %d pixels of %d components, want less than %d samples", size.Height, size.Width,
			len(d.components), maxSamples)
	}
	if d.err != nil {
		return d.err
	}
	w := Window{0, 0, size.Height, size.Width}
	if o.Window != nil {
		w = *o.Window
	}
	if w.Height <= 0 || w.Width <= 0 || w.Y < 0 || w.X < 0 || w.Y > size.Height-w.Height || w.X > size.Width-w.Width {
		return &WindowError{w, size}
	}
	d.limit(w, size)
	var pixels []byte
	err := d.absorb(func(working int64) (err error) {
		pixels, err = allocate(Size{w.Height, w.Width, o.Channels}, working)
		return err
	})
	if err != nil {
		return err
	}
	newPainter(d, space, out, size, w).paint(pixels)
	return nil
}

// limit says how much of a file a window needs: all unless it ends before the image does, else the rows of MCUs that it
// lies in, and the next if pixels are interpolated with samples of it.
func (d *decoder) limit(w Window, size Size) {
	smallest := 8 / d.Ratio
	last := w.Y + w.Height - 1
	if d.mcuRows = math.MaxInt32; last == size.Height-1 {
		return
	}
	for i := range d.components {
		c := &d.components[i]
		h, v := d.maxH*smallest/(c.h*c.size), d.maxV*smallest/(c.v*c.size)
		if c.needed && !d.Boxes && smallest > 1 && v == 2 && (h == 1 || h == 2 && c.columns > 2) {
			last = min(last, w.Y+w.Height-1) + d.maxV
		}
	}
	d.mcuRows = last/(smallest*d.maxV) + 1
}

// open reads up to the first scan and returns the colour space.
func (d *decoder) open() colours {
	if !d.readMarkers() {
		d.fail("has no image")
		return unknown
	}
	d.setUp()
	return d.space()
}

// space returns the colour space that libjpeg takes the components for.
func (d *decoder) space() colours {
	switch len(d.components) {
	case 1:
		return grey
	case 3:
		ids := [3]int{d.components[0].id, d.components[1].id, d.components[2].id}
		if d.jfif || d.adobe && d.transform != 0 || !d.adobe && ids != [3]int{'R', 'G', 'B'} {
			return ycc
		}
		return rgb
	case 4:
		if !d.adobe || d.transform == 0 {
			return cmyk
		}
		return ycck
	}
	return unknown
}

// setSizes computes the size of the result and of what the blocks of each component become.
func (d *decoder) setSizes(space, out colours) Size {
	if d.err != nil {
		return Size{}
	}
	switch {
	case space == unknown && out != unknown, out == grey && space != grey && space != ycc && space != rgb,
		out == rgb && (space == cmyk || space == ycck):
		d.fail("has %d components, which do not become what is wanted", len(d.components))
		return Size{}
	}
	smallest := 8 / d.Ratio
	for i := range d.components {
		c := &d.components[i]
		c.needed = i == 0 || out != grey || space == rgb
		c.size = smallest
		for c.size < 8 && d.maxH*smallest%(c.h*c.size*2) == 0 && d.maxV*smallest%(c.v*c.size*2) == 0 {
			c.size *= 2
		}
		c.columns, c.rows = ceil(d.width*c.h*c.size, d.maxH*8), ceil(d.height*c.v*c.size, d.maxV*8)
		if c.needed && (d.maxH*smallest%(c.h*c.size) != 0 || d.maxV*smallest%(c.v*c.size) != 0) {
			d.fail("has a component with the sampling factors %d and %d of %d and %d: fractions are not supported",
				c.h, c.v, d.maxH, d.maxV)
		}
		switch {
		case c.size == 1:
			c.inverse = eighth
		case c.size == 2:
			c.inverse = quarter
		case c.size == 4:
			c.inverse = half
		case d.Accurate:
			c.inverse = accurate
		default:
			c.inverse = fast
		}
	}
	return Size{ceil(d.height*smallest, 8), ceil(d.width*smallest, 8), 0}
}

// absorb reads all scans, and transforms the blocks.
func (d *decoder) absorb(allow func(working int64) error) error {
	d.startScan()
	if d.err != nil {
		return d.err
	}
	d.direct = !d.several()
	working := int64(0)
	for i := range d.components {
		c := &d.components[i]
		if c.needed {
			working += int64(c.width) * int64(c.height) * int64(c.size*c.size)
		}
		if !d.direct {
			c.stride = ceil(c.width, c.h) * c.h
			working += 128 * int64(c.stride) * int64(ceil(c.height, c.v)*c.v)
		}
	}
	if err := allow(working); err != nil {
		return err
	}
	for i := range d.components {
		c := &d.components[i]
		if c.needed {
			c.samples = make([]byte, c.width*c.height*c.size*c.size)
		}
		if !d.direct {
			c.coefficients = make([]int16, 64*c.stride*ceil(c.height, c.v)*c.v)
		}
	}
	d.readScans()
	return d.err
}

// readScans reads all scans up to the end of the image.
func (d *decoder) readScans() {
	if d.direct {
		d.setFactors()
	}
	for d.err == nil {
		d.readBlocks()
		if d.direct && d.mcuRows < math.MaxInt32 {
			return // TensorFlow does not look at the rest, either
		}
		if !d.readMarkers() {
			break
		}
		if d.direct {
			d.fail("has a scan behind the last")
			break
		}
		d.startScan()
	}
	if d.err == nil && d.ended && !d.Recover {
		d.fail("is cut short")
	}
	if d.direct || d.err != nil {
		return
	}
	if d.incomplete() {
		d.fail("is progressive and lacks scans, which is not supported")
		return
	}
	d.setFactors()
	for i := range d.components {
		if c := &d.components[i]; c.needed {
			d.transformAll(c)
		}
	}
}

// setFactors prepares the inverse transforms.
func (d *decoder) setFactors() {
	for i := range d.components {
		c := &d.components[i]
		switch {
		case c.quant == nil: // no scan had it: all is 0
		case c.size == 8 && !d.Accurate:
			c.factors = fastFactors(c.quant)
		default:
			c.factors = exactFactors(c.quant)
		}
	}
}

// transformAll transforms all blocks of a component.
func (d *decoder) transformAll(c *component) {
	stride := c.width * c.size
	for y := range c.height {
		for x := range c.width {
			d.scratch.c = [64]int16(c.coefficients[64*(y*c.stride+x):])
			d.scratch.note()
			c.inverse(&d.scratch, &c.factors, c.samples[(y*stride+x)*c.size:], stride)
		}
	}
}

// native returns what libjpeg makes of a colour space unless it is told.
func native(space colours) colours {
	switch space {
	case ycc:
		return rgb
	case ycck:
		return cmyk
	}
	return space
}
