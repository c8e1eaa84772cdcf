package tf2ng_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testgolden"
	"github.com/tf2ng/tf2ng/kernels"
)

// TestPlansOfGraphs counts what of each recorded graph is interpreted: nothing once the batch is known, unless shapes
// depend on data.
func TestPlansOfGraphs(t *testing.T) {
	tails := map[string][]string{
		"graph_detector":        {"CropAndResize", "Gather", "GatherND", "Mean", "NonMaxSuppression", "Where"},
		"graph_second_stage":    {"Gather", "NonMaxSuppression"},
		"graph_speech_commands": {"DecodeWav", "EncodeWav"}, // which read and make strings
		"graph_embedding_mod": { // the words of a sparse tensor are unknown in number, and so is how they are divided
			"Concat", "DynamicPartition", "DynamicStitch", "ExpandDims", "FloorDivide", "FloorMod", "Gather", "Prod", "Range",
			"SelectRows", "Slice", "SparseFillEmptyRows", "SparseSegmentReduce", "TFQuantizeV2", "Tile", "Unique", "Where",
		},
		"graph_wide_and_deep": { // the batch is one more than the last row of a sparse tensor
			"Concat", "ExpandDims", "Gather", "SelectRows", "Slice", "SparseFillEmptyRows", "SparseSegmentReduce",
			"TFQuantizeV2", "Tile", "Where",
		},
	}
	for _, c := range testgolden.Load(t, "Graphs") {
		t.Run(c.ID, func(t *testing.T) {
			steps := planOf(t, c).Steps()
			var late []string
			planned := 0
			for _, s := range steps {
				if s.Kernel != "reference (tail)" {
					planned++
				} else if moves := []string{
					"BroadcastTo", "Reshape", "Squeeze", "ShapeOf", "StridedSlice", "Convert",
				}; !slices.Contains(moves, s.Op) {
					late = append(late, s.Op)
				}
			}
			require.Positive(t, planned)
			slices.Sort(late)
			require.Equal(t, tails[c.ID], slices.Compact(late))
		})
	}
}

// What models compute of sound are kernels, all but the strings of files.
func TestSoundIsKernels(t *testing.T) {
	for _, c := range testgolden.Load(t, "Graphs") {
		if c.ID != "graph_yamnet" && c.ID != "graph_speech_commands" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			for _, s := range planOf(t, c).Steps() {
				if s.Op != "DecodeWav" && s.Op != "EncodeWav" {
					require.NotContains(t, s.Kernel, "reference", "%s", s.Op)
				}
			}
		})
	}
}

func loadGolden(t *testing.T, c *testgolden.Case, opts ...tf2ng.Option) (*tf2ng.Model, map[string]*core.Tensor) {
	t.Helper()
	m, err := tf2ng.Load(filepath.Join(c.Dir, c.PB), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	inputs := map[string]*core.Tensor{}
	for _, f := range c.Feeds {
		inputs[strings.TrimSuffix(f.Tensor, ":0")] = c.Tensors[f.NPZ]
	}
	return m, inputs
}

func planOf(t *testing.T, c *testgolden.Case) *kernels.Program {
	t.Helper()
	var outputs []string
	for _, f := range c.Fetches {
		outputs = append(outputs, f.Tensor)
	}
	m, inputs := loadGolden(t, c, tf2ng.WithOutputs(outputs...))
	shapes := map[string]core.Shape{}
	for name, x := range inputs {
		shapes[name] = x.Shape()
	}
	p, err := m.Compile(shapes)
	require.NoError(t, err)
	return p
}

// TestOutputsOfUnknownShape writes an output whose shape depends on data into a tensor that
// fits, and is refused one that does not; the caller owns what it gets.
func TestOutputsOfUnknownShape(t *testing.T) {
	i := slices.IndexFunc(testgolden.Load(t, "Where"), func(c *testgolden.Case) bool { return c.ID == "where_float" })
	c := testgolden.Load(t, "Where")[i]
	m, inputs := loadGolden(t, c)
	ctx := context.Background()
	out, err := m.Run(ctx, inputs)
	require.NoError(t, err)
	want := c.Want()[0]
	require.Equal(t, want.Bytes(), out["op:0"].Bytes())

	into, err := core.NewTensor(core.I64, want.Shape())
	require.NoError(t, err)
	out, err = m.RunInto(ctx, inputs, map[string]*core.Tensor{"op:0": into})
	require.NoError(t, err)
	require.Same(t, into, out["op:0"])
	require.Equal(t, want.Bytes(), into.Bytes())

	short, err := core.NewTensor(core.I64, core.Shape{0, 2})
	require.NoError(t, err)
	_, err = m.RunInto(ctx, inputs, map[string]*core.Tensor{"op:0": short})
	require.EqualError(t, err, `output "op:0": got a tensor of i64[0,2] to write into, want `+want.String())

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = m.Run(cancelled, inputs)
	require.ErrorIs(t, err, context.Canceled)
}
