package tf_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testgolden"
)

// goldenCase is a graph of one op or a few, with what TensorFlow made of its inputs.
type goldenCase struct{ *testgolden.Case }

// goldens returns the recorded cases, each once.
func goldens(t testing.TB) []goldenCase {
	t.Helper()
	var cases []goldenCase
	seen := map[string]bool{}
	for _, c := range testgolden.Load(t) {
		if !seen[c.ID] {
			seen[c.ID] = true
			cases = append(cases, goldenCase{c})
		}
	}
	require.NotEmpty(t, cases, "no recorded cases")
	return cases
}

func (c *goldenCase) outputs() []string {
	var names []string
	for _, f := range c.Fetches {
		names = append(names, f.Tensor)
	}
	return names
}

// Versions of TensorFlow whose outputs are recorded, and the prefix of their names.
var recorded = map[string]string{"2.21": "", "2.13": "tf213_", "2.8": "tf28_"}

// openDifferences are cases whose outputs are not those of a version of TensorFlow: how
// many elements may differ, and why.
var openDifferences = map[string]struct {
	version string
	most    int
	why     string
}{
	"round_int32":          {"2.21", 11, "TensorFlow gives 0 for every integer"},
	"round_int64":          {"2.21", 11, "TensorFlow gives 0 for every integer"},
	"erf_double":           {"2.21", 2, "TensorFlow gives NaN for infinities"},
	"maxpool_nan":          {"2.21", 3, "TensorFlow passes over NaN (but not in each type)"},
	"fusedpadconv2d_batch": {"2.21", 192, "TensorFlow gives the result of the first image for each"},
	"softmax_infinite":     {"2.21", 4, "TensorFlow gives 0 beside NaN"},
}

// TestGoldens compares each translated case, run by the reference, with what TensorFlow
// recorded. Cases whose ops are not translated are listed and counted.
func TestGoldens(t *testing.T) {
	untranslated := map[string]int{}
	run := 0
	for _, c := range goldens(t) {
		if _, err := tf.Translate(c.Graph, tf.Options{Outputs: c.outputs()}); err != nil {
			var u *tf.UnsupportedError
			if errors.As(err, &u) {
				untranslated[c.Group]++
				continue
			}
		}
		run++
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			for _, version := range slices.Sorted(maps.Keys(recorded)) {
				c.compare(t, version)
			}
		})
	}
	total := 0
	for _, group := range slices.Sorted(maps.Keys(untranslated)) {
		t.Logf("not translated: %s (%d cases)", group, untranslated[group])
		total += untranslated[group]
	}
	for _, id := range slices.Sorted(maps.Keys(openDifferences)) {
		t.Logf("may differ: %s, TensorFlow %s: %s", id, openDifferences[id].version, openDifferences[id].why)
	}
	t.Logf("%d cases compared, %d of them may differ, %d not translated", run, len(openDifferences), total)
}

// compare runs a case with a version's arithmetic and compares its recorded outputs.
func (c *goldenCase) compare(t *testing.T, version string) {
	prefix := recorded[version]
	if _, ok := c.Tensors[prefix+c.Fetches[0].NPZ]; !ok {
		return
	}
	got, err := c.eval(version)
	require.NoError(t, err)
	for _, fetch := range c.Fetches {
		want, ok := c.Tensors[prefix+fetch.NPZ]
		if !ok {
			continue
		}
		tol := c.tolerance(fetch.Tensor, want.Type())
		if d := openDifferences[c.ID]; d.version == version {
			tol.most = d.most
		}
		assertTensor(t, fmt.Sprintf("TensorFlow %s, %s", version, fetch.Tensor), want, got[fetch.Tensor], tol)
	}
}

