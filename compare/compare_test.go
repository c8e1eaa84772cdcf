package compare_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

func tensor[T core.Element](t testing.TB, shape core.Shape, data ...T) *core.Tensor {
	x, err := core.TensorOf(shape, data)
	require.NoError(t, err)
	return x
}

var inf, nan = math.Inf(1), math.NaN()

func TestFloats(t *testing.T) {
	for _, test := range []struct {
		name               string
		got, want          []float64
		differing, outside int
		abs, rel           float64
		where              []int
		snr                float64
	}{
		{"equal", []float64{1, 2, 3, 4}, []float64{1, 2, 3, 4}, 0, 0, 0, 0, nil, inf},
		{
			"NaNs, infinities and zeros are equal",
			[]float64{nan, inf, -inf, 0},
			[]float64{nan, inf, -inf, math.Copysign(0, -1)},
			0,
			0,
			0,
			0,
			nil,
			inf,
		},
		{
			"within",
			[]float64{1, 2, 3, 1e6},
			[]float64{1, 2, 3, 1e6 + 0.5},
			1,
			0,
			0.5,
			0.5 / (1e6 + 0.5),
			[]int{1, 1},
			10 * math.Log10((14+math.Pow(1e6+0.5, 2))/0.25),
		},
		{
			"outside",
			[]float64{1, 2.5, 3, 4},
			[]float64{1, 2, 3, 5},
			2,
			2,
			1,
			0.25,
			[]int{1, 1},
			10 * math.Log10(39/1.25),
		},
		{
			"the first of the largest",
			[]float64{1, 1, 1, 1},
			[]float64{2, 0, 2, 1},
			3,
			3,
			1,
			inf,
			[]int{0, 0},
			10 * math.Log10(9.0/3),
		},
		{"NaN for a number", []float64{nan, 2, 3, 4}, []float64{1, 2, 3, 4}, 1, 1, inf, inf, []int{0, 0}, inf},
		{"a number for NaN", []float64{1, 2, 3, 4}, []float64{1, 2, nan, 4}, 1, 1, inf, inf, []int{1, 0}, inf},
		{
			"infinities of other sign",
			[]float64{inf, 2, 3, 4},
			[]float64{-inf, 2, 3, 4},
			1,
			1,
			inf,
			inf,
			[]int{0, 0},
			inf,
		},
		{"a number for infinity", []float64{1, 2, 3, 4}, []float64{inf, 2, 3, 4}, 1, 1, inf, inf, []int{0, 0}, inf},
	} {
		t.Run(test.name, func(t *testing.T) {
			shape := core.Shape{2, 2}
			r := compare.Compare([]compare.Pair{{
				Name: "x",
				Got:  tensor(t, shape, test.got...),
				Want: tensor(t, shape, test.want...),
			}}, compare.DefaultTolerance())
			c := r.Tensors[0]
			assert.Equal(t, test.differing, c.Differing, "differing")
			assert.Equal(t, test.outside, c.Outside, "outside")
			assert.Equal(t, compare.Number(test.abs), c.MaxAbsolute)
			assert.InDelta(t, test.rel, float64(c.MaxRelative), 1e-15)
			assert.Equal(t, test.where, c.Where)
			assert.Equal(t, compare.Number(test.snr), c.SNR)
			assert.Equal(t, test.outside == 0, r.Pass)
		})
	}
}

func TestIntegersMustBeEqual(t *testing.T) {
	wide := compare.Tolerance{Absolute: 100, Relative: 100}
	big := tensor(t, core.Shape{1}, int64(1<<62))
	for _, p := range []compare.Pair{
		{Name: "u8", Got: tensor(t, core.Shape{2}, uint8(1), 2), Want: tensor(t, core.Shape{2}, uint8(1), 3)},
		{Name: "i64 beyond float64", Got: big, Want: tensor(t, core.Shape{1}, int64(1<<62+1))},
		{Name: "u64", Got: tensor(t, core.Shape{1}, uint64(1<<63)), Want: tensor(t, core.Shape{1}, uint64(1<<63+1))},
		{Name: "bool", Got: tensor(t, core.Shape{1}, true), Want: tensor(t, core.Shape{1}, false)},
	} {
		t.Run(p.Name, func(t *testing.T) {
			r := compare.Compare([]compare.Pair{p}, wide)
			assert.Equal(t, 1, r.Tensors[0].Outside)
			assert.False(t, r.Pass)
			same := compare.Compare([]compare.Pair{{Got: p.Got, Want: p.Got.Clone()}}, wide)
			assert.True(t, same.Tensors[0].Equal())
		})
	}
}

