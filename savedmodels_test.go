package tf2ng_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/internal/testmodel"
)

const savedModels = "testdata/savedmodels"

// savedModel is an entry of testdata/savedmodels/index.json.
type savedModel struct {
	Name       string              `json:"name"`
	Kind       string              `json:"kind"`
	Tags       []string            `json:"tags"`
	Signatures map[string]boundary `json:"signatures"`
	Refused    []string            `json:"refused"` // signatures that only TensorFlow can run
}

type boundary struct{ Inputs, Outputs []string }

// inText is a SavedModel that package pbtxt reads, which these tests do not link.
const inText = "text"

func loadSavedModels(t *testing.T) []savedModel {
	data, err := os.ReadFile(filepath.Join(savedModels, "index.json"))
	require.NoError(t, err)
	var list []savedModel
	require.NoError(t, json.Unmarshal(data, &list))
	require.GreaterOrEqual(t, len(list), 22)
	return slices.DeleteFunc(list, func(s savedModel) bool { return s.Name == inText })
}

func (s *savedModel) path() string { return filepath.Join(savedModels, s.Name, "model") }

// options choose a signature.
func (s *savedModel) options(signature string) []tf2ng.Option {
	return []tf2ng.Option{tf2ng.WithSignature(signature), tf2ng.WithTags(s.Tags...)}
}

// recordings are what TensorFlow 2.21 and another version computed.
var recordings = []string{"recorded.npz", "recorded_2.15.1.npz"}

// arrays returns the recorded tensors of one side of a signature, "in" or "out".
func (s *savedModel) arrays(t *testing.T, file, signature, side string, keys []string) map[string]*tf2ng.Tensor {
	all := map[string]*tf2ng.Tensor{}
	for _, key := range keys {
		all[key] = testmodel.Array(t, filepath.Join(savedModels, s.Name, file), signature+"."+side+"."+key)
	}
	return all
}

// run compares what a Model of a signature computes with TensorFlow's recordings: integers must be
// equal, floats within 1e-5, since TensorFlow's sums have another order.
func (s *savedModel) run(t *testing.T, m *tf2ng.Model, signature string) {
	t.Helper()
	b := s.Signatures[signature]
	got, err := m.Run(context.Background(), s.arrays(t, recordings[0], signature, "in", b.Inputs))
	require.NoError(t, err)
	for _, file := range recordings {
		want := s.arrays(t, file, signature, "out", b.Outputs)
		require.Len(t, got, len(want))
		var pairs []compare.Pair
		for _, key := range b.Outputs {
			pairs = append(pairs, compare.Pair{Name: key, Got: got[key], Want: want[key]})
		}
		result := compare.Compare(pairs, compare.Tolerance{Absolute: 1e-5, Relative: 1e-5})
		var text bytes.Buffer
		require.NoError(t, result.WriteText(&text))
		assert.True(t, result.Pass, "%s: %s", file, &text)
		t.Logf("%s: %s", file, &text)
	}
}

// Each signature of each SavedModel computes what TensorFlow does, on every engine.
func TestSavedModels(t *testing.T) {
	for _, s := range loadSavedModels(t) {
		for name := range s.Signatures {
			t.Run(s.Name+"/"+name, func(t *testing.T) {
				for engine, opts := range engineOptions() {
					m, err := tf2ng.Load(s.path(), append(opts, s.options(name)...)...)
					require.NoError(t, err, engine)
					assert.Equal(t, name, m.SignatureName())
					s.run(t, m, name)
					require.NoError(t, m.Close())
				}
			})
		}
	}
}

// A .ng file has the signatures of the SavedModel that it was made of.
func TestSavedModelsConverted(t *testing.T) {
	for _, s := range loadSavedModels(t) {
		for name := range s.Signatures {
			t.Run(s.Name+"/"+name, func(t *testing.T) {
				m, err := tf2ng.Load(s.path(), s.options(name)...)
				require.NoError(t, err)
				var b bytes.Buffer
				require.NoError(t, m.WriteNG(&b))
				usable := slices.DeleteFunc(m.Signatures(), func(n string) bool { return slices.Contains(s.Refused, n) })
				require.NoError(t, m.Close())

				for _, other := range usable {
					c, err := tf2ng.LoadBytes(b.Bytes(), tf2ng.WithSignature(other))
					require.NoError(t, err)
					assert.Equal(t, usable, c.Signatures())
					s.run(t, c, other)
					var again bytes.Buffer
					require.NoError(t, c.WriteNG(&again))
					assert.Equal(t, b.Bytes(), again.Bytes())
					require.NoError(t, c.Close())
				}
			})
		}
	}
}

