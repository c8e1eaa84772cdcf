package tf2ng

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/tf2ng/tf2ng/internal/mapped"
)

// LoadFS is like Load for a file in a file system, such as an embed.FS, or for the directory of a
// SavedModel there. Files are read, not mapped. A file of more than 64 GiB is a *SizeError before it is
// read; one that cannot be opened, or is not a regular file, is a *fs.PathError.
func LoadFS(fsys fs.FS, name string, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	if fsys == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("got no file system")}
	}
	s, err := openFS(fsys, name)
	if err != nil {
		return nil, err
	}
	m, err := c.load(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// openFS returns the source at a path of a file system.
func openFS(fsys fs.FS, name string) (source, error) {
	s := source{path: name, files: &files{fsys: fsys, dir: path.Dir(name)}}
	if info, err := fs.Stat(fsys, name); err == nil && info.IsDir() {
		if sub, err := fs.Sub(fsys, name); err == nil && isSavedModel(source{dir: sub}) {
			s.dir, s.files.dir = sub, name
			return s, nil
		}
	}
	var err error
	s.data, err = readFile(fsys, name)
	return s, err
}

// files gives access to the files beside a source, and keeps those that are open.
type files struct {
	fsys   fs.FS // nil: the operating system's files
	dir    string
	mapped []*mapped.File
}

// read returns the content of a file, which is valid until close.
func (f *files) read(name string) ([]byte, error) {
	if f.fsys != nil {
		return readFile(f.fsys, path.Join(f.dir, name))
	}
	file, err := mapped.Open(filepath.Join(f.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	f.mapped = append(f.mapped, file)
	return file.Data, nil
}

// drop gives back the memory of a part of a mapped file.
func (f *files) drop(part []byte) {
	for _, file := range f.mapped {
		file.Drop(part)
	}
}

func (f *files) close() error {
	var errs []error
	for _, file := range f.mapped {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}

// readFile reads a regular file, or anything else that ends, up to the limit.
func readFile(fsys fs.FS, name string) (_ []byte, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory, want a file")}
	case info.Size() > mapped.MaxBytes:
		return nil, &SizeError{Name: name, Size: info.Size(), Limit: mapped.MaxBytes}
	}
	return mapped.Read(f, name, mapped.MaxBytes)
}
