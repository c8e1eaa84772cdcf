package text_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/text"
)

func texts(t *testing.T, list ...string) *core.Tensor {
	x, err := core.StringTensor(core.Shape{len(list)}, list)
	require.NoError(t, err)
	return x
}

func vector[T core.Element](t *testing.T, list ...T) *core.Tensor {
	x, err := core.TensorOf(core.Shape{len(list)}, list)
	require.NoError(t, err)
	return x
}

// eval returns the output of an op.
func eval(t *testing.T, op core.Op, in ...*core.Tensor) *core.Tensor {
	out, err := core.EvalOp(op, in)
	require.NoError(t, err)
	return out[0]
}

// The hashes are those of tf.raw_ops.StringToHashBucketFast and StringToHashBucketStrong of TensorFlow 2.21, of
// strings of 0 to 300 bytes: all of them by their SHA-256, and every ninth of the first 70.
func TestHashBucket(t *testing.T) {
	list := make([]string, 301)
	for i := range list {
		b := make([]byte, i)
		for j := range b {
			b[j] = byte(7*i*j + j + i)
		}
		list[i] = string(b)
	}
	for _, test := range []struct {
		name   string
		key    []int64
		some   []int64
		digest string
	}{
		{
			"fast", nil,
			[]int64{
				1936946117179621456, 1856984722884189185, 9212077146003911510, 9143798477072059924, 6760826821174374997,
				3885053336665795470, 791230176566222367, 6711014527060150532,
			},
			"a25fa9dbc670ee552b5fea30adb78851c0c04c50e767a249c3da7bd80d15ac9c",
		},
		{
			"strong",
			[]int64{0x0706050403020100, -2},
			[]int64{
				8461261951922219525, 5565676789661611148, 3348586633265748987, 2539095492685275984, 8247023714615066114,
				2096018466880633, 4379554534564290069, 3167736494318540774,
			},
			"eb7b9d16ff0b9560368c700235ea0394997c98298f02de84b731e8a44d6e801b",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := eval(t, &text.HashBucket{Buckets: math.MaxInt64, Key: test.key}, texts(t, list...)).Int64s()
			for i, want := range test.some {
				assert.Equal(t, want, got[9*i], "%d bytes", 9*i)
			}
			var b bytes.Buffer
			require.NoError(t, binary.Write(&b, binary.LittleEndian, got))
			assert.Equal(t, test.digest, fmt.Sprintf("%x", sha256.Sum256(b.Bytes())))
		})
	}
}

