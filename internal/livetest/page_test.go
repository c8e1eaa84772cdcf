//go:build python

package livetest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/internal/testfault"
)

// The page for browsers is drawn without an error in Chromium, on a desk and on a phone, and can be used.
func TestPageInChromium(t *testing.T) {
	c := openChromium(t)
	if c == nil {
		return
	}
	path := page(t)
	for _, view := range []struct {
		name          string
		width, height int
		phone, dark   bool
	}{
		{"desk_light", 1280, 900, false, false},
		{"desk_dark", 1280, 900, false, true},
		{"phone_light", 390, 844, true, false},
		{"phone_dark", 390, 844, true, true},
	} {
		t.Run(view.name, func(t *testing.T) {
			c.t = t
			c.size(view.width, view.height, view.phone, view.dark)
			took := c.open(path)
			c.picture(view.name)
			assert.EqualValues(t, 29, c.eval(`document.querySelectorAll("tr[data-index]").length`), "a row for each tensor")
			assert.EqualValues(t, 13, c.eval(`document.querySelectorAll("#graph title").length`), "a dot for each node")
			assert.Contains(t, c.eval(`document.querySelector("h1").textContent`), "the fault is its own")
			assert.Contains(t, c.eval(`document.querySelector("#detail").textContent`), "elements; red ones differ")
			assert.Equal(t, true, c.eval(`(p => p.scrollWidth === p.clientWidth)(document.documentElement)`), "it fits")
			begin := time.Now()
			c.eval(`document.querySelectorAll("th")[4].click()`)
			assert.Contains(t, c.eval(`document.querySelector("tr[data-index]").textContent`), "DIFFERS", "sorted")
			c.eval(`(f => { f.value = "MaxPool"; f.oninput(); })(document.querySelector("#filter"))`)
			assert.Contains(t, c.eval(`document.querySelector("tr[data-index]").textContent`), "MaxPool")
			c.eval(`document.querySelector("tr[data-index]").click()`)
			assert.Contains(t, c.eval(`document.querySelector("#detail h2").textContent`), "MaxPool")
			c.eval(`document.querySelector("#detail").scrollIntoView()`)
			c.picture(view.name + "_detail")
			c.eval(`document.querySelector("#graph").scrollIntoView()`)
			c.picture(view.name + "_graph")
			t.Logf("ready %v after it was opened; sorted, searched and chosen in %v", took, time.Since(begin))
			assert.Empty(t, c.console, "an error or a warning of the page")
		})
	}
}

// page writes the page of a comparison with one wrong node.
func page(t *testing.T) (path string) {
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
	path = filepath.Join(t.TempDir(), "page.html")
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, r.WriteHTML(f, plan))
	require.NoError(t, f.Close())
	return path
}
