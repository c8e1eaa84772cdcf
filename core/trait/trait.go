// Package trait is how ops tell passes and kernels what they do: interfaces that an op implements
// beside core.Op. Nobody keeps a list of ops by type, so an op's behaviour is in the op's own file. An
// answer may depend on the op's attributes: an op can implement an interface and still say no.
package trait

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/postop"
)

// Elements says which elements of its inputs an op computes each element of its first output from.
type Elements uint8

const (
	// NoElements: from elements at other indices, too.
	NoElements Elements = iota
	// FirstElements: from the element of the first input at the same index, as long as each of the
	// other inputs has a single element.
	FirstElements
	// AllElements: from the elements of all inputs at the same index, once they are broadcast to one
	// shape.
	AllElements
)

// Elementwise is an Op that may compute each element independently of the others.
type Elementwise interface {
	core.Op
	// Elements says which elements of the inputs an element of the output depends on.
	Elements() Elements
}

// ElementsOf returns what an op says of its elements; NoElements for one that says nothing.
func ElementsOf(op core.Op) Elements {
	if e, ok := op.(Elementwise); ok {
		return e.Elements()
	}
	return NoElements
}

// Vectorized is an Elementwise that kernels can compute many elements at a time.
type Vectorized interface {
	Elementwise
	// ElementCost returns about how long one element of a result of the given type takes, in tenths
	// of a nanosecond; false where no kernel is fast.
	ElementCost(result core.Type) (cost int, ok bool)
}

// QuickReal is ElementCost for ops that have a fast kernel for f32 results only.
func QuickReal(result core.Type, cost int) (int, bool) { return cost, result == core.F32 }

// RowWise is an Op that may compute each row, along the last axes of its first input, independently
// of the others.
type RowWise interface {
	core.Op
	// Rows says how the work divides into rows when the shape of the first input is known.
	Rows(x core.Shape) (Rows, bool)
}

// Rows describes the rows of an op's first input and the result for each. The other inputs are shared
// by all rows.
type Rows struct {
	Op     core.Op // computes a matrix that holds some of the rows
	Length int     // elements of a row of the first input
	Single bool    // a row of the first output has one element; otherwise it has Length
}

// RowsOf returns the rows of an op that works along one axis; false unless that is the last axis.
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
	// Operations returns the number of multiplications and additions, for inputs and outputs of known
	// shapes.
	Operations(in, out []core.Fact) int64
}

// Layouted is an Op with an attribute that says which axis holds the channels of its data.
type Layouted interface {
	core.Op
	// ChannelLayout returns the attribute.
	ChannelLayout() geometry.Layout
	// WithLayout returns the op with another layout. It expects data in that layout.
	WithLayout(l geometry.Layout) core.Op
	// LayoutRoles says which inputs follow the layout. The first output always does.
	LayoutRoles(in []core.Fact) []LayoutRole
}

// LayoutRole is how an op's layout applies to one of its inputs.
type LayoutRole uint8

const (
	// NoLayout: the input is the same in every layout.
	NoLayout LayoutRole = iota
	// DataLayout: the channels are axis 1 or the last axis.
	DataLayout
	// FilterLayout: [O, I, spatial...] or [spatial..., I, O].
	FilterLayout
)

// DataRoles are the LayoutRoles of an op of which only the first input follows the layout.
func DataRoles(in []core.Fact) []LayoutRole {
	roles := make([]LayoutRole, len(in))
	roles[0] = DataLayout
	return roles
}

// PostOpped is an Op with post-ops. Their operands are its last inputs.
type PostOpped interface {
	core.Op
	// Steps returns the post-ops, in order.
	Steps() []postop.Step
	// WithSteps returns the op with other post-ops.
	WithSteps(steps []postop.Step) PostOpped
	// ChannelAxis returns the axis of the channels in an output of the given rank: the one along
	// which an operand has a number for each channel.
	ChannelAxis(rank int) int
}

