package gemm

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/view"
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

// general returns those of them that compute every product.
func general() []*Variant {
	return slices.DeleteFunc(runnable(), func(v *Variant) bool { return v.computes != nil })
}

// problem is one multiplication with all of its data. Its String reproduces it.
type problem struct {
	m, n, taps, k int
	grid          Grid
	images        int      // if there is a grid
	epilogue      Epilogue // operands are filled by the generator: any non-nil slice asks for one
	extreme       bool     // only bytes and weights whose products are largest
	special       bool     // infinities, NaN and zeros among the epilogue's operands
	huge          bool     // scales that bring results to both sides of the ends of int32
	computed      bool     // operands and start values come with Run
	inPlace       bool     // Sum is C
	even          bool     // the rows of A are equally far apart
	ordered       bool     // the rows come in another order, and taps of regions are zeros
	seed          uint64

	weights []int8
	start   []int32
	args    Args
	before  []byte // the buffer of C with its guards, before the call
	buffer  []byte // the one that C points into
	guard   int
}

func (p *problem) String() string {
	return fmt.Sprintf("m=%d,n=%d,taps=%d,k=%d,grid=%dx%dx%d,epilogue=%s,"+
		"extreme=%t,special=%t,huge=%t,computed=%t,inplace=%t,even=%t,ordered=%t,seed=%d",
		p.m, p.n, p.taps, p.k, p.images, p.grid.Height, p.grid.Width, epilogueName(p.epilogue),
		p.extreme, p.special, p.huge, p.computed, p.inPlace, p.even, p.ordered, p.seed)
}

func epilogueName(e Epilogue) string {
	parts := []string{[...]string{"s32", "f32", "u8", "i8", "i32"}[e.Out]}
	add := func(on bool, name string) {
		if on {
			parts = append(parts, name)
		}
	}
	add(e.Pre != nil, "pre")
	add(e.Scale != nil, "scale")
	add(e.Bias != nil, "bias")
	add(e.Sum != NoSum, "sum"+[...]string{"", "u8", "i8", "i32", "f32"}[e.Sum])
	add(e.Relu, "relu")
	add(e.Post != nil, "post")
	add(e.Flip, "flip")
	return strings.Join(parts, "+")
}

// fill makes the data of a problem from its seed.
func (p *problem) fill() {
	r := rand.New(rand.NewPCG(p.seed, 1))
	p.weights = make([]int8, p.taps*p.k*p.n)
	for i := range p.weights {
		p.weights[i] = int8(r.IntN(256) - 128)
		if p.extreme {
			p.weights[i] = [...]int8{127, 127, 127, -128}[i/p.n%4*r.IntN(2)]
		}
	}
	p.start = make([]int32, p.n)
	for i := range p.start {
		p.start[i] = int32(r.IntN(1<<20) - 1<<19)
	}
	p.fillRows(r)
	p.fillEpilogue(r)
	p.fillOutput(r)
}

// fillGrid makes images of random positions, one beside the other and padding around them.
func (p *problem) fillGrid(r *rand.Rand) {
	h, w, stride := p.grid.Height, p.grid.Width, p.k+r.IntN(14)
	a := guarded("A", p.k+p.images*h*w*stride+bounds.Slack)
	for i := range a {
		a[i] = byte(r.IntN(256))
		if p.extreme {
			a[i] = byte(255 * r.IntN(2))
		}
	}
	p.args.A = a
	for m := range p.m {
		for tap := range p.taps {
			y, x := m/w%h+tap/3-1, m%w+tap%3-1
			if y < 0 || y >= h || x < 0 || x >= w {
				p.args.Offsets = append(p.args.Offsets, 0)
				continue
			}
			p.args.Offsets = append(p.args.Offsets, int32(p.k+((m/(h*w)*h+y)*w+x)*stride))
		}
	}
}

