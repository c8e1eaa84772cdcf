package elementwise

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Primitive is one operation on every element of a run.
type Primitive uint8

// The primitives. x and y are float32 unless another type is said; every operation is
// rounded on its own.
const (
	ConvertU8       Primitive = iota // f32(x) * Scale, x u8
	ConvertI8                        // f32(x) * Scale, x i8
	ConvertI32                       // f32(x) * Scale, x i32
	Add                              // x + y
	Subtract                         // x - y
	Multiply                         // x * y
	Divide                           // x / y
	Maximum                          // x if x > y, else y; NaN if either is
	Minimum                          // x if x < y, else y; NaN if either is
	ZeroNaN                          // x, or 0 for NaN
	Round                            // x rounded to nearest, halves away from zero
	Clamp                            // x if x > Lo, else Lo; that if it is < Hi, else Hi: NaN becomes Lo
	Quantize                         // Clamp(roundToEven((x - Sub) * Scale)) ^ Flip, a byte
	Flip                             // x ^ 0x80, bytes
	Lookup                           // y[x], bytes; y has 256
	LeakyRelu                        // x, or x * Scale if that is less than 0
	Square                           // x * x
	Sqrt                             // the square root
	Exp                              // e**(x - Sub), as the following by package internal/activation
	Sigmoid                          // 1 / (1 + e**-x)
	Swish                            // x / (1 + e**-x)
	Tanh                             // the hyperbolic tangent
	Elu                              // x, or e**x - 1 if it is less than 0
	Softplus                         // log(1 + e**x)
	Gelu                             // x times the probability that a normal variable is below x
	GeluApproximate                  // x / (1 + e**-(sqrt(8/pi) * (x + 0.044715 * x**3)))
	Erf                              // the error function
	Rsqrt                            // 1 / sqrt(x)
	numPrimitives
)

var primitiveNames = [numPrimitives]string{
	"u8", "s8", "s32", "add", "subtract", "multiply", "divide", "maximum", "minimum", "zeronan", "round", "clamp", "quantize", "flip", "lookup",
	"leakyrelu", "square", "sqrt", "exp", "sigmoid", "swish", "tanh", "elu", "softplus", "gelu", "geluapproximate", "erf", "rsqrt",
}

// String returns a short name, as in the names of variants.
func (p Primitive) String() string {
	if p < numPrimitives {
		return primitiveNames[p]
	}
	return fmt.Sprintf("invalid(%d)", uint8(p))
}

// sizes returns the bytes of an element of x and of the result.
func (p Primitive) sizes() (x, out int) {
	switch p {
	case ConvertU8, ConvertI8:
		return 1, 4
	case Quantize:
		return 4, 1
	case Flip, Lookup:
		return 1, 1
	}
	return 4, 4
}

// isBinary reports whether the primitive reads y.
func (p Primitive) isBinary() bool { return p >= Add && p <= Minimum }

// isFunction reports whether the primitive is a function of one float32, with results
// that are.
func (p Primitive) isFunction() bool { return p >= LeakyRelu && p < numPrimitives }

// Numbers are the parameters of a primitive.
type Numbers struct {
	Scale, Sub, Lo, Hi float32
	Flip               bool // invert the topmost bit of a quantized byte
}

// Variant is one implementation of a primitive.
type Variant struct {
	Name      string // datatype_family_epilogue_tile_isa, see docs/KERNELS.md
	Primitive Primitive
	ISA       isa.ISA
	NR        int // elements of one step

	// run computes n elements; out may be x or y.
	run func(out, x, y []byte, n int, p *Numbers)
}

// Run computes n elements. It panics if a slice is shorter than they need. out may be x
// or y, if their elements have its size.
func (v *Variant) Run(out, x, y []byte, n int, p *Numbers) {
	if n <= 0 {
		return
	}
	xs, os := v.Primitive.sizes()
	x, out = x[:n*xs], out[:n*os]
	if v.Primitive.isBinary() {
		y = y[:n*4]
	}
	if v.Primitive == Lookup {
		y = y[:256]
	}
	v.run(out, x, y, n, p)
}

