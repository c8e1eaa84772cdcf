//go:build python && tensorflow

package livetest

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/live"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/compare/tensorflow"
	"github.com/tf2ng/tf2ng/internal/testfault"
	"github.com/tf2ng/tf2ng/internal/testmodel"
)

// vnni reports whether TensorFlow's sums are exact here.
func vnni(t *testing.T) bool {
	if start(t, tensorflow.Options{}).SaturatesSums() {
		fmt.Println("NOT RUN: models beside TensorFlow in process, whose sums saturate on a CPU without VNNI")
		return false
	}
	return true
}

func TestNodesOfModelsInProcess(t *testing.T) {
	if vnni(t) {
		models(t, &live.Engine{})
	}
}

func TestAPlantedFaultIsNamedInProcess(t *testing.T) {
	if vnni(t) {
		plant(t, &live.Engine{})
	}
}

// The child and the library give one table.
func TestBothWaysGiveOneTable(t *testing.T) {
	m := testmodel.Load(t)[0]
	graph, err := os.ReadFile(m.File())
	require.NoError(t, err)
	x, _ := m.Batch(t, 8)
	feeds := compare.Tensors{"input": x}
	_, child := beside(t, testfault.Engine{}, start(t, tensorflow.Options{}), graph, feeds)
	_, library := beside(t, testfault.Engine{}, &live.Engine{}, graph, feeds)
	a, err := json.Marshal(child.Tensors)
	require.NoError(t, err)
	b, err := json.Marshal(library.Tensors)
	require.NoError(t, err)
	assert.JSONEq(t, string(a), string(b))
}

func TestTypesGoThroughTheLibrary(t *testing.T) { types(t, &live.Engine{}) }

func TestErrorsOfTheLibrary(t *testing.T) {
	e := &live.Engine{}
	_, err := e.Open(t.Context(), []byte("no graph"))
	assert.ErrorContains(t, err, "TensorFlow refuses it: ")
	r, err := e.Open(t.Context(), text(t, layerNorm))
	require.NoError(t, err)
	defer compare.Close(r) //nolint:errcheck // a test
	_, err = r.Run(t.Context(), nil, []string{"none"})
	assert.ErrorContains(t, err, `has no tensor "none"`)
	_, err = r.Run(t.Context(), compare.Tensors{"x": vector(t, 1)}, []string{"y"})
	assert.ErrorContains(t, err, "TensorFlow refuses it: ")
}
