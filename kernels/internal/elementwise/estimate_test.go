package elementwise

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
)

func numberOf(v float32) Source { return Source{Values: []float32{v}} }

func with(p Primitive, o Source) Step { return Step{Kind: Combine, Primitive: p, Source: o} }

func applied(p Primitive) Step { return Step{Kind: Apply, Primitive: p} }

// data is the operand that a chain reads from buffer 0, changed by steps.
func data(steps ...Step) Source { return Source{Type: dtype.F32, Steps: steps} }

// gelus are ways to write x/2 * (1 + f(x)).
var gelus = []struct {
	name  string
	steps []Step
}{
	{"half x, erf of a quotient", []Step{
		with(Divide, numberOf(math.Sqrt2)), applied(Erf), with(Add, numberOf(1)),
		with(Multiply, data(with(Multiply, numberOf(0.5)))),
	}},
	{"half of the product, erf of a product", []Step{
		with(Multiply, numberOf(math.Sqrt2/2)), applied(Erf), with(Add, numberOf(1)), with(Multiply, data()),
		with(Multiply, numberOf(0.5)),
	}},
	{"half of the sum, erf", []Step{
		with(Multiply, numberOf(math.Sqrt2/2)), applied(Erf), with(Add, numberOf(1)), with(Multiply, numberOf(0.5)),
		{Kind: CombineSwapped, Primitive: Multiply, Source: data()},
	}},
	{"tanh of a cube", []Step{
		applied(Cube), with(Multiply, numberOf(0.044715)), with(Add, data()), with(Multiply, numberOf(0.7978846)),
		applied(Tanh), with(Add, numberOf(1)), with(Multiply, numberOf(0.5)), with(Multiply, data()),
	}},
	{"tanh of a power", []Step{
		with(Power, numberOf(3)), with(Multiply, numberOf(0.044715)), with(Add, data()),
		with(Multiply, numberOf(0.7978846)), applied(Tanh), with(Add, numberOf(1)),
		with(Multiply, data(with(Multiply, numberOf(0.5)))),
	}},
	{"tanh of a product with a square", []Step{
		applied(Square), with(Multiply, numberOf(0.044715)), with(Add, numberOf(1)),
		with(Multiply, data(with(Multiply, numberOf(0.7978846)))), applied(Tanh), with(Add, numberOf(1)),
		with(Multiply, data()), with(Multiply, numberOf(0.5)),
	}},
}

func multipliedAndAdded(low, high float32) []Step {
	scale := 255 / (high - low)
	return []Step{{
		Kind: StoreQuantized, Buffer: 1, Numbers: Numbers{Scale: 1, Hi: 255},
		Source: Source{Steps: []Step{with(Multiply, numberOf(scale)), with(Add, numberOf(-low*scale))}},
	}}
}

// quantizations are ways to quantize the range [low, high].
var quantizations = []struct {
	name  string
	steps func(low, high float32) []Step
}{
	{"scaled", func(_, high float32) []Step {
		return []Step{{Kind: StoreQuantized, Buffer: 1, Numbers: Numbers{Scale: 127 / high, Lo: -128, Hi: 127, Flip: true}}}
	}},
	{"shifted", func(low, high float32) []Step {
		scale := 255 / (high - low)
		return []Step{{Kind: StoreQuantized, Buffer: 1, Numbers: Numbers{Scale: scale, Sub: low, Hi: 255}}}
	}},
	{"multiplied and added", multipliedAndAdded},
	{"0 in the middle of two bytes", multipliedAndAdded},
	{"divided, halves away from zero", func(low, high float32) []Step {
		return []Step{with(Divide, numberOf((high-low)/255)), {
			Kind: StoreQuantized, Buffer: 1, Numbers: Numbers{Scale: 1, Lo: -128, Hi: 127},
			Source: Source{Steps: []Step{{Kind: DropNaN}, with(Subtract, numberOf(128)), {Kind: RoundAway}}},
		}}
	}},
}

