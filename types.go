package tf2ng

import (
	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels"
)

// This file gives names to everything that options and the methods of a Model take and return, so that
// a program that runs models imports one package. Each name is the same type, or calls the same function,
// as in the package where it is documented in full.

// Tensor is a dense row-major array of one element type.
type Tensor = core.Tensor

// Shape is a list of dimensions, outermost first, each at least 0 or Unknown. A nil Shape
// has unknown rank; a scalar is Shape{}.
type Shape = core.Shape

// Unknown stands for a dimension that is not known before compile time.
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
	C64     = core.C64 // complex: two f32
	C128    = core.C128
)

// Element is a Go type that represents the elements of some Type.
type Element = core.Element

// NewTensor returns a tensor of zeros. The shape must be static.
func NewTensor(t Type, s Shape) (*Tensor, error) { return core.NewTensor(t, s) }

// TensorOf returns a tensor that uses elements without copying them.
func TensorOf[T Element](s Shape, elements []T) (*Tensor, error) { return core.TensorOf(s, elements) }

// TensorOver returns a tensor that uses little-endian bytes as its elements, without copying them if
// they are aligned to the element size.
func TensorOver(t Type, s Shape, data []byte) (*Tensor, error) { return core.TensorOver(t, s, data) }

// StringTensor returns a tensor that uses the strings without copying them.
func StringTensor(s Shape, elements []string) (*Tensor, error) { return core.StringTensor(s, elements) }

// Scalar returns a tensor of shape [] that holds v.
func Scalar[T Element](v T) *Tensor { return core.Scalar(v) }

// DataOf returns the elements of a tensor without copying them. T is the Go type of the tensor's Type, or
// uint16 for the bits of BF16 and F16; any other T is a *TypeError.
func DataOf[T Element](t *Tensor) ([]T, error) { return core.DataOf[T](t) }

// NumbersOf returns the elements of a tensor converted to T. Strings, and reals if T is int64, are a
// *TypeError. If T is the tensor's own Go type, the result is the tensor's data itself and must not be
// changed.
func NumbersOf[T int64 | float32 | float64](t *Tensor) ([]T, error) { return core.NumbersOf[T](t) }

// DefaultMaxBytes is the limit without WithMemoryLimit.
const DefaultMaxBytes = core.DefaultMaxBytes

// DefaultMaxTensorBytes is the limit without WithTensorLimit.
const DefaultMaxTensorBytes = core.DefaultMaxTensorBytes

// MaxThreads is the largest number that WithThreads accepts.
const MaxThreads = kernels.MaxThreads

// Engine says what computes the ops.
type Engine = kernels.Engine

// The engines. All give the same bits.
const (
	Kernels   = kernels.Kernels   // the fastest kernels that the CPU has
	Portable  = kernels.Portable  // the same program with the kernels in plain Go
	Reference = kernels.Reference // the references, which define each op's result
)

// ISA is an instruction set for which there are kernels in assembly.
type ISA = kernels.ISA

// The instruction sets.
const (
	AVX2       = kernels.AVX2       // AVX2 and FMA3
	AVXVNNI    = kernels.AVXVNNI    // AVX-VNNI beside AVX2
	AVX512VNNI = kernels.AVX512VNNI // AVX-512 F, BW, DQ, VL and VNNI
	AVX512BF16 = kernels.AVX512BF16 // AVX512-BF16 beside these
	AMX        = kernels.AMX        // AMX-TILE and AMX-INT8 beside AVX512VNNI; Linux
	NEONDot    = kernels.NEONDot    // Advanced SIMD with dot products; arm64
)

// InputSpec makes a tensor of the graph an input, or sets the shape of an input.
type InputSpec = tf.InputSpec

// ParseInputSpec reads NAME or NAME:PORT, optionally followed by a shape: "x:1,8,8,3" or "x:[?,8,8,3]".
func ParseInputSpec(s string) (InputSpec, error) { return tf.ParseInputSpec(s) }

// Limits bounds what is accepted in a GraphDef.
type Limits = graphdef.Limits
