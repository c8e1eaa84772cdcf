package op_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/signal"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// signalBaselines are those of the ops on complex numbers and signals, and of others on complex numbers.
func signalBaselines(t testing.TB) []baseline {
	f := func(s ...int) *core.Tensor { return normal(t, rand.New(rand.NewPCG(3, 1)), s) }
	d := func(s ...int) *core.Tensor { return eval(t, &pointwise.Convert{Type: core.F64}, f(s...)) }
	i := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	z := func(s ...int) *core.Tensor {
		return eval(t, &signal.Complex{}, f(s...), normal(t, rand.New(rand.NewPCG(3, 2)), s))
	}
	w := func(s ...int) *core.Tensor { return eval(t, &pointwise.Convert{Type: core.C128}, z(s...)) }
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	spectra := eval(t, &signal.Spectrogram{Window: 60, Stride: 20, Squared: true}, f(100, 2))
	return []baseline{
		{&signal.Fourier{Axes: 1}, in(z(2, 6))},
		{&signal.Fourier{Axes: 2, Kind: signal.InverseFourier}, in(w(2, 4, 3))},
		{&signal.Fourier{Axes: 1, Kind: signal.RealForwardFourier}, in(f(3, 8), i(8))},
		{&signal.Fourier{Axes: 2, Kind: signal.RealForwardFourier}, in(d(3, 2, 9), i(2, 7))},
		{&signal.Fourier{Axes: 1, Kind: signal.RealInverseFourier}, in(z(3, 5), i(8))},
		{&signal.Complex{}, in(f(2, 3), f(3))},
		{&signal.Conjugate{}, in(z(2, 3))},
		{&signal.ComplexPart{Part: signal.RealPart}, in(z(2, 3))},
		{&signal.ComplexPart{Part: signal.ImaginaryPart}, in(w(2, 3))},
		{&signal.ComplexPart{Part: signal.MagnitudePart}, in(z(2, 3))},
		{&signal.ComplexPart{Part: signal.PhasePart}, in(z(2, 3))},
		{&signal.Spectrogram{Window: 60, Stride: 20}, in(f(100, 2))},
		{&signal.Mfcc{Upper: 4000, Lower: 20, Channels: 8, Coefficients: 4}, in(spectra, core.Scalar(int32(16000)))},
		{&pointwise.Add{}, in(z(2, 3), z(3))},
		{&pointwise.Multiply{}, in(w(2, 3), w(2, 3))},
		{&pointwise.Divide{}, in(z(2, 3), z(2, 1))},
		{&pointwise.Unary{Function: pointwise.Square}, in(z(2, 3))},
		{&pointwise.Unary{Function: pointwise.Exp}, in(w(2, 3))},
		{&pointwise.Convert{Type: core.F32}, in(z(2, 3))},
		{&pointwise.Convert{Type: core.C64}, in(i(1, -2))},
		{&reduce.Sum{Reduction: reduce.Reduction{Axes: []int{1}}}, in(z(2, 3))},
		{&array.Transpose{Order: []int{1, 0}}, in(w(2, 3))},
		{&array.Concat{Axis: 1}, in(w(2, 3), w(2, 1))},
		{&array.Pad{Below: []int{1, 0}, Above: []int{0, 1}}, in(w(2, 3), core.Scalar(complex(1, 2)))},
		{&array.Reverse{Axes: []int{1}}, in(w(2, 3))},
		{&indexing.Gather{}, in(w(2, 3), i(1, 0, 1))},
		{&indexing.StridedSlice{ShrinkAxisMask: 1}, in(w(2, 3), i(0, 1), i(1, 3), i(1, 1))},
	}
}

// sound returns a WAV file of 16 bits.
func sound(channels, rate int, samples ...int16) string {
	x := make([]float32, len(samples))
	for i, v := range samples {
		x[i] = float32(v) / (1 << 15)
	}
	audio, err := core.TensorOf(core.Shape{len(x) / channels, channels}, x)
	if err != nil {
		panic(err)
	}
	out, err := core.EvalOp(&signal.EncodeWav{}, []*core.Tensor{audio, core.Scalar(int32(rate))})
	if err != nil {
		panic(err)
	}
	return out[0].Strings()[0]
}

