// Package isatest closes the tests of the kernel families.
package isatest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Main is the body of a family's TestMain. It runs the tests, prints one line for each
// instruction set whose variants were not run, and fails if TF2NG_REQUIRE_ISA names one
// of them. ran tells whether variants for an instruction set were.
func Main(m *testing.M, family string, simulated bool, ran func(isa.ISA) bool) {
	code := m.Run()
	required := strings.Split(os.Getenv("TF2NG_REQUIRE_ISA"), ",")
	if simulated {
		fmt.Println("SIMULATED: all assembly; NOT RUN: TestNoAllocation")
	}
	for _, i := range isa.All() {
		if ran(i) {
			continue
		}
		fmt.Printf("NOT RUN: %s variants for %s\n", family, i)
		if slices.Contains(required, i.String()) {
			fmt.Printf("FAIL: TF2NG_REQUIRE_ISA wants %s\n", i)
			code = 1
		}
	}
	os.Exit(code)
}
