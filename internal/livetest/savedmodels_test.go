//go:build python

package livetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	_ "github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/compare/tensorflow"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testfault"
	"github.com/tf2ng/tf2ng/internal/testmodel"
)

// unfreezable are the SavedModels whose signatures keep a state, or look up tables: of these TensorFlow
// makes no graph without variables.
func unfreezable() []string {
	return []string{
		"module_counter/read", "module_signatures/words", "module_objects/words", "module_tables/serving_default",
		"keras3_vocabulary/serve", "keras3_vocabulary/serving_default", "int8_vocabulary/serving_default",
		"int8_vocabulary/predict",
	}
}

// Each signature of each SavedModel, as TensorFlow loads it, beside our reading of it; and every node of the graph
// that TensorFlow makes of it.
func TestSavedModels(t *testing.T) {
	e := start(t, tensorflow.Options{})
	text, err := os.ReadFile("../../testdata/savedmodels/index.json")
	require.NoError(t, err)
	var models []struct {
		Name       string         `json:"name"`
		Signatures map[string]any `json:"signatures"`
		Refused    []string       `json:"refused"`
	}
	require.NoError(t, json.Unmarshal(text, &models))
	for _, m := range models {
		for signature := range m.Signatures {
			if slices.Contains(m.Refused, signature) {
				continue
			}
			t.Run(m.Name+"/"+signature, func(t *testing.T) {
				if e.SaturatesSums() && strings.HasPrefix(m.Name, "int8") {
					fmt.Println("NOT RUN: quantized SavedModels beside TensorFlow, whose sums saturate on a CPU without VNNI")
					return
				}
				savedModel(t, e, filepath.Join("../../testdata/savedmodels", m.Name, "model"), signature,
					slices.Contains(unfreezable(), m.Name+"/"+signature))
			})
		}
	}
}

func savedModel(t *testing.T, e *tensorflow.Engine, dir, signature string, unfreezable bool) {
	model, err := tf2ng.Load(dir, tf2ng.WithSignature(signature), tf2ng.WithTFVersion("2.21"))
	require.NoError(t, err)
	got := model.Runner()
	want, err := e.OpenSavedModel(t.Context(), tensorflow.SavedModel{Dir: dir, Signature: signature})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, compare.Close(got))
		require.NoError(t, compare.Close(want))
	})
	feeds := compare.Tensors{}
	r := rand.New(rand.NewPCG(1, 0))
	for _, in := range model.Inputs() {
		if in.Type == core.String { // of which not any would do
			recorded := filepath.Join(filepath.Dir(dir), "recorded.npz")
			feeds[in.Name] = testmodel.Array(t, recorded, signature+".in."+in.Name)
			continue
		}
		shape := core.Shape{3} // of what has no known rank
		if in.Shape.Ranked() {
			shape = in.Shape.Clone()
			for i, d := range shape {
				if d == core.Unknown {
					shape[i] = 3
				}
			}
		}
		feeds[in.Name], err = compare.Draw(r, model.Function(), parameter(model, in.Name), shape)
		require.NoError(t, err)
	}
	var outputs []string
	for _, p := range got.Outputs() {
		outputs = append(outputs, p.Name)
	}
	c := compare.Comparison{
		Got: compare.Side{Name: "tf2ng", Runner: got}, Want: compare.Side{Name: e.Name(), Runner: want},
		Plan: compare.PlanFunction(model.Function()), Feeds: feeds, Derive: true,
	}
	report, err := c.Outputs(t.Context(), outputs)
	require.NoError(t, err)
	assert.True(t, report.Pass && report.Complete(), report.Text())

	graph, names, err := want.Freeze(t.Context())
	if unfreezable {
		assert.ErrorContains(t, err, "TensorFlow refuses it: ")
		return
	}
	require.NoError(t, err)
	renamed := compare.Tensors{}
	for name, x := range feeds {
		renamed[compare.NodeOf(names.Inputs[name])] = x
	}
	_, nodes := beside(t, testfault.Engine{}, e, graph, renamed)
	assert.True(t, nodes.Pass && nodes.Complete(), nodes.Text())
	t.Logf("%d outputs, %d tensors of nodes", len(report.Tensors), len(nodes.Tensors))
}

// parameter returns the name that a function has for a signature's input.
func parameter(m *tf2ng.Model, input string) string {
	if name, ok := m.Function().Signatures[m.SignatureName()].Inputs[input]; ok {
		return name
	}
	return input
}
