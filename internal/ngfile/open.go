package ngfile

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/tf2ng/tf2ng/core"
)

// MaxFileBytes bounds the size of a file that Map takes.
const MaxFileBytes = 1 << 36

// File is the content of a file, mapped into memory where the system can do that, else
// read. A file that is cut short while it is mapped ends the program when what is gone
// is touched: replace model files by renaming, never in place.
type File struct {
	Data  []byte // must not be changed
	close func() error
	once  sync.Once
	err   error
}

// Map maps a file.
func Map(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory, want a file", path)
	case info.Size() > MaxFileBytes:
		return nil, fmt.Errorf("%s has %d bytes, the limit is %d", path, info.Size(), int64(MaxFileBytes))
	case !info.Mode().IsRegular() || info.Size() == 0:
		return readAll(f)
	}
	if m, err := mapFile(f, int(info.Size())); err == nil {
		return m, nil
	}
	return readAll(f)
}

func readAll(r io.Reader) (*File, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFileBytes))
	if err != nil {
		return nil, err
	}
	return &File{Data: data, close: func() error { return nil }}, nil
}

// Close unmaps the file: Data, and all that borrows from it, must not be used any more.
func (f *File) Close() error {
	f.once.Do(func() {
		f.Data = nil
		f.err = f.close()
	})
	return f.err
}

// Open maps a .ng file and reads it. The Function borrows from the File, which the
// caller closes after its last use.
func Open(path string) (*core.Function, *File, error) {
	m, err := Map(path)
	if err != nil {
		return nil, nil, err
	}
	f, err := Read(m.Data)
	if err != nil {
		m.Close()
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, m, nil
}
