package sgemm

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
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

// problem is one multiplication with all of its data. Its String reproduces it.
type problem struct {
	m, n, taps, k int
	special       bool // infinities, NaN, zeros of both signs and tiny numbers in A
	typ           dtype.Type
	exponents     int // of products: 0 for ordinary ones, else sums may be subnormal
	parted        bool
	seed          uint64

	weights []byte
	args    Args
	before  []byte // the buffer of C with its guards, before the call
	parts   []Rows // if parted: even rows and odd ones, each with some of the taps; the others point to zeros
}

const guard = 64

func (p *problem) String() string {
	return fmt.Sprintf("m=%d,n=%d,taps=%d,k=%d,special=%t,type=%s,exponents=%d,parted=%t,seed=%d",
		p.m, p.n, p.taps, p.k, p.special, does(p.typ), p.exponents, p.parted, p.seed)
}

// number returns the float32 at byte at of b.
func number(b []byte, at int) float32 {
	return math.Float32frombits(binary.NativeEndian.Uint32(b[at:]))
}

// bits returns the bits of the number, of some bytes, at byte at of b.
func bits(b []byte, at, size int) uint64 {
	if size == 8 {
		return binary.NativeEndian.Uint64(b[at:])
	}
	return uint64(binary.NativeEndian.Uint32(b[at:]))
}

// put stores the bits of a number at byte at of b.
func put(b []byte, at, size int, bits uint64) {
	if size == 8 {
		binary.NativeEndian.PutUint64(b[at:], bits)
	} else {
		binary.NativeEndian.PutUint32(b[at:], uint32(bits))
	}
}

func (p *problem) fill() {
	r, size := rand.New(rand.NewPCG(p.seed, 1)), Size(p.typ)
	p.weights = make([]byte, size*p.taps*p.k*p.n)
	for i := 0; i < len(p.weights); i += size {
		put(p.weights, i, size, p.number(r, r.NormFloat64()*math.Ldexp(1, p.exponents/2)))
	}
	numbers := p.m*p.taps*p.k + 7
	p.args.A = make([]byte, size*numbers+bounds.Slack)
	for i := 0; i < len(p.args.A); i += size {
		v := r.NormFloat64() * math.Exp(r.NormFloat64()*3) * math.Ldexp(1, (p.exponents-1)/2)
		if p.special && r.IntN(20) == 0 {
			v = []float64{0, math.Copysign(0, -1), 1e-44, -1e-40, math.Inf(1), math.NaN(), -1e-310}[r.IntN(7)]
		}
		put(p.args.A, i, size, p.number(r, v))
	}
	p.args.Offsets = nil
	for range p.m * p.taps {
		p.args.Offsets = append(p.args.Offsets, int32(size*r.IntN(numbers-p.k+1)))
	}
	if p.parted {
		p.part(r)
	}
	p.args.LDC = size * (p.n + []int{0, 1, 3}[r.IntN(3)])
	p.before = make([]byte, 2*guard+p.m*p.args.LDC)
	for i := range p.before {
		p.before[i] = byte(r.IntN(256))
	}
}

// part divides the rows into the even ones and the odd ones, and leaves out taps.
func (p *problem) part(r *rand.Rand) {
	clear(p.args.A[:Size(p.typ)*p.k])
	p.parts = []Rows{{Count: (p.m + 1) / 2, Step: 2}, {First: 1, Count: p.m / 2, Step: 2}}
	for i := range p.parts {
		rows := &p.parts[i]
		for t := range p.taps {
			if r.IntN(3) > 0 || t == p.taps-1 && rows.Taps == nil {
				rows.Taps = append(rows.Taps, int32(t))
				continue
			}
			for k := range rows.Count {
				p.args.Offsets[(rows.First+k*rows.Step)*p.taps+t] = 0
			}
		}
	}
}

// number returns the bits of v in the type of the problem; those of an integer are any.
func (p *problem) number(r *rand.Rand, v float64) uint64 {
	switch p.typ {
	case dtype.F32:
		return uint64(math.Float32bits(float32(v)))
	case dtype.BF16:
		return uint64(activation.F32ToBF16(float32(v))) << 16
	case dtype.F64:
		return math.Float64bits(v)
	}
	return r.Uint64()
}