// Signatures of one SavedModel are Models that share packed weights and are closed together.
func TestSignaturesShareAModel(t *testing.T) {
	for _, s := range loadSavedModels(t) {
		t.Run(s.Name, func(t *testing.T) {
			names := slices.Sorted(maps.Keys(s.Signatures))
			m, err := tf2ng.Load(s.path(), s.options(names[0])...)
			require.NoError(t, err)
			s.run(t, m, names[0])
			first, _ := m.Memory()
			for _, name := range names {
				other, err := m.Signature(name)
				require.NoError(t, err)
				again, err := other.Signature(name)
				require.NoError(t, err)
				assert.Same(t, other, again)
				s.run(t, other, name)
			}
			if s.Name == "module_signatures" { // one output layer more than the first has
				shared, _ := m.Memory()
				assert.Less(t, shared, 2*first)
			}
			for _, name := range s.Refused {
				_, err := m.Signature(name)
				assert.ErrorContains(t, err, `signature "`+name+`": `)
			}
			require.NoError(t, m.Close())
			last, err := m.Signature(names[len(names)-1])
			if err == nil { // it was there before
				_, err = last.Run(context.Background(), nil)
			}
			assert.ErrorIs(t, err, tf2ng.ErrClosed)
		})
	}
}

// The directory, its saved_model.pb and a file system's give one model.
func TestSavedModelPaths(t *testing.T) {
	signatures := map[string]boundary{"serving_default": {[]string{"x"}, []string{"y"}}}
	s := savedModel{Name: "module_shards", Signatures: signatures}
	load := map[string]func() (*tf2ng.Model, error){
		"directory":   func() (*tf2ng.Model, error) { return tf2ng.Load(s.path()) },
		"file":        func() (*tf2ng.Model, error) { return tf2ng.Load(filepath.Join(s.path(), "saved_model.pb")) },
		"file system": func() (*tf2ng.Model, error) { return tf2ng.LoadFS(os.DirFS(savedModels), "module_shards/model") },
		"file of a file system": func() (*tf2ng.Model, error) {
			return tf2ng.LoadFS(os.DirFS(savedModels), "module_shards/model/saved_model.pb")
		},
		"root of a file system": func() (*tf2ng.Model, error) { return tf2ng.LoadFS(os.DirFS(s.path()), ".") },
	}
	for name, load := range load {
		t.Run(name, func(t *testing.T) {
			m, err := load()
			require.NoError(t, err)
			s.run(t, m, "serving_default")
			require.NoError(t, m.Close())
		})
	}
}

// Inputs and outputs may be named as the signature does or as the graph does, and inner tensors too.
func TestSavedModelInputsAndOutputs(t *testing.T) {
	s := savedModel{Name: "tf1_variables"}
	path := s.path()
	x := s.arrays(t, recordings[0], "predict", "in", []string{"x"})["x"]
	want := s.arrays(t, recordings[0], "predict", "out", []string{"scores", "top"})
	for _, test := range []struct {
		name    string
		options []tf2ng.Option
		inputs  map[string]tf2ng.Shape // what the model says of them
		outputs []string
	}{
		{
			"shape of an input",
			[]tf2ng.Option{tf2ng.WithInputs(tf2ng.InputSpec{Name: "x", Shape: tf2ng.Shape{4, 10}})},
			map[string]tf2ng.Shape{"x": {4, 10}},
			[]string{"scores", "top"},
		},
		{
			"one output",
			[]tf2ng.Option{tf2ng.WithOutputs("top")},
			map[string]tf2ng.Shape{"x": {-1, 10}},
			[]string{"top"},
		},
		{
			"a tensor of the graph",
			[]tf2ng.Option{tf2ng.WithOutputs("scores", "net/w/read")},
			map[string]tf2ng.Shape{"x": {-1, 10}},
			[]string{"scores", "net/w/read"},
		},
		{
			"an inner tensor as input",
			[]tf2ng.Option{tf2ng.WithInputs(tf2ng.InputSpec{Name: "scores"}), tf2ng.WithOutputs("top")},
			map[string]tf2ng.Shape{"scores": {-1, 7}},
			[]string{"top"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := tf2ng.Load(path, append(test.options, tf2ng.WithSignature("predict"))...)
			require.NoError(t, err)
			defer m.Close()
			shapes, inputs := map[string]tf2ng.Shape{}, map[string]*tf2ng.Tensor{}
			for _, in := range m.Inputs() {
				shapes[in.Name] = in.Shape
				inputs[in.Name] = map[string]*tf2ng.Tensor{"x": x, "scores": want["scores"]}[in.Name]
			}
			assert.Equal(t, test.inputs, shapes)
			got, err := m.Run(context.Background(), inputs)
			require.NoError(t, err)
			assert.Equal(t, slices.Sorted(slices.Values(test.outputs)), slices.Sorted(maps.Keys(got)))
			if top := got["top"]; top != nil {
				assert.Equal(t, want["top"].Bytes(), top.Bytes())
			}
		})
	}
}