// fillRows gives every row its own place in A at a prime stride; one tap in eight
// points to a run of zero points.
func (p *problem) fillRows(r *rand.Rand) {
	if p.images > 0 {
		p.fillGrid(r)
		return
	}
	stride := p.k + 13
	a := guarded("A", p.k+p.m*p.taps*stride+bounds.Slack)
	for i := range a {
		a[i] = byte(r.IntN(256))
		if p.extreme {
			a[i] = 255
		}
	}
	for i := range p.k {
		a[i] = 128
	}
	p.args.A = a
	for i := range p.m * p.taps {
		if p.even {
			p.args.Offsets = append(p.args.Offsets, int32(p.k+i*(p.k+3)))
			continue
		}
		o := p.k + r.IntN(p.m*p.taps)*stride + r.IntN(14)
		if r.IntN(8) == 0 {
			o = 0
		}
		p.args.Offsets = append(p.args.Offsets, int32(o))
	}
	if p.ordered {
		clear(a[:p.k])
		p.fillOrder(r)
	}
}

// fillOrder divides the rows into regions whose lines lie one behind the other or across. The taps that a region leaves
// out point to zeros.
func (p *problem) fillOrder(r *rand.Rand) {
	var regions []Region
	for m := 0; m < p.m; {
		rows := 1 + r.IntN(min(p.m-m, 30))
		lines := 1 + r.IntN(min((p.m-m)/rows, 4))
		g := Region{First: m, Rows: rows, Step: 1, Lines: lines, LineStep: rows}
		if r.IntN(2) == 0 {
			g.Step, g.LineStep = lines, 1
		}
		for t := range p.taps {
			if r.IntN(3) > 0 || t == p.taps-1 && g.Taps == nil {
				g.Taps = append(g.Taps, int32(t))
			}
		}
		for row := range g.All() {
			for t := range p.taps {
				if !slices.Contains(g.Taps, int32(t)) {
					p.args.Offsets[row*p.taps+t] = 0
				}
			}
		}
		regions = append(regions, g)
		m += rows * lines
	}
	r.Shuffle(len(regions), func(i, j int) { regions[i], regions[j] = regions[j], regions[i] })
	var err error
	if p.args.Order, err = NewOrder(p.m, p.taps, regions); err != nil {
		panic(err)
	}
}

func (p *problem) fillEpilogue(r *rand.Rand) {
	e := &p.epilogue
	reach := math.Sqrt(float64(p.taps*p.k)) * 255 * 64
	operand := func(v []float32, size float64, signed bool) []float32 {
		if v == nil {
			return nil
		}
		v = make([]float32, p.n)
		for i := range v {
			v[i] = float32(size * (0.5 + r.Float64()))
			if signed && r.IntN(2) == 0 {
				v[i] = -v[i]
			}
			if p.special && r.IntN(4) == 0 {
				v[i] = []float32{float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 0, 1e-44}[r.IntN(5)]
			}
		}
		return v
	}
	e.Pre = operand(e.Pre, reach/10, true)
	e.Scale = operand(e.Scale, 150/reach, false)
	e.Bias = operand(e.Bias, 20, true)
	e.Post = operand(e.Post, 1, false)
	if p.huge {
		for i := range e.Scale {
			e.Scale[i] = float32(math.Ldexp(1, r.IntN(60)-30))
		}
	}
	e.SumScale = float32(r.Float64())
	lo, hi := int32(0), int32(255)
	if e.Out == I8 {
		lo, hi = -128, 127
	}
	if r.IntN(2) == 0 {
		lo, hi = lo+int32(r.IntN(9)), hi-int32(r.IntN(9))
	}
	if e.Out == I32 {
		lo, hi = math.MinInt32, []int32{math.MaxInt32, math.MaxInt32, 1<<31 - 128, 1 << 20}[r.IntN(4)]
	}
	e.Lo, e.Hi = lo, hi
}

func (p *problem) fillOutput(r *rand.Rand) {
	size := p.epilogue.Out.Size()
	p.guard = 64
	p.args.LDC = p.n*size + []int{0, 7, 31}[r.IntN(3)]
	p.before = make([]byte, 2*p.guard+p.m*p.args.LDC)
	for i := range p.before {
		p.before[i] = byte(r.IntN(256))
	}
	p.buffer = slices.Clone(p.before)
	end := p.guard + (p.m-1)*p.args.LDC + p.n*size
	p.args.C = p.buffer[p.guard:end:end]
	sumSize := p.epilogue.Sum.Size()
	p.inPlace = sumSize == size && r.IntN(2) == 0
	if p.inPlace {
		p.args.Sum, p.args.LDSum = p.args.C, p.args.LDC
	} else if sumSize > 0 {
		p.args.LDSum = p.n*sumSize + []int{0, 3}[r.IntN(2)]
		p.args.Sum = guarded("Sum", (p.m-1)*p.args.LDSum+p.n*sumSize)
		for i := range p.args.Sum {
			p.args.Sum[i] = byte(r.IntN(256))
		}
	}
	if p.epilogue.Sum == SumF32 && !p.special {
		for m := range p.m {
			for n := range p.n {
				v := math.Float32bits(float32(r.NormFloat64() * 100))
				binary.NativeEndian.PutUint32(p.args.Sum[m*p.args.LDSum+4*n:], v)
			}
		}
		copy(p.before, p.buffer)
	}
}

