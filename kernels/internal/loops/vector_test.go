package loops

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

func TestMain(m *testing.M) { isatest.Main(m, family{}, simulated) }

// simulated is set in builds in which Go functions stand for the assembly (kernels/_asm).
var simulated bool

// family is the routines of the package.
type family struct{}

func (family) Family() string { return "loops" }

func (family) Infos() (list []variant.Info) {
	for name := range native {
		for _, i := range isa.All() {
			if strings.HasSuffix(name, "_"+i.String()) {
				list = append(list, variant.Info{Name: name, ISA: i})
			}
		}
	}
	return list
}

// sets are the sets of instruction sets with routines that can be run, each with one that is used first.
func sets() (list []isa.Set) {
	for _, i := range []isa.ISA{isa.AVX512VNNI, isa.AVX2} {
		if isatest.Runnable(simulated).Has(i) {
			list = append(list, isatest.Runnable(simulated)&(1<<i))
		}
	}
	return list
}

// lengths are on both sides of rounds.
var lengths = []int{1, 63, 64, 65, 127, 128, 130, 200, 256}

// numbers returns n elements of a type, ends and special ones among them.
func numbers(r *rand.Rand, typ dtype.Type, n int) []byte {
	b := make([]byte, n*typ.Size())
	for i := range n {
		putElement(b[i*typ.Size():], typ, r)
	}
	return b
}

func putElement(b []byte, typ dtype.Type, r *rand.Rand) {
	switch typ {
	case dtype.F32:
		binary.NativeEndian.PutUint32(b, math.Float32bits(float32(real64(r))))
	case dtype.F64:
		binary.NativeEndian.PutUint64(b, math.Float64bits(real64(r)))
	default:
		var v [8]byte
		ends := []uint64{0, 1, math.MaxUint64, 1 << (8*typ.Size() - 1), 1<<(8*typ.Size()-1) - 1, r.Uint64N(9)}
		k := r.Uint64()
		if r.IntN(3) == 0 {
			k = ends[r.IntN(len(ends))]
		}
		binary.LittleEndian.PutUint64(v[:], k)
		copy(b[:typ.Size()], v[:])
	}
}

// real64 returns numbers around the ends of integers, halves, and special ones.
func real64(r *rand.Rand) float64 {
	v := []float64{
		0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 6, 7, 0.5, 1.5, math.MaxFloat64, 0x1p-1074,
		math.Ldexp(1, r.IntN(66)), math.Ldexp(1, r.IntN(66)) - 1, math.Ldexp(r.Float64(), r.IntN(70)), r.NormFloat64(),
	}[r.IntN(15)]
	if r.IntN(2) == 0 {
		return -v
	}
	return v
}

// wholeTypes are the integers.
var wholeTypes = []dtype.Type{dtype.U8, dtype.I8, dtype.U16, dtype.I16, dtype.U32, dtype.I32, dtype.I64, dtype.U64}

var allTypes = append(slices.Clone(wholeTypes), dtype.F32, dtype.F64)

// guard is how many bytes behind a result are checked.
const guard = 64

// guarded returns n bytes with a guard behind them.
func guarded(n int) []byte { return bytes.Repeat([]byte{0xcc}, n+guard)[:n] }

// requireEqual compares results of a type, and what is behind got. Two NaNs are equal.
func requireEqual(t *testing.T, typ dtype.Type, want, got []byte, name string, args ...any) {
	t.Helper()
	if typ == dtype.F64 {
		quiet(want)
		quiet(got)
	}
	if !bytes.Equal(want, got) {
		for i := 0; i < len(want); i += typ.Size() {
			w, g := want[i:i+typ.Size()], got[i:i+typ.Size()]
			if !bytes.Equal(w, g) {
				t.Fatalf("%s %v: element %d: got %x, want %x", name, args, i/typ.Size(), g, w)
			}
		}
	}
	if cap(got) >= len(got)+guard {
		behind := got[len(got) : len(got)+guard]
		require.Equal(t, bytes.Repeat([]byte{0xcc}, guard), behind, "%s %v: behind", name, args)
	}
}

// quiet makes all NaNs the same one.
func quiet(b []byte) {
	for i := 0; i < len(b); i += 8 {
		if v := math.Float64frombits(binary.NativeEndian.Uint64(b[i:])); v != v {
			binary.NativeEndian.PutUint64(b[i:], math.Float64bits(math.NaN()))
		}
	}
}