func TestSavedModelErrors(t *testing.T) {
	copied := func(name string, change func(dir string)) string {
		dir := filepath.Join(t.TempDir(), "model")
		require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(savedModels, name, "model"))))
		change(dir)
		return dir
	}
	remove := func(file string) func(string) {
		return func(dir string) { require.NoError(t, os.Remove(filepath.Join(dir, file))) }
	}
	damage := func(file string, at int) func(string) {
		return func(dir string) {
			path := filepath.Join(dir, file)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			data[at] ^= 1
			require.NoError(t, os.WriteFile(path, data, 0o600))
		}
	}
	cut := func(file string, size int64) func(string) {
		return func(dir string) { require.NoError(t, os.Truncate(filepath.Join(dir, file), size)) }
	}
	as := func(name string) string { return filepath.Join(savedModels, name, "model") }
	const data = "variables/variables.data-00000-of-00001"
	for _, test := range []struct {
		name    string
		path    string
		options []tf2ng.Option
		is      error
		text    string // behind the path
	}{
		{
			"no such signature",
			as("tf1_variables"),
			[]tf2ng.Option{tf2ng.WithSignature("classify")},
			nil,
			`no signature "classify": the model has the signatures "hidden", "predict"`,
		},
		{
			"signatures to choose from",
			as("tf1_variables"),
			nil,
			nil,
			`the model has the signatures "hidden", "predict": choose one with --signature`,
		},
		{
			"no such tags",
			as("tf1_variables"),
			[]tf2ng.Option{tf2ng.WithTags("serve", "gpu")},
			nil,
			`no graph has the tags ["serve" "gpu"]: the SavedModel has graphs with the tags ["serve"], ["train"]`,
		},
		{
			"no file of a vocabulary",
			copied("int8_vocabulary", remove("assets/words.txt")),
			nil,
			fs.ErrNotExist,
			"",
		},
		{
			"vocabulary outside of the SavedModel",
			copied("int8_vocabulary", func(dir string) {
				path := filepath.Join(dir, "saved_model.pb")
				data, err := os.ReadFile(path)
				require.NoError(t, err)
				data = bytes.ReplaceAll(data, []byte("words.txt"), []byte("../rd.txt"))
				require.NoError(t, os.WriteFile(path, data, 0o600))
			}),
			nil,
			graphdef.ErrStructure,
			"",
		},
		{
			"variable that changes",
			as("module_counter"),
			nil,
			nil,
			`signature "serving_default": variable "calls": node "AssignAddVariableOp" (AssignAddVariableOp) changes it, ` +
				`and what is wanted reads it: results would depend on earlier runs`,
		},
		{
			"no variables",
			copied("module_shards", remove("variables/variables.index")),
			nil,
			fs.ErrNotExist,
			"",
		},
		{
			"no shard",
			copied("module_shards", remove("variables/variables.data-00001-of-00003")),
			nil,
			fs.ErrNotExist,
			"",
		},
		{
			"damaged index",
			copied("tf1_variables", damage("variables/variables.index", 20)),
			[]tf2ng.Option{tf2ng.WithSignature("hidden")},
			graphdef.ErrMalformed,
			"",
		},
		{
			"damaged variable",
			copied("tf1_variables", damage(data, 20)),
			[]tf2ng.Option{tf2ng.WithSignature("hidden")},
			graphdef.ErrMalformed,
			"",
		},
		{
			"cut variable",
			copied("tf1_variables", cut(data, 40)),
			[]tf2ng.Option{tf2ng.WithSignature("hidden")},
			graphdef.ErrMalformed,
			"",
		},
		{
			"text that is not linked",
			as(inText),
			nil,
			tf2ng.ErrText,
			"text format is not linked into this program: import github.com/tf2ng/tf2ng/bridge/tf/pbtxt",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := tf2ng.Load(test.path, test.options...)
			require.Error(t, err)
			assert.Nil(t, m)
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
			if test.text != "" {
				assert.EqualError(t, err, test.path+": "+test.text)
			}
			t.Log(err)
		})
	}
}

func TestSavedModelInMemory(t *testing.T) {
	load := func(name string) (*tf2ng.Model, error) {
		data, err := os.ReadFile(filepath.Join(savedModels, name, "model/saved_model.pb"))
		require.NoError(t, err)
		return tf2ng.LoadBytes(data)
	}
	m, err := load("frozen")
	require.NoError(t, err)
	require.NoError(t, m.Close())
	_, err = load("module_shards")
	assert.EqualError(t, err, `signature "serving_default": variable "w4": saved_model.pb alone does not hold it: give `+
		`the directory that it is in`)
	var variable *tf2ng.VariableError
	require.ErrorAs(t, err, &variable)
}

func TestSignatureErrorsAreTyped(t *testing.T) {
	s := savedModel{Name: "tf1_variables"}
	path := s.path()
	_, err := tf2ng.Load(path)
	var signature *tf2ng.SignatureError
	require.ErrorAs(t, err, &signature)
	assert.Equal(t, []string{"hidden", "predict"}, signature.Have)
	_, err = tf2ng.Load(path, tf2ng.WithTags("gpu"))
	var tags *tf2ng.TagsError
	require.ErrorAs(t, err, &tags)
	assert.Equal(t, [][]string{{"serve"}, {"train"}}, tags.Have)
	_, err = tf2ng.Load(digits, tf2ng.WithSignature("serving_default"))
	assert.EqualError(t, err, digits+`: no signature "serving_default": the model has none`)
	m, err := tf2ng.Load(digits)
	require.NoError(t, err)
	defer m.Close()
	assert.Empty(t, m.Signatures())
	assert.Empty(t, m.SignatureName())
	_, err = m.Signature("x")
	assert.EqualError(t, err, `no signature "x": the model has none`)
}
