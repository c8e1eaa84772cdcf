//go:build amd64 && !purego

package gemm

var (
	loopAVX2       = loop{operations: 2 * 12 * 16, run: func(n int) { limitAVX2(&call{k: n}) }}
	loopAVX512VNNI = loop{operations: 2 * 24 * 64, run: func(n int) { limitAVX512VNNI(&call{k: n}) }}
)
