package depthwise

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
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

// problem is one convolution with all of its data. Its String reproduces it.
type problem struct {
	m, channels, taps int
	epilogue          gemm.Epilogue // operands are filled by the generator: any non-nil slice asks for one
	extreme           bool          // only bytes and weights whose products are largest
	special           bool          // infinities, NaN and zeros among the epilogue's operands
	computed          bool          // operands and start values come with Run
	seed              uint64

	// A filter that slides has so many columns, and the step is not 0. grid is without Height and Width.
	columns, step int
	grid          Grid

	weights []int8
	start   []int32
	args    Args
	sliding []int32 // args.Offsets for a variant that slides
	before  []byte  // the buffer of C with its guards, before the call
	guard   int
}

func (p *problem) String() string {
	e := p.epilogue
	return fmt.Sprintf("m=%d,channels=%d,taps=%d,out=%d,pre=%t,scale=%t,bias=%t,relu=%t,post=%t,flip=%t,"+
		"extreme=%t,special=%t,computed=%t,seed=%d,columns=%d,step=%d,grid=%+v",
		p.m, p.channels, p.taps, e.Out, e.Pre != nil, e.Scale != nil, e.Bias != nil, e.Relu, e.Post != nil, e.Flip,
		p.extreme, p.special, p.computed, p.seed, p.columns, p.step, p.grid)
}

// fill makes the data of a problem from its seed.
func (p *problem) fill() {
	r := rand.New(rand.NewPCG(p.seed, 1))
	p.weights = make([]int8, p.taps*p.channels)
	for i := range p.weights {
		p.weights[i] = int8(r.IntN(256) - 128)
		if p.extreme {
			p.weights[i] = [...]int8{127, -128, -8, 7, 120, 119}[i%p.channels%6]
		}
	}
	p.start = make([]int32, p.channels)
	for i := range p.start {
		p.start[i] = int32(r.IntN(1<<20) - 1<<19)
	}
	p.args = Args{}
	stride := p.channels + 13
	a := make([]byte, (p.m*p.taps+1)*stride+p.channels+bounds.Slack)
	for i := range a {
		a[i] = byte(r.IntN(256))
		if p.extreme {
			a[i] = 255
		}
	}
	for i := range p.channels {
		a[i] = 128
	}
	p.args.A = a
	offset := func() int32 {
		o := p.channels + r.IntN(p.m*p.taps)*stride + r.IntN(13)
		if r.IntN(8) == 0 {
			o = 0
		}
		if r.IntN(16) == 0 {
			o = len(a) - p.channels - bounds.Slack // the last that is allowed
		}
		return int32(o)
	}
	if p.step > 0 {
		p.fillGrid(offset)
	} else {
		for range p.m * p.taps {
			p.args.Offsets = append(p.args.Offsets, offset())
		}
	}
	p.fillEpilogue(r)
	size := p.epilogue.Out.Size()
	p.guard = 64
	p.args.LDC = p.channels*size + []int{0, 0, 7, 31}[r.IntN(4)]
	p.before = make([]byte, 2*p.guard+p.m*p.args.LDC)
	for i := range p.before {
		p.before[i] = byte(r.IntN(256))
	}
}

// fillGrid makes the offsets of a filter that slides, in both forms.
func (p *problem) fillGrid(offset func() int32) {
	g := &p.grid
	g.Height = (g.Rows-1)*g.RowStep + (p.taps/p.columns-1)*g.TapStep + 1 + int(p.seed%2)
	g.Width = (g.Columns-1)*p.step + p.columns + int(p.seed%3)
	images := (p.m + g.Rows*g.Columns - 1) / (g.Rows * g.Columns)
	p.sliding = nil
	for range images * g.Height * g.Width {
		p.sliding = append(p.sliding, offset())
	}
	for m := range p.m {
		image, y, x := m/g.Columns/g.Rows, m/g.Columns%g.Rows, m%g.Columns
		for t := range p.taps {
			row := image*g.Height + y*g.RowStep + t/p.columns*g.TapStep
			p.args.Offsets = append(p.args.Offsets, p.sliding[row*g.Width+x*p.step+t%p.columns])
		}
	}
}

