package pages

import "golang.org/x/sys/unix"

// advise takes numbers, not a slice: the range is wider than any allocation.
func advise(begin, size uintptr) {
	// A kernel without large pages refuses; then the pages stay small.
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, size, unix.MADV_HUGEPAGE)
}

// collapse moves the range to large pages at once, which the kernel would otherwise do at some later time.
func collapse(begin, size uintptr) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, size, unix.MADV_COLLAPSE)
}