// eval translates a case with a version's arithmetic and runs it by the reference.
func (c *goldenCase) eval(version string) (map[string]*core.Tensor, error) {
	f, err := tf.Translate(c.Graph, tf.Options{Outputs: c.outputs(), TFVersion: version})
	if err != nil {
		return nil, err
	}
	inputs := map[string]*core.Tensor{}
	for _, feed := range c.Feeds {
		inputs[strings.TrimSuffix(feed.Tensor, ":0")] = c.Tensors[feed.NPZ]
	}
	return f.Eval(inputs)
}

// TestGoldensRefused requires an error for each graph that TensorFlow refuses, when it is
// translated or when it is run.
func TestGoldensRefused(t *testing.T) {
	for _, raw := range testgolden.LoadRefused(t) {
		c := goldenCase{raw}
		t.Run(c.ID, func(t *testing.T) {
			_, err := c.eval("2.21")
			require.Error(t, err, "TensorFlow refuses it: %s", c.Error)
			t.Log(err)
		})
	}
}

func asType(t testing.TB, x *core.Tensor, typ core.Type) *core.Tensor {
	t.Helper()
	out, err := core.TensorOver(typ, x.Shape(), x.Bytes())
	require.NoError(t, err)
	return out
}

// tolerance is how far floats may be apart: in units in the last place, relatively,
// relative to the largest of the tensor, or absolutely.
type tolerance struct {
	ulp      float64
	relative float64
	sums     float64
	absolute float64
	most     int // elements that may be further apart
}

// tolerance returns that of a case's output.
func (c *goldenCase) tolerance(tensor string, typ core.Type) tolerance {
	if !strings.Contains(c.Op, "Quant") && c.Op != "chain" {
		return c.floatTolerance(typ)
	}
	ranges := !strings.HasSuffix(tensor, ":0")
	fused := fmt.Sprint(c.Attrs["fused_ops"])
	switch {
	case ranges:
		return tolerance{}
	case fusedFunctions.MatchString(fused):
		return tolerance{}
	}
	return tolerance{ulp: 2}
}

// fusedFunctions matches fused_ops with a function that oneDNN computes in an order of its own.
var fusedFunctions = regexp.MustCompile(`GeluExact|GeluApproximate|Tanh|Sigmoid|\bElu`)

// exactCases matches the cases of ops that follow TensorFlow's order of sums, or each of its steps, and those of
// _FusedMatMul whose sums have one order, or one product.
var exactCases = regexp.MustCompile(
	`^fusedmatmul_(activation|bfloat16)_|^(unsorted|sparse)?segment|^sparsetensor|_steps$`)