func (p *problem) spec() Spec {
	return Spec{N: p.n, Taps: p.taps, TapBytes: p.k, Windows: p.images > 0, Epilogue: p.epilogue}
}

// run computes the problem with a variant and returns the whole buffer of C.
func (p *problem) run(t *testing.T, v *Variant) []byte {
	t.Helper()
	copy(p.buffer, p.before)
	s, start := p.spec(), p.start
	p.args.Grid = p.grid
	if p.computed {
		s.Epilogue, start = withoutConstants(s.Epilogue), nil
	}
	packed, err := Pack(v, s, p.weights, start)
	require.NoError(t, err, "%s: %s", v.Name, p)
	if p.args.Operands = nil; p.computed {
		p.args.Operands = p.operands(packed)
	}
	if n := len(packed.bytes); n > 0 {
		b := view.First[int8](guarded("B", n), n)
		copy(b, packed.bytes)
		packed.bytes = b
	}
	p.args.Scratch = guarded("scratch", packed.Scratch())
	for i := range p.args.Scratch {
		p.args.Scratch[i] = 0xaa
	}
	require.NoError(t, packed.spec.CheckOffsets(p.args.Offsets, len(p.args.A)), "%s: %s", v.Name, p)
	if !v.Orders() {
		p.args.Order = nil
	}
	// In parts, as threads would.
	m, n := p.m/3, packed.Panels()/2
	packed.Run(&p.args, 0, m, 0, packed.Panels())
	packed.Run(&p.args, m, p.m, 0, n)
	packed.Run(&p.args, m, p.m, n, packed.Panels())
	return slices.Clone(p.buffer)
}

// withoutConstants returns e with every operand computed.
func withoutConstants(e Epilogue) Epilogue {
	for o, v := range map[Operand]*[]float32{Pre: &e.Pre, Scale: &e.Scale, Bias: &e.Bias, Post: &e.Post} {
		if *v != nil {
			e.Computed = e.Computed.With(o)
			*v = nil
		}
	}
	if e.Sum != NoSum {
		e.Computed, e.SumScale = e.Computed.With(SumScale), 0
	}
	return e
}

// operands returns what the problem's epilogue without constants computes with.
func (p *problem) operands(packed *Packed) *Operands {
	o := packed.NewOperands()
	packed.SetInit(o, p.start)
	e := &p.epilogue
	for which, v := range [][]float32{Pre: e.Pre, Scale: e.Scale, Bias: e.Bias, Post: e.Post, SumScale: {e.SumScale}} {
		if packed.spec.Epilogue.Computed.Has(Operand(which)) {
			packed.Set(o, Operand(which), v)
		}
	}
	return o
}

// accumulate is the triple loop.
func (p *problem) accumulate(m, n int) int32 {
	acc := p.start[n]
	for t := range p.taps {
		for k := range p.k {
			acc += int32(p.args.A[int(p.args.Offsets[m*p.taps+t])+k]) * int32(p.weights[(t*p.k+k)*p.n+n])
		}
	}
	return acc
}

// reference computes the problem as it is defined.
func (p *problem) reference() []byte {
	out := slices.Clone(p.before)
	sum := p.args.Sum
	if p.inPlace {
		sum = p.before[p.guard:]
	}
	size := p.epilogue.Out.Size()
	for m := range p.m {
		for n := range p.n {
			var summand []byte
			if sum != nil {
				summand = sum[m*p.args.LDSum+n*p.epilogue.Sum.Size():]
			}
			p.epilogue.reference(out[p.guard+m*p.args.LDC+n*size:], p.accumulate(m, n), n, summand)
		}
	}
	return out
}

