//go:build amd64 && !purego

package gemm

import "unsafe"

var (
	loopAVX2       = loop{operations: 2 * 12 * 16, run: func(n int) { limitAVX2(&call{k: n}) }}
	loopAVXVNNI    = loop{operations: 2 * 12 * 32, run: func(n int) { limitAVXVNNI(&call{k: n}) }}
	loopAVX512VNNI = loop{operations: 2 * 24 * 64, run: func(n int) { limitAVX512VNNI(&call{k: n}) }}
	loopAMX        = loop{operations: 2 * 4 * 16 * 16 * 64, run: func(n int) {
		limitAMX(&call{k: n, shapes: unsafe.Pointer(&amxShapes)})
	}}
)
