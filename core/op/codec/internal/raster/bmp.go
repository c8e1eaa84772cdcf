package raster

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// DecodeBMP decodes a file of 1, 3 or 4 bytes a pixel. channels is how many are wanted, or 0: as many as the file has.
func DecodeBMP(file string, channels int, allocate Allocate) error {
	if channels == 1 {
		return errors.New("is a BMP, which has 3 or 4 channels, not 1")
	}
	if len(file) < 32 {
		return fmt.Errorf("has %d bytes, want at least 32", len(file))
	}
	head := []byte(file[:32])
	number := func(at int) int { return int(int32(binary.LittleEndian.Uint32(head[at:]))) }
	start, width, height := number(10), number(18), number(22)
	given := int(int16(binary.LittleEndian.Uint16(head[28:]))) / 8
	up := height > 0
	height = max(height, -height)
	switch {
	case given != 1 && given != 3 && given != 4:
		return fmt.Errorf("has %d bytes a pixel, want 1, 3 or 4", given)
	case width <= 0 || height == 0 || start < 0 || width*height >= (1<<31-1)/8:
		return fmt.Errorf("has %d by %d pixels behind %d bytes", height, width, start)
	}
	row := (given*width + 3) / 4 * 4
	if want := start + row*height; len(file) != want {
		return fmt.Errorf("has %d bytes, want %d for %d by %d pixels", len(file), want, height, width)
	}
	if channels == 0 {
		channels = given
	}
	pixels, err := allocate(Size{1, height, width, channels})
	if err != nil {
		return err
	}
	for y := range height {
		from := file[start+y*row:]
		if up {
			from = file[start+(height-1-y)*row:]
		}
		for range width {
			switch p := pixels[:channels]; {
			case given == 1:
				for i := range p {
					p[i] = from[0]
				}
			default:
				p[0], p[1], p[2] = from[2], from[1], from[0]
			}
			if channels == 4 {
				pixels[3] = 255
				if given == 4 {
					pixels[3] = from[3]
				}
			}
			from, pixels = from[given:], pixels[channels:]
		}
	}
	return nil
}
