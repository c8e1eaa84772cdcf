package raster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
)

// Colour types of PNG.
const (
	paletted = 3
	coloured = 2 // a bit
	alpha    = 4 // a bit
)

// pngHeader is what the chunks before the pixels say.
type pngHeader struct {
	width, height, depth, kind int
	transparency               bool // tRNS
	gamma                      bool // a chunk that tells one
}

// most is the greatest width, and height, that libpng takes.
const most = 1_000_000

// readPNGHeader reads the chunks before the pixels.
func readPNGHeader(file string) (h pngHeader, err error) {
	const signature = 8
	for at := signature; at+8 <= len(file); {
		length := int(binary.BigEndian.Uint32([]byte(file[at:])))
		name := file[at+4 : at+8]
		if at == signature {
			if name != "IHDR" || length != 13 || len(file) < at+21 {
				return h, errors.New("is a PNG without header")
			}
			b := []byte(file[at+8 : at+21])
			h.width, h.height = int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:]))
			h.depth, h.kind = int(b[8]), int(b[9])
		}
		switch name {
		case "tRNS":
			h.transparency = true
		case "gAMA", "sRGB", "iCCP", "cHRM":
			h.gamma = true
		case "IDAT":
			return h, nil
		}
		if length > len(file) {
			break
		}
		at += 12 + length
	}
	return h, errors.New("is a PNG without pixels")
}

// DecodePNG decodes a file to 8 or 16 bits a channel. channels is how many are wanted, or 0: as many as the file has.
func DecodePNG(file string, channels, depth int, allocate Allocate) error {
	h, err := readPNGHeader(file)
	if err != nil {
		return err
	}
	if h.width <= 0 || h.height <= 0 || h.width > most || h.height > most || h.width*h.height >= 1<<29 {
		return fmt.Errorf("is a PNG of %d by %d pixels, want at most %d of each and less than %d", h.height, h.width, most,
			1<<29)
	}
	if channels == 0 {
		channels = h.channels()
	}
	grey := h.kind&coloured != 0 && channels < 3
	if grey && h.gamma {
		return errors.New("is a coloured PNG with a gamma, whose grey is not supported")
	}
	out, err := allocate(Size{1, h.height, h.width, channels})
	if err != nil {
		return err
	}
	img, err := png.Decode(strings.NewReader(file))
	if err != nil {
		return fmt.Errorf("is a damaged PNG (%w)", err)
	}
	if b := img.Bounds(); b.Dx() != h.width || b.Dy() != h.height {
		return errors.New("is a PNG with two headers")
	}
	p := packer{header: h, channels: channels, out: out, wide: depth == 16}
	row := make([]uint16, 4*h.width)
	for y := range h.height {
		if !readRow(row, img, y) {
			return errors.New("is a PNG of an unknown kind")
		}
		p.pack(row)
	}
	return nil
}

// channels returns how many a file has.
func (h pngHeader) channels() int {
	switch {
	case h.kind == paletted && h.transparency:
		return 4
	case h.kind&coloured != 0:
		return 3 + h.kind/alpha
	}
	return 1 + h.kind/alpha
}

// readRow reads a row as four channels a pixel, of the file's depth.
func readRow(row []uint16, img image.Image, y int) bool {
	switch m := img.(type) {
	case *image.Gray:
		for x := range len(row) / 4 {
			v := uint16(m.Pix[y*m.Stride+x])
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = v, v, v, 255
		}
	case *image.Gray16:
		for x := range len(row) / 4 {
			v := binary.BigEndian.Uint16(m.Pix[y*m.Stride+2*x:])
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = v, v, v, 65535
		}
	case *image.RGBA:
		widen(row, m.Pix[y*m.Stride:])
	case *image.NRGBA:
		widen(row, m.Pix[y*m.Stride:])
	case *image.RGBA64:
		join(row, m.Pix[y*m.Stride:])
	case *image.NRGBA64:
		join(row, m.Pix[y*m.Stride:])
	case *image.Paletted:
		var colours [256][4]uint16
		for i, c := range m.Palette {
			n := color.NRGBAModel.Convert(c).(color.NRGBA)
			colours[i] = [4]uint16{uint16(n.R), uint16(n.G), uint16(n.B), uint16(n.A)}
		}
		for x := range len(row) / 4 {
			copy(row[4*x:][:4], colours[m.Pix[y*m.Stride+x]][:])
		}
	default:
		return false
	}
	return true
}

func widen(row []uint16, pixels []byte) {
	for i := range row {
		row[i] = uint16(pixels[i])
	}
}

func join(row []uint16, pixels []byte) {
	for i := range row {
		row[i] = binary.BigEndian.Uint16(pixels[2*i:])
	}
}

// A packer writes pixels as an output has them.
type packer struct {
	header   pngHeader
	channels int
	wide     bool // 16 bits
	out      []byte
}

// pack writes a row of four channels a pixel.
func (p *packer) pack(row []uint16) {
	withAlpha := p.channels%2 == 0
	grey := p.header.kind&coloured != 0 && p.channels < 3
	for ; len(row) > 0; row = row[4:] {
		c := [4]uint16(row)
		if !p.header.transparency && p.header.kind&alpha == 0 {
			c[3] = 1<<p.header.depth - 1 // for 16 bits, and less than 8, too
		}
		if grey {
			c[0] = p.greyOf(c)
		}
		if p.channels < 3 {
			c[1] = c[3]
		}
		n := p.channels
		if !withAlpha {
			n = min(n, 3)
		}
		for _, v := range c[:n] {
			p.put(v)
		}
	}
}

// greyOf weights colours as libpng does.
func (p *packer) greyOf(c [4]uint16) uint16 {
	const red, green = 29900 * 32768 / 100000, 58700 * 32768 / 100000
	sum := red*int(c[0]) + green*int(c[1]) + (32768-red-green)*int(c[2])
	if p.header.depth == 16 {
		sum += 1 << 14
	}
	if c[0] == c[1] && c[1] == c[2] {
		return c[0]
	}
	return uint16(sum >> 15)
}

// put writes a channel.
func (p *packer) put(v uint16) {
	deep := p.header.depth == 16
	switch {
	case p.wide && !deep:
		v *= 257
	case !p.wide && deep:
		v >>= 8
	}
	if p.wide {
		binary.NativeEndian.PutUint16(p.out, v)
		p.out = p.out[2:]
		return
	}
	p.out[0] = byte(v)
	p.out = p.out[1:]
}
