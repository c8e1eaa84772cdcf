package tf2ng

import (
	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels"
)

// This file names here what the methods of a Model and the options take and return, so that
// a program that runs models imports one package. Each name is the same type, or calls the
// same function, as in the package where it is documented in full.

// Tensor is a dense row-major array of one element type.
type Tensor = core.Tensor

// Shape is a list of dimensions, outermost first, each at least 0 or Unknown. A nil Shape
// has unknown rank; a scalar is Shape{}.
type Shape = core.Shape

// Unknown is a dimension that is not known before compile time.
const Unknown = core.Unknown

// Type is an element type.
type Type = core.Type

// The element types.
const (
	Dynamic = core.Dynamic // not known before compile time
	Bool    = core.Bool
	I8      = core.I8
	U8      = core.U8
	I16     = core.I16
	U16     = core.U16
	I32     = core.I32
	U32     = core.U32
	I64     = core.I64
	U64     = core.U64
	BF16    = core.BF16
	F16     = core.F16
	F32     = core.F32
	F64     = core.F64
	String  = core.String
)

// Element is a Go type that is the element of some Type.
type Element = core.Element

// NewTensor returns a tensor of zeros. The shape must be static.
func NewTensor(t Type, s Shape) (*Tensor, error) { return core.NewTensor(t, s) }

// TensorOf returns a tensor over elements, which it borrows.
func TensorOf[T Element](s Shape, elements []T) (*Tensor, error) { return core.TensorOf(s, elements) }

// TensorOver returns a tensor over little-endian bytes, which it borrows unless they are
// not aligned to the element size.
func TensorOver(t Type, s Shape, data []byte) (*Tensor, error) { return core.TensorOver(t, s, data) }

// StringTensor returns a tensor over strings, which it borrows.
func StringTensor(s Shape, elements []string) (*Tensor, error) { return core.StringTensor(s, elements) }

// Scalar returns a tensor of shape [] that holds v.
func Scalar[T Element](v T) *Tensor { return core.Scalar(v) }

// DataOf returns the elements of a tensor, not copied. T is the Go type of the tensor's
// Type, or uint16 for the bits of BF16 and F16; anything else is a *TypeError.
func DataOf[T Element](t *Tensor) ([]T, error) { return core.DataOf[T](t) }

// NumbersOf returns the elements of a tensor converted to T; a *TypeError reports strings,
// and reals where T is int64. Where T is the tensor's own Go type it is the data itself,
// which must not be changed.
func NumbersOf[T int64 | float32 | float64](t *Tensor) ([]T, error) { return core.NumbersOf[T](t) }

// DefaultMaxBytes is what WithMemoryLimit sets where it is not used.
const DefaultMaxBytes = core.DefaultMaxBytes

// DefaultMaxTensorBytes is what WithTensorLimit sets where it is not used.
const DefaultMaxTensorBytes = core.DefaultMaxTensorBytes

// MaxThreads is the most that WithThreads takes.
const MaxThreads = kernels.MaxThreads

// Engine says what computes the ops.
type Engine = kernels.Engine

// The engines. All give the same bits.
const (
	Kernels   = kernels.Kernels   // the fastest kernels that the CPU has
	Portable  = kernels.Portable  // the same program with the kernels in plain Go
	Reference = kernels.Reference // each op's reference, which defines its result
)

// ISA is an instruction set for which there are kernels, beside those in plain Go.
type ISA = kernels.ISA

// The instruction sets.
const (
	AVX2       = kernels.AVX2       // AVX2 and FMA3
	AVX512VNNI = kernels.AVX512VNNI // AVX-512 F, BW, DQ, VL and VNNI
)

// InputSpec makes a tensor of the graph an input, or gives an input a shape.
type InputSpec = tf.InputSpec

// ParseInputSpec reads NAME, NAME:PORT, or either with a shape behind it, as "x:1,8,8,3" or
// "x:[?,8,8,3]".
func ParseInputSpec(s string) (InputSpec, error) { return tf.ParseInputSpec(s) }

// Limits bounds what is accepted of a GraphDef.
type Limits = graphdef.Limits