func (p *problem) spec() Spec { return Spec{Type: p.typ, N: p.n, Taps: p.taps, TapNumbers: p.k} }

// arrange makes A numbers as a variant reads them.
func (p *problem) arrange(v *Variant) {
	a := &p.args
	if p.typ != dtype.BF16 {
		return
	}
	if v.NumberSize() == 4 { // each run has a place of its own, since runs overlap
		wide := make([]byte, 4*p.k*len(a.Offsets)+bounds.Slack)
		for i, o := range a.Offsets {
			run := make([]uint16, p.k)
			for k := range run {
				run[k] = uint16(math.Float32bits(number(a.A, int(o)+4*k)) >> 16)
			}
			numbers := make([]float32, p.k)
			v.Widen(numbers, run, p.k)
			for k, number := range numbers {
				binary.NativeEndian.PutUint32(wide[4*(i*p.k+k):], math.Float32bits(number))
			}
		}
		a.A, a.Offsets = wide, slices.Clone(a.Offsets)
		for i := range a.Offsets {
			a.Offsets[i] = int32(4 * p.k * i)
		}
		return
	}
	wide := a.A
	a.A = make([]byte, len(wide)/2+bounds.Slack)
	for i := range len(wide) / 4 {
		binary.NativeEndian.PutUint16(a.A[2*i:], uint16(math.Float32bits(number(wide, 4*i))>>16))
	}
	a.Offsets = slices.Clone(a.Offsets)
	for i := range a.Offsets {
		a.Offsets[i] /= 2
	}
}

func (p *problem) run(t *testing.T, v *Variant) []byte {
	t.Helper()
	packed, err := Pack(v, p.spec(), p.weights)
	require.NoError(t, err)
	p.arrange(v)
	out := slices.Clone(p.before)
	end := guard + (p.m-1)*p.args.LDC + Size(p.typ)*p.n
	p.args.C = out[guard:end:end]
	require.NoError(t, packed.CheckOffsets(p.args.Offsets, len(p.args.A)), "%s: %s", v.Name, p)
	n := packed.Panels() / 2
	parts := p.parts
	if parts == nil {
		parts = []Rows{{Count: p.m / 3, Step: 1}, {First: p.m / 3, Count: p.m - p.m/3, Step: 1}}
	}
	for _, r := range parts {
		if r.Count == 0 {
			continue
		}
		args := p.args
		args.C, args.LDC = args.C[r.First*args.LDC:], args.LDC*r.Step
		packed.Run(&args, r, 0, n)
		packed.Run(&args, r, n, packed.Panels())
	}
	return out
}

// reference is the definition.
func (p *problem) reference() []byte {
	out, size := slices.Clone(p.before), Size(p.typ)
	for m := range p.m {
		for n := range p.n {
			var sum uint64
			for i := range p.taps * p.k {
				if k := i%p.k ^ 1; p.typ == dtype.BF16 && k < p.k {
					i += k - i%p.k
				}
				x := bits(p.args.A, int(p.args.Offsets[m*p.taps+i/p.k])+i%p.k*size, size)
				sum = p.add(sum, x, bits(p.weights, (i*p.n+n)*size, size))
			}
			switch p.typ { // zeros become positive
			case dtype.F32, dtype.BF16:
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
	case dtype.F32, dtype.BF16:
		return uint64(math.Float32bits(activation.FlushedFMA32(f(x), f(y), f(sum))))
	case dtype.F64:
		return math.Float64bits(math.FMA(math.Float64frombits(x), math.Float64frombits(y), math.Float64frombits(sum)))
	}
	return sum + x*y
}

// isNaN reports whether bits are those of a NaN.
func (p *problem) isNaN(bits uint64) bool {
	switch p.typ {
	case dtype.F32, dtype.BF16:
		return bits<<33>>33 > 0x7f800000
	case dtype.F64:
		return bits<<1>>1 > 0x7ff0000000000000
	}
	return false
}

func (p *problem) check(t *testing.T, v *Variant) {
	t.Helper()
	p.fill()
	p.compare(t, v)
}

// compare runs a filled problem.
func (p *problem) compare(t *testing.T, v *Variant) {
	t.Helper()
	want, got, size := p.reference(), p.run(t, v), Size(p.typ)
	for i := 0; i < len(want); i += size {
		w, g := bits(want, i, size), bits(got, i, size)
		if w != g && !(p.isNaN(w) && p.isNaN(g)) {
			t.Fatalf("%s: %s: byte %d of the buffer: got %#x, want %#x", v.Name, p, i-guard, g, w)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			seed := uint64(0)
			for m := 1; m <= max(2*v.MR+1, 35); m++ {
				for _, n := range []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 25, 35, 48} {
					if m > 2*v.MR+1 && n > 4 { // few columns may have taller tiles
						continue
					}
					for _, k := range []int{1, 2, 3, 4, 5, 6, 7, 8, 33} {
						p := problem{
							m: m, n: n, taps: []int{1, 2, 9}[seed%3], k: k, special: seed%4 == 0, seed: seed,
							typ: v.Type, parted: seed%5 == 0,
						}
						if sumOf(p.typ) == dtype.F32 {
							p.exponents = []int{0, -125, -130, -240}[seed/4%4]
						}
						p.check(t, v)
						seed++
					}
				}
			}
		})
	}
}

