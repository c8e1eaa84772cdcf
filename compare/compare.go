// Package compare compares the tensors that two programs compute from one graph. It reports which of
// them differ, by how much and at which index, and at which node of the graph the difference starts.
package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/tf2ng/tf2ng/core"
)

// Tolerance says how far a real may be from the wanted value: |got-want| <= Absolute +
// Relative*|want|. Integers, booleans and strings must be equal.
type Tolerance struct {
	Absolute float64 `json:"atol"`
	Relative float64 `json:"rtol"`
}

// DefaultTolerance returns 1e-6 absolute and 1e-6 relative.
func DefaultTolerance() Tolerance { return Tolerance{1e-6, 1e-6} }

// Bound limits the absolute difference of each element of a tensor of reals from the wanted value, and
// says what the limit was derived from.
type Bound struct {
	Absolute float64
	Rule     string // what Absolute was derived from, in words, for the report
}

// Pair is a computed tensor and the tensor that it should equal.
type Pair struct {
	Name      string
	Op        string // the op of the node that computed the tensor; may be empty
	Got, Want *core.Tensor
	Bound     *Bound // replaces the Tolerance if the tensor is of reals; may be nil
}

// Tensor is the comparison of one Pair. Two NaNs are equal, and so are zeros of both signs.
type Tensor struct {
	Name     string     `json:"name"`
	Op       string     `json:"op,omitempty"`
	Type     core.Type  `json:"type"`
	Shape    core.Shape `json:"shape"`
	Elements int        `json:"elements"`
	// Problem says why the elements could not be compared: the types or the shapes differ. The
	// results of the comparison below are then zero.
	Problem     string `json:"problem,omitempty"`
	Differing   int    `json:"differing"` // elements that are not equal
	Outside     int    `json:"outside"`   // elements that differ by more than the tolerance
	MaxAbsolute Number `json:"max_absolute_difference"`
	MaxRelative Number `json:"max_relative_difference"`
	// Where is the index of the first element with the largest absolute difference;
	// nil if all are equal. Got and Want are the values there.
	Where []int  `json:"where,omitempty"`
	Got   Number `json:"got"`
	Want  Number `json:"want"`
	// SNR is the ratio of the wanted signal's power to that of the differences, in
	// decibels, over the elements that are finite in both; +Inf without differences.
	SNR Number `json:"signal_to_noise_db"`
	// MaxULP is the largest difference of reals in units in the last place of the type: 1 for two
	// adjacent numbers of the type.
	MaxULP Number `json:"max_ulp"`
	// Bound is the largest absolute difference that is allowed, and Rule says what it was derived from.
	// Rule is empty if the Report's Tolerance was used instead.
	Bound Number `json:"bound,omitempty"`
	Rule  string `json:"rule,omitempty"`
	// Values describes the elements of both sides; nil for strings, and for tensors with a Problem.
	Values *Values `json:"values,omitempty"`
	// Alone is the comparison with the tensor that the judged side computes when it runs this one node
	// on the other side's inputs. Fault is the conclusion. AloneProblem says why that run failed.
	Alone        *Tensor  `json:"alone,omitempty"`
	Fault        Fault    `json:"fault,omitempty"`
	AloneProblem string   `json:"alone_problem,omitempty"`
	Samples      *Samples `json:"samples,omitempty"` // for charts; only if Comparison.Samples is set
	// Set in a merged Report only: the number of runs that have the tensor, the mean of their SNRs, and
	// the number of the run in which the tensor differs most, from 0.
	Runs    int    `json:"runs,omitempty"`
	SNRMean Number `json:"signal_to_noise_mean_db,omitempty"`
	Worst   int    `json:"worst_run,omitempty"`
}

// Values are the Extents of both sides.
type Values struct {
	Got  Extent `json:"got"`
	Want Extent `json:"want"`
}

// Within reports whether the tensors agree within the tolerance.
func (t *Tensor) Within() bool { return t.Problem == "" && t.Outside == 0 }

// Equal reports whether the tensors are equal.
func (t *Tensor) Equal() bool { return t.Problem == "" && t.Differing == 0 }

// Number is a float64 whose JSON is a string when it is not finite.
type Number float64

// MarshalJSON writes a number, or "NaN", "+Inf" or "-Inf".
func (n Number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return json.Marshal(fmt.Sprint(f))
	}
	return json.Marshal(float64(n))
}

// ReportSchema is the version of the JSON schema of a Report. It is incremented when a field is renamed
// or changes its meaning, but not when one is added.
const ReportSchema = 1

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Number) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) != nil {
		return json.Unmarshal(b, (*float64)(n))
	}
	x, err := strconv.ParseFloat(text, 64)
	*n = Number(x)
	return err
}

// Report is the comparison of a list of pairs.
type Report struct {
	Schema    int       `json:"schema"`
	Got       string    `json:"got,omitempty"` // the sides' names
	Want      string    `json:"want,omitempty"`
	Notes     []string  `json:"notes,omitempty"` // what a reader should know about the sides, a sentence each
	Tolerance Tolerance `json:"tolerance"`
	Runs      int       `json:"runs,omitempty"` // number of merged runs; 0 if the Report is of a single run
	Tensors   []Tensor  `json:"tensors"`
	// Gaps are the tensors that should have been compared but could not be.
	Gaps []Gap `json:"gaps,omitempty"`
	// First describes the first node that diverges; nil if none does, or if the comparison was not of
	// nodes.
	First *Explanation `json:"first,omitempty"`
	// Answers, if not nil, compares the rows of a classifier's outputs.
	Answers *Answers `json:"answers,omitempty"`
	// FirstDivergence names the first tensor that is not within the tolerance. If the pairs are in the
	// order of a graph, this is where the error starts.
	FirstDivergence string `json:"first_divergence,omitempty"`
	// FirstDifference names the first tensor that is not equal.
	FirstDifference string `json:"first_difference,omitempty"`
	Pass            bool   `json:"pass"` // all tensors are within the tolerance
}

