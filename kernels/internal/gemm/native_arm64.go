//go:build !purego

package gemm

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

func init() {
	variants.Add(Variant{
		Info: variant.Info{Does: does, MR: rowsNEON, NR: 16, KR: 4, ISA: isa.NEONDot},
		pack: packNEONDot, run: runNEONDot, scratch: scratchTile, limit: loopNEONDot,
	})
}

var loopNEONDot = loop{operations: 2 * 24 * 16, run: func(n int) { limitNEONDot(&call{k: n}) }}
