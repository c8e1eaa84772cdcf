//go:build amd64 && !purego

package gemm

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

//go:generate go -C ../../_asm run ./gemm

func init() {
	variants.Add(
		Variant{
			Info: variant.Info{Does: does, MR: amxRows, NR: 32, KR: amxStep, ISA: isa.AMX},
			pack: packAMX, run: runAMX, scratch: scratchAMX, gathers: true, limit: loopAMX,
		},
		Variant{
			Info: variant.Info{Does: does, MR: 2, NR: 8, KR: 64, ISA: isa.AVX512VNNI, For: "few columns"},
			pack: packDots, run: runDots, scratch: scratchDots, suits: suitsDots(64, 8), masks: true,
			limit: loopAVX512VNNI,
		},
		Variant{
			Info: variant.Info{Does: does, MR: 7, NR: 32, KR: 4, ISA: isa.AVX512VNNI},
			pack: packVNNI, run: runVNNI, orders: true, masks: true, limit: loopAVX512VNNI,
		},
		Variant{
			Info: variant.Info{
				Does: does, MR: 2, NR: 4, KR: 32, ISA: isa.AVXVNNI, For: "few columns", Until: 1 << isa.AVX512VNNI,
			},
			pack: packDots, run: runDots, scratch: scratchDots, suits: suitsDots(32, 4), limit: loopAVXVNNI,
		},
		Variant{
			Info: variant.Info{Does: does, MR: 6, NR: 16, KR: 4, ISA: isa.AVXVNNI},
			pack: packVNNI, run: runVNNI, scratch: scratchTile, orders: true, limit: loopAVXVNNI,
		},
		Variant{
			Info: variant.Info{
				Does: does, MR: 24, NR: 16, KR: 2, ISA: isa.AVX2,
				For: "3x3 windows", Until: 1<<isa.AVXVNNI | 1<<isa.AVX512VNNI,
			},
			pack: packWinograd, run: runWinograd, scratch: scratchWinograd, suits: suitsWinograd,
			computes: computesWinograd, tileRows: func(g Grid) int { return 2 * g.Width }, limit: loopAVX2,
		},
		Variant{
			Info: variant.Info{Does: does, MR: 6, NR: 16, KR: 2, ISA: isa.AVX2},
			pack: packAVX2, run: runAVX2, scratch: scratchAVX2, limit: loopAVX2,
		},
	)
}