// The texts are those of tf.raw_ops.AsString of TensorFlow 2.21.
func TestAsString(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := math.Float32frombits(0x7fc00000)
	reals := vector(t, 1.5, -2.25, 0.1, 1e10, 1e-7, 123456789, inf, -inf, nan, float32(math.Copysign(0, -1)))
	whole := vector[int32](t, 0, 5, -12, 123456789)
	labels := texts(t, "a", "bcd", "a\x00b")
	plain := text.AsString{Precision: -1, Width: -1}
	with := func(change func(*text.AsString)) *text.AsString {
		op := plain
		change(&op)
		return &op
	}
	for _, test := range []struct {
		op   *text.AsString
		x    *core.Tensor
		want []string
	}{
		{&plain, reals, []string{
			"1.500000", "-2.250000", "0.100000", "10000000000.000000", "0.000000", "123456792.000000", "inf", "-inf", "nan",
			"-0.000000",
		}},
		{with(func(op *text.AsString) { op.Precision = 2 }), reals, []string{
			"1.50", "-2.25", "0.10", "10000000000.00", "0.00", "123456792.00", "inf", "-inf", "nan", "-0.00",
		}},
		{with(func(op *text.AsString) { op.Precision = 0 }), reals, []string{
			"2", "-2", "0", "10000000000", "0", "123456792", "inf", "-inf", "nan", "-0",
		}},
		{with(func(op *text.AsString) { op.Scientific = true }), reals, []string{
			"1.500000e+00", "-2.250000e+00", "1.000000e-01", "1.000000e+10", "1.000000e-07", "1.234568e+08", "inf", "-inf",
			"nan", "-0.000000e+00",
		}},
		{with(func(op *text.AsString) { op.Shortest = true }), reals, []string{
			"1.5", "-2.25", "0.1", "1e+10", "1e-07", "1.23457e+08", "inf", "-inf", "nan", "-0",
		}},
		{with(func(op *text.AsString) { op.Shortest, op.Precision = true, 3 }), reals, []string{
			"1.5", "-2.25", "0.1", "1e+10", "1e-07", "1.23e+08", "inf", "-inf", "nan", "-0",
		}},
		{with(func(op *text.AsString) { op.Shortest, op.Precision = true, 0 }), vector[float32](t, 1.5, 123, 0), []string{
			"2", "1e+02", "0",
		}},
		{with(func(op *text.AsString) { op.Shortest, op.Fill = true, "#" }), vector[float32](t, 1.5, 123, 0), []string{
			"1.50000", "123.000", "0.00000",
		}},
		{with(func(op *text.AsString) { op.Precision, op.Fill = 0, "#" }), vector[float32](t, 1.5, 123, 0), []string{
			"2.", "123.", "0.",
		}},
		{with(func(op *text.AsString) { op.Width, op.Fill = 8, "0" }), reals, []string{
			"1.500000", "-2.250000", "0.100000", "10000000000.000000", "0.000000", "123456792.000000", "     inf", "    -inf",
			"     nan", "-0.000000",
		}},
		{with(func(op *text.AsString) { op.Width, op.Fill = 8, "-" }), reals, []string{
			"1.500000", "-2.250000", "0.100000", "10000000000.000000", "0.000000", "123456792.000000", "inf     ", "-inf    ",
			"nan     ", "-0.000000",
		}},
		{with(func(op *text.AsString) { op.Fill = "+" }), reals, []string{
			"+1.500000", "-2.250000", "+0.100000", "+10000000000.000000", "+0.000000", "+123456792.000000", "+inf", "-inf",
			"+nan", "-0.000000",
		}},
		{
			with(func(op *text.AsString) { op.Width, op.Precision, op.Scientific, op.Fill = 12, 3, true, "0" }),
			vector(t, 1.5, -2.25, inf),
			[]string{"0001.500e+00", "-002.250e+00", "         inf"},
		},
		{with(func(op *text.AsString) { op.Width, op.Fill = 0, "0" }), vector[float32](t, 1.5, -2), []string{
			"1.500000", "-2.000000",
		}},
		{&plain, vector(t, -nan), []string{"-nan"}},
		{&plain, whole, []string{"0", "5", "-12", "123456789"}},
		{with(func(op *text.AsString) { op.Width = 8 }), whole, []string{"       0", "       5", "     -12", "123456789"}},
		{with(func(op *text.AsString) { op.Width, op.Fill = 8, "0" }), whole, []string{
			"00000000", "00000005", "-0000012", "123456789",
		}},
		{with(func(op *text.AsString) { op.Width, op.Fill = 8, "-" }), whole, []string{
			"0       ", "5       ", "-12     ", "123456789",
		}},
		{with(func(op *text.AsString) { op.Width, op.Fill = 8, " " }), whole, []string{
			"       0", "       5", "     -12", " 123456789",
		}},
		{with(func(op *text.AsString) { op.Width, op.Fill = 8, "#" }), whole, []string{
			"       0", "       5", "     -12", "123456789",
		}},
		{with(func(op *text.AsString) { op.Fill = "+" }), whole, []string{"+0", "+5", "-12", "+123456789"}},
		{with(func(op *text.AsString) { op.Fill = "+" }), vector[uint8](t, 255), []string{"255"}},
		{with(func(op *text.AsString) { op.Fill = " " }), vector[uint64](t, 1<<63), []string{"9223372036854775808"}},
		{with(func(op *text.AsString) { op.Fill = "+" }), vector[int8](t, 25, -25), []string{"+25", "-25"}},
		{with(func(op *text.AsString) { op.Width, op.Fill = 8, "0" }), vector(t, true, false), []string{"true", "false"}},
		{with(func(op *text.AsString) { op.Width, op.Fill = 8, "0" }), labels, []string{
			"       a", "     bcd", "     a\x00b",
		}},
		{with(func(op *text.AsString) { op.Width, op.Fill = 8, "-" }), labels, []string{
			"a       ", "bcd     ", "a\x00b     ",
		}},
	} {
		t.Run(fmt.Sprintf("%v of %v", *test.op, test.x), func(t *testing.T) {
			assert.Equal(t, test.want, eval(t, test.op, test.x).Strings())
		})
	}
}

