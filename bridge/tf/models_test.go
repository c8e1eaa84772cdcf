package tf_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
)

var graphdefs = filepath.Join("..", "..", "testdata", "graphdefs")

// model is a real model as a user's tool wrote it, with TensorFlow 2.21's outputs.
type model struct {
	Path    string   `json:"path"`
	Fetches []string `json:"fetches"`

	name, dir string
}

// models returns the repository's models, and those of TF2NG_MODELS, a directory with an
// index.json of the same form.
func models(t testing.TB) []model {
	t.Helper()
	var list []model
	seen := map[string]bool{}
	for _, dir := range []string{graphdefs, os.Getenv("TF2NG_MODELS")} {
		if dir == "" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, "index.json"))
		require.NoError(t, err)
		var index []model
		require.NoError(t, json.Unmarshal(raw, &index))
		for _, m := range index {
			if m.name, m.dir = strings.TrimSuffix(m.Path, ".pb"), dir; !seen[m.name] {
				seen[m.name] = true
				list = append(list, m)
			}
		}
	}
	return list
}

func (m *model) translate(t testing.TB, o tf.Options) *core.Function {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(m.dir, m.Path))
	require.NoError(t, err)
	g, err := graphdef.Parse(raw, graphdef.Limits{})
	require.NoError(t, err)
	f, err := tf.Translate(g, o)
	require.NoError(t, err)
	return f
}

// modelTolerance is for the softmax at the end of a model: float ops before a QuantizeV2
// may move an int8 value by one step.
var modelTolerance = map[string]float64{}

// digitsTolerance is for softmax outputs of models whose float ops TensorFlow sums in an
// order of its own.
const floatTolerance = 1e-5

func assertProbabilities(t *testing.T, name, what string, want, got *core.Tensor) {
	t.Helper()
	require.NotNil(t, got, what)
	require.Equal(t, want.Fact().String(), got.Fact().String(), what)
	most, agree := 0.0, 0
	w, g := want.Float32s(), got.Float32s()
	classes := want.Shape()[1]
	for i := range w {
		most = max(most, float64(max(w[i]-g[i], g[i]-w[i])))
	}
	rows := want.Shape()[0]
	for r := range rows {
		if argmax(w[r*classes:(r+1)*classes]) == argmax(g[r*classes:(r+1)*classes]) {
			agree++
		}
	}
	t.Logf("%s, %s: largest difference %.3g, %d of %d rows have TensorFlow's class", name, what, most, agree, rows)
	limit := max(floatTolerance, modelTolerance[name])
	assert.LessOrEqual(t, most, limit, "%s: largest difference", what)
}

func argmax(v []float32) int {
	best := 0
	for i, x := range v {
		if x > v[best] {
			best = i
		}
	}
	return best
}

// TestModels runs each model with the reference on one and on eight inputs.
func TestModels(t *testing.T) {
	for _, m := range models(t) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			f := m.translate(t, tf.Options{TFVersion: "2.21"})
			require.Len(t, f.Results, 1)
			assert.Equal(t, m.Fetches[0], f.Results[0].Name)
			arrays := readNPZ(t, filepath.Join(m.dir, m.name+".tf221.npz"))
			for _, n := range []int{1, 8} {
				x := arrays[fmt.Sprintf("x%d", n)]
				if n > 1 && x.Shape()[1] > 100 && testing.Short() {
					continue
				}
				got, err := f.Eval(map[string]*core.Tensor{"input": x})
				require.NoError(t, err)
				assertProbabilities(t, m.name, fmt.Sprintf("batch of %d", n), arrays[fmt.Sprintf("y%d", n)], got[f.Results[0].Name])
			}
		})
	}
}

// TestDigits runs the digits models on 500 held-out digits in one batch, whose outputs in
// TensorFlow 2.21 are recorded.
func TestDigits(t *testing.T) {
	if testing.Short() {
		t.Skip("500 digits on the reference take seconds")
	}
	data := readNPZ(t, filepath.Join(graphdefs, "digits_data.npz"))
	outputs := readNPZ(t, filepath.Join(graphdefs, "digits_y500.tf221.npz"))
	for _, m := range models(t) {
		want, ok := outputs[m.name]
		if !ok {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			f := m.translate(t, tf.Options{TFVersion: "2.21"})
			got, err := f.Eval(map[string]*core.Tensor{"input": data["xv"]})
			require.NoError(t, err)
			assertProbabilities(t, m.name, "500 digits", want, got[f.Results[0].Name])
		})
	}
}