func TestCheckOffsets(t *testing.T) {
	s := Spec{Type: dtype.F32, N: 2, Taps: 2, TapNumbers: 3}
	packed := NewPacked(Choose(0, s), s)
	require.NoError(t, packed.CheckOffsets([]int32{0, 4, 8, 0}, 20+bounds.Slack))
	err := packed.CheckOffsets([]int32{0, 4, 8, 9}, 20+bounds.Slack)
	require.EqualError(t, err, "row 1, tap 1: got offset 9 into 84 bytes, want 0 to 8")
}

// TestSubnormals has few products a sum, of numbers that are ties, cancel out, or are just above, at and below the
// least normal number, beside all exponents.
func TestSubnormals(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	edge := []uint32{0, 0x8000, 1, 0x807f, 0x0080, 0x8080, 0x00ff, 0x3f80, 0xbf80, 0x3f81, 0x7f7f, 0xff80, 0x7f80, 0x7fc1}
	upper := func() uint32 { // half of a number
		switch r.IntN(4) {
		case 0:
			return edge[r.IntN(len(edge))]
		case 1: // products near 2**-126
			return r.Uint32()&0x807f | uint32(60+r.IntN(8))<<7
		case 2: // sums that cancel out
			return r.Uint32()&0x8003 | uint32(120+r.IntN(14))<<7
		}
		return r.Uint32() & 0xffff
	}
	for _, v := range runnable() {
		if sumOf(v.Type) != dtype.F32 {
			continue
		}
		pick := func() uint32 {
			if v.Type == dtype.F32 && r.IntN(2) == 0 {
				return upper()<<16 | r.Uint32()&0xffff
			}
			return upper() << 16
		}
		for range 40 {
			p := problem{m: 13, n: []int{48, 4, 64}[r.IntN(3)], taps: 1, k: 1 + r.IntN(6), typ: v.Type}
			if v.suits != nil && !v.suits(Spec{Type: v.Type, N: p.n}) {
				continue
			}
			p.fill()
			for i := 0; i < len(p.weights); i += 4 {
				if w := pick(); w<<1>>24 != 0xff { // finite
					put(p.weights, i, 4, uint64(w))
				}
			}
			for i := range len(p.args.A) / 4 {
				binary.NativeEndian.PutUint32(p.args.A[4*i:], pick())
			}
			p.compare(t, v)
		}
	}
}

