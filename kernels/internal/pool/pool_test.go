package pool

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
)

// TestMain reports the instruction sets whose variants were not run.
func TestMain(m *testing.M) { isatest.Main(m, variants, simulated) }

// simulated is set in builds in which Go functions stand for the assembly (kernels/_asm
// with -simulate): those run on any CPU.
var simulated bool

// runnable returns the variants that this CPU can execute.
func runnable() []*Variant { return variants.Within(isatest.Runnable(simulated)) }

// problem is one pooling with all of its data. Its String reproduces it.
type problem struct {
	m, channels, taps int
	extreme           bool // the largest or lowest bytes; infinities, NaN and zeros of both signs
	seed              uint64

	args   Args
	before []byte // the buffer of C with its guards, before the call
}

const guard = 64

func (p *problem) String() string {
	return fmt.Sprintf("m=%d,channels=%d,taps=%d,extreme=%t,seed=%d", p.m, p.channels, p.taps, p.extreme, p.seed)
}

// fill makes the data of a problem for a kind from its seed.
func (p *problem) fill(k Kind) {
	if k == InterpolateF32 {
		p.taps = 2
	}
	r := rand.New(rand.NewPCG(p.seed, uint64(k)))
	row := p.channels * k.Size()
	p.args = Args{Channels: p.channels, Taps: p.taps, A: make([]byte, row*(p.m+3)+bounds.Slack)}
	a := p.args.A
	for i := range a {
		a[i] = byte(r.IntN(256))
		if p.extreme {
			a[i] = []byte{0, 0x7f, 0x80, 0xff}[p.seed%4]
		}
	}
	values := []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(-1), -1, math.Inf(1)}
	for i := 0; isReal(k) && i+k.Size() <= len(a); i += k.Size() {
		v := r.NormFloat64()
		if p.extreme {
			v = values[r.IntN(len(values))]
		}
		putReal(a[i:], k, v)
	}
	for i := 0; k == MaxBF16 && i+2 <= len(a); i += 2 {
		v := activation.F32ToBF16(float32(r.NormFloat64()))
		if p.extreme { // -NaN is a signaling one
			v = []uint16{0, 0x8000, 0x7fc1, 0xff80, 0x3f80, 0x7f80, 0xff81, 1, 0x8001}[r.IntN(9)]
		}
		binary.NativeEndian.PutUint16(a[i:], v)
	}
	for range p.m {
		real := 0
		for range p.taps {
			o := (1 + r.IntN(p.m+2)) * row
			if k.IsAverage() && k != MeanF32 && r.IntN(4) == 0 && real > 0 {
				o = 0 // padding
			} else {
				real++
			}
			p.args.Offsets = append(p.args.Offsets, int32(o))
		}
		count := float32(real)
		if k.Size() == 1 {
			count = 1 / count
		}
		for range k.counts(p.taps) {
			if !k.IsAverage() {
				count = float32(r.Float64()*2 - 0.5)
			}
			p.args.Counts = append(p.args.Counts, count)
		}
	}
	if k.IsAverage() {
		clear(a[:row])
		for i := 0; isReal(k) && i < row; i += k.Size() {
			putReal(a[i:], k, math.Copysign(0, -1))
		}
	}
	p.args.LDC = row + []int{0, 0, 7, 31}[r.IntN(4)]
	p.before = make([]byte, 2*guard+p.m*p.args.LDC)
	for i := range p.before {
		p.before[i] = byte(r.IntN(256))
	}
}

// isReal reports whether the elements are float32 or float64.
func isReal(k Kind) bool {
	return k == MaxF32 || k == MaxF64 || k >= AverageF32
}

// real returns the first element of b, which is real.
func real(b []byte, k Kind) float64 {
	if k.Size() == 8 {
		return math.Float64frombits(binary.NativeEndian.Uint64(b))
	}
	return float64(math.Float32frombits(binary.NativeEndian.Uint32(b)))
}

// putReal stores the first element of b, which is real.
func putReal(b []byte, k Kind, v float64) {
	if k.Size() == 8 {
		binary.NativeEndian.PutUint64(b, math.Float64bits(v))
	} else {
		binary.NativeEndian.PutUint32(b, math.Float32bits(float32(v)))
	}
}

// whole returns the first element of b, which is an integer.
func whole(b []byte, k Kind) int64 {
	switch k {
	case MaxI8, AverageI8:
		return int64(int8(b[0]))
	case MaxU16:
		return int64(binary.NativeEndian.Uint16(b))
	case MaxI16:
		return int64(int16(binary.NativeEndian.Uint16(b)))
	case MaxU32:
		return int64(binary.NativeEndian.Uint32(b))
	case MaxI32:
		return int64(int32(binary.NativeEndian.Uint32(b)))
	case MaxI64:
		return int64(binary.NativeEndian.Uint64(b))
	}
	return int64(b[0])
}