func (e *Epilogue) reference(c []byte, acc int32, n int, sum []byte) {
	if e.Out == S32 {
		binary.NativeEndian.PutUint32(c, uint32(acc))
		return
	}
	f := float32(acc)
	if e.Pre != nil {
		f += e.Pre[n]
	}
	if e.Scale != nil {
		f = float32(f * e.Scale[n])
	}
	if e.Bias != nil {
		f += e.Bias[n]
	}
	switch e.Sum {
	case SumU8:
		f = exactFMA(float32(sum[0]), e.SumScale, f)
	case SumI8:
		f = exactFMA(float32(int8(sum[0])), e.SumScale, f)
	case SumI32:
		f = exactFMA(float32(int32(binary.NativeEndian.Uint32(sum))), e.SumScale, f)
	case SumF32:
		f = exactFMA(math.Float32frombits(binary.NativeEndian.Uint32(sum)), e.SumScale, f)
	}
	if e.Relu && !(f > 0) {
		f = 0
	}
	if e.Post != nil {
		f = float32(f * e.Post[n])
	}
	if e.Out == F32 {
		binary.NativeEndian.PutUint32(c, math.Float32bits(f))
		return
	}
	v := float64(e.Lo)
	if f > float32(e.Lo) {
		v = math.RoundToEven(math.Min(float64(f), float64(e.Hi)))
	}
	if e.Out == I32 {
		binary.NativeEndian.PutUint32(c, uint32(int32(v)))
		return
	}
	c[0] = byte(int32(v))
	if e.Flip {
		c[0] ^= 0x80
	}
}

// exactFMA computes in arbitrary precision.
func exactFMA(x, y, z float32) float32 {
	for _, v := range []float32{x, y, z} {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return float32(float64(x)*float64(y) + float64(z))
		}
	}
	b := func(v float32) *big.Float { return new(big.Float).SetPrec(1000).SetFloat64(float64(v)) }
	exact := b(x)
	exact.Mul(exact, b(y)).Add(exact, b(z))
	if exact.Sign() == 0 {
		return float32(float64(x)*float64(y) + float64(z)) // the sign of a zero
	}
	f, _ := exact.Float32()
	return f
}

// requireEqual compares the buffers of C, guards included. Two NaNs are equal.
func (p *problem) requireEqual(t *testing.T, v *Variant, want, got []byte) {
	t.Helper()
	if slices.Equal(want, got) {
		return
	}
	size := p.epilogue.Out.Size()
	for i := range want {
		if want[i] == got[i] {
			continue
		}
		at := i - p.guard
		m, rest := 0, at
		if at >= 0 {
			m, rest = at/p.args.LDC, at%p.args.LDC
		}
		if at < 0 || m >= p.m || rest >= p.n*size {
			t.Fatalf("%s (tile %dx%d): %s: byte %d outside of the result was written: row %d, byte %d of it: %#x, was %#x",
				v.Name, v.MR, v.NR, p, i, m, rest, got[i], want[i])
		}
		if p.epilogue.Out == F32 {
			at := i - rest%4
			w := math.Float32frombits(binary.NativeEndian.Uint32(want[at:]))
			g := math.Float32frombits(binary.NativeEndian.Uint32(got[at:]))
			if w != w && g != g {
				continue
			}
		}
		n := rest / size
		t.Fatalf("%s (tile %dx%d): %s: row %d, column %d (stride %d), accumulator %d: byte %d is %#x, want %#x",
			v.Name, v.MR, v.NR, p, m, n, p.args.LDC, p.accumulate(m, n), rest%size, got[i], want[i])
	}
}

// check computes the problem with v and compares with the reference.
func (p *problem) check(t *testing.T, v *Variant) {
	t.Helper()
	p.fill()
	p.requireEqual(t, v, p.reference(), p.run(t, v))
}

func someOf() []float32 { return []float32{} }

// the epilogues that TensorFlow's and nGraph's quantized convolutions need, and the
// plain outputs.
func usualEpilogues() []Epilogue {
	return []Epilogue{
		{Out: S32},
		{Out: F32, Scale: someOf()},
		{Out: U8, Scale: someOf(), Bias: someOf(), Relu: true, Post: someOf()},
		{Out: I8, Scale: someOf(), Bias: someOf(), Post: someOf(), Flip: true},
		{Out: U8, Scale: someOf(), Bias: someOf(), Sum: SumU8, Relu: true, Post: someOf()},
		{Out: U8, Scale: someOf(), Bias: someOf(), Sum: SumI8, Relu: true, Post: someOf()},
		{Out: I8, Pre: someOf(), Scale: someOf(), Sum: SumI8},
		{Out: U8, Pre: someOf(), Scale: someOf(), Relu: true},
	}
}

