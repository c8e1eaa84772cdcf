package sdepthwise

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
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
)

// TestMain reports the instruction sets whose variants were not run.
func TestMain(m *testing.M) { isatest.Main(m, variants, simulated) }

// simulated is set in builds in which Go functions stand for the assembly (kernels/_asm
// with -simulate): those run on any CPU.
var simulated bool

// runnable returns the variants that this CPU can execute.
func runnable() []*Variant { return variants.Within(isatest.Runnable(simulated)) }

const guard = 64

// bits returns the bits of the number, of some bytes, at byte i of b.
func bits(b []byte, i, size int) uint64 {
	if size == 8 {
		return binary.NativeEndian.Uint64(b[i:])
	}
	return uint64(binary.NativeEndian.Uint32(b[i:]))
}

// put stores the bits of a number at byte i of b.
func put(b []byte, i, size int, bits uint64) {
	if size == 8 {
		binary.NativeEndian.PutUint64(b[i:], bits)
	} else {
		binary.NativeEndian.PutUint32(b[i:], uint32(bits))
	}
}

// problem is a filter of random data: weights are finite, data may be special.
type problem struct {
	typ               dtype.Type
	m, channels, taps int
	special           bool
	seed              uint64
	weights           []byte
	args              Args
	before            []byte // C and its guards
}

func (p *problem) String() string {
	return fmt.Sprintf("m=%d,channels=%d,taps=%d,special=%t,seed=%d", p.m, p.channels, p.taps, p.special, p.seed)
}

func (p *problem) fill() {
	r, size := rand.New(rand.NewPCG(p.seed, 1)), p.typ.Size()
	p.weights = make([]byte, size*p.taps*p.channels)
	for i := 0; i < len(p.weights); i += size {
		put(p.weights, i, size, p.number(r, r.NormFloat64()))
	}
	numbers := p.m*p.taps + p.channels + 7
	p.args.A = make([]byte, size*numbers+bounds.Slack)
	for i := 0; i < len(p.args.A); i += size {
		v := r.NormFloat64() * math.Exp(r.NormFloat64()*3)
		if p.special && r.IntN(20) == 0 {
			v = []float64{0, math.Copysign(0, -1), 1e-44, -1e-40, math.Inf(1), math.NaN(), -1e-310}[r.IntN(7)]
		}
		put(p.args.A, i, size, p.number(r, v))
	}
	p.args.Offsets = nil
	for range p.m * p.taps {
		p.args.Offsets = append(p.args.Offsets, int32(size*r.IntN(numbers-p.channels+1)))
	}
	p.args.LDC = size * (p.channels + []int{0, 1, 3}[r.IntN(3)])
	p.before = make([]byte, 2*guard+p.m*p.args.LDC)
	for i := range p.before {
		p.before[i] = byte(r.IntN(256))
	}
}

// number returns the bits of v in the type of the problem; those of an integer are any.
func (p *problem) number(r *rand.Rand, v float64) uint64 {
	switch p.typ {
	case dtype.F32:
		return uint64(math.Float32bits(float32(v)))
	case dtype.F64:
		return math.Float64bits(v)
	}
	return r.Uint64()
}

func (p *problem) run(t *testing.T, v *Variant) []byte {
	t.Helper()
	packed, err := Pack(v, Spec{Type: p.typ, Channels: p.channels, Taps: p.taps}, p.weights)
	require.NoError(t, err)
	out := slices.Clone(p.before)
	end := guard + (p.m-1)*p.args.LDC + p.typ.Size()*p.channels
	p.args.C = out[guard:end:end]
	require.NoError(t, packed.spec.CheckOffsets(p.args.Offsets, len(p.args.A)), "%s: %s", v.Name, p)
	packed.Run(&p.args, 0, p.m/3)
	packed.Run(&p.args, p.m/3, p.m)
	return out
}

// reference is the definition.
func (p *problem) reference() []byte {
	out, size := slices.Clone(p.before), p.typ.Size()
	for m := range p.m {
		for n := range p.channels {
			var sum uint64
			for t := range p.taps {
				x := bits(p.args.A, int(p.args.Offsets[m*p.taps+t])+size*n, size)
				sum = p.add(sum, x, bits(p.weights, size*(t*p.channels+n), size))
			}
			switch p.typ { // zeros become positive
			case dtype.F32:
				sum = uint64(math.Float32bits(math.Float32frombits(uint32(sum)) + 0))
			case dtype.F64:
				sum = math.Float64bits(math.Float64frombits(sum) + 0)
			}
			put(out, guard+m*p.args.LDC+size*n, size, sum)
		}
	}
	return out
}