// soundBaselines are those of the ops on WAV files.
func soundBaselines(t testing.TB) []baseline {
	return []baseline{
		{&signal.DecodeWav{Channels: -1, Samples: -1}, []*core.Tensor{label(t, sound(2, 16000, 1, 2, 3, -4))}},
		{&signal.DecodeWav{Channels: 3, Samples: 5}, []*core.Tensor{label(t, sound(1, 8000, 1, 2, -32768))}},
		{&signal.EncodeWav{}, []*core.Tensor{
			tensor(t, core.Shape{2, 2}, float32(0.5), -2, 3, float32(math.NaN())), core.Scalar(int32(16000)),
		}},
	}
}

// Every op either computes with complex numbers or refuses them.
func TestComplexNumbersAreTakenOrRefused(t *testing.T) {
	takes := map[string]bool{}
	for _, b := range baselines(t) {
		for _, typ := range []core.Type{core.C64, core.C128} {
			complexOf := func(x *core.Tensor) *core.Tensor {
				if !x.Type().IsFloat() || x.Type().IsHalf() {
					return x
				}
				return eval(t, &pointwise.Convert{Type: typ}, x)
			}
			in := make([]*core.Tensor, len(b.in))
			for i, x := range b.in {
				in[i] = complexOf(x)
			}
			for _, in := range [][]*core.Tensor{in, append([]*core.Tensor{in[0]}, b.in[1:]...)} {
				_, inferred := b.op.Infer(core.OperandsOf(in))
				_, err := core.EvalOp(b.op, in)
				if inferred != nil || err != nil {
					assert.ErrorAs(t, err, new(*core.OpError), "%s %+v of %v", core.OpName(b.op), b.op, in)
					continue
				}
				takes[core.OpName(b.op)] = true
			}
		}
	}
	for _, name := range []string{"Transpose", "Concat", "Gather", "Pad", "Slice", "Sum", "Add", "Convert", "Fourier"} {
		assert.True(t, takes[name], name)
	}
	for _, name := range []string{"Compare", "Maximum", "Mean", "Softmax", "Dot", "TopK", "Where", "Clamp"} {
		assert.False(t, takes[name], name)
	}
}

func TestComplexArithmetic(t *testing.T) {
	z := func(v ...complex64) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	x, y := z(1+2i, -3, 0), z(3-4i, 2i, 1e30i)
	for _, test := range []struct {
		name string
		op   core.Op
		in   []*core.Tensor
		want any
	}{
		{"add", &pointwise.Add{}, []*core.Tensor{x, y}, []complex64{4 - 2i, -3 + 2i, 1e30i}},
		{"subtract", &pointwise.Subtract{}, []*core.Tensor{x, y}, []complex64{-2 + 6i, -3 - 2i, -1e30i}},
		{"multiply", &pointwise.Multiply{}, []*core.Tensor{x, y}, []complex64{11 + 2i, -6i, 0}},
		{"divide", &pointwise.Divide{}, []*core.Tensor{x, y}, []complex64{-0.2 + 0.4i, 1.5i, 0}},
		{"negative", &pointwise.Unary{Function: pointwise.Negative}, []*core.Tensor{y}, []complex64{-3 + 4i, -2i, -1e30i}},
		{"square", &pointwise.Unary{Function: pointwise.Square}, []*core.Tensor{x}, []complex64{-3 + 4i, 9, 0}},
		{"sum", &reduce.Sum{Reduction: reduce.Reduction{Axes: []int{0}}}, []*core.Tensor{x}, []complex64{-2 + 2i}},
		{"magnitude", &signal.ComplexPart{Part: signal.MagnitudePart}, []*core.Tensor{y}, []float32{5, 2, 1e30}},
		{"phase", &signal.ComplexPart{Part: signal.PhasePart}, []*core.Tensor{x}, []float32{1.1071488, math.Pi, 0}},
		{"conjugate", &signal.Conjugate{}, []*core.Tensor{x}, []complex64{1 - 2i, -3, 0}},
		{"to boolean", &pointwise.Convert{Type: core.Bool}, []*core.Tensor{x}, []bool{true, true, false}},
		{"to integer", &pointwise.Convert{Type: core.I32}, []*core.Tensor{y}, []int32{3, 0, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := eval(t, test.op, test.in...)
			switch want := test.want.(type) {
			case []complex64:
				assert.InDeltaSlice(t, parts(want), parts(core.Data[complex64](got)), 0)
			case []float32:
				assert.Equal(t, want, core.Data[float32](got))
			case []int32:
				assert.Equal(t, want, core.Data[int32](got))
			case []bool:
				assert.Equal(t, want, core.Data[bool](got))
			}
		})
	}
}

