package savedmodel_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel"
	"github.com/tf2ng/tf2ng/core"
)

const savedModels = "../../../testdata/savedmodels"

func files(dir string) savedmodel.Files {
	return func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, name)) }
}

// open reads a SavedModel of testdata.
func open(t testing.TB, name string) *savedmodel.SavedModel {
	dir := filepath.Join(savedModels, name, "model")
	data, err := os.ReadFile(filepath.Join(dir, savedmodel.Binary))
	if errors.Is(err, fs.ErrNotExist) {
		var text []byte
		text, err = os.ReadFile(filepath.Join(dir, savedmodel.Text))
		require.NoError(t, err)
		require.True(t, savedmodel.IsText(text))
		data, err = savedmodel.ToBinary(text)
	}
	require.NoError(t, err)
	require.False(t, savedmodel.IsText(data))
	m, err := savedmodel.Open(data, files(dir), savedmodel.Options{})
	require.NoError(t, err)
	return m
}

// names returns the SavedModels of testdata.
func names(t testing.TB) []string {
	data, err := os.ReadFile(filepath.Join(savedModels, "index.json"))
	require.NoError(t, err)
	var list []struct{ Name string }
	require.NoError(t, json.Unmarshal(data, &list))
	var all []string
	for _, m := range list {
		all = append(all, m.Name)
	}
	return all
}

// What is frozen has neither variables nor what reads them, in functions neither.
func TestFreezeLeavesNoVariables(t *testing.T) {
	gone := []string{"VarHandleOp", "VariableV2", "Variable", "ReadVariableOp", "ResourceGather", "ResourceGatherNd"}
	for _, name := range names(t) {
		m := open(t, name)
		for signature, s := range m.Signatures {
			if name == "module_counter" || signature == "words" {
				continue
			}
			t.Run(name+"/"+signature, func(t *testing.T) {
				var outputs []string
				for _, o := range s.Outputs {
					outputs = append(outputs, o.Name)
				}
				g, err := m.Freeze(outputs...)
				require.NoError(t, err)
				called := map[string]bool{}
				check := func(nodes []graphdef.Node) {
					for _, n := range nodes {
						assert.NotContains(t, gone, n.Op, n.Name)
						assert.NotContains(t, n.Name, "save", "only what the outputs need")
						for _, f := range n.Functions() {
							called[f] = true
						}
					}
				}
				check(g.Nodes)
				for range g.Functions {
					for _, f := range g.Functions {
						if called[f.Name] {
							check(f.Nodes)
						}
					}
				}
			})
		}
	}
}

func TestSignatures(t *testing.T) {
	m := open(t, "tf1_estimator")
	assert.Equal(t, []string{"predict", "regression", "serving_default"}, m.Names())
	assert.Equal(t, "tensorflow/serving/classify", m.Signatures["serving_default"].Method)
	assert.Equal(t, savedmodel.Tensor{
		Name: "input_tensor:0", Type: graphdef.Float, Shape: graphdef.Shape{Dims: []int64{-1, 10}},
	}, m.Signatures["predict"].Inputs["inputs"])
	assert.Equal(t, []string{"serve"}, m.Tags)
	assert.Regexp(t, `^2\.\d+\.\d+$`, m.Version)
}

func TestChoose(t *testing.T) {
	for _, test := range []struct {
		want string
		have []string
		name string
		err  string
	}{
		{"", []string{"a", "serving_default"}, "serving_default", ""},
		{"", []string{"a"}, "a", ""},
		{"a", []string{"a", "serving_default"}, "a", ""},
		{"", []string{"b", "a"}, "", `the model has the signatures "a", "b": choose one with --signature`},
		{"c", []string{"b", "a"}, "", `no signature "c": the model has the signatures "a", "b"`},
		{"c", nil, "", `no signature "c": the model has none`},
	} {
		got, err := savedmodel.Choose(test.want, test.have)
		assert.Equal(t, test.name, got)
		if test.err != "" {
			assert.EqualError(t, err, test.err)
		}
	}
}

