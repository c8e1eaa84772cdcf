package tf2ng_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testfault"
)

const (
	recordedGraph = "testdata/graphdefs/digits_cnn_nc26_tf215.pb"
	recording     = "testdata/recordings/digits_cnn_nc26_tf215" // what TensorFlow 2.21 has for every tensor of it

	faulty = "sequential/conv2d_1/Conv2D_eightbit_requantize"
)

// besideRecorded compares an engine with what TensorFlow recorded.
func besideRecorded(t *testing.T, e testfault.Engine) *compare.Comparison {
	graph, err := os.ReadFile(recordedGraph)
	require.NoError(t, err)
	want, err := compare.ReadDir(recording)
	require.NoError(t, err)
	plan, err := compare.PlanGraph(graph, graphdef.Limits{})
	require.NoError(t, err)
	got, err := e.Open(t.Context(), graph)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, compare.Close(got)) })
	return &compare.Comparison{
		Got: compare.Side{Name: "tf2ng", Runner: got, Engine: e}, Want: compare.Side{Name: want.Title, Runner: want},
		Plan: plan, Feeds: want.Feeds, Derive: true, All: true,
	}
}

// Every node alone on TensorFlow's inputs, and all of them together.
func TestNodesAreTensorFlows(t *testing.T) {
	r, err := besideRecorded(t, testfault.Engine{}).Nodes(t.Context())
	require.NoError(t, err)
	assert.True(t, r.Pass, r.Text())
	assert.True(t, r.Complete())
	assert.Len(t, r.Tensors, 29)
	for _, x := range r.Tensors {
		require.NotNil(t, x.Alone, "%s: %s", x.Name, x.AloneProblem)
		assert.True(t, x.Alone.Within(), x.Name)
		assert.Empty(t, x.Fault)
	}
}

// One wrong scale in one node is found: the node is at fault, those behind it are not, and the part of
// the graph that is cut out shows it.
func TestAPlantedFaultIsNamed(t *testing.T) {
	e := testfault.Engine{Node: faulty, Factor: 1.01}
	c := besideRecorded(t, e)
	r, err := c.Nodes(t.Context())
	require.NoError(t, err)
	assert.False(t, r.Pass)
	own, inherited := map[string]bool{}, map[string]bool{}
	for _, x := range r.Tensors {
		switch x.Fault {
		case compare.Own:
			own[compare.NodeOf(x.Name)] = true
		case compare.Inherited:
			inherited[compare.NodeOf(x.Name)] = true
		}
	}
	assert.Equal(t, map[string]bool{faulty: true}, own)
	assert.True(t, inherited["sequential/conv2d_2/Conv2D_eightbit_requantize"])
	assert.Contains(t, r.Verdict(), faulty+":0 (QuantizedConv2DWithBiasAndReluAndRequantize), on the other side's "+
		"inputs, too: the fault is its own")
	require.NotNil(t, r.First)
	assert.Equal(t, faulty, r.First.Node)
	assert.NotEmpty(t, r.First.Attributes)
	assert.Contains(t, r.Text(), "  reads    sequential/conv2d/Conv2D_eightbit_requantize:0 "+
		"(QuantizedConv2DWithBiasAndReluAndRequantize): equal\n")
	assert.Contains(t, r.Text(), "  became   IntegerConvolution by ScaledQuantizedConvolutionBias, computed by ")

	x, err := c.Reduce(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, faulty, x.Node)
	assert.Zero(t, x.Reach, "the node alone")
	dir := t.TempDir()
	require.NoError(t, x.WriteDir(dir))
	assert.False(t, reduced(t, dir, e).Pass, "the excerpt shows the fault")
	assert.True(t, reduced(t, dir, testfault.Engine{}).Pass, "and without it there is none")
}

// reduced runs what --reduce wrote.
func reduced(t *testing.T, dir string, e testfault.Engine) *compare.Report {
	graph, err := os.ReadFile(filepath.Join(dir, "graph.pb"))
	require.NoError(t, err)
	assert.Less(t, len(graph), 25000, "of the node and its constants")
	want, err := compare.ReadDir(dir)
	require.NoError(t, err)
	got, err := e.Open(t.Context(), graph)
	require.NoError(t, err)
	defer compare.Close(got) //nolint:errcheck // it has no file
	plan, err := compare.PlanGraph(graph, graphdef.Limits{})
	require.NoError(t, err)
	c := &compare.Comparison{
		Got: compare.Side{Name: "tf2ng", Runner: got}, Want: compare.Side{Name: want.Title, Runner: want}, Plan: plan,
		Feeds: want.Feeds, Derive: true,
	}
	r, err := c.Outputs(t.Context(), want.Tensors())
	require.NoError(t, err)
	return r
}

func TestRunnerComputesAnyTensor(t *testing.T) {
	m, err := tf2ng.Load(recordedGraph)
	require.NoError(t, err)
	r := m.Runner()
	want, err := compare.ReadDir(recording)
	require.NoError(t, err)
	const inner = "sequential/conv2d/Conv2D_eightbit_requantize"
	got, err := r.Run(t.Context(), want.Feeds, []string{inner, "Identity:0"})
	require.NoError(t, err)
	assert.Equal(t, want.Results[inner+":0"].Bytes(), got[inner].Bytes())
	assert.Equal(t, core.Shape{1, 10}, got["Identity:0"].Shape())
	assert.Contains(t, r.(compare.Lister).Tensors(), inner+":0")
	assert.Equal(t, "input", r.Inputs()[0].Name)

	_, err = r.Run(t.Context(), want.Feeds, []string{"none"})
	assert.ErrorContains(t, err, `no tensor "none" in the graph`)
	require.NoError(t, compare.Close(r))
	_, err = r.Run(t.Context(), want.Feeds, []string{inner})
	assert.ErrorIs(t, err, tf2ng.ErrClosed)
}
