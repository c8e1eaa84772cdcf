// Package mapped gives the contents of files without reading them: mapped into memory where
// the system can do that.
package mapped

import (
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"unsafe"
)

// MaxBytes bounds the size of a file that Open takes; where an int is smaller, that does.
const MaxBytes = 1 << 36

// File is the content of a file, mapped into memory where the system can do that, else
// read. A file that is cut short while it is mapped ends the program when what is gone
// is touched: replace files by renaming, never in place.
type File struct {
	Data  []byte // must not be changed
	close func() error
	drop  func(from, to int) // the memory of whole pages in between; nil where the file was read
	once  sync.Once
	err   error
}

// SizeError reports a file or a stream with more bytes than may be read.
type SizeError struct {
	Name  string // of the file; empty for a stream
	Size  int64  // 0 if the end was not looked for
	Limit int64
}

// Error writes: "m.pb" has 68719476737 bytes, the limit is 68719476736.
func (e *SizeError) Error() string {
	name, size := "the stream", "more bytes than may be read"
	if e.Name != "" {
		name = fmt.Sprintf("%q", e.Name)
	}
	if e.Size > 0 {
		size = fmt.Sprintf("%d bytes", e.Size)
	}
	return fmt.Sprintf("%s has %s, the limit is %d", name, size, e.Limit)
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
		return nil, &SizeError{Name: path, Size: info.Size(), Limit: limit}
	case info.Mode().IsRegular() && info.Size() > 0:
		if m, err := mapFile(f, int(info.Size())); err == nil {
			return m, nil
		}
	}
	data, err := Read(f, path, limit)
	if err != nil {
		return nil, err
	}
	return &File{Data: data, close: func() error { return nil }}, nil
}

// Read reads a file or stream to its end. More than limit bytes are a *SizeError.
func Read(r io.Reader, name string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &SizeError{Name: name, Limit: limit}
	}
	return data, nil
}

// Drop gives back the memory of a part of Data, which the system fills again from the file when it is
// read. Bytes that are no part of Data stay as they are. It must not be called after Close.
func (f *File) Drop(part []byte) {
	if f.drop == nil || len(part) == 0 {
		return
	}
	base, page := uintptr(unsafe.Pointer(unsafe.SliceData(f.Data))), os.Getpagesize()
	from := uintptr(unsafe.Pointer(unsafe.SliceData(part)))
	if from < base || from-base > uintptr(len(f.Data)) || uintptr(len(part)) > uintptr(len(f.Data))-(from-base) {
		return
	}
	first := (int(from-base) + page - 1) / page * page
	if end := (int(from-base) + len(part)) / page * page; end > first {
		f.drop(first, end)
	}
}

// Close unmaps the file: Data, and all that borrows from it, must not be used any more.
func (f *File) Close() error {
	f.once.Do(func() {
		f.Data = nil
		f.err = f.close()
	})
	return f.err
}
