package peers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/peers"
)

func load(t *testing.T) *peers.Table {
	table, err := peers.Load()
	require.NoError(t, err)
	return table
}

func TestTheTableSaysWhatWasMeasured(t *testing.T) {
	table := load(t)
	_, err := time.Parse(time.DateOnly, table.Date)
	assert.NoError(t, err)
	assert.NotZero(t, table.Graphs)
	assert.NotEmpty(t, table.Models)
	for _, v := range []string{
		table.Versions.TensorFlow,
		table.Versions.OpenVINO,
		table.Versions.TF2ONNX,
		table.Versions.NGraphBridge,
	} {
		assert.NotEmpty(t, v)
	}
	for name, o := range table.Ops {
		f := o.TensorFlow
		assert.LessOrEqual(t, f.OneDNN, f.Graphs, name)
		assert.LessOrEqual(t, f.Plain, f.Graphs, name)
		assert.True(t, f.Registered || !f.Kernel, name)
		assert.LessOrEqual(t, o.OpenVINO.Total(), f.Graphs, name)
		assert.LessOrEqual(t, o.TF2ONNX.Total(), f.Graphs, name)
	}
}

// What the tools' own documents say of a few ops.
func TestKnownOps(t *testing.T) {
	ops := load(t).Ops
	assert.NotContains(t, ops, "_QuantizedConv3D", "TensorFlow 2.21 does not register it")
	conv := ops["QuantizedConv2DWithBiasSumAndReluAndRequantize"]
	assert.True(t, conv.TensorFlow.OneDNNOnly())
	assert.Equal(t, peers.Refuses, conv.OpenVINO.Verdict())
	assert.Equal(t, peers.Refuses, conv.TF2ONNX.Verdict())
	assert.True(t, conv.NGraphBridge.Rule)
	assert.Equal(t, "takes mode SCALED", ops["QuantizeV2"].NGraphBridge.String())
	assert.Equal(t, "no CPU kernel", ops["QuantizedReluX"].TensorFlow.String())
}

func TestWords(t *testing.T) {
	for want, f := range map[string]peers.TensorFlow{
		"not registered":                     {},
		"no CPU kernel":                      {Registered: true},
		"runs":                               {Registered: true, Kernel: true},
		"runs with oneDNN only":              {Registered: true, Kernel: true, Graphs: 3, OneDNN: 3},
		"runs; without oneDNN 2 of 3 graphs": {Registered: true, Kernel: true, Graphs: 3, OneDNN: 3, Plain: 2},
		"refuses":                            {Registered: true, Kernel: true, Graphs: 3},
	} {
		assert.Equal(t, want, f.String())
	}
	type graphs = map[string]int
	for _, c := range []struct {
		converter peers.Converter
		verdict   peers.Verdict
		text      string
	}{
		{peers.Converter{}, peers.Refuses, "refuses"},
		{peers.Converter{Rule: true}, peers.Untested, "has a rule"},
		{peers.Converter{Graphs: graphs{peers.NoRule: 4}}, peers.Refuses, "refuses"},
		{peers.Converter{Graphs: graphs{peers.NoRule: 1, "KeyError": 3}}, peers.Refuses, "refuses (KeyError, no rule)"},
		{peers.Converter{Graphs: graphs{peers.Exact: 2}}, peers.TakesExactly, "exact"},
		{peers.Converter{Graphs: graphs{peers.Exact: 2, peers.Near: 1}}, peers.TakesNearly, "2 exact, 1 near"},
		{peers.Converter{Graphs: graphs{peers.Exact: 2, peers.Wrong: 1}}, peers.Partly, "2 exact, 1 wrong"},
		{peers.Converter{Graphs: graphs{peers.Exact: 2, "crash": 1}}, peers.Partly, "2 exact, 1 refused (crash)"},
	} {
		assert.Equal(t, c.verdict, c.converter.Verdict(), c.text)
		assert.Equal(t, c.text, c.converter.String())
	}
	for want, b := range map[string]peers.Bridge{
		"leaves it to TensorFlow": {},
		"takes":                   {Rule: true},
		"takes sorted":            {Rule: true, Only: "sorted"},
	} {
		assert.Equal(t, want, b.String())
	}
	assert.True(t, peers.TensorFlow{Registered: true, Kernel: true, Graphs: 3, OneDNN: 3}.OneDNNOnly())
	assert.False(t, peers.TensorFlow{Registered: true, Kernel: true, Graphs: 3, OneDNN: 3, Plain: 2}.OneDNNOnly())
	assert.False(t, peers.TensorFlow{Registered: true}.OneDNNOnly())
}