func TestPairs(t *testing.T) {
	for _, typ := range append(slices.Clone(wholeTypes), dtype.F64) {
		for f := range numFunctions {
			loop := pairLoop(typ, f)
			if loop == nil || f == Divide || f == FloorDivide || f == TruncateMod || f == FloorMod || f == Power {
				continue
			}
			checkPairs(t, typ, typ, loop, fmt.Sprintf("%v %v", f, typ), func(s isa.Set) Kernel[Pairs] {
				return Binary(s, typ, f)
			})
		}
	}
}

func TestRelations(t *testing.T) {
	for _, typ := range append(slices.Clone(wholeTypes), dtype.F64) {
		for f := range numRelations {
			checkPairs(t, typ, dtype.U8, compare(typ, f), fmt.Sprintf("%v %v", f, typ), func(s isa.Set) Kernel[Pairs] {
				return Compare(s, typ, f)
			})
		}
	}
}

// checkPairs compares kernels with a loop that makes results of type to, with a result of its own and in place.
func checkPairs(t *testing.T, typ, to dtype.Type, loop Pairs, name string, of func(s isa.Set) Kernel[Pairs]) {
	t.Run(name, func(t *testing.T) {
		for _, s := range sets() {
			k := of(s)
			r := rand.New(rand.NewPCG(uint64(typ), 5))
			for _, n := range lengths {
				x, y := numbers(r, typ, n), numbers(r, typ, n)
				copy(y[:n/3*typ.Size()], x)
				want, got := make([]byte, n*to.Size()), guarded(n*to.Size())
				loop(want, x, y, n)
				k.Run(got, x, y, n)
				requireEqual(t, to, want, got, k.Name, n)
				if to.Size() == typ.Size() {
					in := slices.Clip(bytes.Clone(x))
					k.Run(in, in, y, n)
					requireEqual(t, to, want, in, k.Name, n, "in place of x")
					in = slices.Clip(bytes.Clone(y))
					k.Run(in, x, in, n)
					requireEqual(t, to, want, in, k.Name, n, "in place of y")
				}
			}
		}
	})
}

func TestOnes(t *testing.T) {
	for _, typ := range append(slices.Clone(wholeTypes), dtype.F64) {
		for f := range numUnary {
			if loop := unary(typ, f); loop != nil {
				checkEach(t, typ, typ, loop, fmt.Sprintf("%v %v", f, typ), func(s isa.Set) Kernel[Each] {
					return Unary(s, typ, f)
				})
			}
		}
	}
}

func TestConversions(t *testing.T) {
	for _, from := range allTypes {
		for _, to := range allTypes {
			if from != to {
				checkEach(t, from, to, convert(from, to), fmt.Sprintf("%v to %v", from, to), func(s isa.Set) Kernel[Each] {
					return Convert(s, from, to)
				})
			}
		}
		checkEach(t, from, dtype.U8, notZeros(from), fmt.Sprintf("%v to bool", from), func(s isa.Set) Kernel[Each] {
			return NotZero(s, from)
		})
	}
}

// checkEach is checkPairs for functions of one number.
func checkEach(t *testing.T, typ, to dtype.Type, loop Each, name string, of func(s isa.Set) Kernel[Each]) {
	t.Run(name, func(t *testing.T) {
		for _, s := range sets() {
			k := of(s)
			r := rand.New(rand.NewPCG(uint64(typ), 7))
			for _, n := range lengths {
				x := numbers(r, typ, n)
				want, got := make([]byte, n*to.Size()), guarded(n*to.Size())
				loop(want, x, n)
				k.Run(got, x, n)
				requireEqual(t, to, want, got, k.Name, n)
				if to.Size() == typ.Size() {
					in := slices.Clip(bytes.Clone(x))
					k.Run(in, in, n)
					requireEqual(t, to, want, in, k.Name, n, "in place")
				}
			}
		}
	})
}