// TestSizes covers tiles, panels, steps of K and taps: below, at and above each.
func TestSizes(t *testing.T) {
	epilogues := usualEpilogues()
	for _, v := range general() {
		t.Run(v.Name, func(t *testing.T) {
			seed := uint64(0)
			for m := 1; m <= max(2*v.MR+1, 25); m++ {
				for _, n := range []int{1, 2, v.NR/2 - 1, v.NR / 2, v.NR/2 + 1, v.NR - 1, v.NR, v.NR + 1, 2*v.NR + 3, 3 * v.NR} {
					for _, k := range []int{1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 33, 2*v.KR + 1} {
						taps := []int{1, 2, 9}[seed%3]
						if n < 1 || m > 2*v.MR+1 && n > v.NR/2 { // a narrow panel may have taller tiles
							continue
						}
						p := problem{
							m: m, n: n, taps: taps, k: k,
							epilogue: epilogues[seed%uint64(len(epilogues))],
							computed: seed%5 == 0, even: seed%2 == 0, seed: seed,
						}
						p.check(t, v)
						seed++
					}
				}
			}
		})
	}
}

// TestOrders covers regions of any size and taps, in parts that begin anywhere: the results are those of all taps.
func TestOrders(t *testing.T) {
	for _, v := range general() {
		t.Run(v.Name, func(t *testing.T) {
			for seed := range uint64(200) {
				r := rand.New(rand.NewPCG(seed, 3))
				p := problem{
					m: 1 + r.IntN(90), n: 1 + r.IntN(3*v.NR), taps: 1 + r.IntN(12), k: 1 + r.IntN(40),
					epilogue: usualEpilogues()[seed%8], computed: seed%5 == 0, ordered: true, seed: seed,
				}
				p.check(t, v)
			}
		})
	}
}

// TestEpilogues covers every combination of steps.
func TestEpilogues(t *testing.T) {
	for _, v := range general() {
		t.Run(v.Name, func(t *testing.T) {
			for i, e := range allEpilogues() {
				p := problem{
					m: v.MR + 1 + i%v.MR, n: v.NR + 1 + i%v.NR, taps: 1 + i%2, k: 3 + i%7,
					epilogue: e, special: i%5 == 0, seed: uint64(i),
				}
				p.check(t, v)
				p = problem{m: p.m, n: p.n, taps: p.taps, k: p.k, epilogue: e, special: p.special, seed: p.seed, computed: true}
				p.check(t, v)
			}
		})
	}
}

// TestOverlap covers the lists of steps with results of bytes where a run is long enough for the epilogue of the tile
// before to run beside it: rows of every remainder, one run and several, and the summand in C.
func TestOverlap(t *testing.T) {
	for _, v := range general() {
		t.Run(v.Name, func(t *testing.T) {
			seed := 0
			for _, e := range allEpilogues() {
				if e.Out.Size() != 1 || e.Pre != nil || e.Sum.Size() == 4 {
					continue
				}
				for _, shape := range [][2]int{{1, 16}, {1, 67}, {3, 17}, {5, 36}} {
					p := problem{
						m: 2 + seed%29, n: v.NR + 32*(seed%3), taps: shape[0], k: shape[1], epilogue: e,
						special: seed%5 == 0, huge: seed%5 == 1, computed: seed%3 == 0, seed: uint64(seed),
						inPlace: e.Sum.Size() == e.Out.Size() && seed%2 == 0,
					}
					p.check(t, v)
					seed++
				}
			}
		})
	}
}

func allEpilogues() (out []Epilogue) {
	operand := func(on int) []float32 {
		if on == 0 {
			return nil
		}
		return []float32{}
	}
	for steps := range 32 {
		for sum := NoSum; sum <= SumF32; sum++ {
			for result := range 6 {
				out = append(out, Epilogue{
					Pre: operand(steps & 1), Scale: operand(steps & 2), Bias: operand(steps & 4), Post: operand(steps & 8),
					Relu: steps&16 != 0, Sum: sum, Out: []Output{F32, U8, I8, U8, I8, I32}[result], Flip: result == 3 || result == 4,
				})
			}
		}
	}
	return append(out, Epilogue{Out: S32})
}

