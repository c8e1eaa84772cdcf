// Package mapped provides the contents of files by mapping them into memory instead of reading them,
// where the system supports that.
package mapped

import (
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"unsafe"
)

// MaxBytes bounds the size of a file that Open accepts. Where the largest int is smaller, it is the bound.
const MaxBytes = 1 << 36

// File is the content of a file. It is mapped into memory where the system supports that, and read
// otherwise. If a file is truncated while it is mapped, accessing the missing part crashes the
// program. So replace files by renaming, never in place.
type File struct {
	Data  []byte // must not be changed
	close func() error
	drop  func(from, to int) // releases the memory of the whole pages Data[from:to]; nil if the file was read
	once  sync.Once
	err   error
}

// SizeError reports that a file or a stream has more bytes than may be read.
type SizeError struct {
	Name  string // the name of the file; empty for a stream
	Size  int64  // 0 if unknown, because reading stopped at the limit
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

// Open maps a file. A file that has no size, such as a pipe, is read to its end instead.
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

// Read reads a file or a stream to its end. If it has more than limit bytes, the error is a *SizeError.
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

// Drop releases the memory of a part of Data to the system, which reads it from the file again when it
// is accessed. Only whole pages are released. If part is not within Data, Drop does nothing. It must not
// be called after Close.
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

// Close unmaps the file. After that, Data and everything that borrows from it must not be used.
func (f *File) Close() error {
	f.once.Do(func() {
		f.Data = nil
		f.err = f.close()
	})
	return f.err
}
