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

func number(b []byte, i int) float32 { return math.Float32frombits(binary.NativeEndian.Uint32(b[i:])) }

// problem is a filter of random data: weights are finite, data may be special.
type problem struct {
	m, channels, taps int
	special           bool
	seed              uint64
	weights           []float32
	args              Args
	before            []byte // C and its guards
}

func (p *problem) String() string {
	return fmt.Sprintf("m=%d,channels=%d,taps=%d,special=%t,seed=%d", p.m, p.channels, p.taps, p.special, p.seed)
}

func (p *problem) fill() {
	r := rand.New(rand.NewPCG(p.seed, 1))
	p.weights = make([]float32, p.taps*p.channels)
	for i := range p.weights {
		p.weights[i] = float32(r.NormFloat64())
	}
	numbers := p.m*p.taps + p.channels + 7
	p.args.A = make([]byte, 4*numbers+bounds.Slack)
	for i := range len(p.args.A) / 4 {
		v := float32(r.NormFloat64() * math.Exp(r.NormFloat64()*3))
		if p.special && r.IntN(20) == 0 {
			v = []float32{0, float32(math.Copysign(0, -1)), 1e-44, -1e-40, float32(math.Inf(1)), float32(math.NaN())}[r.IntN(6)]
		}
		binary.NativeEndian.PutUint32(p.args.A[4*i:], math.Float32bits(v))
	}
	p.args.Offsets = nil
	for range p.m * p.taps {
		p.args.Offsets = append(p.args.Offsets, int32(4*r.IntN(numbers-p.channels+1)))
	}
	p.args.LDC = 4*p.channels + []int{0, 4, 12}[r.IntN(3)]
	p.before = make([]byte, 2*guard+p.m*p.args.LDC)
	for i := range p.before {
		p.before[i] = byte(r.IntN(256))
	}
}

func (p *problem) run(t *testing.T, v *Variant) []byte {
	t.Helper()
	packed, err := Pack(v, Spec{Channels: p.channels, Taps: p.taps}, p.weights)
	require.NoError(t, err)
	out := slices.Clone(p.before)
	end := guard + (p.m-1)*p.args.LDC + 4*p.channels
	p.args.C = out[guard:end:end]
	require.NoError(t, packed.spec.CheckOffsets(p.args.Offsets, len(p.args.A)), "%s: %s", v.Name, p)
	packed.Run(&p.args, 0, p.m/3)
	packed.Run(&p.args, p.m/3, p.m)
	return out
}

// reference is the definition.
func (p *problem) reference() []byte {
	out := slices.Clone(p.before)
	for m := range p.m {
		for n := range p.channels {
			var sum float32
			for t := range p.taps {
				sum = activation.FMA32(number(p.args.A, int(p.args.Offsets[m*p.taps+t])+4*n), p.weights[t*p.channels+n], sum)
			}
			binary.NativeEndian.PutUint32(out[guard+m*p.args.LDC+4*n:], math.Float32bits(sum+0))
		}
	}
	return out
}

func TestSizes(t *testing.T) {
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			for channels := 1; channels <= 200; channels++ {
				for _, m := range []int{1, 2, 7} {
					p := problem{
						m: m, channels: channels, taps: []int{1, 2, 9, 25}[channels%4], special: channels%3 == 0, seed: uint64(channels),
					}
					p.fill()
					want, got := p.reference(), p.run(t, v)
					for i := 0; i < len(want); i += 4 {
						w, g := number(want, i), number(got, i)
						if math.Float32bits(w) != math.Float32bits(g) && (w == w || g == g) {
							t.Fatalf("%s: byte %d of the buffer: got %v, want %v", &p, i-guard, g, w)
						}
					}
				}
			}
		})
	}
}

func TestCheckOffsets(t *testing.T) {
	s := Spec{Channels: 2, Taps: 2}
	require.NoError(t, s.CheckOffsets([]int32{0, 4, 12, 0}, 20+bounds.Slack))
	err := s.CheckOffsets([]int32{0, 4, 8, 13}, 20+bounds.Slack)
	require.EqualError(t, err, "row 1, tap 1: got offset 13 into 84 bytes, want 0 to 12")
}

func TestErrors(t *testing.T) {
	v := Choose(0)
	for _, c := range []struct {
		spec    Spec
		weights int
		want    string
	}{
		{Spec{Taps: 1}, 0, "got channels=0, taps=1: want each at least 1, at most 1073741824 weights"},
		{
			Spec{Channels: 1 << 40, Taps: 1 << 40},
			0,
			"got channels=1099511627776, taps=1099511627776: want each at least 1, at most 1073741824 weights",
		},
		{Spec{Channels: 2, Taps: 3}, 5, "got 5 weights, want 3*2 = 6"},
	} {
		_, err := Pack(v, c.spec, make([]float32, c.weights))
		require.ErrorIs(t, err, ErrSpec)
		require.EqualError(t, err, "invalid float32 depthwise filter: "+c.want)
	}
	packed, err := Pack(v, Spec{Channels: 2, Taps: 2}, make([]float32, 4))
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
