package elementwise

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/transcendental"
	"github.com/tf2ng/tf2ng/internal/view"
)

// lookupStep is how many elements the portable variant of Lookup takes in a step.
const lookupStep = 8

// portable holds the portable variant of each primitive.
var portable = [numPrimitives]func(out, x, y []byte, n int, p *Numbers){
	ConvertU8:  convert[uint8],
	ConvertI8:  convert[int8],
	ConvertI32: convert[int32],
	Add: func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i := range o {
			o[i] = a[i] + b[i]
		}
	},
	Subtract: func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i := range o {
			o[i] = a[i] - b[i]
		}
	},
	Multiply: func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i := range o {
			o[i] = a[i] * b[i]
		}
	},
	Divide: func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i := range o {
			o[i] = a[i] / b[i]
		}
	},
	// The comparisons are written out so that zeros of both signs give the same results in all variants.
	Maximum: func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i := range o {
			v := b[i]
			if a[i] > v || a[i] != a[i] {
				v = a[i]
			}
			o[i] = v
		}
	},
	Minimum: func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i := range o {
			v := b[i]
			if a[i] < v || a[i] != a[i] {
				v = a[i]
			}
			o[i] = v
		}
	},
	Larger: func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i := range o {
			v := b[i]
			if a[i] > v {
				v = a[i]
			}
			o[i] = v
		}
	},
	Smaller: func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i := range o {
			v := b[i]
			if a[i] < v {
				v = a[i]
			}
			o[i] = v
		}
	},
	AddF16:  addRounded(func(v float32) float32 { return activation.F16ToF32(activation.F32ToF16(v)) }),
	AddBF16: addRounded(func(v float32) float32 { return wideBF16(activation.F32ToBF16(v)) }),
	ZeroNaN: func(out, x, _ []byte, n int, _ *Numbers) {
		o, a := view.First[float32](out, n), view.First[float32](x, n)
		for i := range o {
			v := a[i]
			if v != v {
				v = 0
			}
			o[i] = v
		}
	},
	Round: func(out, x, _ []byte, n int, _ *Numbers) {
		o, a := view.First[float32](out, n), view.First[float32](x, n)
		for i := range o {
			o[i] = float32(math.Round(float64(a[i])))
		}
	},
	Clamp:           runClamp,
	Quantize:        runQuantize,
	Estimate:        runEstimate,
	QuantizeShifted: runQuantizeShifted,
	Flip: func(out, x, _ []byte, n int, _ *Numbers) {
		for i, v := range x[:n] {
			out[i] = v ^ 0x80
		}
	},
	Lookup: func(out, x, y []byte, n int, _ *Numbers) {
		table := (*[256]byte)(y)
		for ; n >= lookupStep; n -= lookupStep {
			o, a := (*[lookupStep]byte)(out), (*[lookupStep]byte)(x)
			o[0], o[1], o[2], o[3] = table[a[0]], table[a[1]], table[a[2]], table[a[3]]
			o[4], o[5], o[6], o[7] = table[a[4]], table[a[5]], table[a[6]], table[a[7]]
			out, x = out[lookupStep:], x[lookupStep:]
		}
		for i, v := range x[:n] {
			out[i] = table[v]
		}
	},
	LeakyRelu: func(out, x, _ []byte, n int, p *Numbers) {
		o, a := view.First[float32](out, n), view.First[float32](x, n)
		for i, v := range a {
			if v < 0 {
				v *= p.Scale
			}
			o[i] = v
		}
	},
	Exp: func(out, x, _ []byte, n int, p *Numbers) {
		o, a := view.First[float32](out, n), view.First[float32](x, n)
		for i, v := range a {
			o[i] = activation.Exp(v - p.Sub)
		}
	},
	Square:          each(func(x float32) float32 { return x * x }),
	Sqrt:            each(func(x float32) float32 { return float32(math.Sqrt(float64(x))) }),
	Rsqrt:           each(activation.Rsqrt),
	Sigmoid:         each(activation.Sigmoid),
	Swish:           each(activation.Swish),
	Tanh:            each(activation.Tanh),
	Elu:             each(activation.Elu),
	FusedSigmoid:    each(activation.FusedSigmoid),
	FusedTanh:       each(activation.FusedTanh),
	FusedElu:        each(activation.FusedElu),
	Mish:            each(activation.Mish),
	Softplus:        each(activation.Softplus),
	Gelu:            each(activation.Gelu),
	GeluApproximate: each(activation.GeluApproximate),
	Erf:             each(activation.Erf),
	Expm1:           each(activation.Expm1),
	Log:             each(activation.Log),
	Log1p:           each(activation.Log1p),
	Cube:            each(activation.Cube),
	Selu:            each(activation.Selu),
	Softsign:        each(activation.Softsign),
	Sin:             each(activation.Sin),
	Cos:             each(activation.Cos),
	Tan:             each(activation.Tan),
	Erfc:            each(activation.Erfc),
	Atan:            each(activation.Atan),
	Asin:            each(activation.Asin),
	Acos:            each(activation.Acos),
	Atanh:           each(activation.Atanh),
	Sinh:            each(activation.Sinh),
	Cosh:            each(activation.Cosh),
	Asinh:           each(activation.Asinh),
	Acosh:           each(activation.Acosh),
	Abs:             each(func(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }),
	Flushed:         each(flushed),
	Sign:            each(sign),
	Floor:           each(func(x float32) float32 { return float32(math.Floor(float64(x))) }),
	Ceil:            each(func(x float32) float32 { return float32(math.Ceil(float64(x))) }),
	RoundEven:       each(func(x float32) float32 { return float32(math.RoundToEven(float64(x))) }),
	Trunc:           each(func(x float32) float32 { return float32(math.Trunc(float64(x))) }),
	ConvertF16:      widen(activation.F16ToF32),
	ConvertBF16:     widen(wideBF16),
	ToF16:           narrow(activation.F32ToF16),
	ToBF16:          narrow(activation.F32ToBF16),
	ToI32:           narrow(toI32),
	ToI16:           narrow(toI16),
	ToBool:          narrow(toBool),
	Equal:           compare(func(x, y float32) bool { return x == y }),
	NotEqual:        compare(func(x, y float32) bool { return x != y }),
	Less:            compare(func(x, y float32) bool { return x < y }),
	LessEqual:       compare(func(x, y float32) bool { return x <= y }),
	Pick: func(out, x, y []byte, n int, _ *Numbers) {
		o, b := view.First[uint32](out, n), view.First[uint32](y, n)
		for i, c := range x[:n] {
			if c != 0 {
				o[i] = b[i]
			}
		}
	},
	Power:         combine(activation.Pow),
	Atan2:         combine(activation.Atan2),
	Xlogy:         combine(activation.Xlogy),
	Xlog1py:       combine(activation.Xlog1py),
	DivideNoNaN:   combine(func(x, y float32) float32 { return unless(y == 0, x/y) }),
	MultiplyNoNaN: combine(func(x, y float32) float32 { return unless(y == 0, x*y) }),
	Xdivy:         combine(func(x, y float32) float32 { return unless(x == 0, x/y) }),
	TruncateMod:   combine(func(x, y float32) float32 { return float32(math.Mod(float64(x), float64(y))) }),
	FloorMod:      combine(floorMod),
	ConvertI64:    convert[int64],
	ToI64:         narrow(toI64),
	IsFinite:      classify(func(magnitude uint32) bool { return magnitude < infinite }),
	IsInfinite:    classify(func(magnitude uint32) bool { return magnitude == infinite }),
	IsNaN:         classify(func(magnitude uint32) bool { return magnitude > infinite }),
	Scaled: func(out, x, _ []byte, n int, p *Numbers) {
		o, a := view.First[float32](out, n), view.First[float32](x, n)
		for i, v := range a {
			o[i] = v * p.Scale
		}
	},
	Divided: func(out, x, _ []byte, n int, p *Numbers) {
		o, a := view.First[float32](out, n), view.First[float32](x, n)
		for i, v := range a {
			o[i] = v / p.Scale
		}
	},
	Shifted: func(out, x, _ []byte, n int, p *Numbers) {
		o, a := view.First[float32](out, n), view.First[float32](x, n)
		for i, v := range a {
			o[i] = v - p.Sub
		}
	},
	Softmax: softmax,
	AddScaled: func(out, x, y []byte, n int, p *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i, v := range a {
			o[i] = v + float32(b[i]*p.Scale)
		}
	},
	Interpolate: func(out, x, y []byte, n int, p *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i, v := range a {
			o[i] = v + float32((b[i]-v)*p.Scale)
		}
	},
	MultiplyAdd: func(out, x, y []byte, n int, p *Numbers) {
		o, a := view.First[float32](out, n), view.First[float32](x, n)
		b, c := view.First[float32](y, n), view.First[float32](y[p.Second:], n)
		for i, v := range a {
			o[i] = activation.Fused(v, b[i], c[i])
		}
	},
	Levels:        levels(func(v, scale float32) float32 { return float32(v * scale) }),
	DividedLevels: levels(func(v, scale float32) float32 { return v / scale }),
	Affine:        affine,
	FixedPoint:    fixedPoint,
	Rescale:       rescale,
	WholeU8:       wholeU8,
	FoldAdd:       fold(func(lane, x float32) float32 { return lane + x }),
	FoldMultiply:  fold(func(lane, x float32) float32 { return lane * x }),
	FoldMaximum: fold(func(lane, x float32) float32 {
		if lane > x || lane != lane {
			return lane
		}
		return x
	}),
	FoldMinimum: fold(func(lane, x float32) float32 {
		if lane < x || lane != lane {
			return lane
		}
		return x
	}),
	Add64:          combine(func(x, y float64) float64 { return x + y }),
	Multiply64:     combine(func(x, y float64) float64 { return x * y }),
	FoldAdd64:      fold(func(lane, x float64) float64 { return lane + x }),
	FoldMultiply64: fold(func(lane, x float64) float64 { return lane * x }),
	MultiplyRounded: func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[float64](out, n), view.First[float64](x, n), view.First[float32](y, n)
		for i := range o {
			o[i] = float64(float32(a[i] * float64(b[i])))
		}
	},
	F64Exp:      eachDouble(transcendental.Exp),
	F64Expm1:    eachDouble(transcendental.Expm1),
	F64Log:      eachDouble(transcendental.Log),
	F64Log1p:    eachDouble(transcendental.Log1p),
	F64Sigmoid:  eachDouble(transcendental.Sigmoid),
	F64Swish:    eachDouble(transcendental.Swish),
	F64Tanh:     eachDouble(transcendental.Tanh),
	F64Elu:      eachDouble(transcendental.Elu),
	F64Selu:     eachDouble(transcendental.Selu),
	F64Softplus: eachDouble(transcendental.Softplus),
	F64Softsign: eachDouble(transcendental.Softsign),
	F64Sqrt:     eachDouble(math.Sqrt),
	F64Rsqrt:    eachDouble(transcendental.Rsqrt),
	F64Erf:      eachDouble(transcendental.Erf),
	F64Erfc:     eachDouble(transcendental.Erfc),
	F64Sinh:     eachDouble(transcendental.Sinh),
	F64Cosh:     eachDouble(transcendental.Cosh),
	F64Atanh:    eachDouble(transcendental.Atanh),
	F64Asinh:    eachDouble(transcendental.Asinh),
	F64Acosh:    eachDouble(transcendental.Acosh),
	F64Sin:      eachDouble(transcendental.Sin),
	F64Cos:      eachDouble(transcendental.Cos),
	F64Tan:      eachDouble(transcendental.Tan),
	F64Atan:     eachDouble(transcendental.Atan),
	F64Asin:     eachDouble(transcendental.Asin),
	F64Acos:     eachDouble(transcendental.Acos),
	F64Atan2:    combine(transcendental.Atan2),
	F64Xlogy:    combine(transcendental.Xlogy),
	F64Xlog1py:  combine(transcendental.Xlog1py),
	F64LeakyRelu: func(out, x, _ []byte, n int, p *Numbers) {
		o, a := view.First[float64](out, n), view.First[float64](x, n)
		for i, v := range a {
			o[i] = transcendental.LeakyRelu(v, p.Scale)
		}
	},
}