// saved makes a SavedModel of the text of nodes and of functions.
func saved(t testing.TB, nodes, functions string, more ...string) *savedmodel.SavedModel {
	text := `saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: "serve" } graph_def { ` + nodes +
		` library { ` + functions + ` } } signature_def { key: "serving_default" value { ` +
		`outputs { key: "y" value { name: "y:0" dtype: DT_FLOAT } } } } ` + strings.Join(more, " ") + `}`
	data, err := pbtxt.SavedModelToBinary([]byte(text))
	require.NoError(t, err)
	m, err := savedmodel.Open(data, files(filepath.Join(savedModels, "tf1_variables/model")), savedmodel.Options{})
	require.NoError(t, err)
	return m
}

const (
	netB = `node { name: "net/b" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } }
		attr { key: "shape" value { shape { dim { size: 7 } } } } } `
	step = `node { name: "global_step" op: "VarHandleOp" attr { key: "dtype" value { type: DT_INT64 } } } `
)

// call is a node that calls a function with a resource.
func call(name, function, input, result string) string {
	return `node { name: "` + name + `" op: "PartitionedCall" input: "` + input + `"
		attr { key: "Tin" value { list { type: DT_RESOURCE } } } attr { key: "Tout" value { list { type: ` + result + ` } } }
		attr { key: "f" value { func { name: "` + function + `" } } } } `
}

// function reads its argument by nodes.
func function(name, result, nodes, ret string) string {
	return `function { signature { name: "` + name + `" input_arg { name: "v" type: DT_RESOURCE }
		output_arg { name: "r" type: ` + result + ` } } ` + nodes + ` ret { key: "r" value: "` + ret + `" } } `
}

const (
	inner = `node_def { name: "read" op: "ReadVariableOp" input: "v" attr { key: "dtype" value { type: DT_FLOAT } } } `
	twice = inner + `node_def { name: "sum" op: "AddV2" input: "read:value:0" input: "read:value:0"
		attr { key: "T" value { type: DT_FLOAT } } } `
	same = `node_def { name: "same" op: "Identity" input: "v" attr { key: "T" value { type: DT_RESOURCE } } } `
)

// A variable reaches what reads it through functions, Identities, and as the result of a function.
func TestHandingOn(t *testing.T) {
	deep := `node_def { name: "deep" op: "PartitionedCall" input: "v"
		attr { key: "Tin" value { list { type: DT_RESOURCE } } } attr { key: "Tout" value { list { type: DT_FLOAT } } }
		attr { key: "f" value { func { name: "Twice" } } } } `
	read := `node { name: "y" op: "ReadVariableOp" input: "handle" attr { key: "dtype" value { type: DT_FLOAT } } } `
	for _, test := range []struct {
		name, nodes, functions string
		times                  float32
	}{
		{"read", netB + strings.Replace(read, "handle", "net/b", 1), "", 1},
		{
			"Identity", netB + `node { name: "handle" op: "Identity" input: "net/b"
				attr { key: "T" value { type: DT_RESOURCE } } } ` + read, "", 1,
		},
		{"argument", netB + call("y", "Twice", "net/b", "DT_FLOAT"), function("Twice", "DT_FLOAT", twice, "sum:z:0"), 2},
		{
			"argument of an argument", netB + call("y", "Deep", "net/b", "DT_FLOAT"),
			function("Twice", "DT_FLOAT", twice, "sum:z:0") + function("Deep", "DT_FLOAT", deep, "deep:output:0"), 2,
		},
		{
			"result", netB + call("handle", "Same", "net/b", "DT_RESOURCE") + read,
			function("Same", "DT_RESOURCE", same, "same:output:0"), 1,
		},
		{
			"argument as result", netB + call("handle", "Same", "net/b", "DT_RESOURCE") + read,
			function("Same", "DT_RESOURCE", "", "v"), 1,
		},
		{
			"two calls", netB + call("a", "Twice", "net/b", "DT_FLOAT") + call("b", "Twice", "net/b", "DT_FLOAT") +
				`node { name: "y" op: "AddV2" input: "a" input: "b" attr { key: "T" value { type: DT_FLOAT } } }`,
			function("Twice", "DT_FLOAT", twice, "sum:z:0"), 4,
		},
		{"name of the variable alone", netB + strings.Replace(read, "handle", "net/b", 1), "", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			translated, err := saved(t, test.nodes, test.functions).Translate("serving_default", tf.Options{})
			require.NoError(t, err)
			got, err := translated.Function.Eval(nil)
			require.NoError(t, err)
			once := saved(t, netB+strings.Replace(read, "handle", "net/b", 1), "")
			plain, err := once.Translate("serving_default", tf.Options{})
			require.NoError(t, err)
			want, err := plain.Function.Eval(nil)
			require.NoError(t, err)
			w, g := core.Data[float32](want["y:0"]), core.Data[float32](got["y:0"])
			require.Len(t, g, 7)
			for i := range w {
				assert.Equal(t, test.times*w[i], g[i])
			}
		})
	}
}