// TestHuge has results on both sides of the ends of int32, where conversions do not saturate.
func TestHuge(t *testing.T) {
	for _, v := range general() {
		t.Run(v.Name, func(t *testing.T) {
			for i := range 64 {
				e := Epilogue{Out: []Output{U8, I8, I32}[i%3], Scale: someOf(), Relu: i&2 != 0}
				p := problem{m: v.MR, n: 2 * v.NR, taps: 1, k: 40, huge: true, epilogue: e, computed: i&8 != 0, seed: uint64(i)}
				p.check(t, v)
			}
		})
	}
}

// TestExtremes has pairs and quadruples of products that exceed 16 bits, over long runs.
func TestExtremes(t *testing.T) {
	for _, v := range general() {
		t.Run(v.Name, func(t *testing.T) {
			for i, k := range []int{2, 4, 31, 32, 33, 64, 100, 1000} {
				p := problem{
					m: v.MR + 1, n: 2*v.NR + 1, taps: 3, k: k, extreme: true, epilogue: Epilogue{Out: S32}, seed: uint64(i),
				}
				p.check(t, v)
			}
		})
	}
}

// TestManyRows has more rows and a longer K than one block of any variant's scratch.
func TestManyRows(t *testing.T) {
	for _, v := range general() {
		t.Run(v.Name, func(t *testing.T) {
			for i, size := range [][3]int{
				{1000, 9, 40}, {301, v.NR + 1, 700}, {50, 33, 4609}, {3, 70, 2049}, {41, 33, 4096}, {140, 16, 2048},
			} {
				p := problem{m: size[0], n: size[1], taps: 1, k: size[2], epilogue: usualEpilogues()[i+2], seed: uint64(i)}
				p.check(t, v)
				p = problem{m: p.m, n: p.n, taps: 1, k: p.k, epilogue: p.epilogue, even: true, seed: p.seed}
				p.check(t, v)
			}
		})
	}
}

func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	edges := []float32{
		0, float32(math.Copysign(0, -1)), 1, -1, 1 << 24, 1<<24 - 1, math.MaxFloat32, math.SmallestNonzeroFloat32,
		0x1p-126, 0x1p-75, 1 + 0x1p-23, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	}
	random := func() float32 {
		switch r.IntN(4) {
		case 0:
			return edges[r.IntN(len(edges))]
		case 1:
			return math.Float32frombits(r.Uint32())
		default: // near 1, so that sums cancel and ties occur
			return math.Float32frombits(0x3f800000 ^ r.Uint32()&0x80ff_f00f)
		}
	}
	for range 300_000 {
		x, y, z := random(), random(), random()
		if r.IntN(2) == 0 { // z near -x*y or half a place of it
			z = -float32(x*y) * []float32{1, 0x1p-24, 0x1p-25, 0x1p24, 0x1p-48}[r.IntN(5)]
		}
		want, got := exactFMA(x, y, z), fma(x, y, z)
		if math.Float32bits(want) != math.Float32bits(got) && (want == want || got == got) {
			t.Fatalf("fma(%b, %b, %b) = %b, want %b", x, y, z, got, want)
		}
	}
}

// TestFewColumns has as many columns and rows as the tiles of few columns, side by side and apart,
// with every list of steps of the usual ones.
func TestFewColumns(t *testing.T) {
	for _, v := range general() {
		t.Run(v.Name, func(t *testing.T) {
			seed := uint64(0)
			for n := 1; n <= 8; n++ {
				for _, m := range []int{1, 2, 3, 15, 16, 17, 33, 64} {
					for i, e := range usualEpilogues() {
						k := []int{3, 63, 64, 65, 130, 192}[seed%6]
						p := problem{m: m, n: n, taps: 1 + i%4, k: k, epilogue: e, computed: seed%3 == 0, seed: seed}
						p.check(t, v)
						seed++
					}
				}
			}
		})
	}
}

