package pages

import "golang.org/x/sys/unix"

// advise takes numbers, not a slice: the range is wider than any allocation.
func advise(begin, size uintptr) {
	// A kernel without large pages refuses; then the pages are small.
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, size, unix.MADV_HUGEPAGE)
}

// collapse does at once what the kernel would do in time.
func collapse(begin, size uintptr) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, size, unix.MADV_COLLAPSE)
}