// infinite are the bits of infinity.
const infinite = 0x7f800000

func unless(zero bool, v float32) float32 {
	if zero {
		return 0
	}
	return v
}

func floorMod(x, y float32) float32 {
	r := math.Mod(float64(x), float64(y))
	if r != 0 && (r < 0) != (y < 0) {
		r += float64(y)
	}
	return float32(r)
}

// levels returns a function that rounds numbers to levels. scaled computes the level, still with a fraction.
func levels(scaled func(v, scale float32) float32) func(out, x, y []byte, n int, p *Numbers) {
	return func(out, x, _ []byte, n int, p *Numbers) {
		o, a := view.First[float32](out, n), view.First[float32](x, n)
		for i, v := range a {
			if v >= p.Hi {
				v = p.Hi
			}
			if v <= p.Lo {
				v = p.Lo
			}
			level := float32(math.Floor(float64(float32(scaled(v-p.Lo, p.Scale)-p.Sub) + 0.5)))
			o[i] = level * p.Back
		}
	}
}

func fold[T float32 | float64](f func(lane, x T) T) func(out, x, y []byte, n int, p *Numbers) {
	return func(out, x, _ []byte, n int, _ *Numbers) {
		o := view.First[T](out, Lanes)
		for i, v := range view.First[T](x, n) {
			o[i%Lanes] = f(o[i%Lanes], v)
		}
	}
}