// parts lists real and imaginary parts, for which zeros of both signs are equal.
func parts(v []complex64) (p []float64) {
	for _, x := range v {
		p = append(p, float64(real(x)), float64(imag(x)))
	}
	return p
}

// Every byte of a header may be anything: the file is read, or refused.
func TestDamagedSoundsAreReadOrRefused(t *testing.T) {
	file := []byte(sound(2, 16000, 1, 2, 3, 4, 5, 6))
	read := 0
	for at := range 44 {
		for _, b := range []byte{0, 1, 2, 0x7f, 0x80, 0xff} {
			damaged := append([]byte(nil), file...)
			damaged[at] = b
			for _, n := range []int{len(file), at, at + 1, 40} {
				in := []*core.Tensor{label(t, string(damaged[:n]))}
				out, err := core.EvalOp(&signal.DecodeWav{Channels: -1, Samples: -1}, in)
				if err != nil {
					require.ErrorAs(t, err, new(*core.OpError))
					continue
				}
				read++
				require.LessOrEqual(t, out[0].Len(), 6)
			}
		}
	}
	assert.Positive(t, read)
}

func TestSoundsWithOtherChunks(t *testing.T) {
	plain := sound(1, 8000, 100, -200)
	chunk := func(id, data string) string {
		return id + string(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))) + data
	}
	for name, file := range map[string]string{
		"before the format": plain[:12] + chunk("JUNK", "abcd") + chunk("bext", "") + plain[12:],
		"before the data":   plain[:36] + chunk("LIST", "abcdef") + plain[36:],
		"behind the data":   plain + chunk("id3 ", "x"),
		"long format":       plain[:16] + "\x12" + plain[17:36] + "\x00\x00" + plain[36:],
	} {
		t.Run(name, func(t *testing.T) {
			out, err := core.EvalOp(&signal.DecodeWav{Channels: 2, Samples: 3}, []*core.Tensor{label(t, file)})
			require.NoError(t, err)
			assert.Equal(t, []float32{100. / 32768, 100. / 32768, -200. / 32768, -200. / 32768, 0, 0},
				core.Data[float32](out[0]))
			assert.Equal(t, int32(8000), core.Data[int32](out[1])[0])
		})
	}
}

// What would take more memory than there may be is refused before it is allocated.
func TestHugeSignalsAreRefused(t *testing.T) {
	empty, err := core.NewTensor(core.F32, core.Shape{1 << 12, 0})
	require.NoError(t, err)
	for name, b := range map[string]baseline{
		"transforms of nothing": {
			&signal.Fourier{Kind: signal.RealForwardFourier, Axes: 1},
			[]*core.Tensor{empty, tensor(t, core.Shape{1}, int32(1<<22))},
		},
		"samples":  {&signal.DecodeWav{Channels: 1000, Samples: 1 << 30}, []*core.Tensor{label(t, sound(1, 1, 0))}},
		"channels": {&signal.DecodeWav{Channels: 1<<31 - 1, Samples: -1}, []*core.Tensor{label(t, sound(1, 1, 0))}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := core.EvalOp(b.op, b.in)
			require.ErrorAs(t, err, new(*core.MemoryError))
		})
	}
}

