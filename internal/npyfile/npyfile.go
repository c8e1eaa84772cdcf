// Package npyfile reads and writes tensors as NumPy's .npy and .npz files. Quantized
// types are their plain integers, bfloat16 and float16 their uint16 bits.
package npyfile

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"codeberg.org/sbinet/npyio/npy"
	"codeberg.org/sbinet/npyio/npz"

	"github.com/tf2ng/tf2ng/core"
)

// maxArrayBytes bounds one array that is read.
const maxArrayBytes = 4 << 30

// descr is NumPy's name of each element type.
var descr = map[core.Type]string{
	core.Bool: "|b1", core.I8: "|i1", core.U8: "|u1", core.I16: "<i2", core.U16: "<u2", core.I32: "<i4", core.U32: "<u4",
	core.I64: "<i8", core.U64: "<u8", core.F32: "<f4", core.F64: "<f8", core.BF16: "<u2", core.F16: "<u2",
}

// Load reads the array that spec names: FILE for a .npy, FILE:KEY for an array of a
// .npz; KEY may be left out if there is one array only.
func Load(spec string) (*core.Tensor, error) {
	path, key := spec, ""
	if i := strings.LastIndex(spec, ".npz:"); i >= 0 {
		path, key = spec[:i+4], spec[i+5:]
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := read(f, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", spec, err)
	}
	return t, nil
}

func read(f *os.File, key string) (*core.Tensor, error) {
	head := make([]byte, 6)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil, fmt.Errorf("want a .npy or .npz file: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	switch {
	case string(head) == "\x93NUMPY":
		return readNPY(f)
	case string(head[:2]) == "PK":
		return readNPZ(f, info.Size(), key)
	}
	return nil, fmt.Errorf("want a .npy or .npz file")
}

func readNPZ(f io.ReaderAt, size int64, key string) (*core.Tensor, error) {
	r, err := npz.NewReader(f, size)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var keys []string
	for _, k := range r.Keys() {
		keys = append(keys, strings.TrimSuffix(k, ".npy"))
	}
	if key == "" && len(keys) == 1 {
		key = keys[0]
	}
	if !slices.Contains(keys, key) {
		return nil, fmt.Errorf("no array %q: want FILE:KEY with one of %q", key, keys)
	}
	entry, err := r.Open(key + ".npy")
	if err != nil {
		if entry, err = r.Open(key); err != nil {
			return nil, err
		}
	}
	defer entry.Close()
	return readNPY(entry)
}

func readNPY(f io.Reader) (*core.Tensor, error) {
	r, err := npy.NewReader(f)
	if err != nil {
		return nil, err
	}
	if r.Header.Descr.Fortran {
		return nil, fmt.Errorf("the array is in Fortran order: want C order (numpy.ascontiguousarray)")
	}
	shape := append(core.Shape{}, r.Header.Descr.Shape...)
	name := strings.Trim(r.Header.Descr.Type, "'")
	for t, d := range descr {
		if d != name || t == core.BF16 || t == core.F16 {
			continue
		}
		n, err := shape.Elements()
		if err != nil {
			return nil, err
		}
		if n > maxArrayBytes/t.Size() {
			return nil, fmt.Errorf("the array %v%v has more than %d bytes", t, shape, int64(maxArrayBytes))
		}
		return readElements(r, t, shape)
	}
	return nil, fmt.Errorf("cannot read elements of type %s", name)
}

func readElements(r *npy.Reader, t core.Type, shape core.Shape) (*core.Tensor, error) {
	switch t {
	case core.Bool:
		return elements[bool](r, shape)
	case core.I8:
		return elements[int8](r, shape)
	case core.U8:
		return elements[uint8](r, shape)
	case core.I16:
		return elements[int16](r, shape)
	case core.U16:
		return elements[uint16](r, shape)
	case core.I32:
		return elements[int32](r, shape)
	case core.U32:
		return elements[uint32](r, shape)
	case core.I64:
		return elements[int64](r, shape)
	case core.U64:
		return elements[uint64](r, shape)
	case core.F32:
		return elements[float32](r, shape)
	}
	return elements[float64](r, shape)
}

func elements[T core.Element](r *npy.Reader, shape core.Shape) (*core.Tensor, error) {
	if len(shape) == 0 {
		var v T
		if err := r.Read(&v); err != nil {
			return nil, err
		}
		return core.Scalar(v), nil
	}
	v := make([]T, shape.MustElements())
	if len(v) > 0 {
		if err := r.Read(&v); err != nil {
			return nil, err
		}
	}
	return core.TensorOf(shape, v)
}

// Save writes tensors by name as a .npz; a path that ends in .npy takes one tensor. The
// file appears under its name only once it is complete.
func Save(path string, tensors map[string]*core.Tensor) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".tf2ng-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := write(f, strings.HasSuffix(path, ".npy"), tensors); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func write(w io.Writer, single bool, tensors map[string]*core.Tensor) error {
	names := slices.Sorted(maps.Keys(tensors))
	if single {
		if len(names) != 1 {
			return fmt.Errorf("a .npy file holds one array, got %d: want a .npz", len(names))
		}
		return writeNPY(w, tensors[names[0]])
	}
	z := zip.NewWriter(w)
	for _, name := range names {
		entry, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Deflate})
		if err != nil {
			return err
		}
		if err := writeNPY(entry, tensors[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return z.Close()
}

// writeNPY writes version 1.0 of the format: npyio's own writer knows no shapes of more
// than two dimensions.
func writeNPY(w io.Writer, t *core.Tensor) error {
	d, ok := descr[t.Type()]
	if !ok {
		return fmt.Errorf("cannot write a tensor of %v", t)
	}
	dims := ""
	for _, n := range t.Shape() {
		dims += fmt.Sprintf("%d,", n)
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", d, dims)
	for (10+len(header)+1)%64 != 0 {
		header += " "
	}
	head := append([]byte("\x93NUMPY\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(header)+1))...)
	if _, err := w.Write(append(append(head, header...), '\n')); err != nil {
		return err
	}
	_, err := w.Write(t.Bytes())
	return err
}