func (p *problem) fillEpilogue(r *rand.Rand) {
	e := &p.epilogue
	reach := math.Sqrt(float64(p.taps)) * 255 * 64
	operand := func(v []float32, size float64, signed bool) []float32 {
		if v == nil {
			return nil
		}
		v = make([]float32, p.channels)
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
	e.Post = operand(e.Post, 1, r.IntN(3) == 0)
	lo, hi := int32(0), int32(255)
	if e.Out == gemm.I8 {
		lo, hi = -128, 127
	}
	if r.IntN(2) == 0 {
		lo, hi = lo+int32(r.IntN(9)), hi-int32(r.IntN(9))
	}
	e.Lo, e.Hi = lo, hi
}

// run computes the problem with a variant, in two parts as threads would, and returns
// the whole buffer of C.
func (p *problem) run(t *testing.T, v *Variant) []byte {
	t.Helper()
	s, start := p.spec(), p.start
	if p.computed {
		s.Epilogue, start = withoutConstants(s.Epilogue), slices.Repeat([]int32{1 << 19}, p.channels)
	}
	packed, err := Pack(v, s, p.weights, start)
	require.NoError(t, err, "%s: %s", v.Name, p)
	args := p.argsFor(packed)
	out := slices.Clone(p.before)
	end := p.guard + (p.m-1)*p.args.LDC + p.channels*p.epilogue.Out.Size()
	args.C = out[p.guard:end:end]
	require.NoError(t, packed.CheckOffsets(args.Offsets, len(args.A)), "%s: %s", v.Name, p)
	packed.Run(&args, p.m/3, p.m)
	packed.Run(&args, 0, p.m/3)
	return out
}

// argsFor returns args with what packed needs beyond them.
func (p *problem) argsFor(packed *Packed) Args {
	args := p.args
	if p.computed {
		args.Operands = p.operands(packed)
	}
	if packed.Slides() {
		args.Offsets, args.Grid = p.sliding, p.grid
	}
	return args
}

func (p *problem) spec() Spec {
	return Spec{Channels: p.channels, Taps: p.taps, Epilogue: p.epilogue, Columns: p.columns, Step: p.step}
}

// withoutConstants returns e with every operand computed.
func withoutConstants(e gemm.Epilogue) gemm.Epilogue {
	for o, v := range map[gemm.Operand]*[]float32{
		gemm.Pre: &e.Pre, gemm.Scale: &e.Scale, gemm.Bias: &e.Bias, gemm.Post: &e.Post,
	} {
		if *v != nil {
			e.Computed = e.Computed.With(o)
			*v = nil
		}
	}
	return e
}

// operands returns what the problem's epilogue without constants computes with.
func (p *problem) operands(packed *Packed) *Operands {
	o := packed.NewOperands()
	packed.SetInit(o, p.start)
	e := &p.epilogue
	for which, v := range [][]float32{gemm.Pre: e.Pre, gemm.Scale: e.Scale, gemm.Bias: e.Bias, gemm.Post: e.Post} {
		if v != nil {
			packed.Set(o, gemm.Operand(which), v)
		}
	}
	return o
}

// reference computes the problem as it is defined.
func (p *problem) reference() []byte {
	out := slices.Clone(p.before)
	size := p.epilogue.Out.Size()
	for m := range p.m {
		for c := range p.channels {
			acc := p.start[c]
			for t := range p.taps {
				acc += int32(p.args.A[int(p.args.Offsets[m*p.taps+t])+c]) * int32(p.weights[t*p.channels+c])
			}
			reference(&p.epilogue, out[p.guard+m*p.args.LDC+c*size:], acc, c)
		}
	}
	return out
}

func reference(e *gemm.Epilogue, out []byte, acc int32, c int) {
	if e.Out == gemm.S32 {
		binary.NativeEndian.PutUint32(out, uint32(acc))
		return
	}
	f := float32(acc)
	if e.Pre != nil {
		f += e.Pre[c]
	}
	if e.Scale != nil {
		f = float32(f * e.Scale[c])
	}
	if e.Bias != nil {
		f += e.Bias[c]
	}
	if e.Relu && !(f > 0) {
		f = 0
	}
	if e.Post != nil {
		f = float32(f * e.Post[c])
	}
	if e.Out == gemm.F32 {
		binary.NativeEndian.PutUint32(out, math.Float32bits(f))
		return
	}
	v := float64(e.Lo)
	if f > float32(e.Lo) {
		v = math.RoundToEven(math.Min(float64(f), float64(e.Hi)))
	}
	out[0] = byte(int32(v))
	if e.Flip {
		out[0] ^= 0x80
	}
}

// check computes the problem with v and compares with the reference, guards included.
// Two NaNs are equal.
func (p *problem) check(t *testing.T, v *Variant) {
	t.Helper()
	p.fill()
	p.compare(t, v)
}

func (p *problem) compare(t *testing.T, v *Variant) {
	t.Helper()
	want, got := p.reference(), p.run(t, v)
	if slices.Equal(want, got) {
		return
	}
	size := p.epilogue.Out.Size()
	for i := range want {
		if want[i] == got[i] {
			continue
		}
		at := i - p.guard
		if at < 0 || at/p.args.LDC >= p.m || at%p.args.LDC >= p.channels*size {
			t.Fatalf("%s: %s: byte %d outside of the result was written: %#x, was %#x", v.Name, p, at, got[i], want[i])
		}
		if element := i - at%p.args.LDC%size; size == 4 && p.epilogue.Out == gemm.F32 {
			w := math.Float32frombits(binary.NativeEndian.Uint32(want[element:]))
			g := math.Float32frombits(binary.NativeEndian.Uint32(got[element:]))
			if w != w && g != g {
				continue
			}
		}
		t.Fatalf("%s: %s: pixel %d, channel %d (stride %d): byte %d is %#x, want %#x",
			v.Name, p, at/p.args.LDC, at%p.args.LDC/size, p.args.LDC, at%p.args.LDC%size, got[i], want[i])
	}
}

func someOf() []float32 { return []float32{} }

func usualEpilogues() []gemm.Epilogue {
	return []gemm.Epilogue{
		{Out: gemm.U8, Scale: someOf(), Bias: someOf(), Relu: true, Post: someOf()},
		{Out: gemm.S32},
		{Out: gemm.I8, Scale: someOf(), Bias: someOf(), Post: someOf(), Flip: true},
		{Out: gemm.F32, Scale: someOf()},
		{Out: gemm.U8, Pre: someOf(), Scale: someOf(), Relu: true},
	}
}

// TestSizes covers tiles and blocks: below, at and above each.
func TestSizes(t *testing.T) {
	epilogues := usualEpilogues()
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			seed := uint64(0)
			for _, m := range []int{1, 2, 3, 4, 7, 40} {
				for channels := 1; channels <= 2*v.NR+17; channels++ {
					p := problem{
						m: m, channels: channels, taps: []int{9, 1, 2, 9, 16, 17, 25, 9, 33, 3}[seed%10],
						epilogue: epilogues[seed%uint64(len(epilogues))], computed: seed%3 == 0, seed: seed,
					}
					p.check(t, v)
					seed++
				}
				seed++
			}
		})
	}
}

