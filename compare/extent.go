package compare

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
)

// Extent describes the range of a tensor's elements.
type Extent struct {
	Lowest   Number `json:"lowest"` // the lowest element that is not NaN; NaN if there is none
	Highest  Number `json:"highest"`
	NaN      int    `json:"nan"` // number of elements that are NaN
	Infinite int    `json:"infinite"`
	// Saturated is the share of the elements that are the lowest or the highest number of their type. Used
	// is the share of the type's numbers that lie between Lowest and Highest, inclusive. Both are set for
	// integers of at most 16 bits, and 0 for other types.
	Saturated float64 `json:"saturated"`
	Used      float64 `json:"used"`
}

// extent returns the Extent of elements of a type.
func extent(t core.Type, elements []float64) Extent {
	e := Extent{Lowest: Number(math.NaN()), Highest: Number(math.NaN())}
	lowest, highest := bounds(t)
	saturated := 0
	for _, x := range elements {
		switch {
		case math.IsNaN(x):
			e.NaN++
			continue
		case math.IsInf(x, 0):
			e.Infinite++
		}
		if e.Lowest != e.Lowest || Number(x) < e.Lowest {
			e.Lowest = Number(x)
		}
		if e.Highest != e.Highest || Number(x) > e.Highest {
			e.Highest = Number(x)
		}
		if x == lowest || x == highest {
			saturated++
		}
	}
	if narrow(t) && len(elements) > 0 {
		e.Saturated = float64(saturated) / float64(len(elements))
		e.Used = (float64(e.Highest-e.Lowest) + 1) / (highest - lowest + 1)
	}
	return e
}

// narrow reports whether a type is an integer of at most 16 bits.
func narrow(t core.Type) bool { return t.IsInteger() && t.Size() <= 2 }

// bounds returns the lowest and the highest number of a narrow type, and NaNs for other types.
func bounds(t core.Type) (lowest, highest float64) {
	if !narrow(t) {
		return math.NaN(), math.NaN()
	}
	lo, hi := t.Bounds()
	return float64(lo), float64(hi)
}

// maxULP returns the largest distance between got and want at the same index, in units in the last place.
func maxULP(t core.Type, got, want []float64) Number {
	largest := 0.0
	for i, g := range got {
		if w := want[i]; !same(g, w) {
			largest = max(largest, ulps(t, g, w))
		}
	}
	return Number(largest)
}

// ulps returns how many steps from one number of the type to the next lie between a and b; +Inf if either is
// not finite.
func ulps(t core.Type, a, b float64) float64 {
	if !isFinite(a) || !isFinite(b) {
		return math.Inf(1)
	}
	if t == core.F64 {
		x, y := ordered64(a), ordered64(b)
		if (x < 0) == (y < 0) { // the difference does not overflow
			return math.Abs(float64(x - y))
		}
		return math.Abs(float64(x) - float64(y))
	}
	d := math.Abs(float64(ordered32(a)) - float64(ordered32(b)))
	switch t {
	case core.BF16:
		return d / (1 << 16)
	case core.F16:
		return d / (1 << 13)
	}
	return d
}

// ordered32 maps a float32 to an integer so that adjacent float32 numbers become consecutive integers.
func ordered32(x float64) int64 {
	bits := int64(int32(math.Float32bits(float32(x))))
	if bits < 0 {
		return math.MinInt32 - bits
	}
	return bits
}

func ordered64(x float64) int64 {
	bits := int64(math.Float64bits(x))
	if bits < 0 {
		return math.MinInt64 - bits
	}
	return bits
}
