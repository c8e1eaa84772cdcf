package main

import (
	"fmt"
	"image"
	_ "image/jpeg" // so that JPEG files can be decoded
	_ "image/png"  // and PNG files
	"os"

	"github.com/tf2ng/tf2ng/core"
)

// maxPixels bounds the number of pixels of an image that is decoded.
const maxPixels = 1 << 26

// preprocessing says how the channels of an image become the model's input: each is (byte - subtract) /
// divide, where subtract and divide are in the order in which the model takes the channels.
type preprocessing struct {
	subtract, divide [3]float32
	reversed         bool // the model takes blue first
}

// preprocessings returns Keras's kinds of preprocessing, and "none", keyed by name.
func preprocessings() map[string]preprocessing {
	return map[string]preprocessing{
		"none":  {divide: [3]float32{1, 1, 1}},
		"tf":    {subtract: [3]float32{127.5, 127.5, 127.5}, divide: [3]float32{127.5, 127.5, 127.5}},
		"caffe": {subtract: [3]float32{103.939, 116.779, 123.68}, divide: [3]float32{1, 1, 1}, reversed: true},
		"torch": {
			subtract: [3]float32{0.485 * 255, 0.456 * 255, 0.406 * 255},
			divide:   [3]float32{0.229 * 255, 0.224 * 255, 0.225 * 255},
		},
	}
}

// loadImage reads an image as a tensor of shape [1,height,width,channels] of f32 or u8. It is resized to the
// height and width that the model's input has, if these are known.
func loadImage(path string, want core.Fact, how preprocessing) (*core.Tensor, error) {
	if len(want.Shape) != 4 || want.Type != core.F32 && want.Type != core.U8 {
		return nil, fmt.Errorf("%s: an image is for an input of f32 or u8 [batch,height,width,channels], not %v", path, want)
	}
	img, err := decodeImage(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	height, width, channels := want.Shape[1], want.Shape[2], want.Shape[3]
	if height == core.Unknown {
		height = img.Bounds().Dy()
	}
	if width == core.Unknown {
		width = img.Bounds().Dx()
	}
	if channels == core.Unknown {
		channels = 3
	}
	if channels != 1 && channels != 3 {
		return nil, fmt.Errorf("%s: an image has 1 or 3 channels, not %d", path, channels)
	}
	t, err := core.NewTensor(want.Type, core.Shape{1, height, width, channels})
	if err != nil {
		return nil, err
	}
	for i, p := range resized(img, height, width) {
		for c := range channels {
			v := p[c]
			switch {
			case channels == 1:
				v = 0.299*p[0] + 0.587*p[1] + 0.114*p[2]
			case how.reversed:
				v = p[2-c]
			}
			if want.Type == core.U8 {
				core.Data[uint8](t)[i*channels+c] = uint8(v + 0.5)
			} else {
				core.Data[float32](t)[i*channels+c] = (v - how.subtract[c]) / how.divide[c]
			}
		}
	}
	return t, nil
}

// decodeImage decodes an image after checking its size.
func decodeImage(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, _, err := image.DecodeConfig(f)
	if err != nil {
		return nil, err
	}
	if c.Width < 1 || c.Height < 1 || int64(c.Width)*int64(c.Height) > maxPixels {
		return nil, fmt.Errorf("an image of %d x %d pixels, the limit is %d pixels", c.Width, c.Height, maxPixels)
	}
	if _, err := f.Seek(0, 0); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(f)
	return img, err
}

// resized returns the red, green and blue, each from 0 to 255, of the pixels of a resized image, row by row.
// It interpolates bilinearly between the four nearest pixels; the center of pixel i is at i + 0.5.
func resized(img image.Image, height, width int) [][3]float32 {
	b := img.Bounds()
	at := func(y, x int) [3]float32 {
		r, g, bl, _ := img.At(b.Min.X+min(max(x, 0), b.Dx()-1), b.Min.Y+min(max(y, 0), b.Dy()-1)).RGBA()
		return [3]float32{float32(r) / 257, float32(g) / 257, float32(bl) / 257}
	}
	out := make([][3]float32, 0, height*width)
	for i := range height {
		y, fy := between(i, height, b.Dy())
		for j := range width {
			x, fx := between(j, width, b.Dx())
			p, q, r, s := at(y, x), at(y, x+1), at(y+1, x), at(y+1, x+1)
			var v [3]float32
			for c := range v {
				top, bottom := p[c]+(q[c]-p[c])*fx, r[c]+(s[c]-r[c])*fx
				v[c] = top + (bottom-top)*fy
			}
			out = append(out, v)
		}
	}
	return out
}

// between returns where the center of pixel i of n is on a line of m pixels: the last pixel whose center is
// not after it, and its distance from that center.
func between(i, n, m int) (pixel int, fraction float32) {
	x := (float32(i)+0.5)*float32(m)/float32(n) - 0.5
	if x < 0 {
		return 0, 0
	}
	pixel = int(x)
	return pixel, x - float32(pixel)
}
