package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/npy"
)

// loadArray reads the array that spec names: FILE for a .npy file, FILE:KEY for an array of a .npz file. KEY
// may be left out if the file has only one array.
func loadArray(spec string) (*core.Tensor, error) {
	path, key := spec, ""
	if i := strings.LastIndex(spec, ".npz:"); i >= 0 {
		path, key = spec[:i+4], spec[i+5:]
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	t, err := readArray(f, info.Size(), key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", spec, err)
	}
	return t, nil
}

func readArray(f *os.File, size int64, key string) (*core.Tensor, error) {
	head := make([]byte, 2)
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if string(head) != "PK" {
		t, err := npy.Read(f, size)
		if err != nil {
			return nil, fmt.Errorf("%w: want what numpy.save or numpy.savez wrote", err)
		}
		return t, nil
	}
	a, err := npy.OpenArchive(f, size)
	if err != nil {
		return nil, err
	}
	names := a.Names()
	if key == "" && len(names) == 1 {
		key = names[0]
	}
	if key == "" {
		return nil, fmt.Errorf("has %d arrays: name one of them, FILE:KEY with a KEY of %q", len(names), names)
	}
	if !slices.Contains(names, key) {
		return nil, fmt.Errorf("no array %q: want FILE:KEY with one of %q", key, names)
	}
	return a.Read(key)
}

// saveArrays writes named tensors to an .npz file, with the given Writer.
func saveArrays(path string, as npy.Writer, tensors map[string]*core.Tensor) error {
	var arrays []npy.Array
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		arrays = append(arrays, npy.Array{Name: name, Tensor: tensors[name]})
	}
	_, err := writeFile(path, func(w io.Writer) error { return as.WriteArchive(w, arrays) })
	return err
}

// writeFile writes a file and returns its size. The file appears under its name only once it is complete.
func writeFile(path string, write func(io.Writer) error) (size int64, err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".tf2ng-*")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%s: there is no directory %s: make it first", path, dir)
	}
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err = write(f); err == nil {
		size, err = f.Seek(0, io.SeekCurrent)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return size, err
}
