// Package trait has what ops say of themselves beside core.Op. Passes and kernels ask for these
// interfaces, and never for a list of types: an op's behaviour stands in the op's file. A method may
// depend on the attributes, so an op can have an interface and yet say no.
package trait

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/postop"
)

// Elements says of which elements of its inputs an op makes each element of its first output.
type Elements uint8

const (
	// NoElements: of others than those of the same index.
	NoElements Elements = iota
	// FirstElements: of the same element of the first input, as long as the other inputs
	// have one element.
	FirstElements
	// AllElements: of the same elements of all inputs, broadcast to one shape.
	AllElements
)

// Elementwise is an Op that may compute each element by itself.
type Elementwise interface {
	core.Op
	Elements() Elements
}

// ElementsOf returns what an op says of its elements; NoElements for one that says nothing.
func ElementsOf(op core.Op) Elements {
	if e, ok := op.(Elementwise); ok {
		return e.Elements()
	}
	return NoElements
}

// Vectorized is an Elementwise that kernels compute for many elements at a time.
type Vectorized interface {
	Elementwise
	// ElementCost returns what an element of a result of a type takes on the whole, about
	// in tenths of a nanosecond; false where no kernel is quick.
	ElementCost(result core.Type) (cost int, ok bool)
}

// QuickReal is ElementCost of ops that are quick where the result is f32.
func QuickReal(result core.Type, cost int) (int, bool) { return cost, result == core.F32 }

// RowWise is an Op that may compute each row of the last axes of its first input by itself.
type RowWise interface {
	core.Op
	// Rows says how the work for a first input of a known shape falls into rows.
	Rows(x core.Shape) (Rows, bool)
}

// Rows are rows of an op's first input, and what it makes of each. The other inputs belong
// to all rows.
type Rows struct {
	Op     core.Op // for a matrix of some of the rows
	Length int     // elements of a row of the first input
	Single bool    // a row of the first output is one element; else it has Length
}

// RowsOf returns the rows of an op along an axis; false unless that is the last.
func RowsOf(x core.Shape, axis int, op core.Op, single bool) (Rows, bool) {
	last := len(x) - 1
	if last < 0 || axis != last && axis != -1 {
		return Rows{}, false
	}
	return Rows{Op: op, Length: x[last], Single: single}, true
}

// Batched is an Op that may compute each index of the first axis of its first output by itself.
type Batched interface {
	core.Op
	// BatchInputs says of which inputs of known shapes an index of that axis takes the same
	// index of their first axis and nothing else of them; of the other inputs it may take all.
	// nil if it takes more.
	BatchInputs(in []core.Fact, out core.Shape) []bool
}

// FirstInput is BatchInputs of an op whose first input alone has the axis.
func FirstInput(in []core.Fact) []bool {
	batched := make([]bool, len(in))
	batched[0] = true
	return batched
}

// FirstAndOperands is BatchInputs of a PostOpped whose first input has the axis, and so the operands
// of its post-ops that have the output's shape.
func FirstAndOperands(op PostOpped, in []core.Fact, out core.Shape) []bool {
	batched := FirstInput(in)
	operands := 0
	for _, s := range op.Steps() {
		operands += s.Operands()
	}
	for i := len(in) - operands; i < len(in); i++ {
		batched[i] = len(out) > 1 && len(in[i].Shape) == len(out) && in[i].Shape[0] == out[0]
	}
	return batched
}

// BatchInputsOf is what an op says of its inputs as a Batched; or as an Elementwise or a RowWise, which
// computes pieces that are smaller. nil of others.
func BatchInputsOf(op core.Op, in []core.Fact, out core.Shape) []bool {
	if len(in) == 0 || len(out) == 0 {
		return nil
	}
	switch op := op.(type) {
	case Batched:
		return op.BatchInputs(in, out)
	case Elementwise:
		if batched := batchOfElements(op.Elements(), in, out); batched != nil {
			return batched
		}
	}
	if op, ok := op.(RowWise); ok {
		return batchOfRows(op, in, out)
	}
	return nil
}

