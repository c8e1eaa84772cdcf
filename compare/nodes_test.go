package compare_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// residual is a graph with a node that adds to its summand in place, s, and what follows.
const residual = `
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "w" op: "Const" attr { key: "value" value { } } }
node { name: "a" op: "Relu" input: "x" }
node { name: "s" op: "Relu" input: "a" }
node { name: "sum" op: "QuantizedConv2DWithBiasSumAndReluAndRequantize" input: "a" input: "w" input: "w" input: "a:1" input: "w"
  input: "w" input: "w" input: "w" input: "w" input: "s" input: "w" input: "w" }
node { name: "y" op: "Relu" input: "sum" }
node { name: "z" op: "Relu" input: "s" }`

func plan(t *testing.T, text string) *compare.Plan {
	data, err := pbtxt.ToBinary([]byte(text))
	require.NoError(t, err)
	p, err := compare.PlanGraph(data, graphdef.Limits{})
	require.NoError(t, err)
	return p
}

// side is a Runner of tensors that may refuse some sets of them.
type side struct {
	compare.Recorded
	refuse func(fetches []string) error
	calls  [][]string
}

func (s *side) Run(ctx context.Context, feeds compare.Tensors, fetches []string) (compare.Tensors, error) {
	s.calls = append(s.calls, fetches)
	if s.refuse != nil {
		if err := s.refuse(fetches); err != nil {
			return nil, err
		}
	}
	return s.Recorded.Run(ctx, feeds, fetches)
}

func newSide(t *testing.T, names ...string) *side {
	s := &side{Recorded: compare.Recorded{Title: "side", Results: compare.Tensors{}}}
	for _, n := range names {
		s.Results[n] = tensor(t, core.Shape{1}, float32(1))
	}
	return s
}

var all = []string{"a:0", "s:0", "sum:0", "y:0", "z:0"}

func TestSummandsAreFetchedApart(t *testing.T) {
	got, want := newSide(t, all...), newSide(t, all...)
	want.refuse = func(fetches []string) error { // as TensorFlow does
		if slices.Contains(fetches, "s:0") && (slices.Contains(fetches, "sum:0") || slices.Contains(fetches, "y:0")) {
			return errors.New("Summand cannot be forwarded")
		}
		return nil
	}
	c := compare.Comparison{
		Got: compare.Side{Name: "got", Runner: got}, Want: compare.Side{Name: "want", Runner: want}, Plan: plan(t, residual),
	}
	r, err := c.Nodes(t.Context())
	require.NoError(t, err)
	assert.Equal(t, [][]string{{"a:0", "sum:0", "y:0", "z:0"}, {"s:0"}}, want.calls)
	assert.True(t, r.Pass && r.Complete())
	var order []string
	for _, x := range r.Tensors {
		order = append(order, x.Name)
	}
	assert.Equal(t, all, order, "in the order of the graph")
}

// A node that fails takes those behind it along, and no others.
func TestOneNodeFails(t *testing.T) {
	for node, want := range map[string]struct {
		compared string
		gaps     []string
	}{
		"sum": {"a:0 s:0 z:0", []string{"sum:0: no kernel", `y:0: needs node "sum", which gives no result`}},
		"z":   {"a:0 s:0 sum:0 y:0", []string{"z:0: no kernel"}},
		"a": {"", []string{
			"a:0: no kernel", `s:0: needs node "a", which gives no result`, `sum:0: needs node "a", which gives no result`,
			`y:0: needs node "a", which gives no result`, `z:0: needs node "a", which gives no result`,
		}},
	} {
		t.Run(node, func(t *testing.T) {
			got, other, p := newSide(t, all...), newSide(t, all...), plan(t, residual)
			needs := map[string]string{"a": "a s sum y z", "sum": "sum y", "z": "z"}[node]
			other.refuse = func(fetches []string) error {
				for _, f := range fetches {
					if slices.Contains(strings.Fields(needs), compare.NodeOf(f)) {
						return errors.New("no kernel")
					}
				}
				return nil
			}
			c := compare.Comparison{
				Got: compare.Side{Name: "got", Runner: got}, Want: compare.Side{Name: "want", Runner: other}, Plan: p,
			}
			r, err := c.Nodes(t.Context())
			require.NoError(t, err)
			var names, gaps []string
			for _, x := range r.Tensors {
				names = append(names, x.Name)
			}
			for _, g := range r.Gaps {
				gaps = append(gaps, g.Tensor+": "+g.Why)
			}
			assert.Equal(t, want.compared, strings.Join(names, " "))
			assert.ElementsMatch(t, want.gaps, gaps)
			assert.False(t, r.Complete())
		})
	}
}

