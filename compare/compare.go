// Package compare lays two sets of tensors side by side.
package compare

import (
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/core"
)

// Tolerance is how much floats may differ: |got - want| <= Abs + Rel*|want|. Integers
// must be equal.
type Tolerance struct{ Abs, Rel float64 }

// DefaultTolerance is 1e-6 absolute plus 1e-6 relative.
var DefaultTolerance = Tolerance{1e-6, 1e-6}

// Result is the comparison of one tensor.
type Result struct {
	Name      string    `json:"name"`
	Type      core.Type `json:"type"`
	Elements  int       `json:"elements"`
	Differing int       `json:"differing"` // elements that are not equal
	Beyond    int       `json:"beyond"`    // elements that differ by more than the tolerance
	MaxAbs    float64   `json:"max_abs"`   // the largest absolute difference; -1 if one is NaN and the other not
	MaxRel    float64   `json:"max_rel"`   // the largest difference relative to |want|, where want is not 0
	At        []int     `json:"at"`        // the index of the largest absolute difference; nil if all are equal
	Got       float64   `json:"-"`         // the elements there
	Want      float64   `json:"-"`
	SNR       float64   `json:"-"` // signal-to-noise ratio in dB; +Inf if all are equal
}

// Equal reports whether no element differs by more than the tolerance.
func (r Result) Equal() bool { return r.Beyond == 0 }

// Tensors compares got with want. Type and shape must be the same. NaN equals NaN.
func Tensors(name string, got, want *core.Tensor, tol Tolerance) (Result, error) {
	r := Result{Name: name, Type: got.Type(), Elements: got.Len(), SNR: math.Inf(1)}
	if want.Type() != got.Type() && !(want.Type() == core.U16 && (got.Type() == core.BF16 || got.Type() == core.F16)) {
		return r, fmt.Errorf("output %q: got %v, the expected array is %v", name, got, want)
	}
	if !got.Shape().Equal(want.Shape()) {
		return r, fmt.Errorf("output %q: got shape %v, the expected array has %v", name, got.Shape(), want.Shape())
	}
	if want.Type() != got.Type() {
		var err error
		if want, err = core.TensorOver(got.Type(), want.Shape(), want.Bytes()); err != nil {
			return r, err
		}
	}
	if got.Type() == core.String {
		return r, fmt.Errorf("output %q: strings cannot be compared", name)
	}
	if !got.Type().IsFloat() {
		tol = Tolerance{}
	}
	g, w := got.Float64s(), want.Float64s()
	var signal, noise float64
	worst, at := 0.0, -1
	for i := range g {
		signal += w[i] * w[i]
		d := math.Abs(g[i] - w[i])
		switch {
		case g[i] == w[i] || g[i] != g[i] && w[i] != w[i]:
			continue
		case d != d || math.IsInf(d, 0):
			d = math.Inf(1)
		default:
			noise += d * d
		}
		r.Differing++
		if d > tol.Abs+tol.Rel*math.Abs(w[i]) || math.IsInf(d, 0) {
			r.Beyond++
		}
		if d > worst {
			worst, at = d, i
		}
		if w[i] != 0 && !math.IsInf(d, 0) {
			r.MaxRel = max(r.MaxRel, d/math.Abs(w[i]))
		}
	}
	r.MaxAbs = worst
	if math.IsInf(worst, 0) {
		r.MaxAbs = -1
	}
	if at >= 0 {
		r.At, r.Got, r.Want = index(got.Shape(), at), g[at], w[at]
	}
	if noise > 0 {
		r.SNR = 10 * math.Log10(signal/noise)
	}
	return r, nil
}

// index returns the index of flat element i.
func index(s core.Shape, i int) []int {
	idx := make([]int, len(s))
	for a := len(s) - 1; a >= 0; a-- {
		idx[a] = i % s[a]
		i /= s[a]
	}
	return idx
}

// String writes one line for people.
func (r Result) String() string {
	if r.Differing == 0 {
		return fmt.Sprintf("%s: %d elements, all equal", r.Name, r.Elements)
	}
	verdict := "within tolerance"
	if !r.Equal() {
		verdict = fmt.Sprintf("DIFFERS: %d beyond tolerance", r.Beyond)
	}
	largest := fmt.Sprintf("%.3g", r.MaxAbs)
	if r.MaxAbs < 0 {
		largest = "not finite"
	}
	return fmt.Sprintf("%s: %d elements, %d not equal, largest difference %s at %v (got %g, want %g), relative %.3g, SNR %.1f dB: %s",
		r.Name, r.Elements, r.Differing, largest, r.At, r.Got, r.Want, r.MaxRel, r.SNR, verdict)
}