// TestWiden: in runs of any length the numbers of each pair change places.
func TestWiden(t *testing.T) {
	from := make([]uint16, 12*35)
	for i := range from {
		from[i] = uint16(i * 157)
	}
	for _, v := range runnable() {
		if v.Type != dtype.BF16 || v.Pairs() {
			continue
		}
		for _, run := range []int{1, 2, 3, 4, 5, 6, 7, 12, 35, len(from)} {
			to := make([]float32, len(from)+1)
			to[len(from)] = 7
			v.Widen(to[:len(from)], from, run)
			for i, b := range from {
				at := i%run ^ 1
				if at == run {
					at--
				}
				got := math.Float32bits(to[i-i%run+at])
				require.Equal(t, uint32(b)<<16, got, "%s: run %d, number %d", v.Name, run, i)
			}
			require.Equal(t, float32(7), to[len(from)], v.Name)
		}
	}
}

func TestErrors(t *testing.T) {
	v := Choose(0, Spec{Type: dtype.F32})
	for _, c := range []struct {
		spec    Spec
		weights int
		want    string
	}{
		{Spec{Type: dtype.F32, Taps: 1, TapNumbers: 1}, 0, "got n=0, taps=1, tap numbers=1: want each at least 1"},
		{
			Spec{Type: dtype.F32, N: 1 << 40, Taps: 1 << 40, TapNumbers: 1},
			0,
			"got n=1099511627776, taps=1099511627776, tap numbers=1: want at most 1073741824 weights",
		},
		{Spec{Type: dtype.F32, N: 2, Taps: 3, TapNumbers: 4}, 23, "got 23 weights, want 3*4*2 = 24"},
		{Spec{Type: dtype.F64, N: 2, Taps: 3, TapNumbers: 4}, 24, "got numbers of type f64, want f32"},
	} {
		_, err := Pack(v, c.spec, make([]byte, 4*c.weights))
		require.ErrorIs(t, err, ErrSpec)
		require.EqualError(t, err, "invalid matrix product: "+c.want)
	}
	packed, err := Pack(v, Spec{Type: dtype.F32, N: 2, Taps: 2, TapNumbers: 3}, make([]byte, 4*12))
	require.NoError(t, err)
	for _, c := range []struct {
		name   string
		damage func(a *Args)
		want   string
		rows   Rows // all with all taps, if there are none
	}{
		{"good", func(*Args) {}, "", Rows{}},
		{"few offsets", func(a *Args) { a.Offsets = a.Offsets[1:] }, "got 3 offsets, want 2 rows * 2 taps", Rows{}},
		{"output", func(a *Args) { a.C = a.C[1:] }, "output: got 15 bytes, want 2 rows of 8 at stride 8", Rows{}},
		{"stride", func(a *Args) { a.LDC = -8 }, "output: got stride -8, want at least 8 bytes", Rows{}},
		{"row", func(*Args) {}, "got 4 offsets, want 3 rows * 2 taps", Rows{First: 1, Count: 2, Step: 1}},
		{"negative row", func(*Args) {}, "got rows from 0 to -1, want none below 0", Rows{Count: 2, Step: -1}},
		{
			"tap", func(*Args) {}, "got taps [1 2], want some of 2 in ascending order",
			Rows{Count: 2, Step: 1, Taps: []int32{1, 2}},
		},
		{
			"tap twice", func(*Args) {}, "got taps [1 1], want some of 2 in ascending order",
			Rows{Count: 2, Step: 1, Taps: []int32{1, 1}},
		},
		{
			"no taps", func(*Args) {}, "got taps [], want some of 2 in ascending order",
			Rows{Count: 2, Step: 1, Taps: []int32{}},
		},
	} {
		a := &Args{A: make([]byte, 20+bounds.Slack), Offsets: []int32{0, 4, 8, 0}, C: make([]byte, 16), LDC: 8}
		c.damage(a)
		rows := Rows{Count: 2, Step: 1}
		if c.rows.Count > 0 {
			rows = c.rows
		}
		run := func() { packed.Run(a, rows, 0, packed.Panels()) }
		if c.want == "" {
			run()
		} else {
			require.PanicsWithValue(t, "sgemm: "+c.want, run, c.name)
		}
	}
}