// IntegerProduct is a PostOpped whose accumulators are sums of products of 8-bit integers.
// Its inputs are the data, the factors, a zero point for each of the two, and the post-ops' operands.
type IntegerProduct interface {
	PostOpped
	Costed
	// GroupCount returns how many groups the data's channels form. Each is multiplied separately.
	GroupCount() int
}

// Product is an Op that sums products of two inputs that hold reals.
type Product interface {
	core.Op
	// IntegerForm returns the op that computes the same product of integers, for factors of the given
	// rank; false if there is none.
	IntegerForm(rank int) (IntegerForm, bool)
}

// IntegerForm is an IntegerProduct that can replace a product of reals.
type IntegerForm struct {
	Op         IntegerProduct
	Channels   int  // the axis of the factors that becomes the output's channels
	Transposed bool // it takes the factors, which are a matrix, transposed
}

// Quantizer is an Op that quantizes the reals of its first input to integers.
type Quantizer interface {
	core.Op
	// QuantizedAxis returns the axis along which each slice is quantized in its own way, or -1 if all
	// elements are quantized alike; false if there is more than one such axis.
	QuantizedAxis() (axis int, ok bool)
}

// RangeQuantizer is a Quantizer whose other inputs are the ends of a range, which are constant.
type RangeQuantizer interface {
	Quantizer
	core.PartlyConstant
	// Rounding returns the quantization for a range as one formula; false if it is none.
	Rounding(minT, maxT *core.Tensor) (Rounding, bool)
}

// Dequantizer is an Op that turns the integers of its first input back into reals.
type Dequantizer interface {
	core.Op
	// DequantizedAxis is like Quantizer.QuantizedAxis.
	DequantizedAxis() (axis int, ok bool)
}

// AxisOfSlices returns the only axis in a list, or -1 if the list is empty; false if it has more.
func AxisOfSlices(axes []int) (axis int, ok bool) {
	if len(axes) == 0 {
		return -1, true
	}
	return axes[0], len(axes) == 1
}

// ElementsOfSlices returns the Elements of an op whose QuantizedAxis or DequantizedAxis returns
// (axis, ok).
func ElementsOfSlices(axis int, ok bool) Elements {
	if ok && axis == -1 {
		return FirstElements
	}
	return NoElements
}

// Taking is an Op that copies elements of its first input. Where an element comes from is decided axis
// by axis: its index along an input axis depends on the output's index along the same axis only.
type Taking interface {
	core.Op
	// Places says which elements are copied, for a first input and an output of known shapes; false if
	// the op, with its attributes, does anything else.
	Places(x, out core.Shape) (Places, bool)
}

// Places says where in an input the elements of an output come from.
type Places struct {
	In core.Shape // the shape of the first input, with as many axes as the output
	At [][]int    // for each axis: the input's index, by the output's index
}

// NewPlaces returns Places where f(axis, i) is the input's index for index i of the output.
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

// Selecting is an Op whose output consists of elements of its first inputs: it chooses them by
// position, or takes the largest. So applying a monotonically increasing function to the inputs gives
// the same as applying it to the output.
type Selecting interface {
	core.Op
	// Selects returns how many of the inputs, counted from the first, it takes elements from; 0 if
	// its attributes make it produce other elements as well.
	Selects(inputs int) int
	// Rearranges reports whether it takes every element of one input exactly once, in another order
	// or shape.
	Rearranges() bool
}

// Reshaping is an Op that may return the elements of its first input in the same order, with another
// shape or the same one.
type Reshaping interface {
	core.Op
	// Reshapes reports whether it does.
	Reshapes() bool
}

// Reshapes reports whether an op returns the elements of its first input in the same order.
func Reshapes(op core.Op) bool {
	r, ok := op.(Reshaping)
	return ok && r.Reshapes()
}

// Cutting is an Op whose output may be a contiguous run of elements of its first input.
type Cutting interface {
	core.Op
	// Cut returns the index of the run's first element, for inputs that the op accepts; false if the
	// elements are not contiguous, or if that cannot be told from what is known of the inputs.
	Cut(in []core.Operand) (first int, ok bool)
}