// add returns the bits of sum + x*y.
func (p *problem) add(sum, x, y uint64) uint64 {
	f := func(bits uint64) float32 { return math.Float32frombits(uint32(bits)) }
	switch p.typ {
	case dtype.F32:
		return uint64(math.Float32bits(activation.FlushedFMA32(f(x), f(y), f(sum))))
	case dtype.F64:
		return math.Float64bits(math.FMA(math.Float64frombits(x), math.Float64frombits(y), math.Float64frombits(sum)))
	}
	return sum + x*y
}

// isNaN reports whether bits are those of a NaN.
func (p *problem) isNaN(bits uint64) bool {
	switch p.typ {
	case dtype.F32:
		return bits<<33>>33 > 0x7f800000
	case dtype.F64:
		return bits<<1>>1 > 0x7ff0000000000000
	}
	return false
}

func TestSizes(t *testing.T) {
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			for channels := 1; channels <= 200; channels++ {
				for _, m := range []int{1, 2, 7} {
					p := problem{
						typ: v.Type, m: m, channels: channels, taps: []int{1, 2, 9, 25}[channels%4], special: channels%3 == 0,
						seed: uint64(channels),
					}
					p.fill()
					want, got, size := p.reference(), p.run(t, v), p.typ.Size()
					for i := 0; i < len(want); i += size {
						w, g := bits(want, i, size), bits(got, i, size)
						if w != g && !(p.isNaN(w) && p.isNaN(g)) {
							t.Fatalf("%s: byte %d of the buffer: got %#x, want %#x", &p, i-guard, g, w)
						}
					}
				}
			}
		})
	}
}

func TestCheckOffsets(t *testing.T) {
	s := Spec{Type: dtype.F32, Channels: 2, Taps: 2}
	require.NoError(t, s.CheckOffsets([]int32{0, 4, 12, 0}, 20+bounds.Slack))
	err := s.CheckOffsets([]int32{0, 4, 8, 13}, 20+bounds.Slack)
	require.EqualError(t, err, "row 1, tap 1: got offset 13 into 84 bytes, want 0 to 12")
}

func TestErrors(t *testing.T) {
	v := Choose(0, dtype.F32)
	for _, c := range []struct {
		spec    Spec
		weights int
		want    string
	}{
		{Spec{Type: dtype.F32, Taps: 1}, 0, "got channels=0, taps=1: want each at least 1, at most 1073741824 weights"},
		{
			Spec{Type: dtype.F32, Channels: 1 << 40, Taps: 1 << 40},
			0,
			"got channels=1099511627776, taps=1099511627776: want each at least 1, at most 1073741824 weights",
		},
		{Spec{Type: dtype.F32, Channels: 2, Taps: 3}, 5, "got 5 weights, want 3*2 = 6"},
		{Spec{Type: dtype.I32, Channels: 2, Taps: 3}, 6, "got numbers of type s32, want f32"},
	} {
		_, err := Pack(v, c.spec, make([]byte, 4*c.weights))
		require.ErrorIs(t, err, ErrSpec)
		require.EqualError(t, err, "invalid depthwise filter: "+c.want)
	}
	packed, err := Pack(v, Spec{Type: dtype.F32, Channels: 2, Taps: 2}, make([]byte, 4*4))
	require.NoError(t, err)
	for _, c := range []struct {
		name   string
		damage func(a *Args)
		want   string
	}{
		{"good", func(*Args) {}, ""},
		{"few offsets", func(a *Args) { a.Offsets = a.Offsets[1:] }, "got 3 offsets, want 2 rows * 2 taps"},
		{"output", func(a *Args) { a.C = a.C[1:] }, "output: got 15 bytes, want 2 rows of 8 at stride 8"},
		{"stride", func(a *Args) { a.LDC = -8 }, "output: got stride -8, want at least 8 bytes"},
	} {
		a := &Args{A: make([]byte, 20+bounds.Slack), Offsets: []int32{0, 4, 8, 0}, C: make([]byte, 16), LDC: 8}
		c.damage(a)
		run := func() { packed.Run(a, 0, 2) }
		if c.want == "" {
			run()
		} else {
			require.PanicsWithValue(t, "sdepthwise: "+c.want, run, c.name)
		}
	}
}
