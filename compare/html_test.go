package compare_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// The page holds all that it needs, whatever names are in it.
func TestHTML(t *testing.T) {
	names := []string{"a:0", "s:0", "y:0"}
	got, want := newSide(t, names...), newSide(t, names...)
	values := make([]float32, 1000)
	for i := range values {
		values[i] = float32(i)
	}
	got.Results["y:0"] = tensor(t, core.Shape{1000}, values...)
	want.Results["y:0"] = tensor(t, core.Shape{1000}, values...)
	c := compare.Comparison{
		Got: compare.Side{Name: "</script><b>", Runner: got}, Want: compare.Side{Name: "want", Runner: want},
		Plan: plan(t, residual), Samples: true,
	}
	r, err := c.Nodes(t.Context())
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, r.WriteHTML(&b, c.Plan))
	page := b.String()
	assert.Equal(t, 2, strings.Count(page, "</script>"), "a name does not end the data")
	assert.NotRegexp(t, `(src|href)="http|@import|url\(|fetch\(`, strings.ReplaceAll(page, `href="data:,"`, ""))

	text := regexp.MustCompile(`(?m)^<script type="application/json" id="data">(.*)</script>$`).FindStringSubmatch(page)
	require.NotNil(t, text)
	var data struct {
		Report compare.Report `json:"report"`
		Nodes  []struct {
			Name  string   `json:"name"`
			Reads []string `json:"reads"`
		} `json:"nodes"`
		Verdicts []string `json:"verdicts"`
	}
	require.NoError(t, json.Unmarshal([]byte(text[1]), &data))
	assert.Equal(t, []string{"equal", "equal", "equal"}, data.Verdicts)
	assert.Len(t, data.Nodes, 5)
	s := data.Report.Tensors[2].Samples
	require.NotNil(t, s)
	assert.Len(t, s.Pairs, 200, "of 1000")
	sum := 0
	for _, n := range s.Want {
		sum += n
	}
	assert.Equal(t, 1000, sum, "every element in the histogram")
	assert.Nil(t, data.Report.Tensors[0].Samples, "of one element")
}