// batchOfElements are the inputs of an Elementwise that have as many axes as the output and are not
// broadcast along the first.
func batchOfElements(e Elements, in []core.Fact, out core.Shape) []bool {
	if e == NoElements || e == FirstElements && !in[0].Shape.Equal(out) {
		return nil
	}
	batched := FirstInput(in)
	for i, f := range in {
		if batched[i] = len(f.Shape) == len(out) && f.Shape[0] == out[0]; e == FirstElements && i > 0 {
			batched[i] = false
			if f.Shape.MustElements() != 1 {
				return nil
			}
		}
	}
	return batched
}

// batchOfRows is the first input of a RowWise, whose rows are not longer than an index of its first axis.
func batchOfRows(op RowWise, in []core.Fact, out core.Shape) []bool {
	x := in[0].Shape
	rows, ok := op.Rows(x)
	if !ok || len(x) < 2 || rows.Length == 0 || x[0] != out[0] || core.Shape(x[1:]).MustElements()%rows.Length != 0 {
		return nil
	}
	return FirstInput(in)
}

// Costed is an Op whose work is sums of products.
type Costed interface {
	core.Op
	// Operations returns how many multiplications and additions outputs of known shapes
	// take.
	Operations(in, out []core.Fact) int64
}

// Layouted is an Op whose attribute says where the channels of its data are.
type Layouted interface {
	core.Op
	ChannelLayout() geometry.Layout
	WithLayout(l geometry.Layout) core.Op
	// LayoutRoles says which inputs have the layout, as the first output has it.
	LayoutRoles(in []core.Fact) []LayoutRole
}

// LayoutRole is what the layout of an op is to one of its inputs.
type LayoutRole uint8

const (
	// NoLayout: the input is the same in each layout.
	NoLayout LayoutRole = iota
	// DataLayout: the channels are axis 1 or the last.
	DataLayout
	// FilterLayout: [O, I, spatial...] or [spatial..., I, O].
	FilterLayout
)

// DataRoles are the LayoutRoles of an op whose first input alone has the layout.
func DataRoles(in []core.Fact) []LayoutRole {
	roles := make([]LayoutRole, len(in))
	roles[0] = DataLayout
	return roles
}

// PostOpped is an Op with post-ops, whose operands are its last inputs.
type PostOpped interface {
	core.Op
	Steps() []postop.Step
	WithSteps(steps []postop.Step) PostOpped
	// ChannelAxis returns the axis of an output of a rank along which operands of one
	// number for each channel lie.
	ChannelAxis(rank int) int
}

// IntegerProduct is a PostOpped whose accumulators are sums of products of 8-bit integers.
// Its inputs are the data, the factors, a zero point of each, and the post-ops' operands.
type IntegerProduct interface {
	PostOpped
	Costed
	// GroupCount returns how many parts of the data's channels are multiplied apart.
	GroupCount() int
}

// Product is an Op that sums products of two inputs of reals.
type Product interface {
	core.Op
	// IntegerForm returns what computes such products of integers, for factors of a rank;
	// false if nothing does.
	IntegerForm(rank int) (IntegerForm, bool)
}

// IntegerForm is an IntegerProduct in place of a product of reals.
type IntegerForm struct {
	Op         IntegerProduct
	Channels   int  // the axis of the factors that is the output's channels
	Transposed bool // it takes the factors, a matrix, with their axes exchanged
}

// Quantizer is an Op that makes integers of the reals of its first input.
type Quantizer interface {
	core.Op
	// QuantizedAxis returns the axis whose slices it treats apart, -1 if it treats all
	// elements alike; false if slices have more than one axis.
	QuantizedAxis() (axis int, ok bool)
}

// RangeQuantizer is a Quantizer by constant ends of a range, its further inputs.
type RangeQuantizer interface {
	Quantizer
	core.PartlyConstant
	Rounding(minT, maxT *core.Tensor) (Rounding, bool)
}

// Dequantizer is an Op that makes reals of the integers of its first input.
type Dequantizer interface {
	core.Op
	// DequantizedAxis is what QuantizedAxis is of a Quantizer.
	DequantizedAxis() (axis int, ok bool)
}

// AxisOfSlices returns the only axis of a list, -1 of none; false of more.
func AxisOfSlices(axes []int) (axis int, ok bool) {
	if len(axes) == 0 {
		return -1, true
	}
	return axes[0], len(axes) == 1
}