func TestStringsAndMismatches(t *testing.T) {
	a, err := core.StringTensor(core.Shape{2}, []string{"a", "b"})
	require.NoError(t, err)
	b, err := core.StringTensor(core.Shape{2}, []string{"a", "c"})
	require.NoError(t, err)
	r := compare.Compare([]compare.Pair{{Name: "s", Got: a, Want: b}}, compare.DefaultTolerance())
	assert.Equal(t, []int{1}, r.Tensors[0].Where)
	assert.False(t, r.Pass)

	f := tensor(t, core.Shape{2}, float32(1), 2)
	for want, other := range map[string]*core.Tensor{
		"got f32[2], want i32[2]":   tensor(t, core.Shape{2}, int32(1), 2),
		"got f32[2], want f32[1,2]": tensor(t, core.Shape{1, 2}, float32(1), 2),
	} {
		r := compare.Compare([]compare.Pair{{Name: "s", Got: f, Want: other}}, compare.DefaultTolerance())
		assert.Equal(t, want, r.Tensors[0].Problem)
		assert.False(t, r.Pass)
	}
}

func report(t *testing.T) *compare.Report {
	one := tensor(t, core.Shape{2}, float32(1), 2)
	return compare.Compare([]compare.Pair{
		{Name: "a:0", Op: "Const", Got: one, Want: one},
		{Name: "b:0", Op: "AddV2", Got: one, Want: tensor(t, core.Shape{2}, float32(1.0000001), 2)},
		{
			Name: "c:0",
			Op:   "QuantizedConv2D",
			Got:  tensor(t, core.Shape{2}, uint8(1), 2),
			Want: tensor(t, core.Shape{2}, uint8(1), 4),
		},
		{Name: "d:0", Op: "Softmax", Got: one, Want: tensor(t, core.Shape{1}, float32(1))},
	}, compare.DefaultTolerance())
}

func TestReport(t *testing.T) {
	r := report(t)
	assert.Equal(t, "b:0", r.FirstDifference)
	assert.Equal(t, "c:0", r.FirstDivergence)
	assert.Equal(t, `TENSOR  TYPE    ELEMENTS  DIFFERING  MAX ABS   MAX REL   ULP  WHERE                    SNR       RANGE   SATURATED  USED    VERDICT
a:0     f32[2]  2         0          0         0         0    -                        inf       [1, 2]  -          -       equal
b:0     f32[2]  2         1          1.19e-07  1.19e-07  1    [0]: 1, want 1.00000012  145.5 dB  [1, 2]  -          -       same
c:0     u8[2]   2         1          2         0.5       -    [1]: 2, want 4           6.3 dB    [1, 4]  0 %        1.56 %  DIFFERS
d:0     f32[2]  2         -          -         -         -    -                        -         -       -          -       got f32[2], want f32[1]
DIFFERS: 4 tensors compared within atol 1e-06 + rtol 1e-06; the first that diverges is c:0 (QuantizedConv2D)
`, r.Text())

	b, err := json.Marshal(r)
	require.NoError(t, err)
	var back struct {
		Pass    bool `json:"pass"`
		Tensors []struct {
			SNR any `json:"signal_to_noise_db"`
		} `json:"tensors"`
	}
	require.NoError(t, json.Unmarshal(b, &back))
	assert.False(t, back.Pass)
	assert.Equal(t, "+Inf", back.Tensors[0].SNR)
	assert.InDelta(t, 10*math.Log10(17.0/4), back.Tensors[2].SNR, 1e-3)
}

func TestBFloat16AsItsBits(t *testing.T) {
	want := tensor(t, core.Shape{2}, uint16(0x3f80), 0x4000)                              // 1, 2
	got, err := core.TensorOver(core.BF16, core.Shape{2}, []byte{0x80, 0x3f, 0x40, 0x40}) // 1, 3
	require.NoError(t, err)
	r := compare.Compare([]compare.Pair{{Name: "x", Got: got, Want: want}}, compare.DefaultTolerance()).Tensors[0]
	assert.Equal(t, []int{1}, r.Where)
	assert.Equal(t, compare.Number(1), r.MaxAbsolute)
}

func TestVerdicts(t *testing.T) {
	one := tensor(t, core.Shape{1}, float32(1))
	near := tensor(t, core.Shape{1}, float32(1.0000001))
	for want, p := range map[string]compare.Pair{
		"equal: 1 tensor, every element": {
			Name: "x",
			Got:  one,
			Want: one,
		},
		"same: 1 tensor within atol 1e-06 + rtol 1e-06": {
			Name: "x",
			Got:  one,
			Want: near,
		},
		"DIFFERS: 1 tensor compared within atol 1e-06 + rtol 1e-06; the first that diverges is x": {
			Name: "x",
			Got:  one,
			Want: tensor(t, core.Shape{1}, float32(2)),
		},
	} {
		assert.Equal(t, want, compare.Compare([]compare.Pair{p}, compare.DefaultTolerance()).Verdict())
	}
}