func TestFreezeErrors(t *testing.T) {
	for _, test := range []struct {
		name, nodes, functions string
		is                     error
		want                   string
	}{
		{
			"not restored", `node { name: "y" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } } }`, "",
			graphdef.ErrStructure,
			`variable "y": nothing restores it: it has no value before the model is trained or initialized`,
		},
		{
			"another type", `node { name: "y" op: "VarHandleOp" attr { key: "shared_name" value { s: "net/b" } }
				attr { key: "dtype" value { type: DT_INT32 } } }`, "", graphdef.ErrValue,
			`variable "net/b": got float [7] in the files, want int32 unknown as the graph has it`,
		},
		{
			"another shape", `node { name: "y" op: "VariableV2" attr { key: "shared_name" value { s: "net/b" } }
				attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { dim { size: 8 } } } } }`,
			"", graphdef.ErrValue, `variable "net/b": got float [7] in the files, want float [8] as the graph has it`,
		},
		{
			"different variables", netB + step + call("a", "Same", "net/b", "DT_RESOURCE") +
				call("b", "Same", "global_step", "DT_RESOURCE") + `node { name: "y" op: "NoOp" input: "^a" input: "^b" }`,
			function("Same", "DT_RESOURCE", same, "same:output:0"), nil,
			`function "Same": it is called with variables of different types, which is not supported`,
		},
		{
			"changed by control", netB + `node { name: "more" op: "AssignAddVariableOp" input: "net/b" input: "x" }
				node { name: "x" op: "Const" }
				node { name: "y" op: "ReadVariableOp" input: "net/b" input: "^more"
					attr { key: "dtype" value { type: DT_FLOAT } } }`,
			"", graphdef.ErrStructure, `variable "net/b": node "more" (AssignAddVariableOp) changes it, and what is wanted ` +
				`reads it: results would depend on earlier runs`,
		},
		{
			"changed in a function", netB + call("more", "Change", "net/b", "DT_RESOURCE") +
				`node { name: "y" op: "ReadVariableOp" input: "net/b" input: "^more"
					attr { key: "dtype" value { type: DT_FLOAT } } }`,
			function("Change", "DT_RESOURCE", `node_def { name: "one" op: "Const" }
				node_def { name: "more" op: "AssignSubVariableOp" input: "v" input: "one:output:0" }`, "v"),
			graphdef.ErrStructure, `variable "net/b": node "more" (AssignSubVariableOp) changes it, and what is wanted ` +
				`reads it: results would depend on earlier runs`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := saved(t, test.nodes, test.functions).Freeze("y:0")
			assert.EqualError(t, err, test.want)
			if test.is != nil {
				assert.ErrorIs(t, err, test.is)
			}
		})
	}
}

// A function that calls itself is left to whoever inlines it.
func TestFreezeOfARecursion(t *testing.T) {
	again := `node_def { name: "again" op: "PartitionedCall" input: "v"
		attr { key: "Tin" value { list { type: DT_RESOURCE } } } attr { key: "Tout" value { list { type: DT_FLOAT } } }
		attr { key: "f" value { func { name: "Again" } } } } `
	m := saved(t, netB+call("y", "Again", "net/b", "DT_FLOAT"), function("Again", "DT_FLOAT", again, "again:output:0"))
	_, err := m.Translate("serving_default", tf.Options{})
	assert.EqualError(t, err, `signature "serving_default": node "y/again" (PartitionedCall): function "Again" calls `+
		`itself: Again -> Again`)
}

