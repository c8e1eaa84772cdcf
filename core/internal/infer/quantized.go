package infer

import (
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/core"
)

// IsQuantized reports whether t is one of the quantized types i8, u8 and i32.
func IsQuantized(t core.Type) bool { return t == core.I8 || t == core.U8 || t == core.I32 }

// CheckScales checks that scales, input 1 of an op, are finite and not 0.
func CheckScales(t *core.Tensor, constraint string) error {
	for i, s := range t.Float64s() {
		if s == 0 || math.IsNaN(s) || math.IsInf(s, 0) {
			return core.Violation(constraint, 1, "got scale %v at element %d, want finite and not 0", s, i)
		}
	}
	return nil
}

// CheckRange checks C4: element i of a range of n.
func CheckRange(mn, mx float64, i, n int) error {
	if err := CheckFinite(mn, mx, i, n); err != nil {
		return err
	}
	if mn > mx {
		return core.Violation("C4", -1, "got min %v > max %v%s, want min <= max", mn, mx, element(i, n))
	}
	return nil
}

// CheckFinite is CheckRange of a range whose min may be above its max.
func CheckFinite(mn, mx float64, i, n int) error {
	for input, v := range []float64{mn, mx} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return core.Violation("C4", input, "got %v%s, want a finite number", v, element(i, n))
		}
	}
	return nil
}

// element names one of several elements.
func element(i, n int) string {
	if n > 1 {
		return fmt.Sprintf(" at element %d", i)
	}
	return ""
}