// floatTolerance returns that of an op that is not quantized. TensorFlow leaves the order
// of sums open, and rounds bf16 and f16 after each step where core rounds once.
func (c *goldenCase) floatTolerance(typ core.Type) tolerance {
	if exactCases.MatchString(c.ID) {
		return tolerance{}
	}
	relative, step := 1e-5, 1e-6
	switch typ.Part() {
	case core.F64:
		relative, step = 1e-12, 1e-12
	case core.F16:
		relative, step = 0x1p-9, 0x1p-9
	case core.BF16:
		relative, step = 0x1p-6, 0x1p-6
	}
	switch c.Op {
	case "Real", "Imag", "Complex", "Conj", "DecodeWav", "DecodeRaw", "AudioSpectrogram":
		return tolerance{}
	case "Mfcc": // sums of f64 that may cancel
		return tolerance{sums: 0x1p-50}
	case "FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D", "RFFT", "RFFT2D", "RFFT3D", "IRFFT", "IRFFT2D", "IRFFT3D":
		return tolerance{relative: relative, sums: step}
	case "Conv2D", "Conv3D", "DepthwiseConv2dNative", "MatMul", "BatchMatMul", "BatchMatMulV2", "Mean",
		"Sum", "AvgPool", "AvgPool3D", "Softmax", "AddN",
		"BatchMatMulV3", "Einsum", "Conv2DBackpropInput", "Conv3DBackpropInputV2", "_FusedConv2D", "_FusedConv3D",
		"_FusedDepthwiseConv2dNative", "FusedPadConv2D", "FusedResizeAndPadConv2D",
		"LSTMBlockCell", "BlockLSTM", "BlockLSTMV2", "GRUBlockCell",
		"_FusedMatMul", "_MklLayerNorm", "_MklFusedInstanceNorm":
		return tolerance{relative: relative, sums: step}
	case "MatrixInverse", "BatchMatrixInverse", "MatrixSolve", "BatchMatrixSolve", "MatrixTriangularSolve",
		"BatchMatrixTriangularSolve", "BandedTriangularSolve", "TridiagonalSolve", "Cholesky", "BatchCholesky", "Qr",
		"MatrixExponential",
		"Svd", "BatchSvd":
		return tolerance{relative: relative, sums: step}
	case "BesselJ0", "BesselJ1", "BesselY0", "BesselY1", "Lgamma", "Digamma", "Expint", "Spence":
		return tolerance{relative: relative, sums: step} // near zeros
	case "SelfAdjointEig", "BatchSelfAdjointEig", "SelfAdjointEigV2", "BatchSelfAdjointEigV2":
		return tolerance{relative: relative, sums: 10 * step}
	}
	if typ.IsComplex() && c.Group == "Complex" && c.Op != "Cast" { // parts are sums that may cancel
		return tolerance{relative: relative, sums: step}
	}
	switch c.Op {
	case "Graph":
		return tolerance{relative: 1e-5, absolute: 1e-5}
	case "Tanh", "Sigmoid", "Elu":
		return tolerance{relative: relative, absolute: max(relative/20, (relative-1e-5)/2)}
	case "Identity", "Reshape", "Transpose", "GatherV2", "ConcatV2", "Pad", "StridedSlice", "Maximum",
		"Minimum", "MaxPool", "Max", "Min", "Relu", "Cast", "Round":
		return tolerance{}
	}
	return tolerance{relative: relative}
}

// assertTensor compares two tensors; integers must be equal.
func assertTensor(t *testing.T, what string, want, got *core.Tensor, tol tolerance) {
	t.Helper()
	require.NotNil(t, got, what)
	if got.Type() == core.BF16 {
		want = asType(t, want, core.BF16)
	}
	if !assert.Equal(t, want.Type(), got.Type(), "%s: type", what) ||
		!assert.Equal(t, want.Shape(), got.Shape(), "%s: shape", what) {
		return
	}
	if want.Type() == core.String {
		assert.Equal(t, want.Strings(), got.Strings(), what)
		return
	}
	want, got = want.Parts(), got.Parts()
	w, g := want.Float64s(), got.Float64s()
	largest := 0.0
	for _, v := range w {
		if a := math.Abs(v); a > largest && !math.IsInf(a, 0) {
			largest = a
		}
	}
	wrong, first := 0, -1
	for i := range w {
		if !near(w[i], g[i], want.Type(), tol, largest) {
			if wrong++; first < 0 {
				first = i
			}
		}
	}
	if wrong > 0 {
		report := t.Errorf
		if wrong <= tol.most {
			report = t.Logf
		}
		report("%s: %d of %d differ, first [%d]: got %v, want %v", what, wrong, len(w), first, g[first], w[first])
	}
}

// near compares two numbers of tensors whose largest is given. Below the least normal
// number TensorFlow flushes to 0.
func near(want, got float64, typ core.Type, tol tolerance, largest float64) bool {
	if want == got || math.IsNaN(want) && math.IsNaN(got) {
		return true
	}
	if !typ.IsFloat() {
		return false
	}
	units := 0.0
	if tol.ulp > 0 {
		a := float32(math.Abs(want))
		units = tol.ulp * (float64(math.Nextafter32(a, math.MaxFloat32)) - float64(a))
	}
	const leastNormal = 0x1p-126
	return math.Abs(want-got) <= max(units, tol.relative*math.Abs(want), tol.sums*largest, tol.absolute,
		leastNormal)
}

func (c *goldenCase) bytes(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.Dir, c.PB))
	require.NoError(t, err)
	return raw
}