// variants holds every variant of this build, for each primitive the fastest first.
// Dispatch, tests and benchmarks go through it.
var variants = append(native,
	Variant{Name: "elementwise_f32_u8_1_portable", Primitive: ConvertU8, ISA: isa.Portable, NR: 1, run: portable[ConvertU8]},
	Variant{Name: "elementwise_f32_s8_1_portable", Primitive: ConvertI8, ISA: isa.Portable, NR: 1, run: portable[ConvertI8]},
	Variant{Name: "elementwise_f32_s32_1_portable", Primitive: ConvertI32, ISA: isa.Portable, NR: 1, run: portable[ConvertI32]},
	Variant{Name: "elementwise_f32_add_1_portable", Primitive: Add, ISA: isa.Portable, NR: 1, run: portable[Add]},
	Variant{Name: "elementwise_f32_subtract_1_portable", Primitive: Subtract, ISA: isa.Portable, NR: 1, run: portable[Subtract]},
	Variant{Name: "elementwise_f32_multiply_1_portable", Primitive: Multiply, ISA: isa.Portable, NR: 1, run: portable[Multiply]},
	Variant{Name: "elementwise_f32_divide_1_portable", Primitive: Divide, ISA: isa.Portable, NR: 1, run: portable[Divide]},
	Variant{Name: "elementwise_f32_maximum_1_portable", Primitive: Maximum, ISA: isa.Portable, NR: 1, run: portable[Maximum]},
	Variant{Name: "elementwise_f32_minimum_1_portable", Primitive: Minimum, ISA: isa.Portable, NR: 1, run: portable[Minimum]},
	Variant{Name: "elementwise_f32_zeronan_1_portable", Primitive: ZeroNaN, ISA: isa.Portable, NR: 1, run: portable[ZeroNaN]},
	Variant{Name: "elementwise_f32_round_1_portable", Primitive: Round, ISA: isa.Portable, NR: 1, run: portable[Round]},
	Variant{Name: "elementwise_f32_clamp_1_portable", Primitive: Clamp, ISA: isa.Portable, NR: 1, run: portable[Clamp]},
	Variant{Name: "elementwise_b8_quantize_1_portable", Primitive: Quantize, ISA: isa.Portable, NR: 1, run: portable[Quantize]},
	Variant{Name: "elementwise_b8_flip_1_portable", Primitive: Flip, ISA: isa.Portable, NR: 1, run: portable[Flip]},
	Variant{Name: "elementwise_b8_lookup_8_portable", Primitive: Lookup, ISA: isa.Portable, NR: 8, run: portable[Lookup]},
	Variant{Name: "elementwise_f32_leakyrelu_1_portable", Primitive: LeakyRelu, ISA: isa.Portable, NR: 1, run: portable[LeakyRelu]},
	Variant{Name: "elementwise_f32_square_1_portable", Primitive: Square, ISA: isa.Portable, NR: 1, run: portable[Square]},
	Variant{Name: "elementwise_f32_sqrt_1_portable", Primitive: Sqrt, ISA: isa.Portable, NR: 1, run: portable[Sqrt]},
	Variant{Name: "elementwise_f32_rsqrt_1_portable", Primitive: Rsqrt, ISA: isa.Portable, NR: 1, run: portable[Rsqrt]},
	Variant{Name: "elementwise_f32_exp_1_portable", Primitive: Exp, ISA: isa.Portable, NR: 1, run: portable[Exp]},
	Variant{Name: "elementwise_f32_sigmoid_1_portable", Primitive: Sigmoid, ISA: isa.Portable, NR: 1, run: portable[Sigmoid]},
	Variant{Name: "elementwise_f32_swish_1_portable", Primitive: Swish, ISA: isa.Portable, NR: 1, run: portable[Swish]},
	Variant{Name: "elementwise_f32_tanh_1_portable", Primitive: Tanh, ISA: isa.Portable, NR: 1, run: portable[Tanh]},
	Variant{Name: "elementwise_f32_elu_1_portable", Primitive: Elu, ISA: isa.Portable, NR: 1, run: portable[Elu]},
	Variant{Name: "elementwise_f32_softplus_1_portable", Primitive: Softplus, ISA: isa.Portable, NR: 1, run: portable[Softplus]},
	Variant{Name: "elementwise_f32_gelu_1_portable", Primitive: Gelu, ISA: isa.Portable, NR: 1, run: portable[Gelu]},
	Variant{Name: "elementwise_f32_geluapproximate_1_portable", Primitive: GeluApproximate, ISA: isa.Portable, NR: 1, run: portable[GeluApproximate]},
	Variant{Name: "elementwise_f32_erf_1_portable", Primitive: Erf, ISA: isa.Portable, NR: 1, run: portable[Erf]},
)

// Variants returns a copy of the table of variants, in its order.
func Variants() []Variant { return slices.Clone(variants) }

// Choose returns the fastest variant of a primitive within s.
func Choose(s isa.Set, p Primitive) *Variant {
	for i := range variants {
		if v := &variants[i]; v.Primitive == p && s.Has(v.ISA) {
			return v
		}
	}
	panic("elementwise: no variant of " + p.String())
}