func combine[T float32 | float64](f func(x, y T) T) func(out, x, y []byte, n int, p *Numbers) {
	return func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[T](out, n), view.First[T](x, n), view.First[T](y, n)
		for i := range o {
			o[i] = f(a[i], b[i])
		}
	}
}

// classify returns a function that stores 1 where f is true for the bits of |x|, else 0.
func classify(f func(magnitude uint32) bool) func(out, x, y []byte, n int, p *Numbers) {
	return func(out, x, _ []byte, n int, _ *Numbers) {
		for i, v := range view.First[uint32](x, n) {
			out[i] = 0
			if f(v &^ (1 << 31)) {
				out[i] = 1
			}
		}
	}
}

func widen(f func(uint16) float32) func(out, x, y []byte, n int, p *Numbers) {
	return func(out, x, _ []byte, n int, _ *Numbers) {
		o := view.First[float32](out, n)
		for i, v := range view.First[uint16](x, n) {
			o[i] = f(v)
		}
	}
}

func narrow[T uint8 | uint16 | int16 | int32 | int64](f func(float32) T) func(out, x, y []byte, n int, p *Numbers) {
	return func(out, x, _ []byte, n int, _ *Numbers) {
		o := view.First[T](out, n)
		for i, v := range view.First[float32](x, n) {
			o[i] = f(v)
		}
	}
}