// TestChooseFewColumns: products of few columns and long runs have a variant of their own,
// if the CPU has one.
func TestChooseFewColumns(t *testing.T) {
	for _, v := range variants.Within(^isa.Set(0)) {
		if v.For != "few columns" {
			continue
		}
		set := isa.Set(1 << v.ISA)
		for _, s := range []Spec{
			{N: 1, Taps: 9, TapBytes: 64}, {N: 4, Taps: 9, TapBytes: 64}, {N: 1, Taps: 1, TapBytes: 1024},
		} {
			require.Equal(t, v.Name, Choose(set, s, Grid{}).Name, "%+v", s)
		}
		for _, s := range []Spec{
			{}, {N: 1, Taps: 9, TapBytes: 4}, {N: 9, Taps: 9, TapBytes: 64}, {N: 64, Taps: 1, TapBytes: 64},
		} {
			require.NotEqual(t, v.Name, Choose(set, s, Grid{}).Name, "%+v", s)
		}
	}
}

// TestChooseWindows: products of 3x3 windows have a variant of their own, if the CPU lacks
// what makes it needless.
func TestChooseWindows(t *testing.T) {
	for _, v := range variants.Within(^isa.Set(0)) {
		if v.For != "3x3 windows" {
			continue
		}
		for _, c := range []struct {
			name   string
			n, k   int
			grid   Grid
			chosen bool
		}{
			{"stage 2 of ResNet-50", 64, 64, Grid{56, 56}, true},
			{"stage 5 of ResNet-50", 512, 512, Grid{7, 7}, true},
			{"DenseNet", 32, 128, Grid{14, 14}, true},
			{"other window", 64, 64, Grid{}, false},
			{"half a panel", 24, 64, Grid{56, 56}, false},
			{"few channels", 64, 15, Grid{56, 56}, false},
			{"small images", 64, 64, Grid{6, 6}, false},
			{"a line", 64, 64, Grid{1, 64}, false},
			{"largest sums of 30 bits", 16, 1827, Grid{8, 8}, true},
			{"sums of more bits", 16, 1828, Grid{8, 8}, false},
		} {
			t.Run(c.name, func(t *testing.T) {
				s := Spec{N: c.n, Taps: 9, TapBytes: c.k, Windows: c.grid != (Grid{})}
				require.Equal(t, c.chosen, Choose(isa.Set(1<<v.ISA), s, c.grid).Name == v.Name)
				for _, i := range isa.All() {
					if set := isa.Set(1<<v.ISA | 1<<i); i != isa.Portable && v.Until.Has(i) {
						require.NotEqual(t, v.Name, Choose(set, s, c.grid).Name, i)
					}
				}
			})
		}
	}
}

// TestWindowsExtremes has the largest sums that the variant of 3x3 windows is given.
func TestWindowsExtremes(t *testing.T) {
	for _, v := range runnable() {
		for i, weight := range []int8{127, -128} {
			t.Run(fmt.Sprintf("%s/%d", v.Name, weight), func(t *testing.T) {
				p := problem{
					images: 1, grid: Grid{2, 3}, m: 6, n: 16, taps: 9, k: 1827, epilogue: Epilogue{Out: S32}, seed: uint64(i),
				}
				p.fill()
				for i := range p.args.A {
					p.args.A[i] = 255
				}
				for i := range p.weights {
					p.weights[i] = weight
				}
				p.requireEqual(t, v, p.reference(), p.run(t, v))
			})
		}
	}
}

// TestGrids has 3x3 windows that move by one pixel: images of any size with padding, divided anywhere, with every list
// of steps.
func TestGrids(t *testing.T) {
	epilogues := allEpilogues()
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			seed := uint64(0)
			for _, size := range [][3]int{
				{1, 1, 1},
				{1, 1, 7},
				{1, 7, 1},
				{1, 2, 2},
				{2, 3, 3},
				{1, 5, 8},
				{3, 4, 5},
				{1, 14, 14},
				{4, 7, 7},
				{1, 3, 113},
				{1, 2, 97},
			} {
				for _, k := range []int{1, 2, 15, 16, 17, 31, 32, 33, 64, 100} {
					for _, n := range []int{16, 48} {
						p := problem{
							images: size[0], grid: Grid{size[1], size[2]}, m: size[0] * size[1] * size[2], n: n, taps: 9, k: k,
							epilogue: epilogues[seed*31%uint64(len(epilogues))], extreme: seed%7 == 0,
							special: seed%5 == 0, computed: seed%3 == 0, seed: seed,
						}
						p.check(t, v)
						seed++
					}
				}
			}
		})
	}
}
