package core

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Unknown stands for a dimension that is not known before compile time.
const Unknown = -1

// MaxElements bounds the elements of one tensor; a larger shape is an error.
const MaxElements = 1 << 40

// Shape is a list of dimensions, outermost first, each >= 0 or Unknown (nGraph's
// PartialShape). A nil Shape has unknown rank; a scalar is the empty, non-nil
// Shape{}.
type Shape []int

// Ranked reports whether the number of dimensions is known.
func (s Shape) Ranked() bool { return s != nil }

// Static reports whether rank and all dimensions are known.
func (s Shape) Static() bool { return s != nil && !slices.Contains(s, Unknown) }

// Elements returns the number of elements of a static shape. It is the only
// place where dimensions are multiplied; overflow, negative dimensions and more
// than MaxElements are errors.
func (s Shape) Elements() (int, error) {
	if s == nil {
		return 0, fmt.Errorf("shape %v has no element count: its rank is unknown", s)
	}
	n := uint64(1)
	zero := false
	for _, d := range s {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has no element count: a dimension is unknown or negative", s)
		}
		if d == 0 {
			zero = true
			continue
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > MaxElements || lo > math.MaxInt {
			return 0, fmt.Errorf("shape %v has more than %d elements", s, int64(MaxElements))
		}
		n = lo
	}
	if zero {
		return 0, nil
	}
	return int(n), nil
}

// MustElements is like Elements for a shape that has been checked before. It panics on any other shape.
func (s Shape) MustElements() int { return s.elements() }

// elements is like Elements for shapes that have been checked before.
func (s Shape) elements() int {
	n, err := s.Elements()
	if err != nil {
		panic("core: unchecked shape: " + err.Error())
	}
	return n
}

// Equal reports whether both shapes are the same, unknown parts included.
func (s Shape) Equal(o Shape) bool { return (s == nil) == (o == nil) && slices.Equal(s, o) }

// Compatible reports whether both shapes can be the same once they are fully known.
func (s Shape) Compatible(o Shape) bool {
	if s == nil || o == nil {
		return true
	}
	if len(s) != len(o) {
		return false
	}
	for i, d := range o {
		if d != s[i] && d != Unknown && s[i] != Unknown {
			return false
		}
	}
	return true
}

// Merge returns what is known about a shape if both s and o describe it; false if they contradict each other.
func (s Shape) Merge(o Shape) (Shape, bool) {
	if s == nil {
		return o, true
	}
	if o == nil {
		return s, true
	}
	if !s.Compatible(o) {
		return nil, false
	}
	m := slices.Clone(s)
	for i, d := range o {
		if m[i] == Unknown {
			m[i] = d
		}
	}
	return m, true
}

// Join returns what is known about a shape if either s or o describes it.
func (s Shape) Join(o Shape) Shape {
	if s == nil || o == nil || len(s) != len(o) {
		return nil
	}
	j := slices.Clone(s)
	for i, d := range o {
		if j[i] != d {
			j[i] = Unknown
		}
	}
	return j
}

// Clone returns a copy.
func (s Shape) Clone() Shape { return slices.Clone(s) }

// String writes [2,?,3], and ? for an unknown rank.
func (s Shape) String() string {
	if s == nil {
		return "?"
	}
	parts := make([]string, len(s))
	for i, d := range s {
		if parts[i] = strconv.Itoa(d); d == Unknown {
			parts[i] = "?"
		}
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// MaxRank bounds the rank of shapes that are values.
const MaxRank = 254