func TestSignalConstraints(t *testing.T) {
	c64 := func(s ...int) core.Operand { return operand(core.C64, s) }
	text := core.Operand{Fact: core.Fact{Type: core.String, Shape: core.Shape{}}}
	real := &signal.Fourier{Kind: signal.RealForwardFourier, Axes: 1}
	inverse := &signal.Fourier{Kind: signal.RealInverseFourier, Axes: 1}
	mel := func(change func(*signal.Mfcc)) *signal.Mfcc {
		op := &signal.Mfcc{Upper: 4000, Lower: 20, Channels: 40, Coefficients: 13}
		change(op)
		return op
	}
	same := func(*signal.Mfcc) {}
	for _, test := range []struct {
		op   core.Op
		in   []core.Operand
		want string
	}{
		{
			&signal.Fourier{Kind: 9, Axes: 1},
			[]core.Operand{c64(4), vector(4)},
			"Fourier: got kind invalid(9) of 1 axes, want a known one of 1 to 3 (Fourier-C1)",
		},
		{
			&signal.Fourier{Axes: 4},
			[]core.Operand{c64(4)},
			"Fourier: got kind Forward of 4 axes, want a known one of 1 to 3 (Fourier-C1)",
		},
		{
			&signal.Fourier{Axes: 1},
			[]core.Operand{f32(4)},
			"Fourier: input 0 (x): got f32[4], want c64 or c128 of rank 1 or more (Fourier-C2)",
		},
		{
			&signal.Fourier{Axes: 2},
			[]core.Operand{c64(4)},
			"Fourier: input 0 (x): got c64[4], want c64 or c128 of rank 2 or more (Fourier-C2)",
		},
		{
			real,
			[]core.Operand{f32(4), vector(4, 4)},
			"Fourier: input 1 (length): got i32[2], want i32[1] (Fourier-C3)",
		},
		{
			real,
			[]core.Operand{f32(4), vector(-1)},
			"Fourier: input 1 (length): got [-1], want none negative, and the last at least 1 (Fourier-C3)",
		},
		{
			real,
			[]core.Operand{f32(4), vector(0)},
			"Fourier: input 1 (length): got [0], want none negative, and the last at least 1 (Fourier-C3)",
		},
		{
			real,
			[]core.Operand{f32(4), vector(5)},
			"Fourier: input 0 (x): got shape [4] for lengths [5], want at least 5 elements along axis 0 (Fourier-C4)",
		},
		{
			inverse,
			[]core.Operand{c64(2, 4), vector(8)},
			"Fourier: input 0 (x): got shape [2,4] for lengths [8], want at least 5 elements along " +
				"axis 1 (Fourier-C4)",
		},
		{
			real,
			[]core.Operand{f32(4), vector(math.MaxInt32)},
			"Fourier: input 1 (length): got [2147483647], want at most 4194304 (Fourier-C5)",
		},
		{
			&signal.Fourier{Axes: 1},
			[]core.Operand{c64(1 << 23)},
			"Fourier: input 0 (x): got shape [8388608], want at most 4194304 elements along an axis (Fourier-C5)",
		},
		{
			&signal.Complex{},
			[]core.Operand{i32(2), f32(2)},
			"Complex: input 0 (real): got type i32, want one of [f32 f64] (Complex-C1)",
		},
		{
			&signal.Complex{},
			[]core.Operand{f32(2), operand(core.F64, []int{2})},
			"Complex: input 1 (imag): got type f64, want that of real, f32 (Complex-C2)",
		},
		{
			&signal.Complex{},
			[]core.Operand{f32(2), f32(3)},
			"Complex: input 1 (imag): got shape [3], which does not broadcast with the others: [[2] " +
				"[3]] (Complex-C3)",
		},
		{
			&signal.Conjugate{},
			[]core.Operand{f32(2)},
			"Conjugate: input 0: got type f32, want one of [c64 c128] (Conjugate-C1)",
		},
		{
			&signal.ComplexPart{Part: 4},
			[]core.Operand{c64(2)},
			"ComplexPart: unknown part 4 (ComplexPart-C1)",
		},
		{
			&signal.ComplexPart{},
			[]core.Operand{f32(2)},
			"ComplexPart: input 0: got type f32, want one of [c64 c128] (ComplexPart-C2)",
		},
		{
			&signal.DecodeWav{},
			[]core.Operand{f32()},
			"DecodeWav: input 0: got f32[], want string[] (DecodeWav-C1)",
		},
		{
			&signal.DecodeWav{Channels: -2},
			[]core.Operand{text},
			"DecodeWav: got -2 channels and 0 samples, want -1 to 2^31-1 (DecodeWav-C2)",
		},
		{
			&signal.EncodeWav{},
			[]core.Operand{f32(3), i32()},
			"EncodeWav: input 0 (x): got f32[3], want f32 of rank 2 (EncodeWav-C1)",
		},
		{
			&signal.EncodeWav{},
			[]core.Operand{f32(3, 0), i32()},
			"EncodeWav: input 0 (x): got 0 channels, want 1 to 65535 (EncodeWav-C1)",
		},
		{
			&signal.EncodeWav{},
			[]core.Operand{f32(1<<30, 2), i32()},
			"EncodeWav: input 0 (x): got 2147483648 numbers, want less than 2147483603 (EncodeWav-C1)",
		},
		{
			&signal.EncodeWav{},
			[]core.Operand{f32(3, 1), f32()},
			"EncodeWav: input 1 (rate): got f32[], want i32[] (EncodeWav-C2)",
		},
		{
			&signal.Spectrogram{Window: 1, Stride: 1},
			[]core.Operand{f32(9, 1)},
			"Spectrogram: got window 1 and stride 1, want [2, 4194304] and [1, 2^31-1] (Spectrogram-C1)",
		},
		{
			&signal.Spectrogram{Window: 2},
			[]core.Operand{f32(9, 1)},
			"Spectrogram: got window 2 and stride 0, want [2, 4194304] and [1, 2^31-1] (Spectrogram-C1)",
		},
		{
			&signal.Spectrogram{Window: 2, Stride: 1},
			[]core.Operand{f32(9)},
			"Spectrogram: input 0: got f32[9], want f32 of rank 2 (Spectrogram-C2)",
		},
		{
			mel(func(op *signal.Mfcc) { op.Upper = 10 }),
			[]core.Operand{f32(1, 2, 65), i32()},
			"Mfcc: got lower limit 20 and upper limit 10, want 0 <= lower < upper (Mfcc-C1)",
		},
		{
			mel(func(op *signal.Mfcc) { op.Coefficients = 41 }),
			[]core.Operand{f32(1, 2, 65), i32()},
			"Mfcc: got 41 coefficients of 40 channels, want 1 to the channels, and a product of at " +
				"most 16777216 (Mfcc-C2)",
		},
		{
			mel(func(op *signal.Mfcc) { op.Channels = math.MaxInt }),
			[]core.Operand{f32(1, 2, 65), i32()},
			"Mfcc: got 13 coefficients of 9223372036854775807 channels, want 1 to the channels, and a " +
				"product of at most 16777216 (Mfcc-C2)",
		},
		{
			mel(same),
			[]core.Operand{f32(1, 2, 1), i32()},
			"Mfcc: input 0 (x): got f32[1,2,1], want f32 of rank 3 and at least 2 bins (Mfcc-C3)",
		},
		{
			mel(same),
			[]core.Operand{f32(1, 2, 65), f32()},
			"Mfcc: input 1 (rate): got f32[], want i32[] (Mfcc-C4)",
		},
		{
			mel(same),
			[]core.Operand{f32(1, 2, 65), isI32(0)},
			"Mfcc: input 1 (rate): got rate 0, want at least 1 (Mfcc-C4)",
		},
		{
			&pointwise.Convert{Type: core.F32, Truncate: true},
			[]core.Operand{c64(2)},
			"Convert: input 0: got c64[2] to truncate to f32, want no complex numbers (Convert-C3)",
		},
		{
			&pointwise.Compare{},
			[]core.Operand{c64(2), c64(2)},
			"Compare: input 0: got type c64, want one that is not complex (Compare-C1)",
		},
		{
			&pointwise.Add{},
			[]core.Operand{c64(2), f32(2)},
			"Add: input 1: got type f32, want a's c64 (Add-C2)",
		},
	} {
		t.Run(test.want, func(t *testing.T) {
			_, err := core.NewNode(test.op, testgraph.Values(t, test.in)...)
			require.EqualError(t, err, test.want)
		})
	}
}
