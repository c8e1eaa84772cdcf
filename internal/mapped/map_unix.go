//go:build unix

package mapped

import (
	"os"

	"golang.org/x/sys/unix"
)

func mapFile(f *os.File, size int) (*File, error) {
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	return &File{
		Data:  data,
		close: func() error { return unix.Munmap(data) },
		drop:  func(from, to int) { _ = unix.Madvise(data[from:to], unix.MADV_DONTNEED) }, // advice: it may do nothing
	}, nil
}
