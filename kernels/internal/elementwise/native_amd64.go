//go:build amd64 && !purego

package elementwise

import "github.com/tf2ng/tf2ng/kernels/internal/isa"

//go:generate go -C ../../_asm run ./elementwise

func init() {
	variants.Add(assembled(isa.AVX512VNNI, avx512vnni, avx2)...)
	variants.Add(assembled(isa.AVX2, avx2)...)
}

// avx512vnni has a variant for each line, which leaves to that of avx2 what is less than
// its step.
var avx512vnni = routines{
	ConvertU8:       {64, func(c call) { elementwise_f32_u8_64_avx512vnni(&c) }},
	ConvertI8:       {64, func(c call) { elementwise_f32_s8_64_avx512vnni(&c) }},
	ConvertI32:      {64, func(c call) { elementwise_f32_s32_64_avx512vnni(&c) }},
	Add:             {64, func(c call) { elementwise_f32_add_64_avx512vnni(&c) }},
	Subtract:        {64, func(c call) { elementwise_f32_subtract_64_avx512vnni(&c) }},
	Multiply:        {64, func(c call) { elementwise_f32_multiply_64_avx512vnni(&c) }},
	Divide:          {64, func(c call) { elementwise_f32_divide_64_avx512vnni(&c) }},
	Maximum:         {64, func(c call) { elementwise_f32_maximum_64_avx512vnni(&c) }},
	Minimum:         {64, func(c call) { elementwise_f32_minimum_64_avx512vnni(&c) }},
	ZeroNaN:         {64, func(c call) { elementwise_f32_zeronan_64_avx512vnni(&c) }},
	Round:           {64, func(c call) { elementwise_f32_round_64_avx512vnni(&c) }},
	Clamp:           {64, func(c call) { elementwise_f32_clamp_64_avx512vnni(&c) }},
	Quantize:        {64, func(c call) { elementwise_b8_quantize_64_avx512vnni(&c) }},
	Flip:            {64, func(c call) { elementwise_b8_flip_64_avx512vnni(&c) }},
	Abs:             {64, func(c call) { elementwise_f32_abs_64_avx512vnni(&c) }},
	Sign:            {64, func(c call) { elementwise_f32_sign_64_avx512vnni(&c) }},
	Floor:           {64, func(c call) { elementwise_f32_floor_64_avx512vnni(&c) }},
	Ceil:            {64, func(c call) { elementwise_f32_ceil_64_avx512vnni(&c) }},
	RoundEven:       {64, func(c call) { elementwise_f32_roundeven_64_avx512vnni(&c) }},
	LeakyRelu:       {64, func(c call) { elementwise_f32_leakyrelu_64_avx512vnni(&c) }},
	Square:          {64, func(c call) { elementwise_f32_square_64_avx512vnni(&c) }},
	Sqrt:            {64, func(c call) { elementwise_f32_sqrt_64_avx512vnni(&c) }},
	Rsqrt:           {32, func(c call) { elementwise_f32_rsqrt_32_avx512vnni(&c) }},
	Exp:             {32, func(c call) { elementwise_f32_exp_32_avx512vnni(&c) }},
	Sigmoid:         {32, func(c call) { elementwise_f32_sigmoid_32_avx512vnni(&c) }},
	Swish:           {32, func(c call) { elementwise_f32_swish_32_avx512vnni(&c) }},
	Tanh:            {32, func(c call) { elementwise_f32_tanh_32_avx512vnni(&c) }},
	Elu:             {32, func(c call) { elementwise_f32_elu_32_avx512vnni(&c) }},
	Softplus:        {32, func(c call) { elementwise_f32_softplus_32_avx512vnni(&c) }},
	Gelu:            {32, func(c call) { elementwise_f32_gelu_32_avx512vnni(&c) }},
	GeluApproximate: {32, func(c call) { elementwise_f32_geluapproximate_32_avx512vnni(&c) }},
	Erf:             {32, func(c call) { elementwise_f32_erf_32_avx512vnni(&c) }},
	Expm1:           {32, func(c call) { elementwise_f32_expm1_32_avx512vnni(&c) }},
	Log:             {32, func(c call) { elementwise_f32_log_32_avx512vnni(&c) }},
	Log1p:           {32, func(c call) { elementwise_f32_log1p_32_avx512vnni(&c) }},
	Cube:            {32, func(c call) { elementwise_f32_cube_32_avx512vnni(&c) }},
	Selu:            {32, func(c call) { elementwise_f32_selu_32_avx512vnni(&c) }},
	Softsign:        {32, func(c call) { elementwise_f32_softsign_32_avx512vnni(&c) }},
	Sin:             {32, func(c call) { elementwise_f32_sin_32_avx512vnni(&c) }},
	Cos:             {32, func(c call) { elementwise_f32_cos_32_avx512vnni(&c) }},
	Power:           {32, func(c call) { elementwise_f32_power_32_avx512vnni(&c) }},
}