func TestReductions(t *testing.T) {
	for _, typ := range []dtype.Type{dtype.U8, dtype.I8, dtype.U16, dtype.I16, dtype.U32, dtype.I32, dtype.I64} {
		for f := range numReductions {
			t.Run(fmt.Sprintf("%v %v", f, typ), func(t *testing.T) {
				loop := reducing(typ, f)
				for _, s := range sets() {
					k := Reducing(s, typ, f)
					r := rand.New(rand.NewPCG(uint64(typ), 8))
					for _, n := range append(slices.Clone(lengths), 1100) {
						for _, c := range [][3]int{{3, n, 1}, {1, n, 1}, {2, 3, n}, {1, 1, n}} {
							count, rows, columns := c[0], c[1], c[2]
							x := numbers(r, typ, count*rows*columns)
							want, got := make([]byte, count*columns*typ.Size()), guarded(count*columns*typ.Size())
							loop(want, x, count, rows, columns)
							k.Run(got, x, count, rows, columns)
							requireEqual(t, typ, want, got, k.Name, c)
						}
					}
				}
			})
		}
	}
}

func TestPowers(t *testing.T) {
	for _, typ := range wholeTypes {
		for _, e := range []uint64{0, 1, 2, 3, 10, 127} {
			for _, s := range sets() {
				k := Binary(s, typ, Power)
				r := rand.New(rand.NewPCG(uint64(typ), e))
				for _, n := range lengths {
					x, y, want := numbers(r, typ, n), filled(typ.Size(), e), make([]byte, n*typ.Size())
					y = bytes.Repeat(y, n)[:n*typ.Size()]
					got := guarded(n * typ.Size())
					pairLoop(typ, Power)(want, x, y, n)
					k.Run(got, x, y, n)
					requireEqual(t, typ, want, got, k.Name, n, e)
					y[len(y)/typ.Size()/2*typ.Size()] ^= 1 // another exponent
					pairLoop(typ, Power)(want, x, y, n)
					k.Run(got, x, y, n)
					requireEqual(t, typ, want, got, k.Name, n, e, "and another")
				}
			}
		}
	}
}

func TestSelecting(t *testing.T) {
	for size, typ := range map[int]dtype.Type{1: dtype.U8, 2: dtype.U16, 8: dtype.U64} {
		for _, s := range sets() {
			k := Selecting(s, size)
			r := rand.New(rand.NewPCG(uint64(typ), 9))
			for _, n := range lengths {
				condition, x, y := numbers(r, dtype.U8, n), numbers(r, typ, n), numbers(r, typ, n)
				want, got := bytes.Clone(y), guarded(n*size)
				for i, c := range condition {
					if c != 0 {
						copy(want[i*size:][:size], x[i*size:])
					}
				}
				k.Run(got, condition, x, y, n)
				requireEqual(t, typ, want, got, k.Name, n)
			}
		}
	}
}

// Every routine is what some function, of those that the other tests compare with plain loops, uses.
func TestEveryRoutineIsUsed(t *testing.T) {
	used := map[string]bool{}
	original := native
	defer func() { native = original }()
	native = map[string]func(c call){}
	for name, run := range original {
		native[name] = func(c call) { used[name] = true; run(c) }
	}
	for _, s := range sets() {
		runEverything(t, s)
	}
	for name := range original {
		for _, i := range isa.All() {
			if strings.HasSuffix(name, "_"+i.String()) && isatest.Runnable(simulated).Has(i) {
				require.True(t, used[name], name)
			}
		}
	}
}

func runEverything(t *testing.T, s isa.Set) {
	t.Helper()
	const n = round
	b := func() []byte { return bytes.Repeat([]byte{1}, 8*n) }
	for _, typ := range allTypes {
		for f := range numFunctions {
			if k := Binary(s, typ, f); k.Run != nil {
				k.Run(b(), b(), b(), n)
			}
		}
		for f := range numUnary {
			if k := Unary(s, typ, f); k.Run != nil {
				k.Run(b(), b(), n)
			}
		}
		for f := range numRelations {
			if k := Compare(s, typ, f); k.Run != nil {
				k.Run(b(), b(), b(), n)
			}
		}
		for _, to := range allTypes {
			Convert(s, typ, to).Run(b(), b(), n)
		}
		for f := range numReductions {
			if k := Reducing(s, typ, f); k.Run != nil {
				k.Run(b(), b(), 1, n, 1)
			}
		}
	}
	for _, size := range []int{1, 2, 8} {
		Selecting(s, size).Run(b(), b(), b(), b(), n)
	}
}
