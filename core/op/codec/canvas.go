package codec

import (
	"encoding/binary"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/op/codec/internal/raster"
)

// A canvas is where the pixels of an op's output are decoded.
type canvas struct {
	op     core.Op
	typ    core.Type // of the output
	depth  int       // bits of what is decoded: 8 or 16
	frames bool      // the output has an axis of them
	pixels *core.Tensor
}

// allocate returns the memory of a size, within the limits that the output also has.
func (c *canvas) allocate(s raster.Size) (pixels []byte, err error) {
	f := core.Fact{Type: c.typ, Shape: core.Shape{s.Height, s.Width, s.Channels}}
	if c.frames {
		f.Shape = append(core.Shape{s.Frames}, f.Shape...)
	}
	decoded := f
	if decoded.Type = core.U8; c.depth == 16 {
		decoded.Type = core.U16
	}
	if c.pixels, err = core.BoundedTensor(c.op, f); err != nil {
		return nil, err
	}
	if decoded.Type != f.Type {
		if c.pixels, err = core.BoundedTensor(c.op, decoded); err != nil {
			return nil, err
		}
	}
	return c.pixels.Bytes(), nil
}

// finish makes the output of what was decoded.
func (c *canvas) finish(out []*core.Tensor) error {
	if c.pixels.Type() == c.typ {
		elements.Fill(out, c.pixels)
		return nil
	}
	t, err := core.BoundedTensor(c.op, core.Fact{Type: c.typ, Shape: c.pixels.Shape()})
	if err != nil {
		return err
	}
	x, y := c.pixels.Bytes(), t.Bytes()
	switch {
	case c.typ == core.U16:
		for i, v := range x {
			y[2*i+1] = v
		}
	case c.depth == 8:
		z := core.Data[float32](t)
		for i, v := range x {
			z[i] = float32(v) * float32(1./255)
		}
	default:
		z := core.Data[float32](t)
		for i := range z {
			z[i] = float32(binary.NativeEndian.Uint16(x[2*i:])) * float32(1./65535)
		}
	}
	elements.Fill(out, t)
	return nil
}
