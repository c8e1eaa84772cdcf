package resize

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Crops resizes parts of images of float32 as vision.CropAndResize does.
type Crops struct {
	Kernel string
	Bytes  int // of scratch

	op     *vision.CropAndResize
	by     *bilinear
	images int
	sizes  []int // height and width of an image
	height int   // of a crop
	image  int   // bytes of an image, and of a crop
	crop   int
}

// NewCrops returns what computes an op.
func NewCrops(s isa.Set, op *vision.CropAndResize, in, out core.Shape) *Crops {
	b := newBilinear(s, in, out)
	return &Crops{
		Kernel: fmt.Sprintf("resize_f32_bilinear_%v", b.interpolate.ISA), Bytes: 2 * b.row,
		op: op, by: b, images: in[0], sizes: in[1:3], height: out[1],
		image: 4 * in[1:].MustElements(), crop: 4 * out[1:].MustElements(),
	}
}

// Places are tables that a call of Crops.Run computes.
type Places struct{ of *places }

// NewPlaces returns the memory for one call at a time.
func (c *Crops) NewPlaces() Places {
	return Places{newPlaces(make([]vision.Between, c.height), make([]vision.Between, c.by.columns))}
}

// Run computes crop i of all images, with the op's other inputs.
func (c *Crops) Run(all Buffers, tables Places, boxes, indices []byte, i int) error {
	p, index := tables.of, view.Of[int32](indices)[i]
	if err := c.op.CheckIndex(index, c.images); err != nil {
		return err
	}
	c.op.Places(view.Of[float32](boxes)[4*i:], c.sizes, p.rows, p.columns)
	p.fill(c.by.pixel)
	one := all
	one.Image, one.Out = all.Image[int(index)*c.image:][:c.image], all.Out[i*c.crop:][:c.crop]
	c.by.run(one, p, 0, c.height)
	p.extrapolate(view.Of[float32](one.Out), c.by.pixel/4, c.op.Extrapolation)
	return nil
}