// Compare compares pairs; the Report has the tensors in the same order.
func Compare(pairs []Pair, tol Tolerance) *Report {
	r := &Report{Schema: ReportSchema, Tolerance: tol, Pass: true, Tensors: []Tensor{}}
	for _, p := range pairs {
		r.add(compare(p, tol))
	}
	return r
}

// add appends a tensor, and keeps Pass, FirstDifference and FirstDivergence up to date.
func (r *Report) add(t Tensor) {
	r.Tensors = append(r.Tensors, t)
	if !t.Equal() && r.FirstDifference == "" {
		r.FirstDifference = t.Name
	}
	if !t.Within() && r.Pass {
		r.FirstDivergence = t.Name
		r.Pass = false
	}
}

// Complete reports whether every tensor that should have been compared was compared.
func (r *Report) Complete() bool { return len(r.Gaps) == 0 }

// asBits reinterprets a uint16 want as got's type if that is bf16 or f16: NumPy has no bfloat16, so .npy
// files hold its bits as uint16.
func asBits(got, want *core.Tensor) *core.Tensor {
	if want.Type() != core.U16 || !got.Type().IsHalf() {
		return want
	}
	t, err := core.TensorOver(got.Type(), want.Shape(), want.Bytes())
	if err != nil {
		return want // compare then reports the difference in type
	}
	return t
}

func compare(p Pair, tol Tolerance) Tensor {
	p.Want = asBits(p.Got, p.Want)
	t := Tensor{Name: p.Name, Op: p.Op, Type: p.Got.Type(), Shape: p.Got.Shape(), Elements: p.Got.Len()}
	if p.Bound != nil && t.Type.Part().IsFloat() {
		tol = Tolerance{Absolute: p.Bound.Absolute}
		t.Bound, t.Rule = Number(p.Bound.Absolute), p.Bound.Rule
	}
	if p.Got.Type() != p.Want.Type() || !p.Got.Shape().Equal(p.Want.Shape()) {
		t.Problem = fmt.Sprintf("got %v, want %v", p.Got, p.Want)
		return t
	}
	p.Got, p.Want = p.Got.Parts(), p.Want.Parts()
	t.Shape, t.Elements = p.Got.Shape(), p.Got.Len()
	switch typ := p.Got.Type(); {
	case typ == core.String:
		got, want := p.Got.Strings(), p.Want.Strings()
		t.count(func(i int) bool { return got[i] == want[i] })
	case typ.IsFloat():
		got, want := p.Got.Float64s(), p.Want.Float64s()
		t.numbers(got, want, nil, tol)
		t.MaxULP = maxULP(typ, got, want)
		t.Values = &Values{extent(typ, got), extent(typ, want)}
	default:
		// Equality is decided on the integers; the size of a difference is computed in float64, so it
		// is approximate for 64-bit integers.
		ints, wanted := p.Got.Int64s(), p.Want.Int64s()
		got, want := p.Got.Float64s(), p.Want.Float64s()
		t.numbers(got, want, func(i int) bool { return ints[i] == wanted[i] }, Tolerance{})
		t.Values = &Values{extent(typ, got), extent(typ, want)}
	}
	return t
}

// count compares elements that can only be equal or not, such as strings.
func (t *Tensor) count(equal func(i int) bool) {
	for i := range t.Elements {
		if equal(i) {
			continue
		}
		if t.Differing == 0 {
			t.Where = index(i, t.Shape)
		}
		t.Differing++
		t.Outside++
	}
}

// numbers compares numbers. If equal is not nil, it decides which elements are equal, and all others are
// outside the tolerance.
func (t *Tensor) numbers(got, want []float64, equal func(i int) bool, tol Tolerance) {
	largest := -1.0
	var signal, noise float64
	for i, g := range got {
		w := want[i]
		if isFinite(w) && isFinite(g) {
			signal += float64(w * w)
			noise += float64((g - w) * (g - w))
		}
		if equal != nil && equal(i) || equal == nil && same(g, w) {
			continue
		}
		d := difference(g, w)
		t.Differing++
		if equal != nil || !(d <= tol.Absolute+float64(tol.Relative*math.Abs(w))) || !isFinite(w) || !isFinite(g) {
			t.Outside++
		}
		t.MaxRelative = max(t.MaxRelative, Number(relative(d, w)))
		if d > largest {
			largest = d
			t.Where, t.Got, t.Want, t.MaxAbsolute = index(i, t.Shape), Number(g), Number(w), Number(d)
		}
	}
	t.SNR = Number(math.Inf(1))
	if noise > 0 {
		t.SNR = Number(10 * math.Log10(signal/noise))
	}
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func same(a, b float64) bool { return a == b || a != a && b != b }

// difference is |g-w|, or +Inf where that is NaN.
func difference(g, w float64) float64 {
	if d := math.Abs(g - w); d == d {
		return d
	}
	return math.Inf(1)
}

func relative(d, w float64) float64 {
	if r := d / math.Abs(w); r == r {
		return r
	}
	return math.Inf(1)
}

// index returns the index, one number per axis, of element i in row-major order.
func index(i int, s core.Shape) []int {
	at := make([]int, len(s))
	for k := len(s) - 1; k >= 0; k-- {
		at[k] = i % s[k]
		i /= s[k]
	}
	return at
}