// The numbers are those of tf.raw_ops.StringToNumber of TensorFlow 2.21; bad is what it refuses.
func TestToNumber(t *testing.T) {
	bad := []string{"", "  ", "1_000", "1 2", "1e", "e5", "1f", "0b1", "1,5", "0x", "１", "+-1", "x"}
	wholes := append([]string{"1.5", "1e3", "0x10", "inf", "nan"}, bad...)
	inf := math.Inf(1)
	for _, test := range []struct {
		typ  core.Type
		good []string
		want []float64
		bad  []string
	}{
		{
			core.F32,
			[]string{
				" 1 ", "\t2\n", "+3", "1.5", "1E3", ".5", "5.", "0x10", "0x1p3", "-Inf", "infinity", "1e400", "1e-400", "1e39",
				"007", "-0x1A",
			},
			[]float64{1, 2, 3, 1.5, 1000, 0.5, 5, 16, 8, -inf, inf, inf, 0, inf, 7, -26},
			bad,
		},
		{core.F64, []string{"1e39", "3.4028236e38", "0.1"}, []float64{1e39, 3.4028236e38, 0.1}, bad},
		{core.I32, []string{" 1 ", "+3", "-4", "007", "-0"}, []float64{1, 3, -4, 7, 0}, append(wholes, "2147483648")},
		{core.I64, []string{"2147483648"}, []float64{2147483648}, append(wholes, "9223372036854775808")},
		{core.U32, []string{"4294967295", "+3"}, []float64{4294967295, 3}, append(wholes, "-0", "-4", "4294967296")},
		{core.U64, []string{"4294967296"}, []float64{4294967296}, append(wholes, "-0", "18446744073709551616")},
	} {
		t.Run(test.typ.String(), func(t *testing.T) {
			op := &text.ToNumber{Type: test.typ}
			assert.Equal(t, test.want, eval(t, op, texts(t, test.good...)).Float64s())
			for _, s := range test.bad {
				_, err := core.EvalOp(op, []*core.Tensor{texts(t, "1", s)})
				assert.ErrorContains(t, err, fmt.Sprintf("got %q at 1, want a number of %v", s, test.typ))
			}
		})
	}
	for _, s := range []string{"nan", "NaN", "-nan", "nan(1)"} {
		assert.True(t, math.IsNaN(eval(t, &text.ToNumber{Type: core.F64}, texts(t, s)).Float64s()[0]), s)
	}
}

