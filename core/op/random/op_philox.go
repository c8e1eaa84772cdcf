package random

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

// Distribution says which numbers are how likely.
type Distribution uint8

// The distributions.
const (
	Uniform         Distribution = iota // reals in [0, 1)
	Normal                              // reals with mean 0 and variance 1
	TruncatedNormal                     // those of Normal between -2 and 2
	UniformWhole                        // integers in [lo, hi)
	FullWhole                           // all integers of the type
	numDistributions
)

var distributionNames = [numDistributions]string{"Uniform", "Normal", "TruncatedNormal", "UniformWhole", "FullWhole"}

// String returns the distribution's name.
func (d Distribution) String() string { return enum.Name(d, distributionNames[:]) }

// MarshalText writes the name, which stands for the Distribution in JSON.
func (d Distribution) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText parses a distribution's name.
func (d *Distribution) UnmarshalText(b []byte) error {
	return enum.Parse(d, string(b), "distribution", distributionNames[:])
}

var _ = core.Register[Philox]("Philox")

// Philox makes random numbers of a key and a counter, which numbers blocks of 4 words of 32 bits. Words are used in
// order; numbers of 64 bits take two, the lower half first (f64: the upper bits first).
//
//	Uniform: the lowest 23 (f64: 52, f16: 10, bf16: 7) bits of a word behind the binary point
//	Normal: sqrt(-2*log(u)) * sin(v) and then * cos(v), for u = max(u', 1e-7), v = 2*pi*u'', where u' and u'' are
//	        Uniform in f64 or else f32, each step rounded, and the result rounded to the type
//	TruncatedNormal: likewise without those beyond 2; each 4 numbers (f64: 2) begin 256 (128) blocks behind the last ones
//	UniformWhole: lo + word mod (hi - lo)
//
//	Inputs:  shape: i32 or i64, [rank of y]
//	         key: u64, [1]
//	         counter: u64, [2 or more]
//	         lo, hi: Type, [], for UniformWhole
//	Outputs: y: Type, of that shape
//
//	C1: Distribution is one of the distributions; Type is a real type, i32 or i64 for UniformWhole, these, u32 or
//	    u64 for FullWhole
//	C2: shape is i32 or i64 of rank 1, its elements >= 0
//	C3: key is u64[1], counter is u64 of rank 1 with 2 numbers or more
//	C4: lo and hi have Type and shape [], and lo < hi
//
// It is TensorFlow's StatelessRandomUniformV2 and so on with the algorithm Philox.
type Philox struct {
	Distribution Distribution `json:"distribution"`
	Type         core.Type    `json:"type"`
}

// Infer checks C1 to C4 as far as values are constant.
func (op *Philox) Infer(in []core.Operand) ([]core.Fact, error) {
	inputs := 3
	if op.Distribution == UniformWhole {
		inputs = 5
	}
	if err := core.WantInputs(in, inputs); err != nil {
		return nil, err
	}
	if !op.typed() {
		return nil, core.Violation("C1", -1, "got %v numbers of %v, want a distribution and a type it has",
			op.Distribution, op.Type)
	}
	if err := infer.CheckIndexVector("C2", in, 0); err != nil {
		return nil, err
	}
	if k := in[1]; !k.Type.Compatible(core.U64) || !k.Shape.Compatible(core.Shape{1}) {
		return nil, core.Violation("C3", 1, "got %v, want u64[1]", k.Fact)
	}
	if c := in[2]; !c.Type.Compatible(core.U64) || !c.Shape.Compatible(core.Shape{core.Unknown}) ||
		c.Shape.Static() && c.Shape[0] < 2 {
		return nil, core.Violation("C3", 2, "got %v, want u64 of rank 1 with 2 numbers or more", c.Fact)
	}
	for i := 3; i < inputs; i++ {
		if !in[i].Type.Compatible(op.Type) || !in[i].Shape.Compatible(core.Shape{}) {
			return nil, core.Violation("C4", i, "got %v, want %v[]", in[i].Fact, op.Type)
		}
	}
	if inputs > 3 && in[3].Const != nil && in[4].Const != nil {
		if lo, hi := in[3].Const.Int64s()[0], in[4].Const.Int64s()[0]; lo >= hi {
			return nil, core.Violation("C4", 4, "got %d, want more than lo, %d", hi, lo)
		}
	}
	s, err := shapeOf(in[0])
	return []core.Fact{{Type: op.Type, Shape: s}}, err
}

// typed is C1.
func (op *Philox) typed() bool {
	switch op.Distribution {
	case Uniform, Normal, TruncatedNormal:
		return op.Type.IsFloat()
	case UniformWhole:
		return op.Type == core.I32 || op.Type == core.I64
	case FullWhole:
		return op.Type >= core.I32 && op.Type <= core.U64
	}
	return false
}

// shapeOf returns the shape that an operand holds, as far as it is known.
func shapeOf(o core.Operand) (core.Shape, error) {
	dims, ok := infer.IntsOf(o)
	if !ok {
		if s := o.Shape; s.Static() && s[0] <= core.MaxRank {
			return infer.UnknownShape(s[0]), nil
		}
		return nil, nil
	}
	if len(dims) > core.MaxRank {
		return nil, core.Violation("C2", 0, "got a shape of rank %d, want at most %d", len(dims), core.MaxRank)
	}
	s := core.Shape{}
	for _, d := range dims {
		if d < 0 || d > core.MaxElements {
			return nil, core.Violation("C2", 0, "got shape %v, want dimensions in [0, %d]", dims, int64(core.MaxElements))
		}
		s = append(s, int(d))
	}
	return infer.CheckedShape(s)
}