// reference computes the problem as it is defined.
func (p *problem) reference(k Kind) []byte {
	out, size := slices.Clone(p.before), k.Size()
	for m := range p.m {
		for c := range p.channels {
			to := out[guard+m*p.args.LDC+c*size:]
			taps := p.args.Offsets[m*p.taps : (m+1)*p.taps]
			if isReal(k) {
				putReal(to, k, p.referenceReal(k, taps, c, p.args.Counts[m*k.counts(p.taps):]))
				continue
			}
			if k == MaxBF16 {
				binary.NativeEndian.PutUint16(to, p.referenceBF16(taps, c))
				continue
			}
			best, sum := int64(math.MinInt64), int64(0)
			for _, o := range taps {
				x := whole(p.args.A[int(o)+size*c:], k)
				best, sum = max(best, x), sum+x
			}
			if k.IsAverage() {
				best = int64(math.RoundToEven(float64(float32(sum) * p.args.Counts[m])))
			}
			for i := range size {
				to[i] = byte(best >> (8 * i))
			}
		}
	}
	return out
}

// referenceBF16 returns the maximum of one channel: the first NaN, or the last of the largest numbers.
func (p *problem) referenceBF16(taps []int32, c int) uint16 {
	best, bits := float32(math.Inf(-1)), uint16(0)
	for _, o := range taps {
		b := binary.NativeEndian.Uint16(p.args.A[int(o)+2*c:])
		v := math.Float32frombits(uint32(b) << 16)
		if v != v {
			return b | 0x40
		}
		if v >= best {
			best, bits = v, b
		}
	}
	return bits
}

// referenceReal combines the taps of one channel, without those in the padding. Each step is rounded to the type.
func (p *problem) referenceReal(k Kind, taps []int32, c int, counts []float32) float64 {
	var v []float64
	for _, o := range taps {
		if o != 0 || !k.IsAverage() || k == MeanF32 {
			v = append(v, real(p.args.A[int(o)+k.Size()*c:], k))
		}
	}
	round := func(v float64) float64 { return float64(float32(v)) }
	if k.Size() == 8 {
		round = func(v float64) float64 { return v }
	}
	switch k {
	case MaxF32, MaxF64:
		best := math.Inf(-1)
		for _, x := range v {
			if best > x || best != best {
				continue
			}
			best = x
		}
		return best
	case AverageF32, AverageF64:
		sum := v[0]
		for _, x := range v[1:] {
			sum = round(sum + x)
		}
		return round(sum / float64(counts[0]))
	case InterpolateF32:
		return round(v[0] + round(round(v[1]-v[0])*float64(counts[0])))
	case WeighedF32:
		sum := round(v[0] * float64(counts[0]))
		for i, x := range v[1:] {
			sum = round(sum + round(x*float64(counts[i+1])))
		}
		return sum
	}
	var lane [16]float64
	for i, x := range v {
		lane[i%16] = round(lane[i%16] + x)
	}
	for _, half := range []int{8, 4, 2, 1} {
		for i := range half {
			lane[i] = round(lane[i] + lane[i+half])
		}
	}
	return round(lane[0] / float64(counts[0]))
}

// check computes the problem with v, in two parts as threads would, and compares with
// the reference, guards included. Two NaNs are equal.
func (p *problem) check(t *testing.T, v *Variant) {
	t.Helper()
	p.fill(v.Kind)
	want, got := p.reference(v.Kind), slices.Clone(p.before)
	row := p.channels * v.Kind.Size()
	end := guard + (p.m-1)*p.args.LDC + row
	p.args.C = got[guard:end:end]
	require.NoError(t, v.Kind.CheckOffsets(p.args.Offsets, p.taps, p.channels, len(p.args.A)), "%s: %s", v.Name, p)
	v.Run(&p.args, p.m/3, p.m)
	v.Run(&p.args, 0, p.m/3)
	for i := range want {
		if want[i] == got[i] {
			continue
		}
		at := i - guard
		if at < 0 || at/p.args.LDC >= p.m || at%p.args.LDC >= row {
			t.Fatalf("%s: %s: byte %d outside of the result was written: %#x, was %#x", v.Name, p, at, got[i], want[i])
		}
		if element := i - at%p.args.LDC%v.Kind.Size(); isReal(v.Kind) {
			if w, g := real(want[element:], v.Kind), real(got[element:], v.Kind); w != w && g != g {
				continue
			}
		}
		t.Fatalf("%s: %s: pixel %d, byte %d of its channels: %#x, want %#x",
			v.Name, p, at/p.args.LDC, at%p.args.LDC, got[i], want[i])
	}
}

// TestSizes covers blocks of channels: below, at and above each, and numbers of taps.
func TestSizes(t *testing.T) {
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			seed := uint64(0)
			for _, m := range []int{1, 2, 5, 70} {
				for channels := 1; channels <= 2*v.NR+17; channels += 1 + m/60*6 {
					p := problem{
						m: m, channels: channels, taps: []int{9, 1, 2, 4, 49, 3, 16, 17}[seed%8], extreme: seed%5 == 0, seed: seed,
					}
					p.check(t, v)
					seed++
				}
			}
		})
	}
}