func compare(f func(x, y float32) bool) func(out, x, y []byte, n int, p *Numbers) {
	return func(out, x, y []byte, n int, _ *Numbers) {
		b := view.First[float32](y, n)
		for i, v := range view.First[float32](x, n) {
			out[i] = 0
			if f(v, b[i]) {
				out[i] = 1
			}
		}
	}
}

func toI32(x float32) int32 {
	switch {
	case x != x:
		return 0
	case x >= 1<<31:
		return math.MaxInt32
	case x < -1<<31:
		return math.MinInt32
	}
	return int32(x)
}

func toI16(x float32) int16 { return int16(min(max(toI32(x), math.MinInt16), math.MaxInt16)) }

func toBool(x float32) uint8 {
	if x != 0 {
		return 1
	}
	return 0
}

func toI64(x float32) int64 {
	switch {
	case x != x:
		return 0
	case x >= 1<<63:
		return math.MaxInt64
	case x < -1<<63:
		return math.MinInt64
	}
	return int64(x)
}

func flushed(x float32) float32 {
	if x < 0x1p-126 && x > -0x1p-126 {
		return float32(math.Copysign(0, float64(x)))
	}
	return x
}

// sign returns 1 with the sign of x, or x if that is 0 or NaN.
func sign(x float32) float32 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

// each returns a function that applies f to each element.
func each(f func(float32) float32) func(out, x, y []byte, n int, p *Numbers) {
	return func(out, x, _ []byte, n int, _ *Numbers) {
		o, a := view.First[float32](out, n), view.First[float32](x, n)
		for i, v := range a {
			o[i] = f(v)
		}
	}
}

// eachDouble is each for float64.
func eachDouble(f func(float64) float64) func(out, x, y []byte, n int, p *Numbers) {
	return func(out, x, _ []byte, n int, _ *Numbers) {
		o := view.First[float64](out, n)
		for i, v := range view.First[float64](x, n) {
			o[i] = f(v)
		}
	}
}

func convert[T uint8 | int8 | int32 | int64](out, x, _ []byte, n int, p *Numbers) {
	o, a := view.First[float32](out, n), view.First[T](x, n)
	for i := range o {
		o[i] = float32(a[i]) * p.Scale
	}
}

func clamp(x, lo, hi float32) float32 {
	if !(x > lo) {
		x = lo
	}
	if !(x < hi) {
		x = hi
	}
	return x
}

func runClamp(out, x, _ []byte, n int, p *Numbers) {
	o, a := view.First[float32](out, n), view.First[float32](x, n)
	for i := range o {
		o[i] = clamp(a[i], p.Lo, p.Hi)
	}
}

func runQuantize(out, x, _ []byte, n int, p *Numbers) {
	flip := flipOf(p)
	a := view.First[float32](x, n)
	for i := range out[:n] {
		out[i] = quantized(float32(float32(a[i]-p.Sub)*p.Scale), p.Lo, p.Hi) ^ flip
	}
}

