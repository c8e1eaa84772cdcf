package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
)

const lstm = "../../testdata/controlflow/lstm_128_steps/functional.pb"

// What a loop calls stands under it, deeper by four columns.
func TestInspectShowsBodies(t *testing.T) {
	out := must(t, "inspect", lstm, "--kernels")
	assert.Regexp(t, `\n   \d+  Loop +i32\[\] +calls +lstm_1/while\n      condition:\n       0  Compare +\S+ +\S+ `, out)
	assert.Regexp(t, `\n      body:\n       0  \S+ +\S+ `, out)
	assert.Regexp(t, `\n +\d+  Dot +f32\[1,256\] +\S+ +lstm_1/while/body/\S+MatMul\n`, out)
	assert.Regexp(t, `core ops:\n(?s:.*) 2  Dot\n`, out)
}

// A converted model has its loops' functions.
func TestConvertKeepsFunctions(t *testing.T) {
	ng := filepath.Join(t.TempDir(), "lstm.ng")
	must(t, "convert", lstm, "-o", ng)
	want := must(t, "convert", lstm, "--dump-after", "translate")
	assert.Contains(t, want, ` = Loop(`)
	assert.Contains(t, want, "\nfunction \"lstm_1/while/body\"\n")
	assert.Equal(t, want, must(t, "convert", ng, "--dump-after", "translate"))
	graph := must(t, "convert", ng, "--format", "json")
	assert.Contains(t, graph, `"functions":["lstm_1/while/condition","lstm_1/while/body"]`)
}
