package ngfile_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/mapped"
	"github.com/tf2ng/tf2ng/internal/ngfile"
	"github.com/tf2ng/tf2ng/internal/version"
)

// sample returns a function with constants of 1, 2, 4 and 8 bytes an element.
func sample(t testing.TB) *core.Function {
	constants := []core.Value{}
	for _, typ := range []core.Type{core.I8, core.F32, core.Bool, core.BF16, core.F64, core.U8} {
		c, err := core.NewTensor(typ, core.Shape{3})
		require.NoError(t, err)
		c.Bytes()[0] = 1
		n, err := core.NewNamedNode("c/"+typ.String(), &core.Constant{Value: c})
		require.NoError(t, err)
		constants = append(constants, n.Out(0))
	}
	f := &core.Function{Names: map[string]core.Value{}, Meta: map[string]string{"tensorflow": "2.21"}}
	for _, c := range constants {
		r, err := core.NewNamedNode(c.Node.Name+":0", &core.Result{}, c)
		require.NoError(t, err)
		f.Results = append(f.Results, r)
		f.Names[r.Name] = c
	}
	return f
}

func encode(t testing.TB) []byte {
	var b bytes.Buffer
	require.NoError(t, ngfile.Write(&b, sample(t)))
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	data := encode(t)
	f, err := ngfile.Read(data)
	require.NoError(t, err)
	assert.Equal(t, sample(t).Text(), f.Text())
	want, err := sample(t).Eval(nil)
	require.NoError(t, err)
	got, err := f.Eval(nil)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	assert.Equal(t, data, encode(t), "equal functions give equal files")
	assert.True(t, ngfile.Sniff(data))
}

// The layout as the safetensors format defines it, read without this package.
func TestLayout(t *testing.T) {
	data := encode(t)
	n := binary.LittleEndian.Uint64(data)
	require.Zero(t, n%8, "data starts at a multiple of 8")
	var header map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data[8:8+n], &header))
	var meta map[string]string
	require.NoError(t, json.Unmarshal(header["__metadata__"], &meta))
	assert.Equal(t, "2.21", meta["tensorflow"])
	assert.Equal(t, "2", meta["schema"])
	assert.Equal(t, "tf2ng", meta["producer"])
	assert.Equal(t, version.String(), meta["producer_version"])
	for name, want := range map[string]string{
		"c/f64":     `{"dtype":"F64","shape":[3],"data_offsets":[0,24]}`,
		"c/f32":     `{"dtype":"F32","shape":[3],"data_offsets":[24,36]}`,
		"c/bf16":    `{"dtype":"BF16","shape":[3],"data_offsets":[36,42]}`,
		"c/boolean": `{"dtype":"BOOL","shape":[3],"data_offsets":[42,45]}`,
		"c/i8":      `{"dtype":"I8","shape":[3],"data_offsets":[45,48]}`,
		"c/u8":      `{"dtype":"U8","shape":[3],"data_offsets":[48,51]}`,
	} {
		assert.JSONEq(t, want, string(header[name]), name)
	}
	assert.Len(t, data, int(8+n+51))
}

func TestReadMappedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.ng")
	require.NoError(t, os.WriteFile(path, encode(t), 0o600))
	file, err := mapped.Open(path)
	require.NoError(t, err)
	f, err := ngfile.Read(file.Data)
	require.NoError(t, err)
	assert.Equal(t, sample(t).Text(), f.Text())
	require.NoError(t, file.Close())
	require.NoError(t, file.Close(), "again")

	require.NoError(t, os.WriteFile(path, nil, 0o600))
	file, err = mapped.Open(path)
	require.NoError(t, err)
	_, err = ngfile.Read(file.Data)
	assert.ErrorIs(t, err, ngfile.ErrFormat)
}