// TestTinySums adds to the least normal number, which comes last in the run, a negative product that is so small that
// only rounding tells whether the sum is subnormal.
func TestTinySums(t *testing.T) {
	for _, c := range []struct {
		product float64 // in units of 2**-151
		want    float32
	}{{-0.9921875, 0x1p-126}, {-1, 0x1p-126}, {-1.0078125, 0}, {-1.9921875, 0}, {-2, 0}, {1, 0x1p-126}} {
		for _, v := range runnable() {
			if v.Type != dtype.BF16 {
				continue
			}
			p := problem{m: 1, n: 1, taps: 1, k: 2, typ: dtype.BF16}
			p.fill()
			p.weights = view.Bytes([]float32{0x1p-75, 0x1p-63})
			for i, x := range []float64{c.product * 0x1p-76, 0x1p-63} {
				binary.NativeEndian.PutUint32(p.args.A[4*i:], math.Float32bits(float32(x)))
			}
			p.args.Offsets = []int32{0}
			out := p.run(t, v)
			require.Equal(t, c.want, number(out, guard), "%s: %v", v.Name, c.product)
		}
	}
}

// BenchmarkLayers reports for every variant GFLOP/s of the fastest call.
func BenchmarkLayers(b *testing.B) {
	for _, l := range []struct{ m, n, taps, k int }{
		{3136, 64, 1, 64},
		{3136, 64, 9, 64},
		{784, 128, 9, 128},
		{49, 512, 9, 512},
		{12544, 64, 7, 21},
		{25088, 16, 9, 9},
		{6272, 32, 27, 16},
	} {
		for _, v := range runnable() {
			b.Run(fmt.Sprintf("%dx%dx%dx%d/%s", l.m, l.n, l.taps, l.k, v.Name), func(b *testing.B) {
				p := problem{m: l.m, n: l.n, taps: l.taps, k: l.k, typ: v.Type}
				p.fill()
				packed, err := Pack(v, p.spec(), p.weights)
				require.NoError(b, err)
				for i := range p.args.Offsets { // rows that lie side by side, as an image's
					p.args.Offsets[i] = int32(i / l.taps * l.k * Size(p.typ))
				}
				p.arrange(v)
				p.args.C = p.before
				best := math.Inf(1)
				for b.Loop() {
					begin := time.Now()
					packed.Run(&p.args, Rows{Count: p.m, Step: 1}, 0, packed.Panels())
					best = min(best, float64(time.Since(begin).Nanoseconds()))
				}
				b.ReportMetric(2*float64(l.m)*float64(l.n)*float64(l.taps)*float64(l.k)/best, "GFLOP/s")
			})
		}
	}
}

// TestChooseFewColumns: products of at most four columns have a variant of their own, if the CPU
// has one, and more columns the variant of the most capable instruction set.
func TestChooseFewColumns(t *testing.T) {
	for _, v := range variants.Within(^isa.Set(0)) {
		if v.For != "few columns" {
			continue
		}
		for _, set := range []isa.Set{1 << v.ISA, 1<<v.ISA | 1<<isa.AVX512VNNI} {
			require.Equal(t, v.Name, Choose(set, Spec{Type: dtype.F32, N: 4, Taps: 9, TapNumbers: 8}).Name)
			require.NotEqual(t, v.Name, Choose(set, Spec{Type: dtype.F32, N: 5, Taps: 9, TapNumbers: 8}).Name)
		}
	}
}

// TestChoosePairs: where the CPU multiplies pairs of bf16 no faster, they are for few rows.
func TestChoosePairs(t *testing.T) {
	set := isa.Set(1<<isa.AVX512BF16 | 1<<isa.AVX512VNNI)
	if !slices.ContainsFunc(variants.Within(set), (*Variant).Pairs) {
		t.Skip("NOT RUN: no variant multiplies pairs")
	}
	for _, c := range []struct{ prefer, few, want bool }{
		{true, false, true}, {true, true, true}, {false, false, false}, {false, true, true},
	} {
		restore := PreferPairs(c.prefer)
		require.Equal(t, c.want, Choose(set, Spec{Type: dtype.BF16, N: 64, Few: c.few}).Pairs(), c)
		require.False(t, Choose(set, Spec{Type: dtype.F32, N: 64, Few: c.few}).Pairs(), c)
		restore()
	}
}
