package isa

import "syscall"

// permitTiles asks Linux for the state of AMX's tile registers, which threads have only on request. The answer holds
// for all threads of the process. Kernels before 5.16 know no such request, and a sandbox may refuse it.
func permitTiles() bool {
	const (
		requestPermission = 0x1023 // ARCH_REQ_XCOMP_PERM
		tileData          = 18     // XFEATURE_XTILEDATA
	)
	_, _, errno := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, requestPermission, tileData, 0)
	return errno == 0
}