func TestReadErrors(t *testing.T) {
	valid := encode(t)
	change := func(old, new string) []byte {
		n := binary.LittleEndian.Uint64(valid)
		head := string(valid[8 : 8+n])
		require.Contains(t, head, old)
		head = strings.Replace(head, old, new, 1)
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
		return append(append(b, head...), valid[8+n:]...)
	}
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"short", []byte("tf2ng"), "got 5 bytes, want at least the 8 of the header's length"},
		{
			"huge header",
			[]byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"),
			"got a header of 18446744073709551615 bytes, the limit is 104857600",
		},
		{"cut header", valid[:40], ""},
		{
			"cut data",
			valid[:len(valid)-1],
			`tensor "c/u8": got the data offsets [48 51], want the first to be 48 and the second at most the data's ` +
				`50 bytes`,
		},
		{"more data", append(append([]byte{}, valid...), 0), "got 52 bytes of data, but the tensors have 51"},
		{"no object", []byte("\x02\x00\x00\x00\x00\x00\x00\x00[]"), "header: want a JSON object in UTF-8"},
		{
			"no graph",
			[]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"),
			"a safetensors file without a graph in its __metadata__: not written by tf2ng",
		},
		{
			"newer schema",
			change(`"schema":"2"`, `"schema":"3"`),
			`schema version: got 3, want 1 to 2: the file needs a newer tf2ng`,
		},
		{
			"older schema",
			change(`"schema":"2"`, `"schema":"0"`),
			`schema version: got 0, want 1 to 2: convert the GraphDef again with this tf2ng`,
		},
		{
			"schema is a word",
			change(`"schema":"2"`, `"schema":"two"`),
			`schema version: got "two", want a number: convert the GraphDef again with this tf2ng`,
		},
		{
			"no schema",
			change(`"schema":"2"`, `"scheme":"2"`),
			`schema version: got "", want a number: convert the GraphDef again with this tf2ng`,
		},
		{
			"newer graph",
			change(`{\n\"schema\":2`, `{\n\"schema\":3`),
			`invalid graph JSON: schema version: got 3, want 1 to 2: the file needs a newer tf2ng`,
		},
		{
			"functions",
			change(`{\n\"schema\":2`, `{\n\"functions\":{\"body\":0},\n\"schema\":2`),
			`invalid graph JSON: function "body": no node names it`,
		},
		{
			"version",
			change(`"tensorflow":"2.21"`, `"tensorflow":"2.8"`),
			`tensorflow: got "2.8", but the graph says "2.21"`,
		},
		{
			"metadata",
			change(`"schema":"2"`, `"schema":2`),
			"header: __metadata__: want strings by name: json: cannot unmarshal number into Go value of type string",
		},
		{"dtype", change(`"F64"`, `"F63"`), `tensor "c/f64": unknown dtype "F63"`},
		{
			"shape",
			change(`"F64","shape":[3]`, `"F64","shape":[4]`),
			`tensor "c/f64": a f64 tensor of shape [4] has 4 elements of 8 bytes, got 24 bytes`,
		},
		{
			"negative shape",
			change(`"F64","shape":[3]`, `"F64","shape":[-3]`),
			`tensor "c/f64": shape [-3] has no element count: a dimension is unknown or negative`,
		},
		{
			"overflowing shape",
			change(`"F64","shape":[3]`, `"F64","shape":[4294967296,4294967296]`),
			`tensor "c/f64": shape [4294967296,4294967296] has more than 1099511627776 elements`,
		},
		{
			"gap",
			change(`[24,36]`, `[25,36]`),
			`tensor "c/f32": got the data offsets [25 36], want the first to be 24 and the second at most the ` +
				`data's 51 bytes`,
		},
		{
			"backwards",
			change(`[24,36]`, `[24,20]`),
			`tensor "c/f32": got the data offsets [24 20], want the first to be 24 and the second at most the ` +
				`data's 51 bytes`,
		},
		{
			"overlap",
			change(`[24,36]`, `[0,24]`),
			`tensor "c/f32": got the data offsets [0 24], want the first to be 24 and the second at most the data's ` +
				`51 bytes`,
		},
		{
			"three offsets",
			change(`[24,36]`, `[24,36,36]`),
			`header: tensor "c/f32": want dtype, shape and the two data_offsets`,
		},
		{
			"no offsets",
			change(`,"data_offsets":[24,36]`, ``),
			`header: tensor "c/f32": want dtype, shape and the two data_offsets`,
		},
		{
			"unknown field",
			change(`,"data_offsets":[24,36]`, `,"colour":1`),
			`header: tensor "c/f32": want dtype, shape and data_offsets: json: unknown field "colour"`,
		},
		{"twice", change(`"c/f32":`, `"c/f64":`), `header: "c/f64" is there twice`},
		{
			"renamed",
			change(`"c/f32":`, `"c/f33":`),
			`invalid graph JSON: node 2: "c/f32" (Constant): no tensor "c/f32"`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ngfile.Read(test.data)
			require.ErrorIs(t, err, ngfile.ErrFormat)
			if test.want != "" {
				assert.EqualError(t, err, "invalid .ng file: "+test.want)
			}
		})
	}
	t.Run("boolean", func(t *testing.T) {
		bad := bytes.Clone(valid)
		bad[len(bad)-51+44] = 0x80
		_, err := ngfile.Read(bad)
		assert.EqualError(t, err, `invalid .ng file: tensor "c/boolean": got a boolean that is neither 0 nor 1`)
	})
}

