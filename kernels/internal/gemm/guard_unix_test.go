//go:build unix

package gemm

import (
	"os"
	"syscall"
)

// guards holds one region for each use; each ends where a page without access begins.
var guards = map[string][]byte{}

// guarded returns n zero bytes, the memory of one use at a time, behind which a read
// or a write ends the test.
func guarded(use string, n int) []byte {
	if have := guards[use]; len(have) < n {
		page := os.Getpagesize()
		size := (n+page-1)/page*page + 64*page
		region, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE,
			syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			panic(err)
		}
		if err := syscall.Mprotect(region[size:], syscall.PROT_NONE); err != nil {
			panic(err)
		}
		guards[use] = region[:size:size]
	}
	have := guards[use]
	out := have[len(have)-n:]
	clear(out)
	return out
}
