package kernels

import (
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// ISA is an instruction set for which there are assembly kernels.
type ISA = isa.ISA

// The instruction sets.
const (
	AVX2       = isa.AVX2       // AVX2 and FMA3
	AVXVNNI    = isa.AVXVNNI    // AVX-VNNI beside AVX2
	AVX512VNNI = isa.AVX512VNNI // AVX-512 F, BW, DQ, VL and VNNI
	AVX512BF16 = isa.AVX512BF16 // AVX512-BF16 beside these
	AMX        = isa.AMX        // AMX-TILE and AMX-INT8 beside AVX512VNNI; Linux
	NEONDot    = isa.NEONDot    // Advanced SIMD with dot products; arm64
)

// ISASet is a set of instruction sets. Plain Go ("portable") is in every set.
type ISASet = isa.Set

// ISAs lists the instruction sets, the most capable first.
func ISAs() []ISA {
	return slices.DeleteFunc(isa.All(), func(i ISA) bool { return i == isa.Portable })
}

// DetectedISAs returns the instruction sets that the CPU has. It is empty in a build without assembly.
func DetectedISAs() ISASet { return isa.Detected() }

// AvailableISAs returns DetectedISAs without those that the environment variable TF2NG_DISABLE_ISA
// names (a comma-separated list).
func AvailableISAs() ISASet { return isa.Available() }