type failingWriter struct{ after int }

var errFull = errors.New("disk full")

func (w *failingWriter) Write(b []byte) (int, error) {
	if w.after -= len(b); w.after < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestWriteReportsErrors(t *testing.T) {
	for after := 0; after < len(encode(t)); after += 16 {
		assert.ErrorIs(t, ngfile.Write(&failingWriter{after}, sample(t)), errFull, "after %d bytes", after)
	}
}

// functionOfSchema2 has what schema 1 has not, and strings.
func functionOfSchema2(t testing.TB) *core.Function {
	f := sample(t)
	strings, err := core.StringTensor(core.Shape{2}, []string{"cat", "\xff"})
	require.NoError(t, err)
	c, err := core.NewNamedNode("c/strings", &core.Constant{Value: strings})
	require.NoError(t, err)
	r, err := core.NewNamedNode("strings:0", &core.Result{}, c.Out(0))
	require.NoError(t, err)
	x, err := core.NewNamedNode("x", &core.Parameter{Type: core.F32, Shape: core.Shape{core.Unknown}})
	require.NoError(t, err)
	f.Parameters, f.Results = []*core.Node{x}, append(f.Results, r)
	f.Signatures = map[string]core.Signature{"serving_default": {
		Inputs: map[string]string{"image": "x"}, Outputs: map[string]string{"labels": "strings:0", "scores": "c/f32:0"},
	}}
	return f
}

func TestRoundTripOfSchema2(t *testing.T) {
	var b bytes.Buffer
	f := functionOfSchema2(t)
	require.NoError(t, ngfile.Write(&b, f))
	g, err := ngfile.Read(b.Bytes())
	require.NoError(t, err)
	assert.Equal(t, f.Text(), g.Text())
	assert.Equal(t, f.Signatures, g.Signatures)
	v, ok := g.Lookup("strings:0")
	require.True(t, ok)
	assert.Equal(t, []string{"cat", "\xff"}, v.Constant().Strings())
}

func FuzzRead(f *testing.F) {
	f.Add(encode(f))
	var b bytes.Buffer
	require.NoError(f, ngfile.Write(&b, functionOfSchema2(f)))
	f.Add(b.Bytes())
	// Lengths stay as they are, so that the files are whole.
	f.Add(bytes.Replace(b.Bytes(), []byte(`\"signatures\":{`), []byte(`\"functions\":{ `), 1))
	f.Add(bytes.Replace(b.Bytes(), []byte(`\"schema\":2`), []byte(`\"schema\":3`), 1))
	for _, file := range []string{"schema1/Convolution.ng", "schema2/Parameter.ng", "schema2/Constant.ng"} {
		data, err := os.ReadFile("../../testdata/ng/" + file)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := ngfile.Read(data)
		if err != nil {
			require.ErrorIs(t, err, ngfile.ErrFormat)
			return
		}
		var b bytes.Buffer
		require.NoError(t, ngfile.Write(&b, g))
		h, err := ngfile.Read(b.Bytes())
		require.NoError(t, err)
		require.Equal(t, g.Text(), h.Text())
	})
}
