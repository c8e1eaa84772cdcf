//go:build !purego

package depthwise

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

func init() {
	variants.Add(Variant{
		Info: variant.Info{Does: does, MR: 2, NR: narrowest, ISA: isa.NEONDot},
		pack: packBlocks((*Packed).packQuads, []routine{
			{narrowest, depthwise_u8s8_chain_2x16_neondot, depthwise_u8s8_chain_2x16_neondot, slide{}},
		}), run: runBlocks,
	})
}