// TestSliding covers filters whose taps are shared by the pixels of a row: rows of every length, images of few and many
// rows, parts that begin and end within a row, and channels below, at and above each block.
func TestSliding(t *testing.T) {
	epilogues := usualEpilogues()
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			for seed := range uint64(800) {
				p := problem{
					channels: 1 + int(seed)%(2*v.NR+17), taps: []int{9, 25, 9, 3, 6, 25, 9}[seed%7],
					columns: 3, step: 1 + int(seed/7)%3,
					grid: Grid{
						Rows: 1 + int(seed)%5, Columns: 1 + int(seed)%9, RowStep: 1 + int(seed)%2, TapStep: 1 + int(seed)%3/2,
					},
					epilogue: epilogues[seed%uint64(len(epilogues))], computed: seed%3 == 0, seed: seed,
				}
				if p.taps == 25 {
					p.columns = 5
				}
				p.m = max(p.grid.Rows*p.grid.Columns*(1+int(seed)%4)-int(seed)%3, 1)
				p.check(t, v)
				if v.ISA == isa.AVX512VNNI || v.ISA == isa.AVXVNNI {
					packed, err := Pack(v, p.spec(), p.weights, p.start)
					require.NoError(t, err)
					slides := p.taps == p.columns*p.columns && p.step < 3 && p.channels >= narrowest
					if v.ISA == isa.AVXVNNI && p.columns == 5 && p.step == 1 {
						slides = false
					}
					require.Equal(t, slides, packed.Slides(), &p)
				}
			}
		})
	}
}