// Eval draws number by number.
func (op *Philox) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	key, counter := core.Data[uint64](in[1])[0], core.Data[uint64](in[2])
	p := &philox{key: [2]uint32{uint32(key), uint32(key >> 32)}, counter: [2]uint64(counter)}
	y := out[0]
	switch op.Distribution {
	case UniformWhole:
		whole(p, y, in[3].Int64s()[0], in[4].Int64s()[0])
	case FullWhole:
		whole(p, y, 0, 0)
	case Uniform:
		uniform(p, y)
	default:
		op.normals(p, y)
	}
	return nil
}

// blocks calls f with each block of n numbers of y, and where it begins, until y is abandoned.
func blocks[T any](to *core.Tensor, y []T, n int, f func(y []T)) {
	for i := 0; i < len(y); i += n {
		if i&(1<<12-1) == 0 && to.Abandoned() {
			return
		}
		f(y[i:min(i+n, len(y))])
	}
}

// whole draws integers in [lo, hi), all of them if these are equal.
func whole(p *philox, t *core.Tensor, lo, hi int64) {
	size := uint64(hi) - uint64(lo)
	if t.Type().Size() == 4 {
		size = uint64(uint32(size))
	}
	v := make([]int64, t.Len())
	per := 16 / t.Type().Size()
	blocks(t, v, per, func(y []int64) {
		b := p.block()
		for i := range y {
			switch {
			case per == 2:
				x := uint64(b[2*i]) | uint64(b[2*i+1])<<32
				if size > 0 {
					x = x%size + uint64(lo)
				}
				y[i] = int64(x)
			case size > 0:
				y[i] = int64(b[i]%uint32(size)) + lo
			default:
				y[i] = int64(b[i])
			}
		}
	})
	elements.SetInts(t, v)
}

// unit32 and unit64 make reals in [0, 1) of words.
func unit32(x uint32) float32 { return math.Float32frombits(127<<23|x&(1<<23-1)) - 1 }

func unit64(x0, x1 uint32) float64 {
	return math.Float64frombits(1023<<52|uint64(x0&(1<<20-1))<<32|uint64(x1)) - 1
}

func uniform(p *philox, t *core.Tensor) {
	switch t.Type() {
	case core.F64:
		blocks(t, core.Data[float64](t), 2, func(y []float64) {
			b := p.block()
			for i := range y {
				y[i] = unit64(b[2*i], b[2*i+1])
			}
		})
	case core.F32:
		blocks(t, core.Data[float32](t), 4, func(y []float32) {
			b := p.block()
			for i := range y {
				y[i] = unit32(b[i])
			}
		})
	default:
		fraction := 10
		if t.Type() == core.BF16 {
			fraction = 7
		}
		v := make([]float32, t.Len())
		blocks(t, v, 4, func(y []float32) {
			b := p.block()
			for i := range y {
				y[i] = float32(b[i]&(1<<fraction-1)) / float32(int(1)<<fraction)
			}
		})
		elements.SetFloat32s(t, v)
	}
}

// leastUniform is the least number of which a logarithm is taken.
const leastUniform = 1e-7

// pair32 and pair64 make two normal numbers of two uniform ones, by Box and Muller.
func pair32(u, v float32) (float32, float32) {
	u = max(u, leastUniform)
	angle := float32(2 * math.Pi * float64(v))
	r := float32(math.Sqrt(float64(-2 * float32(transcendental.Log(float64(u))))))
	return float32(transcendental.Sin(float64(angle))) * r, float32(transcendental.Cos(float64(angle))) * r
}

func pair64(u, v float64) (float64, float64) {
	u = max(u, leastUniform)
	angle := 2 * math.Pi * v
	r := math.Sqrt(-2 * transcendental.Log(u))
	return transcendental.Sin(angle) * r, transcendental.Cos(angle) * r
}

func (op *Philox) normals(p *philox, t *core.Tensor) {
	if t.Type() == core.F64 {
		pairs := func(b [4]uint32) []float64 {
			f, g := pair64(unit64(b[0], b[1]), unit64(b[2], b[3]))
			return []float64{f, g}
		}
		draw(op, p, t, core.Data[float64](t), 2, pairs)
		return
	}
	v := make([]float32, t.Len())
	draw(op, p, t, v, 4, func(b [4]uint32) []float32 {
		f, g := pair32(unit32(b[0]), unit32(b[1]))
		h, k := pair32(unit32(b[2]), unit32(b[3]))
		return []float32{f, g, h, k}
	})
	elements.SetFloat32s(t, v)
}

// draw fills y with the numbers that blocks make, n of each.
func draw[T float32 | float64](op *Philox, p *philox, t *core.Tensor, y []T, n int, numbers func(block [4]uint32) []T) {
	if op.Distribution == Normal {
		blocks(t, y, n, func(y []T) { copy(y, numbers(p.block())) })
		return
	}
	blocks(t, y, n, func(y []T) {
		q := *p
		for i := 0; i < len(y); {
			for _, v := range numbers(q.block()) {
				if -2 < v && v < 2 && i < len(y) {
					y[i] = v
					i++
				}
			}
		}
		p.skip(uint64(64 * n))
	})
}