// The values are those of TensorFlow 2.21.
func TestEdits(t *testing.T) {
	words := texts(t, "ABÄz\xff\x00", "\t\n\v\f\r a b \x1c", "\u00a0x ", "\x80\x80a\xc3\xa4")
	assert.Equal(t, "abÄz\xff\x00", eval(t, &text.ChangeCase{}, words).Strings()[0])
	assert.Equal(t, "ABÄZ\xff\x00", eval(t, &text.ChangeCase{Upper: true}, words).Strings()[0])
	assert.Equal(t, []string{"ABÄz\xff\x00", "a b \x1c", "\u00a0x", "\x80\x80a\xc3\xa4"},
		eval(t, &text.Strip{}, words).Strings())
	lengths := texts(t, "abc", "Ä", "\xff", "\x80\x80", "日本")
	assert.Equal(t, []int64{3, 2, 1, 2, 6}, eval(t, &text.Length{}, lengths).Int64s())
	assert.Equal(t, []int64{3, 1, 1, 0, 2}, eval(t, &text.Length{Characters: true}, lengths).Int64s())

	label, err := core.StringTensor(core.Shape{}, []string{"x"})
	require.NoError(t, err)
	joined := eval(t, &text.Join{Separator: "-"}, texts(t, "a", "b"), label, texts(t, "c", "d"))
	assert.Equal(t, []string{"a-x-c", "b-x-d"}, joined.Strings())
	assert.Equal(t, []string{""}, eval(t, &text.Join{Separator: "-"}).Strings())
}

// The parts are those of tf.raw_ops.Substr of TensorFlow 2.21.
func TestSubstring(t *testing.T) {
	for _, test := range []struct {
		x             string
		characters    bool
		start, length int32
		want          string
	}{
		{"abc", false, 0, 2, "ab"},
		{"abc", false, 1, 10, "bc"},
		{"abc", false, -2, 2, "bc"},
		{"abc", false, -3, 1, "a"},
		{"abc", false, 3, 1, ""},
		{"abc", false, 0, -1, "abc"},
		{"abc", false, 1, 0, ""},
		{"äbc", true, 0, 2, "äb"},
		{"äbc", true, -3, 1, "ä"},
		{"äbc", true, 3, 1, ""},
		{"äbc", true, 0, -1, ""},
		{"\x80\x80a\xc3\xa4", true, -1, 1, "ä"},
		{"\x80\x80a\xc3\xa4", true, 1, 1, "a"},
		{"\xff\xc3a", true, 0, 1, "\xff"},
	} {
		t.Run(fmt.Sprintf("%q from %d, %d, characters %v", test.x, test.start, test.length, test.characters),
			func(t *testing.T) {
				op := &text.Substring{Characters: test.characters}
				got := eval(t, op, texts(t, test.x), vector(t, test.start), vector(t, test.length))
				assert.Equal(t, []string{test.want}, got.Strings())
			})
	}
	wide, err := texts(t, "abc", "defg").Reshaped(core.Shape{2, 1})
	require.NoError(t, err)
	got := eval(t, &text.Substring{}, wide, vector[int64](t, 0, 1, 2), vector[int64](t, 1, 2, 1))
	assert.Equal(t, core.Shape{2, 3}, got.Shape())
	assert.Equal(t, []string{"a", "bc", "c", "d", "ef", "f"}, got.Strings())
}

func TestDecodeRaw(t *testing.T) {
	x := texts(t, "\x01\x00\x02\x00", "abcd")
	got := eval(t, &text.DecodeRaw{Type: core.I16}, x)
	assert.Equal(t, core.Shape{2, 2}, got.Shape())
	assert.Equal(t, []int64{1, 2, 25185, 25699}, got.Int64s())
	swapped := eval(t, &text.DecodeRaw{Type: core.I16, BigEndian: true}, x)
	assert.Equal(t, []int64{256, 512, 24930, 25444}, swapped.Int64s())
	assert.Equal(t, core.Shape{2, 0}, eval(t, &text.DecodeRaw{Type: core.I16}, texts(t, "", "")).Shape())
	assert.Equal(t, core.Shape{0, 0}, eval(t, &text.DecodeRaw{Type: core.I16}, texts(t)).Shape())
}

