// Package mapped gives the contents of files without reading them: mapped into memory where
// the system can do that.
package mapped

import (
	"fmt"
	"io"
	"math"
	"os"
	"sync"
)

// MaxBytes bounds the size of a file that Open takes; where an int is smaller, that does.
const MaxBytes = 1 << 36

// File is the content of a file, mapped into memory where the system can do that, else
// read. A file that is cut short while it is mapped ends the program when what is gone
// is touched: replace files by renaming, never in place.
type File struct {
	Data  []byte // must not be changed
	close func() error
	once  sync.Once
	err   error
}

// SizeError reports a file that is larger than the limit.
type SizeError struct {
	Path  string
	Bytes int64 // its size; what was read of it if it has none, as a pipe has
	Limit int64
}

// Error tells the size and the limit.
func (e *SizeError) Error() string {
	return fmt.Sprintf("%s: got %d bytes, the limit is %d", e.Path, e.Bytes, e.Limit)
}

// Open maps a file. What has no size, such as a pipe, is read to its end.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	limit := min(int64(MaxBytes), math.MaxInt)
	switch {
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory, want a file", path)
	case info.Size() > limit:
		return nil, &SizeError{path, info.Size(), limit}
	case info.Mode().IsRegular() && info.Size() > 0:
		if m, err := mapFile(f, int(info.Size())); err == nil {
			return m, nil
		}
	}
	return read(path, f, limit)
}

// read reads to the end of r, which must come within limit bytes.
func read(path string, r io.Reader, limit int64) (*File, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &SizeError{path, int64(len(data)), limit}
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
