// Package isa says which instruction sets the kernels may use. It is the only
// place that reads the CPU's features.
//
// The set is read once, at start-up, and can be narrowed, never widened, by the
// environment variable TF2NG_DISABLE_ISA (a comma-separated list of names, such
// as "avx512vnni") and by the caller of each compilation (Set.Without). What includes
// an instruction set goes with it.
package isa

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

// ISA is an instruction set that a kernel variant needs.
type ISA uint8

// The instruction sets, those of an architecture from the least capable to the most.
const (
	Portable   ISA = iota // plain Go
	AVX2                  // AVX2 and FMA3
	AVXVNNI               // AVX-VNNI beside AVX2
	AVX512VNNI            // AVX-512 F, BW, DQ, VL and VNNI beside AVX2; not all CPUs that have it have AVXVNNI
	AVX512BF16            // AVX512-BF16 beside these
	AMX                   // AMX-INT8 beside AVX512VNNI, on Linux
	NEONDot               // Advanced SIMD with dot products, on arm64
	numISA
)

// table has, for each ISA, its name, its architecture, the set that it extends, and the CPU features that it needs.
// permit, if not nil, asks the system for what a process may not use unasked, and reports whether it grants it.
var table = [numISA]struct {
	name, arch string
	extends    ISA
	features   []cpuid.FeatureID
	permit     func() bool
}{
	Portable: {name: "portable"},
	AVX2:     {name: "avx2", arch: "amd64", features: featuresAVX2},
	AVXVNNI: {
		name: "avxvnni", arch: "amd64", extends: AVX2,
		features: append(slices.Clone(featuresAVX2), cpuid.AVXVNNI),
	},
	AVX512VNNI: {name: "avx512vnni", arch: "amd64", extends: AVX2, features: featuresAVX512VNNI},
	AVX512BF16: {
		name: "avx512bf16", arch: "amd64", extends: AVX512VNNI,
		features: append(slices.Clone(featuresAVX512VNNI), cpuid.AVX512BF16),
	},
	AMX: {
		name: "amx", arch: "amd64", extends: AVX512VNNI, permit: permitTiles,
		features: append(slices.Clone(featuresAVX512VNNI), cpuid.AMXTILE, cpuid.AMXINT8),
	},
	NEONDot: {name: "neondot", arch: "arm64", features: []cpuid.FeatureID{cpuid.ASIMD, cpuid.ASIMDDP}},
}

var (
	featuresAVX2       = []cpuid.FeatureID{cpuid.AVX2, cpuid.FMA3}
	featuresAVX512VNNI = append(slices.Clone(featuresAVX2),
		cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL, cpuid.AVX512VNNI)
)

// String returns the name that is used by variants, options and the environment variable.
func (i ISA) String() string {
	if i < numISA {
		return table[i].name
	}
	return fmt.Sprintf("isa(%d)", uint8(i))
}

// Parse returns the ISA with the given name.
func Parse(name string) (ISA, error) {
	var names []string
	for i := range numISA {
		if i.String() == name {
			return i, nil
		}
		names = append(names, i.String())
	}
	return 0, fmt.Errorf("unknown instruction set %q: want one of %s", name, strings.Join(names, ", "))
}

// All lists every ISA for which this project has kernels, the most capable first, Portable last.
func All() (list []ISA) {
	for i := range numISA {
		list = append(list, i)
	}
	slices.Reverse(list)
	return list
}

// Set is a set of instruction sets. Portable is in every set.
type Set uint8

// Has reports whether i may be used.
func (s Set) Has(i ISA) bool { return i == Portable || s&(1<<i) != 0 }

// Without returns s without the given instruction sets and those that include them.
func (s Set) Without(isas ...ISA) Set {
	for _, i := range isas {
		for j := i; j < numISA; j++ {
			if j.includes(i) {
				s &^= 1 << j
			}
		}
	}
	return s
}

// includes reports whether i is j or extends it.
func (i ISA) includes(j ISA) bool {
	for ; i != Portable; i = table[i].extends {
		if i == j {
			return true
		}
	}
	return false
}

// String lists the members, the most capable first.
func (s Set) String() string {
	var out []string
	for _, i := range All() {
		if s.Has(i) {
			out = append(out, i.String())
		}
	}
	return strings.Join(out, ",")
}

// Detected returns the instruction sets that the CPU has, regardless of TF2NG_DISABLE_ISA.
func Detected() Set { return detected }

// Available returns the instruction sets that the CPU has, Without those that TF2NG_DISABLE_ISA names. In a build
// without assembly (tag purego) only Portable is left.
func Available() Set { return available }

var (
	detected  = detect()
	available = narrow(detected, os.Getenv("TF2NG_DISABLE_ISA"))
)

func detect() (s Set) {
	for i := Portable + 1; i < numISA && !purego; i++ {
		t := &table[i]
		if t.arch == runtime.GOARCH && cpuid.CPU.Supports(t.features...) && (t.permit == nil || t.permit()) {
			s |= 1 << i
		}
	}
	return s
}

// FastPairs reports whether the CPU, if it has AVX512BF16, computes VDPBF16PS as fast as a fused multiply-add, so that
// it multiplies twice as many numbers in the same time. AMD's CPUs do. Intel's take two cycles, in which they compute
// four fused multiply-adds.
func FastPairs() bool { return cpuid.CPU.IsVendor(cpuid.AMD) }

func narrow(s Set, disabled string) Set {
	for _, name := range strings.Split(disabled, ",") {
		if i, err := Parse(strings.TrimSpace(name)); err == nil {
			s = s.Without(i)
		}
	}
	return s
}
