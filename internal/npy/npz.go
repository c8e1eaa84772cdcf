package npy

import (
	"archive/zip"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

// Array is a named tensor of a .npz file.
type Array struct {
	Name   string
	Tensor *core.Tensor
}

// WriteArchive writes a .npz file with the zero Writer.
func WriteArchive(to io.Writer, arrays []Array) error { return Writer{}.WriteArchive(to, arrays) }

// WriteArchive writes a .npz file of named arrays, uncompressed, as numpy.savez does.
func (w Writer) WriteArchive(to io.Writer, arrays []Array) error {
	z := zip.NewWriter(to)
	for _, a := range arrays {
		f, err := z.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store})
		if err != nil {
			return err
		}
		if err := w.Write(f, a.Tensor); err != nil {
			return fmt.Errorf("array %q: %w", a.Name, err)
		}
	}
	return z.Close()
}

// Archive is an open .npz file.
type Archive struct{ files []*zip.File }

// OpenArchive reads the directory of a .npz file of the given size.
func OpenArchive(r io.ReaderAt, size int64) (*Archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: not a .npz file: %w", ErrFormat, err)
	}
	a := &Archive{}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, ".npy") {
			a.files = append(a.files, f)
		}
	}
	return a, nil
}

// Names lists the names of the arrays.
func (a *Archive) Names() []string {
	names := make([]string, len(a.files))
	for i, f := range a.files {
		names[i] = strings.TrimSuffix(f.Name, ".npy")
	}
	return names
}

// Read reads the array with the given name.
func (a *Archive) Read(name string) (*core.Tensor, error) {
	for _, f := range a.files {
		if f.Name != name+".npy" {
			continue
		}
		size := min(f.UncompressedSize64, math.MaxInt64)
		// Deflate expands a byte to at most 1032 bytes.
		if f.CompressedSize64 < math.MaxInt64/1100 && size > 1100*(f.CompressedSize64+1) {
			return nil, fmt.Errorf("%w: array %q: %d bytes cannot hold %d", ErrFormat, name, f.CompressedSize64, size)
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%w: array %q: %w", ErrFormat, name, err)
		}
		defer r.Close()
		t, err := Read(r, int64(size))
		if err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
		return t, nil
	}
	return nil, fmt.Errorf("no array %q, want one of %q", name, a.Names())
}