// TestEpilogues covers every combination of steps.
func TestEpilogues(t *testing.T) {
	operand := func(on int) []float32 {
		if on == 0 {
			return nil
		}
		return []float32{}
	}
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			for i := range 32 * 5 * 4 * 2 {
				steps, result := i%32, i/32%5
				p := problem{
					m: 3 + i%7, channels: v.NR + i%v.NR, taps: 8 + i%3, special: i%3 == 0, computed: i/160%2 == 1, seed: uint64(i),
					epilogue: gemm.Epilogue{
						Pre: operand(steps & 1), Scale: operand(steps & 2), Bias: operand(steps & 4), Post: operand(steps & 8),
						Relu: steps&16 != 0, Out: []gemm.Output{gemm.F32, gemm.U8, gemm.I8, gemm.U8, gemm.I8}[result], Flip: result >= 3,
					},
				}
				if i >= 32*5*4 {
					p.taps, p.columns, p.step = 9, 3, 1+i%2
					p.grid = Grid{Rows: 1 + i%4, Columns: 1 + i%3, RowStep: 1, TapStep: 1}
				}
				p.check(t, v)
			}
		})
	}
}

// TestHuge has results that exceed int32, float32, or neither, with ranges that the
// conversions to integers could clamp to: those must not hide an overflow.
func TestHuge(t *testing.T) {
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			for i, factors := range [][2]float32{
				{1e4, 1}, {1e38, 1e-38}, {1, 1e30}, {1e-3, 1}, {float32(math.Inf(1)), 0}, {1e20, 1e-18},
			} {
				for out, rng := range map[gemm.Output][2]int32{gemm.U8: {0, 255}, gemm.I8: {-128, 127}} {
					p := problem{m: 3, channels: v.NR + 3, taps: 9, seed: uint64(i)}
					p.fill()
					p.epilogue = gemm.Epilogue{
						Out: out, Lo: rng[0], Hi: rng[1],
						Scale: slices.Repeat(factors[:1], p.channels), Post: slices.Repeat(factors[1:], p.channels),
					}
					p.compare(t, v)
				}
			}
		})
	}
}

// TestExtremes has the largest products, whose pairs exceed 16 bits.
func TestExtremes(t *testing.T) {
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			for taps := 1; taps < 50; taps++ {
				p := problem{
					m: 3, channels: v.NR + 17, taps: taps, extreme: true, epilogue: gemm.Epilogue{Out: gemm.S32}, seed: uint64(taps),
				}
				p.check(t, v)
			}
		})
	}
}

