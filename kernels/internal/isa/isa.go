// Package isa says which instruction sets the kernels may use. It is the only
// place that reads the CPU's features.
//
// The set is read once, at start-up, and can be narrowed, never widened, by the
// environment variable TF2NG_DISABLE_ISA (a comma-separated list of names, such
// as "avx512vnni,avx2") and by the caller of each compilation (Set.Without).
package isa

import (
	"fmt"
	"os"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

// ISA is an instruction set that a kernel variant needs.
type ISA uint8

// The instruction sets, from the least to the most capable.
const (
	Portable   ISA = iota // plain Go
	AVX2                  // AVX2 and FMA3
	AVX512VNNI            // AVX-512 F, BW, DQ, VL and VNNI
	numISA
)

var names = [numISA]string{"portable", "avx2", "avx512vnni"}

// String returns the name that variants, options and environment use.
func (i ISA) String() string {
	if i < numISA {
		return names[i]
	}
	return fmt.Sprintf("isa(%d)", uint8(i))
}

// Parse returns the ISA of a name.
func Parse(name string) (ISA, error) {
	for i, n := range names {
		if n == name {
			return ISA(i), nil
		}
	}
	return 0, fmt.Errorf("unknown instruction set %q: want one of %s", name, strings.Join(names[:], ", "))
}

// All lists every ISA for which this project has kernels, the most capable first.
func All() []ISA { return []ISA{AVX512VNNI, AVX2, Portable} }

// Set is a set of instruction sets. Portable is in every set.
type Set uint8

// Has reports whether i may be used.
func (s Set) Has(i ISA) bool { return i == Portable || s&(1<<i) != 0 }

// Without returns s less the given instruction sets.
func (s Set) Without(isas ...ISA) Set {
	for _, i := range isas {
		s &^= 1 << i
	}
	return s
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

// Detected holds what the CPU has, regardless of TF2NG_DISABLE_ISA.
func Detected() Set { return detected }

// Available holds what the CPU has, less what TF2NG_DISABLE_ISA names and, in a
// build without assembly (tag purego, or not amd64), everything but Portable.
func Available() Set { return available }

var (
	detected  = detect()
	available = narrow(detected, os.Getenv("TF2NG_DISABLE_ISA"))
)

func detect() Set {
	var s Set
	if !assembly {
		return s
	}
	c := &cpuid.CPU
	if c.Supports(cpuid.AVX2, cpuid.FMA3) {
		s |= 1 << AVX2
	}
	if s.Has(AVX2) && c.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL, cpuid.AVX512VNNI) {
		s |= 1 << AVX512VNNI
	}
	return s
}

func narrow(s Set, disabled string) Set {
	for _, name := range strings.Split(disabled, ",") {
		if i, err := Parse(strings.TrimSpace(name)); err == nil {
			s = s.Without(i)
		}
	}
	return s
}