// TestEstimates: the bytes of chains that estimate are those of their steps, for a dense set of numbers and for those
// around which the bytes change.
func TestEstimates(t *testing.T) {
	ranges := [][2]float32{{-0.17, 5.3}, {-0.2, 0.4}, {0, 70}, {-6, 6}, {-1.5, 1.25}}
	for _, g := range gelus {
		for i, q := range quantizations {
			steps := append(append([]Step{{Kind: Load, Source: data()}}, g.steps...), q.steps(ranges[i][0], ranges[i][1])...)
			plain, err := NewChain(0, 2, steps)
			require.NoError(t, err)
			require.Nil(t, plain.estimate, "what is not assembled computes the steps")
			x := critical(plain)
			want := make([]byte, len(x)/4)
			scratch := make([]byte, Scratch)
			plain.Run([][]byte{x, want}, scratch, 0, len(want))
			for _, without := range isatest.Levels() {
				set := isa.Available().Without(without...)
				if simulated && set.Has(isa.AVX512VNNI) {
					continue // takes a minute
				}
				t.Run(fmt.Sprintf("%s/%s/%v", g.name, q.name, set), func(t *testing.T) {
					c, err := NewChain(set, 2, steps)
					require.NoError(t, err)
					require.Equal(t, Choose(set, Estimate).ISA != isa.Portable, c.estimate != nil, "estimates")
					got := make([]byte, len(want))
					c.Run([][]byte{x, got}, scratch, len(want)/3, len(want))
					c.Run([][]byte{x, got}, scratch, 0, len(want)/3)
					requireEqual(t, want, got, 1, c.Name())
				})
			}
		}
	}
}

// critical returns special numbers, numbers from -9 to 9, and the neighbours of those at which a chain's byte changes.
func critical(c *Chain) []byte {
	count, near := 1<<15, 150
	if simulated {
		count, near = 1<<10, 3
	}
	r := rand.New(rand.NewPCG(1, 2))
	x := values(r, count)
	for i := 200; i < count; i++ {
		store(x, i, 18*float32(i)/float32(count)-9)
	}
	y, scratch := make([]byte, count), make([]byte, Scratch)
	c.Run([][]byte{x, y}, scratch, 0, count)
	one := func(v float32) byte {
		b, z := make([]byte, 4), make([]byte, 1)
		store(b, 0, v)
		c.Run([][]byte{b, z}, scratch, 0, 1)
		return z[0]
	}
	for i := 201; i < count; i++ {
		if y[i] == y[i-1] {
			continue
		}
		low, high := load(x, i-1), load(x, i)
		for middle := low/2 + high/2; low < middle && middle < high; middle = low/2 + high/2 {
			if one(middle) == y[i-1] {
				low = middle
			} else {
				high = middle
			}
		}
		for k := -near; k <= near; k++ {
			x = append(x, 0, 0, 0, 0)
			store(x, len(x)/4-1, math.Float32frombits(uint32(int(math.Float32bits(high))+k)))
		}
	}
	return x
}

// TestNoDoubtsBelow0: what an estimate makes of numbers far below 0 is not in doubt where 0 is in the middle of two
// bytes.
func TestNoDoubtsBelow0(t *testing.T) {
	for _, g := range gelus {
		steps := append(append([]Step{{Kind: Load, Source: data()}}, g.steps...), multipliedAndAdded(-6, 6)...)
		c, err := NewChain(isa.Available(), 2, steps)
		require.NoError(t, err)
		if c.estimate == nil {
			continue // no routine
		}
		x, y, bits := make([]byte, 4*64), make([]byte, 64), make([]byte, 64/8)
		for i := range 64 {
			store(x, i, -6-float32(i)*1000)
		}
		values := make([]byte, 4*64)
		c.estimate.function.Run(values, x, nil, 64, nil)
		c.estimate.quantize.Run(y, values, bits, 64, &c.estimate.numbers)
		require.Equal(t, make([]byte, 64/8), bits, g.name)
	}
}

