package gemm

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

func TestPackErrors(t *testing.T) {
	v := Choose(isa.Set(0), Spec{}, Grid{})
	two := []float32{1, 2}
	for _, c := range []struct {
		name    string
		spec    Spec
		weights int
		init    []int32
		want    string
	}{
		{"no columns", Spec{Taps: 1, TapBytes: 1}, 0, nil, "got n=0, taps=1, tap bytes=1: want each at least 1"},
		{
			"overflow",
			Spec{N: 1 << 40, Taps: 1 << 40, TapBytes: 1},
			0, nil,
			"got n=1099511627776, taps=1099511627776, tap bytes=1: want at most 2147483648 weights",
		},
		{"few weights", Spec{N: 2, Taps: 3, TapBytes: 4}, 23, nil, "got 23 weights, want 3*4*2 = 24"},
		{"start values", Spec{N: 2, Taps: 1, TapBytes: 1}, 2, []int32{1}, "got 1 start values, want 2 or none"},
		{
			"scale",
			Spec{N: 3, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Out: F32, Scale: two}},
			3, nil,
			"epilogue: got 2 scale values, want 3 or none",
		},
		{
			"accumulators",
			Spec{N: 2, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Scale: two}},
			2, nil,
			"epilogue: accumulators as output admit no further step",
		},
		{
			"range",
			Spec{N: 1, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Out: U8, Lo: -1, Hi: 9}},
			1, nil,
			"epilogue: got range [-1,9], want a range within [0,255]",
		},
		{
			"range of i32",
			Spec{N: 1, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Out: I32, Hi: 1<<24 + 1}},
			1, nil,
			"epilogue: got range [0,16777217], want all of i32, or up to a float32",
		},
		{
			"flip",
			Spec{N: 1, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Out: F32, Flip: true}},
			1, nil,
			"epilogue: flip needs an 8-bit output",
		},
		{
			"type",
			Spec{N: 1, Taps: 1, TapBytes: 1, Epilogue: Epilogue{Out: 9}},
			1, nil,
			"epilogue: unknown output type 9 or summand type 0",
		},
		{
			"windows",
			Spec{N: 1, Taps: 3, TapBytes: 1, Windows: true},
			3, nil,
			"got windows of 3 taps, want 9",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Pack(v, c.spec, make([]int8, c.weights), c.init)
			require.ErrorIs(t, err, ErrSpec)
			require.EqualError(t, err, "invalid matrix product: "+c.want)
		})
	}
}

func TestCheckOffsets(t *testing.T) {
	s := Spec{N: 5, Taps: 2, TapBytes: 7}
	require.NoError(t, s.CheckOffsets([]int32{0, 13, 1, 2}, 20+bounds.Slack))
	err := s.CheckOffsets([]int32{0, 13, 1, 14}, 20+bounds.Slack)
	require.EqualError(t, err, "row 1, tap 1: got offset 14 into 84 bytes, want 0 to 13")
}

// TestNotComputed: Pack refuses what a variant cannot compute.
func TestNotComputed(t *testing.T) {
	for _, v := range variants.Within(^isa.Set(0)) {
		if v.computes == nil {
			continue
		}
		_, err := Pack(v, Spec{N: 16, Taps: 9, TapBytes: 1}, make([]int8, 144), nil)
		require.ErrorIs(t, err, ErrSpec)
		require.EqualError(t, err, "invalid matrix product: "+v.Name+" does not compute it")
	}
}

// TestWholeImages: Run needs the offsets of whole images, also for a part of one.
func TestWholeImages(t *testing.T) {
	for _, v := range runnable() {
		s := Spec{N: 16, Taps: 9, TapBytes: 1, Windows: true}
		packed, err := Pack(v, s, make([]int8, 144), nil)
		require.NoError(t, err)
		a := &Args{
			A: make([]byte, 1+bounds.Slack), Offsets: make([]int32, 9*6), C: make([]byte, 64), LDC: 64, Grid: Grid{2, 3},
			Scratch: make([]byte, packed.Scratch()),
		}
		packed.Run(a, 0, 1, 0, 1)
		a.Offsets = a.Offsets[1:]
		require.PanicsWithValue(t, "gemm: got 53 offsets, want 6 rows * 9 taps", func() { packed.Run(a, 0, 1, 0, 1) }, v.Name)
		a.Grid = Grid{0, 3}
		want := "gemm: got images of 0x3 pixels, want at least 1x1"
		require.PanicsWithValue(t, want, func() { packed.Run(a, 0, 1, 0, 1) }, v.Name)
	}
}