func TestOpenErrors(t *testing.T) {
	for _, test := range []struct {
		name, data string
		is         error
		want       string
	}{
		{"empty", "", graphdef.ErrEmpty, "empty file, want a SavedModel"},
		{"nothing in it", "\x08\x01", graphdef.ErrStructure, "a SavedModel without MetaGraphs"},
		{"cut", "\x08\x01\x12\x10", graphdef.ErrMalformed, "unexpected EOF"},
		{"number for a MetaGraph", "\x10\x01", graphdef.ErrMalformed, "meta_graphs has wire type 0, want 2"},
		{"too many", strings.Repeat("\x12\x00", 65), graphdef.ErrLimit, "more than 64 MetaGraphs, which is the limit"},
		{"tag that is no text", "\x12\x05\x0a\x03\x22\x01\xff", graphdef.ErrMalformed, "a tag is not UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := savedmodel.Open([]byte(test.data), nil, savedmodel.Options{})
			assert.EqualError(t, err, test.want)
			assert.ErrorIs(t, err, test.is)
		})
	}
}

// What a Function cannot have is told by the name of the signature.
func TestTranslateErrors(t *testing.T) {
	x := `node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
		node { name: "y" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }`
	signature := func(name, ports string) string {
		return `signature_def { key: "` + name + `" value { ` + ports + ` } }`
	}
	const y = `outputs { key: "y" value { name: "y:0" } } `
	for _, test := range []struct{ name, more, signature, want string }{
		{
			"no such node", signature("s", `outputs { key: "y" value { name: "z:0" } }`), "s",
			`output "y": got tensor "z:0", but the graph has no such node`,
		},
		{
			"sparse", signature("s", y+`inputs { key: "x" value { coo_sparse { values_tensor_name: "x:0" } } }`), "s",
			`input "x" is a sparse or composite tensor, which is not supported`,
		},
		{"no outputs", signature("s", ""), "s", "it has no outputs"},
		{
			"input that it does not have", signature("s", y), "s",
			`its outputs need input "x" (Placeholder), which it does not have`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := saved(t, x, "", test.more).Translate(test.signature, tf.Options{})
			require.Error(t, err)
			assert.Contains(t, err.Error(), `signature "`+test.signature+`": `)
			assert.Contains(t, err.Error(), test.want)
		})
	}
}

// A SavedModel without signatures is a graph whose outputs are named, or found if it has no
// variables.
func TestWithoutASignature(t *testing.T) {
	read := `node { name: "y" op: "ReadVariableOp" input: "net/b" attr { key: "dtype" value { type: DT_FLOAT } } } `
	_, err := saved(t, netB+read, "").Translate("", tf.Options{})
	assert.EqualError(t, err, "the SavedModel has no signature: save it with one, or name its outputs with --output; its "+
		"functions are called from Python alone")
	_, err = saved(t, netB+read, "").Translate("", tf.Options{Outputs: []string{"z"}})
	assert.EqualError(t, err, `the graph has none of the tensors ["z"]`)

	named, err := saved(t, netB+read, "").Translate("", tf.Options{Outputs: []string{"y"}})
	require.NoError(t, err)
	assert.Equal(t, "y:0", named.Function.Results[0].Name)
	assert.Empty(t, named.Function.Signatures)

	x := `node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
		node { name: "y" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }`
	found, err := saved(t, x, "").Translate("", tf.Options{})
	require.NoError(t, err)
	assert.Equal(t, "y:0", found.Function.Results[0].Name)
}

// two are two signatures over one placeholder, and one from the inner tensor between them.
const two = `signature_def { key: "all" value { inputs { key: "a" value { name: "x:0" dtype: DT_FLOAT } }
		outputs { key: "z" value { name: "z:0" } } } }
	signature_def { key: "half" value { inputs { key: "a" value { name: "x:0" dtype: DT_FLOAT } }
		outputs { key: "y" value { name: "y:0" } } } }
	signature_def { key: "rest" value { inputs { key: "b" value { name: "y:0" dtype: DT_FLOAT
		tensor_shape { dim { size: 3 } } } } outputs { key: "z" value { name: "z:0" } } } }`