func TestPackErrors(t *testing.T) {
	v := Choose(0)
	two := []float32{1, 2}
	for _, c := range []struct {
		name    string
		spec    Spec
		weights int
		init    []int32
		want    string
	}{
		{"no taps", Spec{Channels: 1}, 0, nil, "got 1 channels and 0 taps, want 1 to 16777216 channels and 1 to 65793 taps"},
		{
			"overflow",
			Spec{Channels: 1, Taps: 65794},
			65794, nil,
			"got 1 channels and 65794 taps, want 1 to 16777216 channels and 1 to 65793 taps",
		},
		{"few weights", Spec{Channels: 2, Taps: 3}, 5, nil, "got 5 weights, want 3 taps * 2 channels"},
		{"start values", Spec{Channels: 2, Taps: 1}, 2, []int32{1}, "got 1 start values, want 2 or none"},
		{
			"step",
			Spec{Channels: 1, Taps: 6, Columns: 3},
			6, nil,
			"got 3 columns at step 0, want a divisor of 6 taps and at least 1, or neither",
		},
		{
			"columns",
			Spec{Channels: 1, Taps: 6, Columns: 4, Step: 1},
			6, nil,
			"got 4 columns at step 1, want a divisor of 6 taps and at least 1, or neither",
		},
		{
			"scale",
			Spec{Channels: 3, Taps: 1, Epilogue: gemm.Epilogue{Out: gemm.F32, Scale: two}},
			3, nil,
			"epilogue: got 2 scale values, want 3 or none",
		},
		{
			"accumulators",
			Spec{Channels: 2, Taps: 1, Epilogue: gemm.Epilogue{Scale: two}},
			2, nil,
			"epilogue: accumulators as output admit no further step",
		},
		{
			"range",
			Spec{Channels: 1, Taps: 1, Epilogue: gemm.Epilogue{Out: gemm.U8, Lo: -1, Hi: 9}},
			1, nil,
			"epilogue: got range [-1,9], want a range within [0,255]",
		},
		{
			"flip",
			Spec{Channels: 1, Taps: 1, Epilogue: gemm.Epilogue{Out: gemm.F32, Flip: true}},
			1, nil,
			"epilogue: flip needs an 8-bit output",
		},
		{"type", Spec{Channels: 1, Taps: 1, Epilogue: gemm.Epilogue{Out: 9}}, 1, nil, "epilogue: unknown output type 9"},
		{
			"summand",
			Spec{Channels: 1, Taps: 1, Epilogue: gemm.Epilogue{Out: gemm.U8, Sum: gemm.SumU8}},
			1, nil,
			"epilogue: got a summand, want none",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Pack(v, c.spec, make([]int8, c.weights), c.init)
			require.ErrorIs(t, err, ErrSpec)
			require.EqualError(t, err, "invalid depthwise convolution: "+c.want)
		})
	}
}

func TestCheckOffsets(t *testing.T) {
	p, err := Pack(Choose(0), Spec{Channels: 5, Taps: 2}, make([]int8, 10), nil)
	require.NoError(t, err)
	require.NoError(t, p.CheckOffsets([]int32{0, 13, 1, 2}, 18+bounds.Slack))
	err = p.CheckOffsets([]int32{0, 13, 1, 14}, 18+bounds.Slack)
	require.EqualError(t, err, "pixel 1, tap 1: got offset 14 into 82 bytes, want 0 to 13")
}

