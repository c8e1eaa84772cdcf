// Package isatest says which variants the tests of the kernel families run, and closes them.
package isatest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// Runnable returns the instruction sets whose variants can be executed: what is available
// or, where Go functions stand for the assembly, all.
func Runnable(simulated bool) isa.Set {
	if simulated {
		return ^isa.Set(0)
	}
	return isa.Available()
}

// Levels returns what to leave out of the instruction sets so that each that is available is
// once the most capable: all but Portable last.
func Levels() (without [][]isa.ISA) {
	all := isa.All()
	for n, i := range all {
		if isa.Available().Has(i) {
			without = append(without, all[:n:n])
		}
	}
	return without
}

// family is the table of a family's variants.
type family interface {
	Family() string
	Infos() []variant.Info
}

// Main is the body of a family's TestMain. It runs the tests, prints one line for each
// instruction set with variants that were not run, and fails if TF2NG_REQUIRE_ISA names one
// that cannot be.
func Main(m *testing.M, f family, simulated bool) {
	code := m.Run()
	required := strings.Split(os.Getenv("TF2NG_REQUIRE_ISA"), ",")
	if simulated {
		fmt.Println("SIMULATED: all assembly; NOT RUN: TestNoAllocation")
	}
	infos := f.Infos()
	if !slices.ContainsFunc(infos, func(v variant.Info) bool { return v.ISA != isa.Portable }) {
		fmt.Printf("NOT RUN: %s variants in assembly, of which this build has none\n", f.Family())
	}
	for _, i := range isa.All() {
		if Runnable(simulated).Has(i) {
			continue
		}
		if slices.ContainsFunc(infos, func(v variant.Info) bool { return v.ISA == i }) {
			fmt.Printf("NOT RUN: %s variants for %s\n", f.Family(), i)
		}
		if slices.Contains(required, i.String()) {
			fmt.Printf("FAIL: TF2NG_REQUIRE_ISA wants %s\n", i)
			code = 1
		}
	}
	os.Exit(code)
}
