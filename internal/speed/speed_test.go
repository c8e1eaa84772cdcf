package speed

import (
	"encoding/xml"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small is a run of two rounds with a runtime that could not run.
func small() *Results {
	cell := func(section, row, runtime string, threads int, ms ...float64) *Cell {
		return &Cell{Section: section, Row: row, Runtime: runtime, Batch: 1, Threads: threads, MS: ms}
	}
	missing := cell(Models, "net", "other", 1)
	missing.NotRun = "the environment other is not there"
	return &Results{
		Date: "2026-01-02", CPU: "A <fast> CPU", CPUs: 2, VNNI: true, AMX: true, Limit: 400, Rounds: 2,
		Runtimes: []*Runtime{
			{Name: Ours, Title: "tf2ng", Version: "v1", Runs: "the .pb"},
			{Name: TensorFlow, Title: "TensorFlow", Version: "2.21.0", Runs: "the .pb"},
			{Name: "other", Title: "Other", Runs: "its own"},
			{Name: ONNXOwn, Title: "ONNX Runtime", Version: "1.32", Runs: "its own"},
			{Name: ONNXExport, Title: "exported", Version: "1.32", Runs: "ours"},
		},
		Rows: []*Row{
			{Section: Models, Name: "net", Title: "Net", File: "net.pb"},
			{Section: Layers, Name: "1x1", Title: "1x1 64>64", Operations: 400e6},
			{Section: Families, Name: "bert", Title: "BERT"},
			{Section: Exported, Name: "net", Title: "Net"},
		},
		Cells: []*Cell{
			cell(Models, "net", Ours, 1, 2, 2.2), cell(Models, "net", TensorFlow, 1, 4.2, 4), missing,
			cell(Models, "net", ONNXOwn, 1, 4, 4), cell(Models, "net", Ours, 2, 1300, 1300, 1300),
			cell(Layers, "1x1", Ours, 1, 2, 2), cell(Layers, "1x1", TensorFlow, 1, 1.25, 1.25),
			cell(Families, "bert", Ours, 1, 3, 3), cell(Families, "bert", TensorFlow, 1, 4, 4),
			cell(Exported, "net", ONNXExport, 1, 4.4, 4.4),
		},
	}
}

func TestTables(t *testing.T) {
	got := small().Tables()
	for _, want := range []string{
		"## With AMX\n\n![Time of INT8 models in tf2ng and other runtimes](performance-amx.svg)\n",
		"2026-01-02, A <fast> CPU, 2 CPUs. Medians of 2 rounds,",
		"| Other | NOT RUN | its own |\n",
		"### Net\n\nINT8, 224x224, float32 in and out, ms for each call. TensorFlow and tf2ng run net.pb.\n\n" +
			"| runtime | batch 1, one thread | batch 1, 2 threads |\n| --- | --- | --- |\n" +
			"| tf2ng | **2.1 (10 %)** | **1300 (0 %)** |\n" +
			"| TensorFlow | 4.1 (5 %) | NOT RUN |\n" +
			"| Other | NOT RUN | NOT RUN |\n",
		"| layer | tf2ng | TensorFlow | tf2ng's share |\n| --- | --- | --- | --- |\n| 1x1 64>64 | 200 | **320** | 0.50 |\n",
		"| family | tf2ng | TensorFlow | ratio |\n| --- | --- | --- | --- |\n| BERT | 3 (0 %) | 4 (0 %) | 0.75 |\n",
		"| Net | 4.4 (0 %) | 4 (0 %) | 1.10 | NOT RUN |  | NOT RUN |\n",
		"\nNOT RUN:\n\n- Other, net: the environment other is not there\n",
	} {
		assert.Contains(t, got, want)
	}
	assert.NotContains(t, got, "not complete")
}

func TestTablesWithSumsOfBytes(t *testing.T) {
	r := small()
	r.Runtimes = append(r.Runtimes, &Runtime{Name: ONNXBytes, Title: "exported, bytes"})
	r.Cells = append(r.Cells, &Cell{
		Section: Exported, Row: "net", Runtime: ONNXBytes, Batch: 1, Threads: 1, MS: []float64{4.2},
	})
	got := r.Tables()
	assert.Contains(t, got, "| with `--onnx-sums bytes`, ONNX Runtime | to its QOperator | to its QDQ |\n")
	assert.Contains(t, got, "| Net | 4.4 (0 %) | 4 (0 %) | 1.10 | NOT RUN |  | NOT RUN | 4.2 (0 %) | 1.05 |  |\n")
}

func TestTablesOfARunThatIsNotComplete(t *testing.T) {
	r := small()
	r.Rounds = 5
	assert.Contains(t, r.Tables(), "This run is not complete: it has 2 of 5 rounds.")
	assert.Contains(t, (&Results{}).Tables(), "Nothing was measured yet")
}

// The picture is well-formed, as long as the table has settings, and its bars are as long
// as their times and within it.
func TestPlot(t *testing.T) {
	r := small()
	plot := r.Plot()
	decoder := xml.NewDecoder(strings.NewReader(plot))
	for {
		_, err := decoder.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
	}
	assert.Contains(t, plot, "@media (prefers-color-scheme: dark)")
	assert.Contains(t, plot, "A &lt;fast&gt; CPU")
	assert.Equal(t, 2, strings.Count(plot, `class="title"`)-1, "a title for each setting")
	assert.Equal(t, 4, strings.Count(plot, ">NOT RUN<"))
	var lengths []float64
	bars := regexp.MustCompile(`<rect class="\w+" x="132" y="\d+" width="([0-9.]+)"`)
	for _, m := range bars.FindAllStringSubmatch(plot, -1) {
		length, err := strconv.ParseFloat(m[1], 64)
		require.NoError(t, err)
		assert.LessOrEqual(t, length+left, float64(width-right))
		lengths = append(lengths, length)
	}
	require.Len(t, lengths, 4)
	assert.InDelta(t, 2.1/4.1, lengths[0]/lengths[1], 0.01)
	assert.Contains(t, (&Results{}).Plot(), "nothing was measured yet")
}

func TestMedianAndSpread(t *testing.T) {
	for _, c := range []struct {
		ms             []float64
		median, spread float64
	}{{nil, 0, 0}, {[]float64{3}, 3, 0}, {[]float64{4, 1, 2}, 2, 1.5}, {[]float64{1, 2, 3, 4}, 2.5, 1.2}} {
		cell := &Cell{MS: c.ms}
		assert.Equal(t, c.median, cell.Median(), "%v", c.ms)
		assert.InDelta(t, c.spread, cell.Spread(), 1e-12, "%v", c.ms)
	}
	var none *Cell
	assert.Zero(t, none.Median())
}

func TestResultsAreReadAsTheyWereWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "results.json")
	for _, r := range []*Results{small(), {Runtimes: []*Runtime{}, Rows: []*Row{}, Cells: []*Cell{}}} {
		require.NoError(t, r.Write(path))
		got, err := Read(path)
		require.NoError(t, err)
		assert.Equal(t, r, got)
	}
}

// Every measured kind of CPU is loaded, and README.md's table has a line for each.
func TestMeasured(t *testing.T) {
	list, err := Load()
	require.NoError(t, err)
	files, err := filepath.Glob("measured/*.json")
	require.NoError(t, err)
	require.Len(t, list, len(files))
	summary := Summary(list)
	for _, r := range list {
		assert.Equal(t, 2, strings.Count(summary, r.CPU+", "+products[r.Kind()]), "two models")
	}
}