// TestRunPanics: Run takes nothing on trust, other than offsets.
func TestRunPanics(t *testing.T) {
	for _, v := range runnable() {
		e := gemm.Epilogue{Out: gemm.U8, Hi: 255}
		packed, err := Pack(v, Spec{Channels: 5, Taps: 2, Epilogue: e}, make([]int8, 10), nil)
		require.NoError(t, err)
		other, err := Pack(v, Spec{Channels: 50, Taps: 1, Epilogue: gemm.Epilogue{Out: gemm.F32}}, make([]int8, 50), nil)
		require.NoError(t, err)
		run := func(damage func(a *Args)) {
			a := &Args{A: make([]byte, 18+bounds.Slack), Offsets: []int32{0, 13, 1, 2, 3, 4}, C: make([]byte, 17, 64), LDC: 6}
			damage(a)
			packed.Run(a, 0, 3)
		}
		run(func(*Args) {})
		for _, c := range []struct {
			name   string
			damage func(a *Args)
			want   string
		}{
			{"few offsets", func(a *Args) { a.Offsets = a.Offsets[1:] }, "got 5 offsets, want 3 pixels * 2 taps"},
			{"output", func(a *Args) { a.C = a.C[:16] }, "output: got 16 bytes, want 3 pixels of 5 at stride 6"},
			{"stride", func(a *Args) { a.LDC = 4 }, "output: got stride 4, want at least 5 bytes"},
			{
				"huge stride", func(a *Args) { a.LDC = 1 << 62 },
				"output: got 17 bytes, want 3 pixels of 5 at stride 4611686018427387904",
			},
			{"operands", func(a *Args) { a.Operands = other.NewOperands() }, ""},
		} {
			t.Run(v.Name+"/"+c.name, func(t *testing.T) {
				if c.want == "" {
					require.Panics(t, func() { run(c.damage) })
					return
				}
				require.PanicsWithValue(t, "depthwise: "+c.want, func() { run(c.damage) })
			})
		}
	}
}

// TestGridPanics: nor does it trust a grid.
func TestGridPanics(t *testing.T) {
	for _, v := range runnable() {
		packed, err := Pack(v, Spec{Channels: 16, Taps: 9, Columns: 3, Step: 2}, make([]int8, 9*16), nil)
		require.NoError(t, err)
		if !packed.Slides() {
			continue
		}
		for _, c := range []struct {
			name    string
			grid    Grid
			offsets int
			want    string
		}{
			{"good", Grid{2, 3, 5, 7, 2, 1}, 35, ""},
			{"no rows", Grid{0, 3, 5, 7, 2, 1}, 35, "grid: got 0 rows of 3 pixels and steps of 2 and 1 rows, want at least 1"},
			{"no step", Grid{2, 3, 5, 7, 2, 0}, 35, "grid: got 2 rows of 3 pixels and steps of 2 and 0 rows, want at least 1"},
			{"low", Grid{2, 3, 4, 7, 2, 1}, 35, "grid: got 4 rows of 7 taps, want at least 5 of 7"},
			{"narrow", Grid{2, 3, 5, 6, 2, 1}, 35, "grid: got 5 rows of 6 taps, want at least 5 of 7"},
			{"few offsets", Grid{2, 3, 5, 7, 2, 1}, 34, "got 34 offsets, want 1 images * 35 taps"},
		} {
			t.Run(v.Name+"/"+c.name, func(t *testing.T) {
				a := Args{
					A: make([]byte, 16+bounds.Slack), Offsets: make([]int32, c.offsets), Grid: c.grid, C: make([]byte, 6*64), LDC: 64,
				}
				if c.want == "" {
					require.NotPanics(t, func() { packed.Run(&a, 0, 6) })
					return
				}
				require.PanicsWithValue(t, "depthwise: "+c.want, func() { packed.Run(&a, 0, 6) })
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
		for i, channels := range []int{3, 77, 77} {
			p := problem{m: 9, channels: channels, taps: 9, epilogue: usualEpilogues()[0]}
			if i == 2 {
				p.columns, p.step, p.grid = 3, 1, Grid{Rows: 3, Columns: 3, RowStep: 1, TapStep: 1}
			}
			p.fill()
			p.args.C = p.before
			packed, err := Pack(v, p.spec(), p.weights, p.start)
			require.NoError(t, err)
			args := p.argsFor(packed)
			require.Zero(t, testing.AllocsPerRun(10, func() { packed.Run(&args, 0, p.m) }), v.Name)
		}
	}
}