// avx2 has a variant for each line.
var avx2 = routines{
	ConvertU8:       {32, func(c call) { elementwise_f32_u8_32_avx2(&c) }},
	ConvertI8:       {32, func(c call) { elementwise_f32_s8_32_avx2(&c) }},
	ConvertI32:      {32, func(c call) { elementwise_f32_s32_32_avx2(&c) }},
	Add:             {32, func(c call) { elementwise_f32_add_32_avx2(&c) }},
	Subtract:        {32, func(c call) { elementwise_f32_subtract_32_avx2(&c) }},
	Multiply:        {32, func(c call) { elementwise_f32_multiply_32_avx2(&c) }},
	Divide:          {32, func(c call) { elementwise_f32_divide_32_avx2(&c) }},
	Maximum:         {32, func(c call) { elementwise_f32_maximum_32_avx2(&c) }},
	Minimum:         {32, func(c call) { elementwise_f32_minimum_32_avx2(&c) }},
	ZeroNaN:         {32, func(c call) { elementwise_f32_zeronan_32_avx2(&c) }},
	Round:           {32, func(c call) { elementwise_f32_round_32_avx2(&c) }},
	Clamp:           {32, func(c call) { elementwise_f32_clamp_32_avx2(&c) }},
	Quantize:        {32, func(c call) { elementwise_b8_quantize_32_avx2(&c) }},
	Flip:            {32, func(c call) { elementwise_b8_flip_32_avx2(&c) }},
	Lookup:          {64, func(c call) { elementwise_b8_lookup_64_avx2(&c) }},
	LeakyRelu:       {32, func(c call) { elementwise_f32_leakyrelu_32_avx2(&c) }},
	Square:          {32, func(c call) { elementwise_f32_square_32_avx2(&c) }},
	Sqrt:            {32, func(c call) { elementwise_f32_sqrt_32_avx2(&c) }},
	Rsqrt:           {32, func(c call) { elementwise_f32_rsqrt_32_avx2(&c) }},
	Exp:             {32, func(c call) { elementwise_f32_exp_32_avx2(&c) }},
	Sigmoid:         {32, func(c call) { elementwise_f32_sigmoid_32_avx2(&c) }},
	Swish:           {32, func(c call) { elementwise_f32_swish_32_avx2(&c) }},
	Tanh:            {32, func(c call) { elementwise_f32_tanh_32_avx2(&c) }},
	Elu:             {32, func(c call) { elementwise_f32_elu_32_avx2(&c) }},
	Softplus:        {32, func(c call) { elementwise_f32_softplus_32_avx2(&c) }},
	Gelu:            {32, func(c call) { elementwise_f32_gelu_32_avx2(&c) }},
	GeluApproximate: {32, func(c call) { elementwise_f32_geluapproximate_32_avx2(&c) }},
	Erf:             {32, func(c call) { elementwise_f32_erf_32_avx2(&c) }},
	Abs:             {32, func(c call) { elementwise_f32_abs_32_avx2(&c) }},
	Sign:            {32, func(c call) { elementwise_f32_sign_32_avx2(&c) }},
	Floor:           {32, func(c call) { elementwise_f32_floor_32_avx2(&c) }},
	Ceil:            {32, func(c call) { elementwise_f32_ceil_32_avx2(&c) }},
	RoundEven:       {32, func(c call) { elementwise_f32_roundeven_32_avx2(&c) }},
	Expm1:           {32, func(c call) { elementwise_f32_expm1_32_avx2(&c) }},
	Log:             {32, func(c call) { elementwise_f32_log_32_avx2(&c) }},
	Log1p:           {32, func(c call) { elementwise_f32_log1p_32_avx2(&c) }},
	Cube:            {32, func(c call) { elementwise_f32_cube_32_avx2(&c) }},
	Selu:            {32, func(c call) { elementwise_f32_selu_32_avx2(&c) }},
	Softsign:        {32, func(c call) { elementwise_f32_softsign_32_avx2(&c) }},
	Sin:             {32, func(c call) { elementwise_f32_sin_32_avx2(&c) }},
	Cos:             {32, func(c call) { elementwise_f32_cos_32_avx2(&c) }},
	Power:           {32, func(c call) { elementwise_f32_power_32_avx2(&c) }},
}
