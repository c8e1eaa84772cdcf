package gemm

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

func TestPackErrors(t *testing.T) {
	v := Choose(isa.Set(0))
	two := []float32{1, 2}
	for _, c := range []struct {
		name    string
		spec    Spec
		weights int
		init    []int32
		want    string
	}{
		{"no columns", Spec{Taps: 1, TapBytes: 1}, 0, nil, "got n=0, taps=1, tap bytes=1: want each at least 1"},
		{"overflow", Spec{N: 1 << 40, Taps: 1 << 40, TapBytes: 1}, 0, nil, "got n=1099511627776, taps=1099511627776, tap bytes=1: want at most 2147483648 weights"},
		{"few weights", Spec{N: 2, Taps: 3, TapBytes: 4}, 23, nil, "got 23 weights, want 3*4*2 = 24"},
		{"start values", Spec{N: 2, Taps: 1, TapBytes: 1}, 2, []int32{1}, "got 1 start values, want 2 or none"},
		{"scale", Spec{N: 3, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Out: F32, Scale: two}}, 3, nil, "epilogue: got 2 scale values, want 3 or none"},
		{"accumulators", Spec{N: 2, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Scale: two}}, 2, nil, "epilogue: accumulators as output admit no further step"},
		{"range", Spec{N: 1, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Out: U8, Lo: -1, Hi: 9}}, 1, nil, "epilogue: got range [-1,9], want a range within [0,255]"},
		{"range of i32", Spec{N: 1, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Out: I32, Hi: 1<<24 + 1}}, 1, nil, "epilogue: got range [0,16777217], want all of i32, or up to a float32"},
		{"flip", Spec{N: 1, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Out: F32, Flip: true}}, 1, nil, "epilogue: flip needs an 8-bit output"},
		{"type", Spec{N: 1, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Out: 9}}, 1, nil, "epilogue: unknown output type 9 or summand type 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Pack(v, c.spec, make([]int8, c.weights), c.init)
			require.ErrorIs(t, err, ErrSpec)
			require.EqualError(t, err, "invalid matrix product: "+c.want)
		})
	}
}

// TestRunPanics: what Check refuses, other than offsets, Run does not take on trust.
func TestRunPanics(t *testing.T) {
	for _, v := range runnable() {
		packed, err := Pack(v, Spec{N: 5, Taps: 1, TapBytes: 7, Epilogue: Epilogue{Out: U8, Hi: 255, Sum: SumU8}}, make([]int8, 35), nil)
		require.NoError(t, err)
		other, err := Pack(v, Spec{N: 50, Taps: 1, TapBytes: 7, Epilogue: Epilogue{Out: F32}}, make([]int8, 350), nil)
		require.NoError(t, err)
		for name, damage := range map[string]func(a *Args){
			"output stride":  func(a *Args) { a.LDC = -1 },
			"summand stride": func(a *Args) { a.LDSum = -1 },
			"operands":       func(a *Args) { a.Operands = other.NewOperands() },
			"output":         func(a *Args) { a.C = a.C[:9] },
		} {
			a := &Args{
				A: make([]byte, 20+Slack), Offsets: []int32{0, 3}, C: make([]byte, 40), LDC: 5, Sum: make([]byte, 40), LDSum: 5,
				Scratch: make([]byte, packed.Scratch()),
			}
			packed.Run(a, 0, 2, 0, packed.Panels())
			damage(a)
			require.Panics(t, func() { packed.Run(a, 0, 2, 0, packed.Panels()) }, "%s: %s", v.Name, name)
			require.Error(t, packed.Check(a, 2), "%s: %s", v.Name, name)
		}
	}
}

func TestCheckErrors(t *testing.T) {
	for i := range variants {
		v := &variants[i]
		packed, err := Pack(v, Spec{N: 5, Taps: 2, TapBytes: 7, Epilogue: Epilogue{Out: U8, Hi: 255, Sum: SumI32}}, make([]int8, 70), nil)
		require.NoError(t, err)
		good := func() *Args {
			return &Args{
				A: make([]byte, 20+Slack), Offsets: []int32{0, 13, 1, 2, 3, 4},
				C: make([]byte, 17), LDC: 6, Sum: make([]byte, 62), LDSum: 21, Scratch: make([]byte, packed.Scratch()),
			}
		}
		require.NoError(t, packed.Check(good(), 3), v.Name)
		for _, c := range []struct {
			name   string
			damage func(a *Args)
			want   string
		}{
			{"offset behind", func(a *Args) { a.Offsets[3] = 14 }, "row 1, tap 1: got offset 14 into 84 bytes, want 0 to 13"},
			{"offset before", func(a *Args) { a.Offsets[0] = -1 }, "row 0, tap 0: got offset -1 into 84 bytes, want 0 to 13"},
			{"few offsets", func(a *Args) { a.Offsets = a.Offsets[1:] }, "got 5 offsets, want 3 rows * 2 taps"},
			{"output", func(a *Args) { a.C = a.C[1:] }, "output: got 16 bytes, want 3 rows of 5 at stride 6"},
			{"stride", func(a *Args) { a.LDC = 4 }, "output: got stride 4, want at least 5 bytes"},
			{"huge stride", func(a *Args) { a.LDC = 1 << 62 }, "output: got 17 bytes, want 3 rows of 5 at stride 4611686018427387904"},
			{"summand", func(a *Args) { a.Sum = nil }, "summand: got 0 bytes, want 3 rows of 20 at stride 21"},
		} {
			t.Run(v.Name+"/"+c.name, func(t *testing.T) {
				a := good()
				c.damage(a)
				require.EqualError(t, packed.Check(a, 3), c.want)
			})
		}
	}
}