// TestManyTaps has more taps than 16 bits can sum.
func TestManyTaps(t *testing.T) {
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			counts := []int{255, 256, 257, 511, 512, 513, 12544, MaxTaps}
			if simulated {
				counts = counts[:4]
			}
			for i, taps := range counts {
				for kind := range uint64(4) {
					p := problem{m: 2, channels: v.NR + 3, taps: taps, extreme: i < 6, seed: uint64(i)*4 + kind}
					p.check(t, v)
				}
			}
		})
	}
}

func TestChoose(t *testing.T) {
	for k := range numKinds {
		require.Equal(t, isa.Portable, Choose(0, k).ISA)
		require.Equal(t, k, Choose(isa.Available(), k).Kind)
	}
}

func TestCheckOffsets(t *testing.T) {
	require.NoError(t, MaxU8.CheckOffsets([]int32{0, 13, 1, 2}, 2, 5, 18+bounds.Slack))
	err := MaxF32.CheckOffsets([]int32{0, 13, 1, 14}, 2, 5, 33+bounds.Slack)
	require.EqualError(t, err, "pixel 1, tap 1: got offset 14 into 97 bytes, want 0 to 13")
}

// TestRunPanics: Run takes nothing on trust, other than offsets.
func TestRunPanics(t *testing.T) {
	for _, v := range runnable() {
		if v.Kind != AverageI8 {
			continue
		}
		run := func(damage func(a *Args)) {
			a := &Args{
				Channels: 5, Taps: 2, A: make([]byte, 18+bounds.Slack), Offsets: []int32{0, 13, 1, 2, 3, 4},
				Counts: make([]float32, 3), C: make([]byte, 17, 64), LDC: 6,
			}
			damage(a)
			v.Run(a, 0, 3)
		}
		run(func(*Args) {})
		for _, c := range []struct {
			name   string
			damage func(a *Args)
			want   string
		}{
			{"channels", func(a *Args) { a.Channels = 0 }, "got 0 channels and 2 taps, want at least 1 and at most 65793 taps"},
			{"taps", func(a *Args) { a.Taps = 65794 }, "got 5 channels and 65794 taps, want at least 1 and at most 65793 taps"},
			{"few offsets", func(a *Args) { a.Offsets = a.Offsets[1:] }, "got 5 offsets, want 3 pixels * 2 taps"},
			{"counts", func(a *Args) { a.Counts = nil }, "got 0 counts, want 3"},
			{"output", func(a *Args) { a.C = a.C[:16] }, "output: got 16 bytes, want 3 pixels of 5 at stride 6"},
			{"stride", func(a *Args) { a.LDC = 4 }, "output: got stride 4, want at least 5 bytes"},
		} {
			t.Run(v.Name+"/"+c.name, func(t *testing.T) {
				require.PanicsWithValue(t, "pool: "+c.want, func() { run(c.damage) })
			})
		}
	}
}

// BenchmarkLayers runs ResNet-50's maximum and global average, and others like them.
func BenchmarkLayers(b *testing.B) {
	for _, l := range []struct{ size, window, stride, channels int }{{112, 3, 2, 64}, {56, 2, 2, 192}, {7, 7, 1, 2048}} {
		for _, v := range runnable() {
			if v.Kind == InterpolateF32 {
				continue // of two taps
			}
			name := fmt.Sprintf("%dx%ds%d_%dx%d/%s", l.window, l.window, l.stride, l.channels, l.size, v.Name)
			b.Run(name, func(b *testing.B) {
				out := (l.size-l.window)/l.stride + 1
				row := l.channels * v.Kind.Size()
				p := problem{m: l.size * l.size, channels: l.channels, taps: 1}
				p.fill(v.Kind)
				a := p.args
				a.Taps, a.Offsets, a.LDC, a.C = l.window*l.window, nil, row, make([]byte, out*out*row)
				a.Counts = slices.Repeat([]float32{float32(a.Taps)}, out*out*a.Taps)
				for y := range out {
					for x := range out {
						for t := range a.Taps {
							a.Offsets = append(a.Offsets, int32(((y*l.stride+t/l.window)*l.size+x*l.stride+t%l.window)*row))
						}
					}
				}
				require.NoError(b, v.Kind.CheckOffsets(a.Offsets, a.Taps, a.Channels, len(a.A)))
				for b.Loop() {
					v.Run(&a, 0, out*out)
				}
				b.ReportMetric(float64(out*out*a.Taps*row)*float64(b.N)/1e9/b.Elapsed().Seconds(), "GB/s")
			})
		}
	}
}

// TestNoAllocation: a call of Run allocates nothing.
func TestNoAllocation(t *testing.T) {
	if simulated {
		t.Skip("simulated routines allocate")
	}
	for _, v := range runnable() {
		for _, channels := range []int{3, 77} {
			p := problem{m: 9, channels: channels, taps: 4}
			p.fill(v.Kind)
			p.args.C = p.before
			require.Zero(t, testing.AllocsPerRun(10, func() { v.Run(&p.args, 0, p.m) }), v.Name)
		}
	}
}