// Slicing is an Op that copies elements of its first input. Which ones is decided axis by axis, by its other inputs.
type Slicing interface {
	core.Op
	// Slices says which indices are taken along each axis of the first input, for inputs that the op accepts; the
	// output has these elements in their order, and may lack axes of one index or have more of them. It is false if
	// the indices are not known.
	Slices(in []core.Operand) (Places, bool)
}

// Passing is an Op whose output may be one of its inputs.
type Passing interface {
	core.Op
	// Passes returns the number of that input, for inputs that the op accepts; false if there is none,
	// or if that cannot be told from what is known of the inputs.
	Passes(in []core.Operand) (input int, ok bool)
}

// Limiting is an Op that may limit numbers: each becomes the larger, or the smaller, of itself and a
// bound. The bounds are all inputs but one, or are no inputs.
type Limiting interface {
	core.Op
	// Limits reports whether it does.
	Limits() bool
}

// Affine is an Op that may multiply an input by a factor and add an offset, each of them one number
// for all elements or one for each channel.
type Affine interface {
	core.Op
	// Transformation returns the factor and the offset applied to input number at, given the values
	// of the other inputs; nil for one that is absent.
	Transformation(at int, others [][]float32) (factor, offset []float32)
}

// SelfPadding is an Op with a sliding window that can pad its first input itself.
type SelfPadding interface {
	core.Op
	// PadsWith reports whether its own padding has the same effect as padding the data with value.
	PadsWith(value *core.Tensor, in []core.Operand) bool
	// WithPadding returns the op with additional padding, given for each axis of the data; false if it
	// cannot pad that way.
	WithPadding(below, above []int) (core.Op, bool)
}

// Widening is an Op that has a simple form on reals of 16 bits.
type Widening interface {
	core.Op
	// Widens reports whether the op gives for bf16 and f16 what it gives for the same numbers in f32, rounded
	// once if its result has their type.
	Widens() bool
}

// HalfRows are functions that convert rows of numbers of one 16-bit type to f32 and back, as Convert does, and one that
// adds x to acc, both of f32, and rounds the sums to that type.
type HalfRows struct {
	Widen  func(y []float32, x []uint16)
	Narrow func(y []uint16, x []float32)
	Add    func(acc, x []float32)
}

// FloatRows are functions of rows of f32.
type FloatRows struct {
	// Where x is larger than y, or smaller, it is the result, and elsewhere y is. out may be x or y.
	Larger, Smaller func(out, x, y []float32)
	// AddScaled adds to y the products of x, each rounded.
	AddScaled func(y, x []float32, scale float32)
}

// OnRows is an Op that computes f32 row by row.
type OnRows interface {
	core.Op
	// EvalRows is Eval with functions of rows.
	EvalRows(in, out []*core.Tensor, rows FloatRows) error
}

// OnHalfRows is an Op that converts reals of 16 bits row by row.
type OnHalfRows interface {
	core.Op
	// EvalHalfRows is Eval with functions for the type of the first input, which is bf16 or f16.
	EvalHalfRows(in, out []*core.Tensor, h HalfRows) error
}

// Fusable is an Op that may belong to a group that TensorFlow computes as one op on bf16. In the group, what
// makes bf16 of f32 rounds for the op behind it, what makes f32 of bf16 takes that back, and what makes bf16 of
// bf16 computes in f32 and rounds once.
type Fusable interface {
	core.Op
	// Fuses reports whether it does.
	Fuses() bool
}

// FusedOp is an Op whose results differ in their last bits where TensorFlow computes it as one op with a product.
type FusedOp interface {
	core.Op
	// InProduct returns the op that gives the results it has there.
	InProduct() core.Op
}

// Rounding is a quantization in the form of one formula, Saturate(Round(x*Factor - Shift), Lo, Hi).
// The product and the difference are each rounded to float32. NaN becomes Lo.
type Rounding struct {
	Factor, Shift float32
	Round         numeric.RoundMode
	Lo, Hi        int64
}