// ElementsOfSlices are the Elements of an op that treats slices of an axis apart.
func ElementsOfSlices(axis int, ok bool) Elements {
	if ok && axis == -1 {
		return FirstElements
	}
	return NoElements
}

// Taking is an Op that copies elements of its first input, by places that each axis of the
// output has for itself.
type Taking interface {
	core.Op
	// Places says which, for a first input and an output of known shapes; false if an
	// attribute has it do anything else.
	Places(x, out core.Shape) (Places, bool)
}

// Places are those of the elements that an output takes.
type Places struct {
	In core.Shape // the shape of the first input, with as many axes as the output
	At [][]int    // of each axis, where in the input each index of the output is
}

// NewPlaces returns the places that f gives, for each axis of an input and its output.
func NewPlaces(in, out core.Shape, f func(axis, i int) int) Places {
	p := Places{In: in, At: make([][]int, len(out))}
	for axis, n := range out {
		p.At[axis] = make([]int, n)
		for i := range p.At[axis] {
			p.At[axis][i] = f(axis, i)
		}
	}
	return p
}

// Selecting is an Op whose output holds elements of its first inputs: it chooses them by
// their places, or takes the largest. So a function that never falls gives the same before
// the op as behind it.
type Selecting interface {
	core.Op
	// Selects returns how many of the inputs it takes elements of; 0 if an attribute has
	// it give others, too.
	Selects(inputs int) int
	// Rearranges reports whether it takes each element of one input once, only in another
	// order or number of axes.
	Rearranges() bool
}

// Reshaping is an Op whose output may be the elements of its first input in their order, in another
// shape or the same.
type Reshaping interface {
	core.Op
	Reshapes() bool
}

// Reshapes reports whether an op's output is the elements of its first input in their order.
func Reshapes(op core.Op) bool {
	r, ok := op.(Reshaping)
	return ok && r.Reshapes()
}

// Cutting is an Op whose output may be elements of its first input that stand one behind the other.
type Cutting interface {
	core.Op
	// Cut returns the number of the first of them, for inputs that the op accepts; false if they do not
	// stand so, or if the inputs do not tell.
	Cut(in []core.Operand) (first int, ok bool)
}

// Passing is an Op whose output may be one of its inputs.
type Passing interface {
	core.Op
	// Passes returns the number of that input, for inputs that the op accepts; false if there is none, or
	// if the inputs do not tell.
	Passes(in []core.Operand) (input int, ok bool)
}

// Limiting is an Op that may limit numbers: the larger or smaller of each and a bound. All
// but one of its inputs, or none, are bounds.
type Limiting interface {
	core.Op
	Limits() bool
}

// Affine is an Op that may multiply an input by numbers and add others, one for each channel
// or one for all.
type Affine interface {
	core.Op
	// Transformation returns the factor and the offset that input number at gets, for the
	// values of the other inputs; nil where there is none.
	Transformation(at int, others [][]float32) (factor, offset []float32)
}

// SelfPadding is an Op with a sliding window that pads its first input itself.
type SelfPadding interface {
	core.Op
	// PadsWith reports whether it treats its own padding as it treats a value in the data.
	PadsWith(value *core.Tensor, in []core.Operand) bool
	// WithPadding returns the op with more padding, for each axis of the data; false if it
	// cannot have it.
	WithPadding(below, above []int) (core.Op, bool)
}

// Fusable is an Op that may be part of what TensorFlow computes as one op.
type Fusable interface {
	core.Op
	FusedAs() FusedPart
}

// FusedPart is what an op is in something that TensorFlow computes as one op of bf16.
type FusedPart uint8

const (
	// NotFused: no part.
	NotFused FusedPart = iota
	// FusedRounding rounds from f32 to bf16 what another part may read.
	FusedRounding
	// FusedWidening takes a FusedRounding's bf16 back to f32.
	FusedWidening
	// FusedFunction computes in f32 and rounds: the op on f32 and a rounding give the same.
	FusedFunction
)

// Rounding is a quantization as the integer Saturate(Round(x*Factor - Shift), Lo, Hi),
// product and difference rounded to float32; NaN becomes Lo.
type Rounding struct {
	Factor, Shift float32
	Round         numeric.RoundMode
	Lo, Hi        int64
}