// TestRunPanics: Run takes nothing on trust, other than offsets.
func TestRunPanics(t *testing.T) {
	for _, v := range general() {
		e := Epilogue{Out: U8, Hi: 255, Sum: SumI32}
		packed, err := Pack(v, Spec{N: 5, Taps: 2, TapBytes: 7, Epilogue: e}, make([]int8, 70), nil)
		require.NoError(t, err)
		other, err := Pack(v, Spec{N: 50, Taps: 1, TapBytes: 7, Epilogue: Epilogue{Out: F32}}, make([]int8, 350), nil)
		require.NoError(t, err)
		run := func(damage func(a *Args)) {
			a := &Args{
				A: make([]byte, 20+bounds.Slack), Offsets: []int32{0, 13, 1, 2, 3, 4},
				C: make([]byte, 17, 64), LDC: 6, Sum: make([]byte, 62), LDSum: 21, Scratch: make([]byte, packed.Scratch()),
			}
			damage(a)
			packed.Run(a, 0, 3, 0, packed.Panels())
		}
		run(func(*Args) {})
		for _, c := range []struct {
			name   string
			damage func(a *Args)
			want   string
		}{
			{"few offsets", func(a *Args) { a.Offsets = a.Offsets[1:] }, "got 5 offsets, want 3 rows * 2 taps"},
			{"output", func(a *Args) { a.C = a.C[:16] }, "output: got 16 bytes, want 3 rows of 5 at stride 6"},
			{"stride", func(a *Args) { a.LDC = 4 }, "output: got stride 4, want at least 5 bytes"},
			{
				"huge stride", func(a *Args) { a.LDC = 1 << 62 },
				"output: got 17 bytes, want 3 rows of 5 at stride 4611686018427387904",
			},
			{"summand", func(a *Args) { a.Sum = nil }, "summand: got 0 bytes, want 3 rows of 20 at stride 21"},
			{"summand's stride", func(a *Args) { a.LDSum = -1 }, "summand: got stride -1, want at least 20 bytes"},
			{"order", func(a *Args) { a.Order = &Order{rows: 3, taps: 3} }, wantOrder(3, 3)},
			{"short order", func(a *Args) { a.Order = &Order{rows: 2, taps: 2} }, wantOrder(2, 2)},
			{"operands", func(a *Args) { a.Operands = other.NewOperands() }, ""},
		} {
			t.Run(v.Name+"/"+c.name, func(t *testing.T) {
				if c.want == "" {
					require.Panics(t, func() { run(c.damage) })
					return
				}
				require.PanicsWithValue(t, "gemm: "+c.want, func() { run(c.damage) })
			})
		}
	}
}

func wantOrder(rows, taps int) string {
	const format = "got an order of %d rows with %d taps, want at least 3 with 2, and a variant that takes one"
	return fmt.Sprintf(format, rows, taps)
}

func TestNewOrder(t *testing.T) {
	line := Region{First: 1, Rows: 2, Step: 1, Lines: 1, Taps: []int32{0, 2}}
	for _, c := range []struct {
		name    string
		rows    int
		regions []Region
		want    string
	}{
		{"no taps", 1, []Region{{Rows: 1, Lines: 1}}, "region 0: got taps [], want some of 3 in ascending order"},
		{
			"tap", 1,
			[]Region{{Rows: 1, Lines: 1, Taps: []int32{1, 3}}},
			"region 0: got taps [1 3], want some of 3 in ascending order",
		},
		{
			"tap twice", 1,
			[]Region{{Rows: 1, Lines: 1, Taps: []int32{1, 1}}},
			"region 0: got taps [1 1], want some of 3 in ascending order",
		},
		{"row", 2, []Region{line}, "region 0: got row 2, want rows below 2 that no other region has"},
		{"row twice", 4, []Region{line, line}, "region 1: got row 1, want rows below 4 that no other region has"},
		{"rows", 4, []Region{line}, "got regions of 2 rows, want 4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewOrder(c.rows, 3, c.regions)
			require.EqualError(t, err, c.want)
		})
	}
}

// TestSplit: parts have equal work and begin with lines or tiles.
func TestSplit(t *testing.T) {
	o, err := NewOrder(60, 4, []Region{
		{First: 10, Rows: 5, Step: 1, Lines: 8, LineStep: 5, Taps: []int32{0, 1, 2, 3}}, // 160 taps
		{First: 50, Rows: 10, Step: 1, Lines: 1, Taps: []int32{0, 1}},                   // 20
		{First: 9, Rows: 10, Step: -1, Lines: 1, Taps: []int32{1, 3}},                   // 20
	})
	require.NoError(t, err)
	for _, c := range []struct {
		parts int
		want  []int
	}{
		{1, []int{0, 60}},
		{2, []int{0, 25, 60}},
		{3, []int{0, 15, 35, 60}},
		{10, []int{0, 5, 10, 15, 20, 25, 30, 35, 40, 50, 60}},
		{20, []int{0, 0, 5, 5, 10, 10, 15, 15, 20, 20, 25, 25, 30, 30, 35, 35, 40, 46, 50, 56, 60}},
	} {
		t.Run(fmt.Sprint(c.parts), func(t *testing.T) {
			var got []int
			for i := range c.parts + 1 {
				got = append(got, o.Split(i, c.parts, 6))
			}
			require.Equal(t, c.want, got)
		})
	}
}
