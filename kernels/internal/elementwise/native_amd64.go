//go:build amd64 && !purego

package elementwise

import (
	"unsafe"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

//go:generate go -C ../../_asm run ./elementwise

var native = []Variant{
	{Name: "elementwise_f32_u8_64_avx512vnni", Primitive: ConvertU8, ISA: isa.AVX512VNNI, NR: 64, run: rounds(ConvertU8, routine{64, func(c call) { elementwise_f32_u8_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_u8_32_avx2(&c) }})},
	{Name: "elementwise_f32_s8_64_avx512vnni", Primitive: ConvertI8, ISA: isa.AVX512VNNI, NR: 64, run: rounds(ConvertI8, routine{64, func(c call) { elementwise_f32_s8_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_s8_32_avx2(&c) }})},
	{Name: "elementwise_f32_s32_64_avx512vnni", Primitive: ConvertI32, ISA: isa.AVX512VNNI, NR: 64, run: rounds(ConvertI32, routine{64, func(c call) { elementwise_f32_s32_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_s32_32_avx2(&c) }})},
	{Name: "elementwise_f32_add_64_avx512vnni", Primitive: Add, ISA: isa.AVX512VNNI, NR: 64, run: rounds(Add, routine{64, func(c call) { elementwise_f32_add_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_add_32_avx2(&c) }})},
	{Name: "elementwise_f32_subtract_64_avx512vnni", Primitive: Subtract, ISA: isa.AVX512VNNI, NR: 64, run: rounds(Subtract, routine{64, func(c call) { elementwise_f32_subtract_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_subtract_32_avx2(&c) }})},
	{Name: "elementwise_f32_multiply_64_avx512vnni", Primitive: Multiply, ISA: isa.AVX512VNNI, NR: 64, run: rounds(Multiply, routine{64, func(c call) { elementwise_f32_multiply_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_multiply_32_avx2(&c) }})},
	{Name: "elementwise_f32_divide_64_avx512vnni", Primitive: Divide, ISA: isa.AVX512VNNI, NR: 64, run: rounds(Divide, routine{64, func(c call) { elementwise_f32_divide_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_divide_32_avx2(&c) }})},
	{Name: "elementwise_f32_maximum_64_avx512vnni", Primitive: Maximum, ISA: isa.AVX512VNNI, NR: 64, run: rounds(Maximum, routine{64, func(c call) { elementwise_f32_maximum_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_maximum_32_avx2(&c) }})},
	{Name: "elementwise_f32_minimum_64_avx512vnni", Primitive: Minimum, ISA: isa.AVX512VNNI, NR: 64, run: rounds(Minimum, routine{64, func(c call) { elementwise_f32_minimum_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_minimum_32_avx2(&c) }})},
	{Name: "elementwise_f32_zeronan_64_avx512vnni", Primitive: ZeroNaN, ISA: isa.AVX512VNNI, NR: 64, run: rounds(ZeroNaN, routine{64, func(c call) { elementwise_f32_zeronan_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_zeronan_32_avx2(&c) }})},
	{Name: "elementwise_f32_round_64_avx512vnni", Primitive: Round, ISA: isa.AVX512VNNI, NR: 64, run: rounds(Round, routine{64, func(c call) { elementwise_f32_round_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_round_32_avx2(&c) }})},
	{Name: "elementwise_f32_clamp_64_avx512vnni", Primitive: Clamp, ISA: isa.AVX512VNNI, NR: 64, run: rounds(Clamp, routine{64, func(c call) { elementwise_f32_clamp_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_f32_clamp_32_avx2(&c) }})},
	{Name: "elementwise_b8_quantize_64_avx512vnni", Primitive: Quantize, ISA: isa.AVX512VNNI, NR: 64, run: rounds(Quantize, routine{64, func(c call) { elementwise_b8_quantize_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_b8_quantize_32_avx2(&c) }})},
	{Name: "elementwise_b8_flip_64_avx512vnni", Primitive: Flip, ISA: isa.AVX512VNNI, NR: 64, run: rounds(Flip, routine{64, func(c call) { elementwise_b8_flip_64_avx512vnni(&c) }}, routine{32, func(c call) { elementwise_b8_flip_32_avx2(&c) }})},
	{Name: "elementwise_f32_u8_32_avx2", Primitive: ConvertU8, ISA: isa.AVX2, NR: 32, run: rounds(ConvertU8, routine{32, func(c call) { elementwise_f32_u8_32_avx2(&c) }})},
	{Name: "elementwise_f32_s8_32_avx2", Primitive: ConvertI8, ISA: isa.AVX2, NR: 32, run: rounds(ConvertI8, routine{32, func(c call) { elementwise_f32_s8_32_avx2(&c) }})},
	{Name: "elementwise_f32_s32_32_avx2", Primitive: ConvertI32, ISA: isa.AVX2, NR: 32, run: rounds(ConvertI32, routine{32, func(c call) { elementwise_f32_s32_32_avx2(&c) }})},
	{Name: "elementwise_f32_add_32_avx2", Primitive: Add, ISA: isa.AVX2, NR: 32, run: rounds(Add, routine{32, func(c call) { elementwise_f32_add_32_avx2(&c) }})},
	{Name: "elementwise_f32_subtract_32_avx2", Primitive: Subtract, ISA: isa.AVX2, NR: 32, run: rounds(Subtract, routine{32, func(c call) { elementwise_f32_subtract_32_avx2(&c) }})},
	{Name: "elementwise_f32_multiply_32_avx2", Primitive: Multiply, ISA: isa.AVX2, NR: 32, run: rounds(Multiply, routine{32, func(c call) { elementwise_f32_multiply_32_avx2(&c) }})},
	{Name: "elementwise_f32_divide_32_avx2", Primitive: Divide, ISA: isa.AVX2, NR: 32, run: rounds(Divide, routine{32, func(c call) { elementwise_f32_divide_32_avx2(&c) }})},
	{Name: "elementwise_f32_maximum_32_avx2", Primitive: Maximum, ISA: isa.AVX2, NR: 32, run: rounds(Maximum, routine{32, func(c call) { elementwise_f32_maximum_32_avx2(&c) }})},
	{Name: "elementwise_f32_minimum_32_avx2", Primitive: Minimum, ISA: isa.AVX2, NR: 32, run: rounds(Minimum, routine{32, func(c call) { elementwise_f32_minimum_32_avx2(&c) }})},
	{Name: "elementwise_f32_zeronan_32_avx2", Primitive: ZeroNaN, ISA: isa.AVX2, NR: 32, run: rounds(ZeroNaN, routine{32, func(c call) { elementwise_f32_zeronan_32_avx2(&c) }})},
	{Name: "elementwise_f32_round_32_avx2", Primitive: Round, ISA: isa.AVX2, NR: 32, run: rounds(Round, routine{32, func(c call) { elementwise_f32_round_32_avx2(&c) }})},
	{Name: "elementwise_f32_clamp_32_avx2", Primitive: Clamp, ISA: isa.AVX2, NR: 32, run: rounds(Clamp, routine{32, func(c call) { elementwise_f32_clamp_32_avx2(&c) }})},
	{Name: "elementwise_b8_quantize_32_avx2", Primitive: Quantize, ISA: isa.AVX2, NR: 32, run: rounds(Quantize, routine{32, func(c call) { elementwise_b8_quantize_32_avx2(&c) }})},
	{Name: "elementwise_b8_flip_32_avx2", Primitive: Flip, ISA: isa.AVX2, NR: 32, run: rounds(Flip, routine{32, func(c call) { elementwise_b8_flip_32_avx2(&c) }})},
	{Name: "elementwise_b8_lookup_64_avx2", Primitive: Lookup, ISA: isa.AVX2, NR: 64, run: rounds(Lookup, routine{64, func(c call) { elementwise_b8_lookup_64_avx2(&c) }})},
	{Name: "elementwise_f32_leakyrelu_32_avx2", Primitive: LeakyRelu, ISA: isa.AVX2, NR: 32, run: rounds(LeakyRelu, routine{32, func(c call) { elementwise_f32_leakyrelu_32_avx2(&c) }})},
	{Name: "elementwise_f32_square_32_avx2", Primitive: Square, ISA: isa.AVX2, NR: 32, run: rounds(Square, routine{32, func(c call) { elementwise_f32_square_32_avx2(&c) }})},
	{Name: "elementwise_f32_sqrt_32_avx2", Primitive: Sqrt, ISA: isa.AVX2, NR: 32, run: rounds(Sqrt, routine{32, func(c call) { elementwise_f32_sqrt_32_avx2(&c) }})},
	{Name: "elementwise_f32_rsqrt_32_avx2", Primitive: Rsqrt, ISA: isa.AVX2, NR: 32, run: rounds(Rsqrt, routine{32, func(c call) { elementwise_f32_rsqrt_32_avx2(&c) }})},
	{Name: "elementwise_f32_exp_32_avx2", Primitive: Exp, ISA: isa.AVX2, NR: 32, run: rounds(Exp, routine{32, func(c call) { elementwise_f32_exp_32_avx2(&c) }})},
	{Name: "elementwise_f32_sigmoid_32_avx2", Primitive: Sigmoid, ISA: isa.AVX2, NR: 32, run: rounds(Sigmoid, routine{32, func(c call) { elementwise_f32_sigmoid_32_avx2(&c) }})},
	{Name: "elementwise_f32_swish_32_avx2", Primitive: Swish, ISA: isa.AVX2, NR: 32, run: rounds(Swish, routine{32, func(c call) { elementwise_f32_swish_32_avx2(&c) }})},
	{Name: "elementwise_f32_tanh_32_avx2", Primitive: Tanh, ISA: isa.AVX2, NR: 32, run: rounds(Tanh, routine{32, func(c call) { elementwise_f32_tanh_32_avx2(&c) }})},
	{Name: "elementwise_f32_elu_32_avx2", Primitive: Elu, ISA: isa.AVX2, NR: 32, run: rounds(Elu, routine{32, func(c call) { elementwise_f32_elu_32_avx2(&c) }})},
	{Name: "elementwise_f32_softplus_32_avx2", Primitive: Softplus, ISA: isa.AVX2, NR: 32, run: rounds(Softplus, routine{32, func(c call) { elementwise_f32_softplus_32_avx2(&c) }})},
	{Name: "elementwise_f32_gelu_32_avx2", Primitive: Gelu, ISA: isa.AVX2, NR: 32, run: rounds(Gelu, routine{32, func(c call) { elementwise_f32_gelu_32_avx2(&c) }})},
	{Name: "elementwise_f32_geluapproximate_32_avx2", Primitive: GeluApproximate, ISA: isa.AVX2, NR: 32, run: rounds(GeluApproximate, routine{32, func(c call) { elementwise_f32_geluapproximate_32_avx2(&c) }})},
	{Name: "elementwise_f32_erf_32_avx2", Primitive: Erf, ISA: isa.AVX2, NR: 32, run: rounds(Erf, routine{32, func(c call) { elementwise_f32_erf_32_avx2(&c) }})},
}

// constants are what the routines of functions read: each number once for each float64 of
// a vector.
var constants = func() (list [][4]float64) {
	for _, c := range activation.Constants() {
		list = append(list, [4]float64{c, c, c, c})
	}
	return list
}()

// routine computes a multiple of step elements; step is a power of two. run takes the
// call itself, not its address, so that it stays on the stack.
type routine struct {
	step int
	run  func(c call)
}

// rounds returns what computes as much as it can with each routine in turn, and the rest
// with the portable variant.
func rounds(primitive Primitive, routines ...routine) func(out, x, y []byte, n int, p *Numbers) {
	xSize, outSize := primitive.sizes()
	return func(out, x, y []byte, n int, p *Numbers) {
		c := call{flip: 0x80808080, constants: unsafe.Pointer(&constants[0])}
		if p != nil {
			c.scale, c.sub, c.lo, c.hi = p.Scale, p.Sub, p.Lo, p.Hi
			if primitive == Quantize && !p.Flip {
				c.flip = 0
			}
		}
		for _, r := range routines {
			c.n = n &^ (r.step - 1)
			if c.n == 0 {
				continue
			}
			c.out, c.x, c.y = unsafe.Pointer(&out[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(unsafe.SliceData(y))
			r.run(c)
			out, x, n = out[outSize*c.n:], x[xSize*c.n:], n-c.n
			if primitive.isBinary() {
				y = y[4*c.n:]
			}
		}
		portable[primitive](out, x, y, n, p)
	}
}
