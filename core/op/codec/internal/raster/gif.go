package raster

import (
	"bufio"
	"compress/lzw"
	"errors"
	"fmt"
	"io"
)

// errShort reports a GIF that ends too early.
var errShort = errors.New("is a GIF that is cut short")

// A frame is an image of a GIF.
type frame struct {
	left, top, width, height int
	colours                  string // three bytes each
	transparent              int    // the colour that changes nothing, or -1
	interlaced               bool
	bits                     int
	data                     string // blocks
}

// gifReader reads the bytes of a GIF.
type gifReader struct {
	file  string
	pos   int
	short bool
}

func (r *gifReader) take(n int) string {
	if n > len(r.file)-r.pos {
		r.pos, r.short = len(r.file), true
		return string(make([]byte, n))
	}
	r.pos += n
	return r.file[r.pos-n : r.pos]
}

func (r *gifReader) byte() int { return int(r.take(1)[0]) }

func (r *gifReader) word() int {
	low := r.byte()
	return low | r.byte()<<8
}

// blocks returns blocks up to the empty one.
func (r *gifReader) blocks() string {
	start := r.pos
	for {
		n := r.byte()
		if n == 0 || r.short {
			return r.file[start:r.pos]
		}
		r.take(n)
	}
}

// DecodeGIF decodes the images of a file, or the first. Each is drawn on those before it.
func DecodeGIF(file string, channels int, first bool, allocate Allocate) error {
	if channels != 0 && channels != 3 {
		return fmt.Errorf("is a GIF, which has 3 channels, not %d", channels)
	}
	frames, err := readFrames(file)
	if err != nil {
		return err
	}
	s := Size{Frames: len(frames), Channels: 3}
	for _, f := range frames {
		s.Height, s.Width = max(s.Height, f.height), max(s.Width, f.width)
	}
	if first {
		s.Frames, frames = 1, frames[:1]
	}
	pixels, err := allocate(s)
	if err != nil {
		return err
	}
	size := 3 * s.Height * s.Width
	for i, f := range frames {
		canvas := pixels[i*size:][:size]
		if i > 0 {
			copy(canvas, pixels[(i-1)*size:])
		}
		if err := f.draw(canvas, s.Width, s.Height); err != nil {
			return err
		}
	}
	return nil
}

// readFrames reads what is in a file.
func readFrames(file string) (frames []frame, err error) {
	r := &gifReader{file: file}
	r.take(10)
	flags := r.byte()
	r.take(2)
	global := ""
	if flags&0x80 != 0 {
		global = r.take(3 << (flags&7 + 1))
	}
	if r.short {
		return nil, errShort
	}
	transparent, controlled := -1, false
	for {
		if r.pos == len(file) && len(frames) > 0 {
			return frames, nil // the end is not marked
		}
		switch c := r.byte(); {
		case r.short:
			return nil, errShort
		case c == ';':
			if len(frames) == 0 {
				return nil, errors.New("is a GIF without images")
			}
			return frames, nil
		case c == '!':
			kind := r.byte()
			if b := r.blocks(); kind == 0xf9 && !controlled {
				if controlled = true; len(b) > 5 && b[0] == 4 && b[1]&1 != 0 {
					transparent = int(b[4])
				}
			}
		case c == ',':
			f, err := r.frame(global)
			if err != nil {
				return nil, err
			}
			f.transparent = transparent
			transparent, controlled = -1, false
			frames = append(frames, f)
		default:
			return nil, fmt.Errorf("is a GIF with the unknown block %#x", c)
		}
		if r.short {
			return nil, errShort
		}
	}
}

// frame reads an image, but not its pixels.
func (r *gifReader) frame(global string) (frame, error) {
	f := frame{left: r.word(), top: r.word(), width: r.word(), height: r.word(), colours: global}
	flags := r.byte()
	f.interlaced = flags&0x40 != 0
	if flags&0x80 != 0 {
		f.colours = r.take(3 << (flags&7 + 1))
	}
	f.bits = r.byte()
	f.data = r.blocks()
	switch {
	case f.width == 0 || f.height == 0:
		return f, errors.New("is a GIF with an empty image")
	case f.bits > 8 || f.bits < 1:
		return f, fmt.Errorf("is a GIF with codes for %d bits", f.bits)
	case f.colours == "":
		return f, errors.New("is a GIF without colours")
	}
	return f, nil
}

// draw draws an image, of which the part counts that is on the canvas.
func (f *frame) draw(canvas []byte, width, height int) error {
	r := lzw.NewReader(&blockReader{f.data, 0}, lzw.LSB, f.bits)
	defer r.Close()
	b := bufio.NewReader(r)
	row := make([]byte, f.width)
	for i := range f.height {
		if _, err := io.ReadFull(b, row); err != nil {
			return fmt.Errorf("is a GIF whose pixels end too early or are damaged (%w)", err)
		}
		y := f.top + i
		if f.interlaced {
			y = f.top + interlacedRow(i, f.height)
		}
		if y >= height {
			continue
		}
		for x, index := range row[:max(0, min(f.width, width-f.left))] {
			if int(index) == f.transparent {
				continue
			}
			if 3*int(index) >= len(f.colours) {
				return fmt.Errorf("is a GIF with colour %d of %d", index, len(f.colours)/3)
			}
			copy(canvas[3*(y*width+f.left+x):][:3], f.colours[3*int(index):])
		}
	}
	return nil
}

// interlacedRow returns which row of an image comes as number i.
func interlacedRow(i, height int) int {
	for _, pass := range [4][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		rows := (height - pass[0] + pass[1] - 1) / pass[1]
		if i < rows {
			return pass[0] + i*pass[1]
		}
		i -= max(rows, 0)
	}
	return 0
}

// blockReader reads what is in blocks.
type blockReader struct {
	data string
	left int // of the block
}

// ReadByte returns the next byte of a block.
func (r *blockReader) ReadByte() (byte, error) {
	if r.left == 0 && len(r.data) > 0 {
		r.left, r.data = int(r.data[0]), r.data[1:]
	}
	if r.left == 0 || len(r.data) == 0 {
		return 0, io.EOF
	}
	c := r.data[0]
	r.data = r.data[1:]
	r.left--
	return c, nil
}

// Read reads a byte.
func (r *blockReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}
