//go:build amd64 && !purego

package depthwise

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

//go:generate go -C ../../_asm run ./depthwise

func init() {
	variants.Add(
		Variant{
			Info: variant.Info{Does: does, MR: 2, NR: 64, ISA: isa.AVX512VNNI},
			pack: packBlocks((*Packed).packQuads, quads), run: runBlocks,
		},
		Variant{
			Info: variant.Info{Does: does, MR: 2, NR: 32, ISA: isa.AVXVNNI},
			pack: packBlocks((*Packed).packQuads, quads256), run: runBlocks,
		},
		Variant{
			Info: variant.Info{Does: does, MR: 2, NR: 32, ISA: isa.AVX2},
			pack: packBlocks((*Packed).packDigits, digits), run: runBlocks,
		},
	)
}

// The routines for each packing of the weights.
var (
	quads = []routine{
		{
			64, depthwise_u8s8_chain_2x64t9_avx512vnni, depthwise_u8s8_chain_1x64_avx512vnni,
			slide{1, [2][2]func(*call){
				{depthwise_u8s8_chain_1x64w3s1_avx512vnni, depthwise_u8s8_chain_1x64w3s2_avx512vnni},
				{depthwise_u8s8_chain_1x64w5s1_avx512vnni, depthwise_u8s8_chain_1x64w5s2_avx512vnni},
			}},
		},
		{
			32, depthwise_u8s8_chain_2x32t9_avx512vnni, depthwise_u8s8_chain_1x32_avx512vnni,
			slide{2, [2][2]func(*call){
				{depthwise_u8s8_chain_2x32w3s1_avx512vnni, depthwise_u8s8_chain_2x32w3s2_avx512vnni},
				{depthwise_u8s8_chain_2x32w5s1_avx512vnni, depthwise_u8s8_chain_2x32w5s2_avx512vnni},
			}},
		},
		{
			narrowest, depthwise_u8s8_chain_2x16t9_avx512vnni, depthwise_u8s8_chain_1x16_avx512vnni,
			slide{4, [2][2]func(*call){
				{depthwise_u8s8_chain_4x16w3s1_avx512vnni, depthwise_u8s8_chain_4x16w3s2_avx512vnni},
				{depthwise_u8s8_chain_4x16w5s1_avx512vnni, depthwise_u8s8_chain_4x16w5s2_avx512vnni},
			}},
		},
	}
	quads256 = []routine{
		{
			32, depthwise_u8s8_chain_2x32t9_avxvnni, depthwise_u8s8_chain_1x32_avxvnni,
			slide{1, [2][2]func(*call){
				{depthwise_u8s8_chain_1x32w3s1_avxvnni, depthwise_u8s8_chain_1x32w3s2_avxvnni},
				{nil, depthwise_u8s8_chain_1x32w5s2_avxvnni},
			}},
		},
		{
			narrowest, depthwise_u8s8_chain_2x16t9_avxvnni, depthwise_u8s8_chain_1x16_avxvnni,
			slide{2, [2][2]func(*call){
				{depthwise_u8s8_chain_2x16w3s1_avxvnni, depthwise_u8s8_chain_2x16w3s2_avxvnni},
				{nil, depthwise_u8s8_chain_2x16w5s2_avxvnni},
			}},
		},
	}
	digits = []routine{
		{32, depthwise_u8s8_chain_2x32t9_avx2, depthwise_u8s8_chain_1x32_avx2, slide{}},
		{narrowest, depthwise_u8s8_chain_2x16t9_avx2, depthwise_u8s8_chain_1x16_avx2, slide{}},
	}
)