// A side that fails at everything is asked no more than a bounded number of times.
func TestASideThatAlwaysFailsIsGivenUp(t *testing.T) {
	text, names := `node { name: "x" op: "Placeholder" }`, []string{}
	for i := range 1000 {
		text += fmt.Sprintf("\nnode { name: \"n%d\" op: \"Relu\" input: \"x\" }", i)
		names = append(names, fmt.Sprintf("n%d:0", i))
	}
	got, want := newSide(t, names...), newSide(t, names...)
	want.refuse = func([]string) error { return errors.New("no") }
	c := compare.Comparison{
		Got: compare.Side{Name: "got", Runner: got}, Want: compare.Side{Name: "want", Runner: want}, Plan: plan(t, text),
	}
	r, err := c.Nodes(t.Context())
	require.NoError(t, err)
	assert.Len(t, r.Gaps, 1000)
	assert.Less(t, len(want.calls), 100)
	assert.Contains(t, r.Verdict(), "nothing was compared; INCOMPLETE: 1000 tensors not compared")
}

func TestFailFast(t *testing.T) {
	got, want := newSide(t, all...), newSide(t, all...)
	got.Results["s:0"] = tensor(t, core.Shape{1}, float32(2))
	c := compare.Comparison{
		Got: compare.Side{Name: "got", Runner: got}, Want: compare.Side{Name: "want", Runner: want}, Plan: plan(t, residual),
		FailFast: true,
	}
	r, err := c.Nodes(t.Context())
	require.NoError(t, err)
	assert.Len(t, r.Tensors, 2)
	assert.Equal(t, "s:0", r.FirstDivergence)
	require.NotNil(t, r.First)
	assert.Equal(t, []compare.Read{{Tensor: "a:0", Op: "Relu", Verdict: "equal"}}, r.First.Inputs)
}

func TestOutputsOfASideThatFails(t *testing.T) {
	got, want := newSide(t, all...), newSide(t, "y:0")
	c := compare.Comparison{
		Got: compare.Side{Name: "got", Runner: got}, Want: compare.Side{Name: "want", Runner: want}, Plan: plan(t, residual),
	}
	r, err := c.Outputs(t.Context(), []string{"y:0", "z:0"})
	require.NoError(t, err)
	assert.Equal(t, []compare.Gap{{Tensor: "z:0", Op: "Relu", Side: "want", Why: `side has no tensor "z:0"`}}, r.Gaps)
	require.Len(t, r.Tensors, 1, "the rest is compared")
	assert.Equal(t, "y:0", r.Tensors[0].Name)

	got.refuse = func([]string) error { return errors.New("out of order") }
	_, err = c.Outputs(t.Context(), []string{"y:0"})
	assert.EqualError(t, err, "got: out of order")
}

