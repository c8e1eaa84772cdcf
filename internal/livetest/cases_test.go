//go:build python

package livetest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/compare/tensorflow"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testfault"
)

// Every shipped case beside TensorFlow: where it is right both agree, and where it is not docs/DIFF.md names the case.
func TestCases(t *testing.T) {
	e := start(t, tensorflow.Options{})
	if e.SaturatesSums() {
		fmt.Println("NOT RUN: the cases beside TensorFlow, whose sums saturate on a CPU without VNNI")
		return
	}
	page, err := os.ReadFile("../../docs/DIFF.md")
	require.NoError(t, err)
	files, err := filepath.Glob("../../testdata/cases/*/case.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var c struct {
				Right   string            `json:"right"`
				Feeds   map[string]string `json:"feeds"`
				Fetches []string          `json:"fetches"`
			}
			require.NoError(t, json.Unmarshal(text, &c))
			r := caseBeside(t, e, dir, c.Feeds, c.Fetches)
			t.Log(r.Verdict())
			if c.Right == "TensorFlow's" {
				assert.True(t, r.Pass && r.Complete(), r.Text())
				return
			}
			assert.Contains(t, string(page), filepath.Base(dir))
		})
	}
}

func caseBeside(t *testing.T, e compare.Engine, dir string, files map[string]string, fetches []string) *compare.Report {
	graph, err := os.ReadFile(filepath.Join(dir, "graph.pb"))
	require.NoError(t, err)
	got, err := testfault.Engine{}.Open(t.Context(), graph)
	require.NoError(t, err)
	want, err := e.Open(t.Context(), graph)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, compare.Close(got))
		require.NoError(t, compare.Close(want))
	})
	plan, err := compare.PlanGraph(graph, graphdef.Limits{})
	require.NoError(t, err)
	feeds := compare.Tensors{}
	for _, in := range got.Inputs() {
		file, key, _ := strings.Cut(files[compare.FullName(in.Name)], ":")
		archive, err := compare.ReadArchive(filepath.Join(dir, file))
		require.NoError(t, err)
		x := archive[key]
		require.NotNil(t, x, in.Name)
		if x.Type() == core.U16 && in.Type.IsFloat() { // NumPy holds the bits of 16-bit reals
			x = must(core.TensorOver(in.Type, x.Shape(), x.Bytes()))
		}
		feeds[in.Name] = x
	}
	c := compare.Comparison{
		Got: compare.Side{Name: "tf2ng", Runner: got}, Want: compare.Side{Name: "TensorFlow", Runner: want},
		Plan: plan, Feeds: feeds, Derive: true,
	}
	r, err := c.Outputs(t.Context(), fetches)
	require.NoError(t, err)
	return r
}
