package tf2ng

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/tf2ng/tf2ng/internal/mapped"
)

// LoadFS is Load for a file of a file system, an embed.FS for example. The file is read, not
// mapped. One that is larger than a model may be, 64 GiB, is a *SizeError before it is read;
// one that cannot be opened, or is no file, is a *fs.PathError.
func LoadFS(fsys fs.FS, name string, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	if fsys == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("got no file system")}
	}
	data, err := readFile(fsys, name)
	if err != nil {
		return nil, err
	}
	m, err := c.load(source{path: name, data: data})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// readFile reads a regular file, or what else has an end, within the limit.
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
