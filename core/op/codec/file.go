package codec

import (
	"errors"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/codec/internal/jpeg"
	"github.com/tf2ng/tf2ng/core/op/codec/internal/raster"
)

// A format of image files.
type format uint8

const (
	otherFormat format = iota
	jpegFormat
	pngFormat
	gifFormat
	bmpFormat
)

// formatOf tells the format of a file by its first bytes.
func formatOf(file string) format {
	for f, magic := range map[format]string{
		jpegFormat: "\xff\xd8\xff", pngFormat: "\x89PNG\r\n\x1a\n", gifFormat: "GIF8", bmpFormat: "BM",
	} {
		if strings.HasPrefix(file, magic) {
			return f
		}
	}
	return otherFormat
}

// checkChannels is a violation of a constraint unless as many channels can be asked for.
func checkChannels(constraint string, n int) error {
	if n != 0 && n != 1 && n != 3 && n != 4 {
		return core.Violation(constraint, -1, "channels: got %d, want 0, 1, 3 or 4", n)
	}
	return nil
}

// checkRatio is a violation of a constraint unless images of JPEG can be reduced by a ratio.
func checkRatio(constraint string, ratio int) error {
	if ratio != 1 && ratio != 2 && ratio != 4 && ratio != 8 {
		return core.Violation(constraint, -1, "ratio: got %d, want 1, 2, 4 or 8", ratio)
	}
	return nil
}

// wantFile is a violation of a constraint unless input 0 is a string.
func wantFile(constraint string, in []core.Operand) error {
	if t := in[0].Type; t != core.String && t != core.Dynamic {
		return core.Violation(constraint, 0, "got type %v, want string", t)
	}
	if s := in[0].Shape; !s.Compatible(core.Shape{}) {
		return core.Violation(constraint, 0, "got shape %v, want []", s)
	}
	return nil
}

// maxWorking bounds the bytes that decoding a JPEG takes beside its output: those of samples, and of coefficients if
// the file has several scans.
const maxWorking = 1 << 31

// checkWorking is a *core.MemoryError if an op would take more working memory.
func checkWorking(op core.Op, output core.Fact, working int64) error {
	if working > maxWorking {
		return &core.MemoryError{Op: core.OpName(op), Outputs: []core.Fact{output}, Bytes: working, Limit: maxWorking}
	}
	return nil
}

// blameFile makes a violation of what is wrong with a file. Errors that have a type keep it.
func blameFile(constraint string, err error) error {
	var violation *core.OpError
	var memory *core.MemoryError
	if err == nil || errors.As(err, &violation) || errors.As(err, &memory) {
		return err
	}
	return core.Violation(constraint, 0, "the file %v", err)
}

// decodeJPEG decodes a file to pixels. shape makes the shape of the output.
func decodeJPEG(op core.Op, file string, o jpeg.Options, allocate raster.Allocate) error {
	return jpeg.Decode([]byte(file), o, func(s jpeg.Size, working int64) ([]byte, error) {
		size := core.Fact{Type: core.U8, Shape: core.Shape{s.Height, s.Width, s.Channels}}
		if err := checkWorking(op, size, working); err != nil {
			return nil, err
		}
		return allocate(raster.Size{Frames: 1, Height: s.Height, Width: s.Width, Channels: s.Channels})
	})
}