// TestDoubts: few elements of an estimate are in doubt, and any number of them is decided.
func TestDoubts(t *testing.T) {
	steps := append(append([]Step{{Kind: Load, Source: data()}}, gelus[0].steps...), quantizations[2].steps(-0.17, 5.3)...)
	c, err := NewChain(isa.Available(), 2, steps)
	require.NoError(t, err)
	if c.estimate == nil {
		t.Skip("no routine")
	}
	const n = 1 << 14
	r := rand.New(rand.NewPCG(3, 4))
	x, y, bits := make([]byte, 4*n), make([]byte, n), make([]byte, n/8)
	for i := range n {
		store(x, i, float32(r.NormFloat64()*2))
	}
	values := make([]byte, 4*n)
	c.estimate.function.Run(values, x, nil, n, nil)
	c.estimate.quantize.Run(y, values, bits, n, &c.estimate.numbers)
	doubts := 0
	for _, b := range bits {
		for ; b != 0; b &= b - 1 {
			doubts++
		}
	}
	require.Less(t, doubts, n/200)
	require.Positive(t, doubts)

	plain, err := NewChain(0, 2, steps)
	require.NoError(t, err)
	nan, scratch := math.Float32frombits(0x7fc00000), make([]byte, Scratch)
	for _, count := range []int{1, 63, 64, 65, 511, 512, 513, 3000} { // all in doubt
		for i := range count {
			store(x, i, nan)
		}
		store(x, count, 1)
		want := make([]byte, count+1)
		plain.Run([][]byte{x, want}, scratch, 0, count+1)
		c.Run([][]byte{x, y}, scratch, 0, count+1)
		requireEqual(t, want, y[:count+1], 1, fmt.Sprint(count))
	}
}

// TestNoEstimates: what is another function, is not in order, or has bounds of no use, is not estimated.
func TestNoEstimates(t *testing.T) {
	erf := func(steps ...Step) []Step {
		return append([]Step{with(Multiply, numberOf(math.Sqrt2/2)), applied(Erf), with(Add, numberOf(1))}, steps...)
	}
	store := func(n Numbers, steps ...Step) Step {
		return Step{Kind: StoreQuantized, Buffer: 1, Numbers: n, Source: Source{Steps: steps}}
	}
	whole := Numbers{Scale: 20, Lo: -128, Hi: 127}
	for _, c := range []struct {
		name  string
		steps []Step
	}{
		{"another argument", []Step{
			with(Multiply, numberOf(0.7071)), applied(Erf), with(Add, numberOf(1)), with(Multiply, data()), store(whole),
		}},
		{"another sum", []Step{
			with(Multiply, numberOf(math.Sqrt2/2)), applied(Erf), with(Add, numberOf(2)), with(Multiply, data()), store(whole),
		}},
		{"no product", erf(store(whole))},
		{"two products", erf(with(Multiply, data()), with(Multiply, data()), store(whole))},
		{"a negative factor", erf(with(Multiply, data(with(Multiply, numberOf(-0.5)))), store(whole))},
		{"a factor that overflows", erf(with(Multiply, data(with(Multiply, numberOf(2)))), store(whole))},
		{"a quotient by x", erf(with(Divide, data()), store(whole))},
		{"a bound", erf(with(Multiply, data()), Step{Kind: Limit, Numbers: Numbers{Hi: 1}}, store(whole))},
		{"channels", erf(with(Multiply, data()), with(Multiply, Source{Values: []float32{1, 2}}), store(whole))},
		{"steps too small", erf(with(Multiply, data()), store(Numbers{Scale: 1e6, Lo: -128, Hi: 127}))},
		{"steps too large", erf(with(Multiply, data()), store(Numbers{Scale: 1e-6, Lo: -128, Hi: 127}))},
		{"a large offset", erf(
			with(Multiply, data()), with(Add, numberOf(1000)), with(Subtract, numberOf(1000)), store(whole),
		)},
		{"a fraction as bound", erf(with(Multiply, data()), store(Numbers{Scale: 20, Lo: -128, Hi: 12.5}))},
		{"rounded before", erf(with(Multiply, data()), store(whole, Step{Kind: RoundAway}, with(Add, numberOf(1))))},
		{"rounded in other units", erf(with(Multiply, data()), store(whole, Step{Kind: RoundAway}))},
		{"stored as well", erf(with(Multiply, data()), store(whole), store(whole))},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain, err := NewChain(isa.Available(), 2, append([]Step{{Kind: Load, Source: data()}}, c.steps...))
			require.NoError(t, err)
			require.Nil(t, chain.estimate)
		})
	}
}
