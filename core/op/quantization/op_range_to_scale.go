package quantization

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
)

var _ = core.Register[RangeToScale]("RangeToScale")

// ScaleRule says how a range of reals becomes a scale. A(min, max) is
// max(|min|, |max|). Each step is rounded to the type of the range.
type ScaleRule uint8

// The scale rules.
const (
	// ScaleSymmetric is A(min, max) / L with L = 127 for i8, 255 for u8 and 2^31 for
	// i32: nGraph's get_scale, and TensorFlow's scale of the data, filters, summand and
	// output of its oneDNN convolutions and of SCALED matrix products.
	ScaleSymmetric ScaleRule = iota
	// ScaleBumped is ScaleSymmetric of the range that nGraph's ScaledQuantize widens:
	//
	//	min' = min(0, min)
	//	max' = max(0, max(max, min' + max(1, A(min, max)) / 100))
	ScaleBumped
	// ScaleMagnitude is A(min, max) itself, for formulas that divide later: nGraph's
	// scales of a bias and of a summand, TensorFlow's L / A(output range).
	ScaleMagnitude
	// ScaleLevel is (max - min) / n with n = 255 for u8, 254 for i8 and 2^32-1 for i32:
	// the distance of two neighbours in TensorFlow's MIN_FIRST matrix products, and in
	// the ranges that it reports for int32 accumulators.
	ScaleLevel
	// ScaleWidth is max - min itself.
	ScaleWidth
	numScaleRules
)

var scaleRuleNames = [numScaleRules]string{"SYMMETRIC", "BUMPED", "MAGNITUDE", "LEVEL", "WIDTH"}

// String returns the rule's name.
func (r ScaleRule) String() string { return enum.Name(r, scaleRuleNames[:]) }

// MarshalText writes the name, which stands for the ScaleRule in JSON.
func (r ScaleRule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText parses a rule's name.
func (r *ScaleRule) UnmarshalText(b []byte) error {
	return enum.Parse(r, string(b), "scale rule", scaleRuleNames[:])
}

// RangeToScale turns the range [min, max] of a quantized tensor into its scale, by
// nGraph's or TensorFlow's rule.
//
//	scale[c] = Rule(min[c], max[c]; Type)
//
//	Inputs:  min: f32 or f64, [] or [C]
//	         max: min's type and shape
//	Outputs: scale: min's type and shape; [] with Largest
//
//	C1: min and max are f32 or f64, of one type
//	C2: min and max have one shape, [] or [C]
//	C3: Type is i8, u8 or i32, and Rule one of the rules
//	C4: min and max are finite, and min <= max but with AnyOrder or Computed
//	C5: with Divides, neither the scale is 0 nor its reciprocal infinite
//
// Violations of C4 and C5 are reported as soon as the values are known: immediately for constants, at run time for
// computed ranges.
//
// It is nGraph's ngraph::builder::quantization_utils::get_scale.
type RangeToScale struct {
	Type    core.Type `json:"type"`
	Rule    ScaleRule `json:"rule"`
	Largest bool      `json:"largest,omitempty"` // the output is the largest of the scales
	Divides bool      `json:"divides,omitempty"` // the scale will be a divisor

	// AnyOrder accepts a min above the max, and takes subnormal numbers as they are: nGraph's rules only
	// need the larger magnitude. Otherwise subnormal numbers count as 0, since TensorFlow's threads flush
	// them.
	AnyOrder bool `json:"any_order,omitempty"`

	// Computed accepts a min above the max, whose scale by ScaleLevel and ScaleWidth is negative, as
	// TensorFlow does.
	Computed bool `json:"computed,omitempty"`
}

// InputNames names the inputs.
func (op *RangeToScale) InputNames() []string { return rangeInputs }

var rangeInputs = []string{"min", "max"}

// Infer checks C1 to C3, and C4 and C5 for constants.
func (op *RangeToScale) Infer(in []core.Operand) ([]core.Fact, error) {
	if op.Rule >= numScaleRules {
		return nil, core.Violation("C3", -1, "unknown rule %d", op.Rule)
	}
	fact, err := inferRange(in, op.Type)
	if err != nil {
		return nil, err
	}
	if in[0].Const != nil && in[1].Const != nil {
		if err := op.check(in[0].Const, in[1].Const); err != nil {
			return nil, err
		}
	}
	if op.Largest {
		fact.Shape = core.Shape{}
	}
	return []core.Fact{fact}, nil
}

// inferRange checks C1 to C3 of an op on a range and returns the range's fact.
func inferRange(in []core.Operand, typ core.Type) (core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return core.Fact{}, err
	}
	if typ != core.I8 && typ != core.U8 && typ != core.I32 {
		return core.Fact{}, core.Violation("C3", -1, "type: got %v, want i8, u8 or i32", typ)
	}
	for i, o := range in {
		if o.Type != core.F32 && o.Type != core.F64 && o.Type != core.Dynamic {
			return core.Fact{}, core.Violation("C1", i, "got type %v, want f32 or f64", o.Type)
		}
		if o.Shape.Ranked() && len(o.Shape) > 1 {
			return core.Fact{}, core.Violation("C2", i, "got shape %v, want [] or [C]", o.Shape)
		}
		if len(o.Shape) == 1 && o.Shape[0] == 0 {
			return core.Fact{}, core.Violation("C2", i, "got shape %v, want at least one element", o.Shape)
		}
	}
	if !in[0].Type.Compatible(in[1].Type) {
		return core.Fact{}, core.Violation("C1", 1, "got type %v, want min's %v", in[1].Type, in[0].Type)
	}
	shape, ok := in[0].Shape.Merge(in[1].Shape)
	if !ok {
		return core.Fact{}, core.Violation("C2", 1, "got shape %v, want min's %v", in[1].Shape, in[0].Shape)
	}
	return core.Fact{Type: max(in[0].Type, in[1].Type), Shape: shape}, nil
}

