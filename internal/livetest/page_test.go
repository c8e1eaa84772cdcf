//go:build python

package livetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/internal/testfault"
)

// The page for browsers is drawn without an error in Chromium.
func TestPageInChromium(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		fmt.Println("NOT RUN: the page of tf2ng diff --html in a browser, there is no chromium (Debian: chromium)")
		return
	}
	const model = "../../testdata/graphdefs/digits_cnn_nc26_tf215.pb"
	graph, err := os.ReadFile(model)
	require.NoError(t, err)
	want, err := compare.ReadDir("../../testdata/recordings/digits_cnn_nc26_tf215")
	require.NoError(t, err)
	plan, err := compare.PlanGraph(graph, graphdef.Limits{})
	require.NoError(t, err)
	e := testfault.Engine{Node: "sequential/conv2d_1/Conv2D_eightbit_requantize", Factor: 1.01}
	got, err := e.Open(t.Context(), graph)
	require.NoError(t, err)
	c := compare.Comparison{
		Got: compare.Side{Name: "tf2ng", Runner: got, Engine: e}, Want: compare.Side{Name: want.Title, Runner: want},
		Plan: plan, Feeds: want.Feeds, Derive: true, Samples: true,
	}
	r, err := c.Nodes(t.Context())
	require.NoError(t, err)
	page := filepath.Join(t.TempDir(), "page.html")
	f, err := os.Create(page)
	require.NoError(t, err)
	require.NoError(t, r.WriteHTML(f, plan))
	require.NoError(t, f.Close())

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var log strings.Builder
	command := exec.CommandContext(ctx, browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom",
		"--virtual-time-budget=3000", "--enable-logging=stderr", "--user-data-dir="+t.TempDir(), "file://"+page)
	command.Stderr = &log
	dom, err := command.Output()
	require.NoError(t, err, log.String())
	assert.NotContains(t, log.String(), "CONSOLE", "an error or a warning of the page")
	text := string(dom)
	assert.Equal(t, 29, strings.Count(text, "<tr data-index="), "a row for each tensor")
	assert.Equal(t, 13, strings.Count(text, "<title>")-1, "a dot for each node, and the page's own title")
	assert.Contains(t, text, "the fault is its own</span>")
	assert.Contains(t, text, "elements by value, on a logarithmic scale")
	assert.Contains(t, text, "elements; red ones differ")
}