func TestRecordingsKeepEveryType(t *testing.T) {
	half, err := core.TensorOver(core.BF16, core.Shape{2}, []byte{0x80, 0x3f, 0x40, 0x40})
	require.NoError(t, err)
	text, err := core.StringTensor(core.Shape{2}, []string{"a\xff", ""})
	require.NoError(t, err)
	r := &compare.Recorded{
		Title: "TensorFlow 2.21.0",
		Feeds: compare.Tensors{"x": tensor(t, core.Shape{1, 2}, int8(-1), 3), "names": text},
		Results: compare.Tensors{
			"a/b:0": tensor(t, core.Shape{}, float32(1)), "half:0": half, "text:1": text,
			"u16:0": tensor(t, core.Shape{1}, uint16(7)), "flags:0": tensor(t, core.Shape{2}, true, false),
		},
		Types: map[string]int32{"a/b:0": 1},
	}
	dir := t.TempDir() + "/new"
	require.NoError(t, r.WriteDir(dir))
	back, err := compare.ReadDir(dir)
	require.NoError(t, err)
	assert.Equal(t, r.Title, back.Title)
	assert.Equal(t, r.Types, back.Types)
	for name, want := range map[string]compare.Tensors{"feeds": r.Feeds, "results": r.Results} {
		got := map[string]compare.Tensors{"feeds": back.Feeds, "results": back.Results}[name]
		require.Len(t, got, len(want))
		for k, w := range want {
			assert.Equal(t, w.String(), got[k].String(), k)
			assert.Equal(t, w.Bytes(), got[k].Bytes(), k)
			assert.Equal(t, w.Strings(), got[k].Strings(), k)
		}
	}

	_, err = back.Run(t.Context(), compare.Tensors{"x:0": tensor(t, core.Shape{1, 2}, int8(-1), 4)}, []string{"a/b"})
	assert.EqualError(t, err, `input "x:0": TensorFlow 2.21.0 was recorded with other values (i8[1,2], got i8[1,2]): `+
		`leave inputs out to take the recorded ones`)
	got, err := back.Run(t.Context(), r.Feeds, []string{"a/b"})
	require.NoError(t, err)
	assert.Equal(t, []float32{1}, got["a/b"].Float32s())
}

func TestReadDirOfNoRecording(t *testing.T) {
	dir := t.TempDir()
	_, err := compare.ReadDir(dir)
	assert.ErrorContains(t, err, "want what tf2ng diff --record wrote")
}

// A loop of TensorFlow 1 is a cycle; the flow of a TensorArray, through it and behind, is no value to compare.
func TestPlansOfLoops(t *testing.T) {
	p := plan(t, `
node { name: "n" op: "Placeholder" }
node { name: "array" op: "TensorArrayV3" input: "n" }
node { name: "flow" op: "Enter" input: "array:1" }
node { name: "count" op: "Enter" input: "n" }
node { name: "merge" op: "Merge" input: "count" input: "next" }
node { name: "merge_flow" op: "Merge" input: "flow" input: "next_flow" }
node { name: "cond" op: "Less" input: "merge" input: "count" }
node { name: "switch" op: "Switch" input: "merge" input: "cond" }
node { name: "switch_flow" op: "Switch" input: "merge_flow" input: "cond" }
node { name: "write" op: "TensorArrayWriteV3" input: "array" input: "switch:1" input: "switch:1" input: "switch_flow:1" }
node { name: "next" op: "NextIteration" input: "switch:1" }
node { name: "next_flow" op: "NextIteration" input: "write" }
node { name: "exit" op: "Exit" input: "switch" }
node { name: "exit_flow" op: "Exit" input: "switch_flow" }
node { name: "y" op: "TensorArrayGatherV3" input: "array" input: "exit" input: "exit_flow" }`)
	names := []string{"y:0", "exit_flow:0", "exit:0", "array:1", "merge_flow:0", "merge:0", "write:0"}
	got, want := newSide(t, names...), newSide(t, names...)
	c := compare.Comparison{
		Got: compare.Side{Name: "got", Runner: got}, Want: compare.Side{Name: "want", Runner: want}, Plan: p,
	}
	assert.Equal(t, []string{"merge:0", "exit:0", "y:0"}, c.Shared())
}