// check checks C4 and C5.
func (op *RangeToScale) check(minT, maxT *core.Tensor) error {
	if op.Divides {
		_, err := op.scales(minT, maxT)
		return err
	}
	mins, maxs := floatsOf(minT), floatsOf(maxT)
	for i := range minT.Len() {
		if err := op.checkRange(mins(i), maxs(i), i, minT.Len()); err != nil {
			return err
		}
	}
	return nil
}

// checkRange checks C4 of element i of n.
func (op *RangeToScale) checkRange(mn, mx float64, i, n int) error {
	if op.AnyOrder || op.Computed {
		return infer.CheckFinite(mn, mx, i, n)
	}
	return infer.CheckRange(mn, mx, i, n)
}

// floatsOf returns a function that reads an element of an f32 or f64 tensor.
func floatsOf(t *core.Tensor) func(i int) float64 {
	if t.Type() == core.F32 {
		data := core.Data[float32](t)
		return func(i int) float64 { return float64(data[i]) }
	}
	data := core.Data[float64](t)
	return func(i int) float64 { return data[i] }
}

// scales computes the scales and checks C4 and C5.
func (op *RangeToScale) scales(minT, maxT *core.Tensor) ([]float64, error) {
	mins, maxs := floatsOf(minT), floatsOf(maxT)
	round := op.rounding(minT.Type())
	out := make([]float64, minT.Len())
	for i := range out {
		if err := op.checkRange(mins(i), maxs(i), i, len(out)); err != nil {
			return nil, err
		}
		out[i] = op.scale(round(mins(i)), round(maxs(i)), round)
	}
	if op.Largest {
		out = []float64{maxOf(out)}
	}
	if op.Divides {
		for i, s := range out {
			if s == 0 || math.IsInf(round(1/s), 0) {
				return nil, core.Violation("C5", -1, "got the range [%v, %v], whose scale %v cannot divide; want a wider one",
					mins(i), maxs(i), s)
			}
		}
	}
	return out, nil
}

// rounding returns the rounding of each step to a real type.
func (op *RangeToScale) rounding(t core.Type) func(float64) float64 {
	if t != core.F32 || op.AnyOrder {
		return roundTo(t)
	}
	return func(x float64) float64 { return float64(numeric.Flushed(float32(x))) }
}

// The divisors: ScaleLevel divides the width of the range, the other rules its magnitude.
var (
	rangeSteps  = [...]float64{core.I8: 254, core.U8: 255, core.I32: 1<<32 - 1}
	rangeLevels = [...]float64{core.I8: 127, core.U8: 255, core.I32: 1 << 31}
)

func (op *RangeToScale) scale(mn, mx float64, round func(float64) float64) float64 {
	magnitude := max(math.Abs(mn), math.Abs(mx))
	switch op.Rule {
	case ScaleMagnitude:
		return magnitude
	case ScaleWidth:
		return round(mx - mn)
	case ScaleLevel:
		return round(round(mx-mn) / round(rangeSteps[op.Type]))
	case ScaleBumped:
		eps := round(max(1, magnitude) / 100)
		mn = min(0, mn)
		mx = max(0, mx, round(mn+eps))
		magnitude = max(math.Abs(mn), math.Abs(mx))
	}
	return round(magnitude / rangeLevels[op.Type])
}

// roundTo returns the rounding of a float64 to a real type. One float64 operation on
// float32 operands, rounded again, is the correctly rounded float32 operation.
func roundTo(t core.Type) func(float64) float64 {
	if t == core.F32 {
		return func(x float64) float64 { return float64(float32(x)) }
	}
	return func(x float64) float64 { return x }
}

func maxOf(v []float64) float64 {
	m := v[0]
	for _, x := range v[1:] {
		m = max(m, x)
	}
	return m
}

// Eval computes the scales.
func (op *RangeToScale) Eval(in, out []*core.Tensor) error {
	s, err := op.scales(in[0], in[1])
	if err != nil {
		return err
	}
	setFloats(out[0], s)
	return nil
}

// setFloats stores values, rounded, in an f32 or f64 tensor.
func setFloats(t *core.Tensor, v []float64) {
	if t.Type() == core.F64 {
		copy(core.Data[float64](t), v)
		return
	}
	d := core.Data[float32](t)
	for i, x := range v {
		d[i] = float32(x)
	}
}