func twoSignatures(t *testing.T) *savedmodel.SavedModel {
	m := saved(t, `node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
		node { name: "y" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
		node { name: "z" op: "Neg" input: "y" attr { key: "T" value { type: DT_FLOAT } } }`, "", two)
	delete(m.Signatures, savedmodel.ServingDefault)
	return m
}

// Signatures that start at inner tensors are not translated with those that start in front.
func TestSignaturesThatCutTheGraph(t *testing.T) {
	for _, test := range []struct {
		chosen          string
		options         tf.Options
		have            []string
		parameters      []string
		refused, reason string
	}{
		{
			"all",
			tf.Options{},
			[]string{"all", "half"},
			[]string{"x"},
			"rest",
			`it starts at other tensors of the graph than signature "all": load the SavedModel with it`,
		},
		{
			"rest",
			tf.Options{},
			[]string{"rest"},
			[]string{"y"},
			"half",
			`it starts at other tensors of the graph than signature "rest": load the SavedModel with it`,
		},
		{
			"all",
			tf.Options{CheckAsserts: true},
			[]string{"all"},
			[]string{"x"},
			"half",
			`only the Asserts of signature "all" are checked: load the SavedModel with it`,
		},
		{
			"all",
			tf.Options{Inputs: []tf.InputSpec{{Name: "a", Shape: core.Shape{3}}}},
			[]string{"all", "half"},
			[]string{"x"},
			"", "",
		},
		{"all", tf.Options{Inputs: []tf.InputSpec{{Name: "y"}}}, []string{"all"}, []string{"y", "x"}, "", ""},
		{"all", tf.Options{Outputs: []string{"y"}}, []string{"all"}, []string{"x"}, "", ""},
		{"all", tf.Options{Outputs: []string{"z"}}, []string{"all", "half"}, []string{"x"}, "", ""},
	} {
		got, err := twoSignatures(t).Translate(test.chosen, test.options)
		require.NoError(t, err)
		assert.Equal(t, test.have, slices.Sorted(maps.Keys(got.Function.Signatures)))
		var parameters []string
		for _, p := range got.Function.Parameters {
			parameters = append(parameters, p.Name)
		}
		assert.Equal(t, test.parameters, parameters)
		if test.refused != "" {
			assert.EqualError(t, got.Refused[test.refused], test.reason)
		}
	}
	fixed, err := twoSignatures(t).Translate("all", tf.Options{Constants: []tf.ConstantSpec{{Name: "a", Text: "[1.5]"}}})
	require.NoError(t, err)
	assert.Empty(t, fixed.Function.Parameters)
	values, err := fixed.Function.Eval(nil)
	require.NoError(t, err)
	assert.Equal(t, []float32{1.5}, core.Data[float32](values["z:0"]))
	assert.Empty(t, fixed.Function.Signatures["half"].Inputs)
	_, err = twoSignatures(t).Translate("all", tf.Options{Inputs: []tf.InputSpec{{Name: "a"}, {Name: "x:0"}}})
	assert.EqualError(t, err, `input "x:0": given twice`)
}

// No bytes make the reader panic.
func FuzzSavedModel(f *testing.F) {
	all := []string{"frozen", "tf1_partitioned", "module_objects", "module_types", "module_counter"}
	for _, name := range all {
		data, err := os.ReadFile(filepath.Join(savedModels, name, "model", savedmodel.Binary))
		require.NoError(f, err)
		f.Add(data, uint8(slices.Index(all, name)))
	}
	f.Fuzz(func(t *testing.T, data []byte, dir uint8) {
		from := files(filepath.Join(savedModels, all[int(dir)%len(all)], "model"))
		m, err := savedmodel.Open(data, from, savedmodel.Options{})
		if err != nil {
			return
		}
		for _, name := range m.Names() {
			if translated, err := m.Translate(name, tf.Options{}); err == nil {
				require.NoError(t, translated.Function.Check())
			}
		}
	})
}