// Each constraint has its error.
func TestErrors(t *testing.T) {
	words, one := texts(t, "abc", "de"), vector[int32](t, 1)
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	for _, test := range []struct {
		op   core.Op
		in   []*core.Tensor
		want string
	}{
		{&text.HashBucket{Buckets: 1}, in(one), "input 0: got type i32, want string (StringToHashBucket-C1)"},
		{&text.HashBucket{}, in(words), "got 0 buckets, want at least 1 (StringToHashBucket-C2)"},
		{
			&text.HashBucket{Buckets: 1, Key: []int64{1}}, in(words),
			"got a key of 1 numbers, want none or 2 (StringToHashBucket-C2)",
		},
		{
			&text.AsString{Scientific: true, Shortest: true}, in(words),
			"got both scientific and shortest, want one at most (AsString-C2)",
		},
		{
			&text.AsString{Precision: -1, Shortest: true}, in(one),
			"input 0: got type i32, which has no scientific or shortest form (AsString-C2)",
		},
		{&text.AsString{}, in(one), "input 0: got type i32, which has no precision (AsString-C2)"},
		{
			&text.AsString{Precision: -1, Fill: "x"}, in(one),
			`got fill "x", want one of " ", "-", "0", "+", "#" (AsString-C3)`,
		},
		{
			&text.AsString{Precision: -1, Fill: "-0"}, in(one),
			`got fill "-0", want one of " ", "-", "0", "+", "#" (AsString-C3)`,
		},
		{
			&text.AsString{Precision: -1, Width: 1001}, in(one),
			"got width 1001 and precision -1, want at most 1000 (AsString-C4)",
		},
		{&text.ChangeCase{}, in(one), "input 0: got type i32, want string (StringCase-C1)"},
		{&text.Strip{}, in(one), "input 0: got type i32, want string (StringStrip-C1)"},
		{&text.Join{}, in(words, one), "input 1: got type i32, want string (StringJoin-C1)"},
		{
			&text.Join{}, in(words, texts(t, "x")),
			"input 1: got shape [1], want [] or [2] as others (StringJoin-C2)",
		},
		{&text.Length{}, in(one), "input 0: got type i32, want string (StringLength-C1)"},
		{
			&text.ToNumber{Type: core.I8}, in(words),
			"got i8, want f32, f64, i32, i64, u32 or u64 (StringToNumber-C2)",
		},
		{&text.Substring{}, in(words, one, one), ""},
		{&text.Substring{}, in(one, one, one), "input 0 (x): got type i32, want string (Substring-C1)"},
		{
			&text.Substring{}, in(words, words, one),
			"input 1 (start): got type string, want i32 or i64 (Substring-C2)",
		},
		{
			&text.Substring{}, in(words, one, vector[int32](t, 1, 2)),
			"input 2 (length): got i32[2], want i32[1] as start (Substring-C2)",
		},
		{
			&text.Substring{}, in(words, vector[int32](t, 0, 3), vector[int32](t, 1, 1)),
			`input 1 (start): got 3 at 1, but the string "de" has 2 bytes (Substring-C4)`,
		},
		{&text.DecodeRaw{}, in(words), "got dynamic, want numbers or booleans (DecodeRaw-C2)"},
		{
			&text.DecodeRaw{Type: core.I16}, in(words),
			"input 0: got 2 bytes at 1, want 3 as the first string has (DecodeRaw-C3)",
		},
		{
			&text.DecodeRaw{Type: core.I16}, in(texts(t, "abc")),
			"input 0: got strings of 3 bytes, want a multiple of 2, the size of i16 (DecodeRaw-C3)",
		},
		{
			&text.DecodeRaw{Type: core.Bool}, in(texts(t, "\x01\x02")),
			"input 0: got byte 2 for boolean 1, want 0 or 1 (DecodeRaw-C4)",
		},
	} {
		t.Run(fmt.Sprintf("%s/%s", core.OpName(test.op), test.want), func(t *testing.T) {
			_, err := core.EvalOp(test.op, test.in)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			assert.EqualError(t, err, core.OpName(test.op)+": "+test.want)
		})
	}
}