func runQuantizeShifted(out, x, _ []byte, n int, p *Numbers) {
	flip := flipOf(p)
	a := view.First[float32](x, n)
	for i := range out[:n] {
		out[i] = quantized(float32(a[i]*p.Scale)-p.Sub, p.Lo, p.Hi) ^ flip
	}
}

// flipOf returns the bit that is inverted in quantized bytes.
func flipOf(p *Numbers) byte {
	if p.Flip {
		return 0x80
	}
	return 0
}

// quantized clamps and rounds a number.
func quantized(v, lo, hi float32) byte {
	f := max(v, lo)
	if f != f {
		f = lo
	}
	// The sum rounds to even, as it has no bits for a fraction.
	return byte(math.Float32bits(min(f, hi) + 3<<22))
}

func runEstimate(out, x, y []byte, n int, p *Numbers) {
	flip := flipOf(p)
	clear(y[:(n+7)/8])
	for i, v := range view.First[float32](x, n) {
		product := float32(v * p.Scale)
		t := product - p.Sub
		if product == 0 {
			t = p.Zero
		}
		if t < p.Lo {
			t = p.Lo
		} else if t > p.Hi {
			t = p.Hi
		}
		whole := t + 3<<22 - 3<<22
		if d := t - whole; !(d <= p.Back && d >= -p.Back) {
			y[i/8] |= 1 << (i % 8)
		}
		if t != t {
			whole = 0
		}
		out[i] = byte(int32(whole)) ^ flip
	}
}

func affine(out, x, y []byte, n int, p *Numbers) {
	f := view.First[int32](y, 3)
	for i, v := range view.First[float32](x, n) {
		level, whole := math.Floor(float64(float32(float32(v*p.Scale)+0.5))), int32(math.MinInt32)
		if level >= math.MinInt32 && level <= math.MaxInt32 {
			whole = int32(level)
		}
		out[i] = byte(max(min(whole+f[0], f[2]), f[1]))
	}
}

func wholeU8(out, x, y []byte, n int, _ *Numbers) {
	o, zero := view.First[int32](out, n), view.First[int32](y, 1)[0]
	for i, v := range x[:n] {
		o[i] = int32(v) - zero
	}
}

func fixedPoint(out, x, y []byte, n int, _ *Numbers) {
	f := view.First[int64](y, 2)
	scale, offset := f[0], f[1]
	for i, q := range view.First[int32](x, n) {
		out[i] = byte(min(max(((int64(float32(q))*scale)>>32+offset)>>16, 0), 255))
	}
}

func rescale(out, x, y []byte, n int, _ *Numbers) {
	f := view.First[int64](y, 7)
	for i, q := range view.First[int32](x, n) {
		whole := int64(math.MinInt32)
		if v := int64(float32(q)); v <= math.MaxInt32 {
			whole = v
		}
		v := (int64(int32(whole-f[0]))*f[1] + f[2]) >> uint(f[3])
		v = int64(int32(min(max(v, math.MinInt32), math.MaxInt32) + f[4]))
		out[i] = byte(max(min(v, f[6]), f[5]))
	}
}

// RowLength returns the length of the rows of Softmax, which is its operand.
func RowLength(y []byte) int { return int(binary.NativeEndian.Uint64(y)) }

func softmax(out, x, y []byte, n int, _ *Numbers) {
	o, a, length := view.First[float32](out, n), view.First[float32](x, n), RowLength(y)
	for at := 0; at < n; at += length {
		row, to := a[at:at+length], o[at:at+length]
		most := slices.Max(row)
		var lanes [Lanes]float32
		for i, v := range row {
			to[i] = activation.Exp(v - most)
			lanes[i%Lanes] += to[i]
		}
		for half := Lanes / 2; half > 0; half /= 2 {
			for i := range half {
				lanes[i] += lanes[i+half]
			}
		}
		for i := range to {
			to[i] /= lanes[0]
		}
	}
}

// wideBF16 returns a bf16 as float32.
func wideBF16(x uint16) float32 { return math.Float32frombits(uint32(x) << 16) }

// addRounded adds float32 and rounds the sums.
func addRounded(round func(v float32) float32) func(out, x, y []byte, n int, _ *Numbers) {
	return func(out, x, y []byte, n int, _ *Numbers) {
		o, a, b := view.First[float32](out, n), view.First[float32](x, n), view.First[float32](y, n)
		for i := range o {
			o[i] = round(a[i] + b[i])
		}
	}
}
