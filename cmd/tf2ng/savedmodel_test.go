package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/npy"
	"github.com/tf2ng/tf2ng/internal/testmodel"
)

const savedModels = "../../testdata/savedmodels/"

// input and expect are the arguments of a recorded tensor of a SavedModel.
func input(model, signature, key string) []string {
	return []string{"--input", key + "=" + savedModels + model + "/recorded.npz:" + signature + ".in." + key}
}

func expect(model, signature, key string) []string {
	return []string{"--expect", key + "=" + savedModels + model + "/recorded.npz:" + signature + ".out." + key}
}

func joined(args ...[]string) []string {
	var all []string
	for _, a := range args {
		all = append(all, a...)
	}
	return all
}

// Every command takes a SavedModel, as a directory or by its file, and the .ng file made of it.
func TestCommandsTakeSavedModels(t *testing.T) {
	const model = savedModels + "module_signatures/model"
	ng := filepath.Join(t.TempDir(), "m.ng")
	code, _, stderr := program("convert", model, "-o", ng)
	require.Zero(t, code, stderr)
	assert.Empty(t, stderr)
	pair := joined(input("module_signatures", "pair", "a"), input("module_signatures", "pair", "b"))
	for _, path := range []string{model, model + "/", model + "/saved_model.pb", ng} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			must(t, joined([]string{"diff", path, "--signature", "pair"}, pair,
				expect("module_signatures", "pair", "likeness"), expect("module_signatures", "pair", "a"))...)
			out := must(t, joined([]string{"run", path}, input("module_signatures", "serving_default", "x"))...)
			assert.Contains(t, out, "logits: f32[3,3]")
			out = must(t, joined([]string{"run", path, "--signature=pair", "--output=a"}, pair)...)
			assert.Contains(t, out, "a: f32[2,6]")
			assert.NotContains(t, out, "likeness")
			out = must(t, "inspect", path, "--signature", "embed")
			assert.Contains(t, out, "signature \"embed\"; there are also [\"pair\" \"serving_default\" \"words\"]")
			assert.Contains(t, out, "input   x f32[?,6]\noutput  hidden f32[?,8]\n")
			assert.Contains(t, must(t, "inspect", path, "--json"), `"signature": "serving_default"`)
			must(t, "bench", path, "--signature", "pair", "--runs", "1", "--min-time", "1ns")
		})
	}
}

// What is left out is told.
func TestRefusedSignaturesAreTold(t *testing.T) {
	code, _, stderr := program("convert", savedModels+"module_counter/model", "--signature", "read", "-o",
		filepath.Join(t.TempDir(), "m.ng"))
	require.Zero(t, code, stderr)
	assert.Contains(t, stderr, `warning: left out: signature "serving_default": variable "calls": `)
}

// A .ng file has the tables, so that it runs without the files that they were read from; ONNX has none.
func TestTablesAreConverted(t *testing.T) {
	const model = "module_tables"
	ng, words := filepath.Join(t.TempDir(), "m.ng"), filepath.Join(t.TempDir(), "words.npy")
	must(t, "convert", savedModels+model+"/model", "-o", ng)
	f, err := os.Create(words)
	require.NoError(t, err)
	require.NoError(t, npy.Write(f, testmodel.Array(t, savedModels+model+"/recorded.npz", "serving_default.in.words")))
	require.NoError(t, f.Close())
	inputs := joined([]string{"--input", "words=" + words}, input(model, "serving_default", "at"))
	must(t, joined([]string{"diff", ng}, inputs, expect(model, "serving_default", "ids"),
		expect(model, "serving_default", "column"), expect(model, "serving_default", "size"))...)
	assert.Contains(t, must(t, joined([]string{"run", ng}, inputs)...), "lines: string[2,3]")

	code, _, stderr := program("convert", savedModels+model+"/model", "--format", "onnx", "-o",
		filepath.Join(t.TempDir(), "m.onnx"))
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "TableLookup")
	assert.Contains(t, stderr, "ONNX has tables in the domain ai.onnx.ml only")
}

func TestSavedModelInText(t *testing.T) {
	for _, path := range []string{savedModels + "text/model", savedModels + "text/model/saved_model.pbtxt"} {
		must(t, joined([]string{"diff", path}, input("text", "predict", "x"), expect("text", "predict", "y"))...)
	}
}

// The inputs and outputs of a signature may be named as the graph names them.
func TestSavedModelByTheGraphsNames(t *testing.T) {
	const model = "module_signatures"
	at := savedModels + model + "/recorded.npz:pair"
	must(t, "diff", savedModels+model+"/model", "--signature", "pair", "--input", "pair_a="+at+".in.a", "--input",
		"b="+at+".in.b", "--expect", "StatefulPartitionedCall_1:1="+at+".out.likeness", "--expect", "a="+at+".out.a")
}

func TestSavedModelTags(t *testing.T) {
	const model = savedModels + "tf1_resources/model"
	for _, test := range []struct {
		name string
		args []string
		want string // of the error
	}{
		{"graph to choose", []string{"--tags", "gpu"}, `no graph has the tags ["gpu"]: the SavedModel has graphs with the ` +
			`tags ["serve"], ["train"]`},
		{"signature to choose", nil, `the model has the signatures "hidden", "predict": choose one with --signature`},
		{"two tags", []string{"--tags", "serve,gpu"}, `no graph has the tags ["serve" "gpu"]: `},
		{"all is said", []string{"--tags", "serve", "--signature", "hidden"}, ""},
		{"the only one", []string{"--tags", "train"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, _, stderr := program(append([]string{"inspect", model}, test.args...)...)
			if test.want == "" {
				assert.Zero(t, code, stderr)
				return
			}
			assert.Equal(t, exitCannot, code)
			assert.Contains(t, stderr, test.want)
		})
	}
}

// Without -o, the .ng file has the name of the directory or of the file, beside it.
func TestNameOfAConvertedSavedModel(t *testing.T) {
	for _, test := range []struct{ from, made string }{
		{"net.v1", "net.v1.ng"},
		{"net.v1/", "net.v1.ng"},
		{"net.v1/saved_model.pb", "net.v1/saved_model.ng"},
	} {
		t.Run(test.made, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(filepath.Join(dir, "net.v1"), os.DirFS(savedModels+"frozen/model")))
			must(t, "convert", dir+"/"+test.from)
			assert.FileExists(t, filepath.Join(dir, test.made))
		})
	}
	t.Run(".", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.CopyFS(dir, os.DirFS(savedModels+"frozen/model")))
		t.Chdir(dir)
		must(t, "convert", ".")
		assert.FileExists(t, filepath.Join(dir, "saved_model.ng"))
	})
}
