package core_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	_ "github.com/tf2ng/tf2ng/core/op" // registers all ops
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/postop"
	_ "github.com/tf2ng/tf2ng/fusedops"
	"github.com/tf2ng/tf2ng/internal/ngfile"
)

// sample returns a function with what a graph may hold: unknown shapes, strings, one
// tensor in two constants, a constant without a name, post-ops, and a name for a value
// that is no result, and signatures.
func sample(t testing.TB) *core.Function {
	apply := func(name string, op core.Op, in ...core.Value) core.Value {
		n, err := core.NewNamedNode(name, op, in...)
		require.NoError(t, err)
		n.Origin = core.Origin{Node: name, Op: "Tf" + n.OpName()}
		return n.Out(0)
	}
	constant := func(name string, shape core.Shape, data []int8) core.Value {
		c, err := core.TensorOf(shape, data)
		require.NoError(t, err)
		return apply(name, &core.Constant{Value: c})
	}
	x := apply("x", &core.Parameter{Type: core.U8, Shape: core.Shape{core.Unknown, 4, 4, 1}})
	any := apply("any", &core.Parameter{})
	w := constant("w", core.Shape{2, 2, 1, 3}, []int8{1, -2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -12})
	again := core.NewConstant(w.Constant())
	conv := apply("conv", &linear.IntegerConvolution{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, Strides: []int{2, 2}, PadType: geometry.PadSameUpper},
		PostOps: []postop.Step{
			{Kind: postop.Mul},
			{Kind: postop.Activation, Activation: numeric.LeakyRelu, Alpha: float32(math.Inf(1))},
			postop.RoundSaturateTo(core.U8),
		},
	}, x, w, core.NewConstant(core.Scalar(uint8(3))), core.NewConstant(core.Scalar(int8(0))),
		core.NewConstant(core.Scalar(float32(0.25))))
	reshaped := apply("reshape", &array.Transpose{}, again)
	labels, err := core.StringTensor(core.Shape{2}, []string{"cat", "dog <&>"})
	require.NoError(t, err)
	raw, err := core.StringTensor(core.Shape{1}, []string{"\xff"})
	require.NoError(t, err)
	result := func(name string, v core.Value) *core.Node { return apply(name, &core.Result{}, v).Node }
	return &core.Function{
		Name:       "sample",
		Parameters: []*core.Node{x.Node, any.Node},
		Results: []*core.Node{
			result("y:0", conv), result("r:0", reshaped),
			result("labels:0", apply("labels", &core.Constant{Value: labels})),
			result("raw:0", core.NewConstant(raw)), result("any:0", any),
		},
		Names: map[string]core.Value{"conv:0": conv, "w:0": w},
		Meta:  map[string]string{"tensorflow": "2.21"},
		Signatures: map[string]core.Signature{
			"serving_default": {
				Inputs: map[string]string{"image": "x"}, Outputs: map[string]string{"scores": "y:0", "conv": "conv:0"},
			},
			"labels": {Outputs: map[string]string{"<&>": "labels:0"}},
		},
	}
}

func TestJSONRoundTrip(t *testing.T) {
	f := sample(t)
	graph, tensors, err := f.EncodeJSON()
	require.NoError(t, err)
	assert.Len(t, tensors, 4, "the tensor of two constants is there once")
	assert.Contains(t, tensors, "w")

	g, err := core.DecodeJSON(graph, tensors)
	require.NoError(t, err)
	assert.Equal(t, f.Text(), g.Text())
	assert.Equal(t, f.Meta, g.Meta)
	assert.Equal(t, f.Signatures["serving_default"], g.Signatures["serving_default"])
	assert.Equal(t, core.Signature{Inputs: map[string]string{}, Outputs: map[string]string{"<&>": "labels:0"}},
		g.Signatures["labels"])
	assert.Len(t, g.Signatures, 2)

	again, _, err := g.EncodeJSON()
	require.NoError(t, err)
	assert.Equal(t, string(graph), string(again))

	x, err := core.NewTensor(core.U8, core.Shape{1, 4, 4, 1})
	require.NoError(t, err)
	for i := range x.Bytes() {
		x.Bytes()[i] = byte(17 * i)
	}
	inputs := map[string]*core.Tensor{"x": x, "any": x}
	bind := map[string]core.Shape{}
	var results [2]map[string]*core.Tensor
	for i, h := range []*core.Function{f, g} {
		h.Parameters = h.Parameters[:1:1]
		h.Results = h.Results[:4:4]
		bound, err := h.Bind(bind)
		require.NoError(t, err)
		results[i], err = bound.Eval(inputs)
		require.NoError(t, err)
	}
	assert.Equal(t, results[0], results[1])
}

// Every attribute of every op, those of package fusedops among them, survives.
func TestJSONHoldsEveryAttribute(t *testing.T) {
	for _, name := range core.OpNames() {
		if name == "Constant" {
			continue // its tensor is stored beside the graph
		}
		t.Run(name, func(t *testing.T) {
			op, err := core.NewOp(name)
			require.NoError(t, err)
			fill(reflect.ValueOf(op).Elem())
			data, err := core.AppendJSON(nil, reflect.ValueOf(op))
			require.NoError(t, err)
			again, err := core.NewOp(name)
			require.NoError(t, err)
			require.NoError(t, core.ParseJSON(data, reflect.ValueOf(again).Elem()))
			assert.Equal(t, op, again, "%s", data)
		})
	}
}

// fill sets all fields to values other than zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("text")
	case reflect.Float32, reflect.Float64:
		v.SetFloat(math.Inf(-1))
	case reflect.Int, reflect.Int64:
		v.SetInt(1<<31 - 1)
	case reflect.Uint8:
		v.SetUint(1)
	default:
		panic("no value for an attribute of type " + v.Type().String())
	}
}

func TestDecodeJSONErrors(t *testing.T) {
	graph, tensors, err := sample(t).EncodeJSON()
	require.NoError(t, err)
	valid := string(graph)
	for _, test := range []struct{ name, old, new, want string }{
		{"not json", `"schema":2`, `"schema":2,,`, "not JSON in UTF-8"},
		{"not utf-8", `"sample"`, "\"\xff\"", "not JSON in UTF-8"},
		{
			"newer schema", `"schema":2`, `"schema":3,"branches":{}`,
			"schema version: got 3, want 1 to 2: the file needs a newer tf2ng",
		},
		{
			"older schema", `"schema":2`, `"schema":0`,
			"schema version: got 0, want 1 to 2: convert the GraphDef again with this tf2ng",
		},
		{"no schema", `"schema":2,`, ``, "want the fields schema, nodes, parameters, results and names"},
		{
			"signatures in schema 1", `"schema":2`, `"schema":1`,
			`field "signatures": unknown field in schema 1: want schema 2`,
		},
		{
			"functions in schema 1", `"schema":2,`, `"schema":1,"functions":{},`,
			`field "functions": unknown field in schema 1: want schema 2`,
		},
		{"functions", `"schema":2,`, `"schema":2,"functions":{"while_body":1},`, `function "while_body": no node names it`},
		{
			"long name of a function", `"schema":2,`, `"schema":2,"functions":{"` + strings.Repeat("while/", 99) + `":0},`,
			`function "while/while/while/while/while/while/whil...": no node names it`,
		},
		{
			"list of functions", `"schema":2,`, `"schema":2,"functions":[{"name":"f"}],`,
			`field "functions": got [{"name":"f"}], want an object`,
		},
		{
			"signature's input", `"image":"x"`, `"image":"y"`,
			`function: signature "serving_default": input "image": got "y", want a parameter`,
		},
		{
			"signature's output", `"scores":"y:0"`, `"scores":"y"`,
			`function: signature "serving_default": output "scores": got "y", want a result or a name of a tensor`,
		},
		{
			"signature's field", `"inputs":{"image":"x"}`, `"inputs":{"image":"x"},"role":""`,
			`field "signatures": field "serving_default": field "role": unknown field`,
		},
		{
			"half a signature", `"inputs":{"image":"x"},`, ``,
			`field "signatures": field "serving_default": want the fields inputs and outputs`,
		},
		{
			"signature's number", `"scores":"y:0"`, `"scores":7`,
			`field "signatures": field "serving_default": field "outputs": field "scores": got number, want string`,
		},
		{
			"signature twice", `"signatures":{`,
			`"signatures":{"serving_default":{"inputs":{},"outputs":{}},`,
			`field "signatures": field "serving_default": given twice`,
		},
		{"schema is text", `"schema":2`, `"schema":"1"`, `field "schema": got string, want int`},
		{"unknown field", `"schema":2`, `"schema":2,"colour":2`, `field "colour": unknown field`},
		{"field twice", `"schema":2`, `"schema":2,"schema":1`, `field "schema": given twice`},
		{"spelling", `"schema":2`, `"Schema":1`, `field "Schema": unknown field`},
		{
			"unknown op", `"op":"Transpose"`, `"op":"Transmute"`,
			`node 9: "reshape" (Transmute): unknown op "Transmute": it needs a newer tf2ng`,
		},
		{"no op", `"op":"Transpose",`, ``, `node 9: want the field op`},
		{
			"attribute", `"strides":[2,2]`, `"strides":[2,2],"speed":3`,
			`node 6: "conv" (IntegerConvolution): attributes: field "speed": unknown field`,
		},
		{
			"attribute's type", `"strides":[2,2]`, `"strides":"2"`,
			`node 6: "conv" (IntegerConvolution): attributes: field "strides": got "2", want a list`,
		},
		{
			"attribute's element", `"strides":[2,2]`, `"strides":[2,null]`,
			`node 6: "conv" (IntegerConvolution): attributes: field "strides": element 1: got null, want int`,
		},
		{
			"fraction", `"strides":[2,2]`, `"strides":[2,2.5]`,
			`node 6: "conv" (IntegerConvolution): attributes: field "strides": element 1: got number 2.5, want int`,
		},
		{
			"enumeration", `"SAME_UPPER"`, `"SAME"`,
			`node 6: "conv" (IntegerConvolution): attributes: field "pad_type": unknown pad type "SAME"`,
		},
		{
			"number", `"alpha":"+Inf"`, `"alpha":"much"`,
			`node 6: "conv" (IntegerConvolution): attributes: field "post_ops": element 1: field "alpha": got "much", ` +
				`want a number, "NaN", "+Inf" or "-Inf"`,
		},
		{
			"rejected by the op", `"strides":[2,2]`, `"strides":[2,0]`,
			`node 6: "conv" (IntegerConvolution): node "conv" (IntegerConvolution): strides: got [2 0], ` +
				`want each in [1, 16777216]`,
		},
		{
			"later node", `"inputs":[[0,0],`, `"inputs":[[6,0],`,
			`node 6: "conv" (IntegerConvolution): input 0: got node 6, want one of the 6 before`,
		},
		{
			"no such output", `"inputs":[[0,0],`, `"inputs":[[0,1],`,
			`node 6: "conv" (IntegerConvolution): input 0: got output 1 of node 0, want one of its 1`,
		},
		{"half a value", `"inputs":[[0,0],`, `"inputs":[[0],`, `node 6: field "inputs": element 0: got 1 elements, want 2`},
		{
			"tensor of another op", `"name":"x",`, `"name":"x","tensor":"w",`,
			`node 0: "x" (Parameter): got a tensor, which only a Constant has`,
		},
		{"no tensor", `"tensor":"w"`, `"tensor":"v"`, `node 2: "w" (Constant): no tensor "v"`},
		{
			"tensor's shape", `"shape":[2,2,1,3]`, `"shape":[2,2,3]`,
			`node 2: "w" (Constant): output 0: got i8[2,2,3], want i8[2,2,1,3]`,
		},
		{
			"strings", `"strings":["cat",`, `"strings":[`,
			`node 11: "labels" (Constant): a string tensor of shape [2] has 2 elements, got 1`,
		},
		{
			"dimension", `"shape":[-1,4,4,1]}`, `"shape":[-2,4,4,1]}`,
			`node 0: "x" (Parameter): got dimension -2, want >= 0, or -1 if it is unknown`,
		},
		{
			"too many elements", `"shape":[-1,4,4,1]}`, `"shape":[-1,4294967296,4294967296,1]}`,
			`node 0: "x" (Parameter): shape [4294967296,4294967296,1] has more than 1099511627776 elements`,
		},
		{"result", `"results":[7`, `"results":[6`, `result: node 6 is IntegerConvolution, want Result`},
		{"result twice", `"results":[7,`, `"results":[7,7,`, `result: node 7 has the name "y:0", want one that no other has`},
		{
			"parameter not listed", `"parameters":[0,1]`, `"parameters":[0]`,
			`node "any" (Parameter) is read but is not among the parameters`,
		},
		{"name", `"conv:0":[6,0]`, `"conv:0":[60,0]`, `name "conv:0": got node 60, want one of the 16 before`},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Contains(t, valid, test.old)
			_, err := core.DecodeJSON([]byte(strings.Replace(valid, test.old, test.new, 1)), tensors)
			require.ErrorIs(t, err, core.ErrJSON)
			assert.EqualError(t, err, "invalid graph JSON: "+test.want)
		})
	}
}

// What a caller may want to tell apart has a type.
func TestDecodeJSONTypedErrors(t *testing.T) {
	graph, tensors, err := sample(t).EncodeJSON()
	require.NoError(t, err)
	with := func(text string) error {
		_, err := core.DecodeJSON(bytes.Replace(graph, []byte(`"schema":2`), []byte(text), 1), tensors)
		return err
	}
	var schema *core.SchemaError
	require.ErrorAs(t, with(`"schema":7`), &schema)
	assert.Equal(t, 7, schema.Got)
	assert.NoError(t, with(`"schema":2,"functions":{}`))
	_, err = core.DecodeJSON(bytes.Replace(graph, []byte(`"op":"Transpose"`), []byte(`"op":"Transmute"`), 1), tensors)
	var op *core.UnknownOpError
	require.ErrorAs(t, err, &op)
	assert.Equal(t, "Transmute", op.Op)
}

// Signatures stay as long as what they stand for is there.
func TestSignaturesFollowTheFunction(t *testing.T) {
	f := sample(t)
	bound, err := f.Bind(map[string]core.Shape{"x": {3, 4, 4, 1}})
	require.NoError(t, err)
	assert.Equal(t, f.Signatures, bound.Signatures)
	g, err := f.WithResults([]string{"y:0"}, true)
	require.NoError(t, err)
	assert.Equal(t, map[string]core.Signature{"serving_default": f.Signatures["serving_default"]}, g.Signatures)
	g, err = f.WithResults([]string{"labels:0"}, false)
	require.NoError(t, err)
	assert.Equal(t, map[string]core.Signature{"labels": f.Signatures["labels"]}, g.Signatures)
	g, err = f.WithResults([]string{"r:0"}, false)
	require.NoError(t, err)
	assert.Nil(t, g.Signatures)
}

func TestEncodeJSONSignatureErrors(t *testing.T) {
	for want, s := range map[string]core.Signature{
		`function: signature "s": input "a": got "b", want a parameter`: {
			Inputs: map[string]string{"a": "b"},
		},
		`function: signature "s": output "a": got "b", want a result or a name of a tensor`: {
			Outputs: map[string]string{"a": "b"},
		},
		`function: signature "s": "\xff" is not UTF-8`: {Inputs: map[string]string{"\xff": "x"}},
		`function: signature "s": default of "b": want a tensor, for an input of the signature`: {
			Inputs: map[string]string{"a": "x"}, Defaults: map[string]*core.Tensor{"b": core.Scalar(uint8(1))},
		},
		`function: signature "s": "\xfe" is not UTF-8`: {Method: "\xfe"},
	} {
		f := sample(t)
		f.Signatures = map[string]core.Signature{"s": s}
		_, _, err := f.EncodeJSON()
		assert.EqualError(t, err, want)
		assert.ErrorAs(t, err, new(*core.FunctionError))
	}
}

// A signature keeps its method, and the values of inputs that may be left out.
func TestSignatureDefaults(t *testing.T) {
	texts, err := core.StringTensor(core.Shape{2}, []string{"a", "\xff"})
	require.NoError(t, err)
	for _, value := range []*core.Tensor{core.Scalar(float32(-0.5)), core.Scalar(true), texts, {}} {
		if value.Type() == core.Dynamic {
			value, err = core.NewTensor(core.I16, core.Shape{0, 3})
			require.NoError(t, err)
		}
		f := sample(t)
		s := core.Signature{
			Inputs: map[string]string{"a": "x"}, Outputs: map[string]string{}, Method: "tensorflow/serving/<predict>",
			Defaults: map[string]*core.Tensor{"a": value},
		}
		f.Signatures = map[string]core.Signature{"s": s}
		graph, tensors, err := f.EncodeJSON()
		require.NoError(t, err)
		g, err := core.DecodeJSON(graph, tensors)
		require.NoError(t, err)
		got := g.Signatures["s"]
		assert.Equal(t, s.Method, got.Method)
		assert.Equal(t, value.Fact(), got.Defaults["a"].Fact())
		assert.Equal(t, string(value.Bytes()), string(got.Defaults["a"].Bytes()))
		assert.Equal(t, value.Strings(), got.Defaults["a"].Strings())
	}
	graph, tensors, err := sample(t).EncodeJSON()
	require.NoError(t, err)
	for _, test := range []struct{ defaults, want string }{
		{`{"image":{"type":"f32","shape":[2],"data":"AAAA"}}`, "image"},
		{`{"image":{"type":"string","shape":[2],"strings":["AAAA"]}}`, "image"},
		{`{"image":{"type":"f32","shape":[-1],"data":""}}`, "image"},
		{`{"image":{"type":"f32","shape":[1],"data":"!"}}`, "image"},
		{`{"image":{"type":"f99","shape":[1]}}`, "image"},
		{`{"image":{"values":[1]}}`, `"values": unknown field`},
		{`{"other":{"type":"u8","shape":[],"data":"AA=="}}`, `default of "other"`},
		{`[]`, "want an object"},
	} {
		const at = `"serving_default":{`
		bad := bytes.Replace(graph, []byte(at), []byte(at+`"defaults":`+test.defaults+`,`), 1)
		_, err := core.DecodeJSON(bad, tensors)
		assert.ErrorContains(t, err, test.want, test.defaults)
	}
}

func TestDecodeJSONBounds(t *testing.T) {
	_, err := core.DecodeJSON(make([]byte, core.MaxJSONBytes+1), nil)
	assert.EqualError(t, err,
		fmt.Sprintf("invalid graph JSON: got %d bytes, the limit is %d", core.MaxJSONBytes+1, core.MaxJSONBytes))
}

func TestText(t *testing.T) {
	want := `function "sample" tensorflow=2.21
%0 = Parameter() type=u8 shape=[?,4,4,1] : u8[?,4,4,1]  # "x" TfParameter
%1 = Parameter() : dynamic?  # "any" TfParameter
%2 = Constant() : i8[2,2,1,3]  # "w" TfConstant
%3 = Constant() [3] : u8[]
%4 = Constant() [0] : i8[]
%5 = Constant() [0.25] : f32[]
%6 = IntegerConvolution(%0, %2, %3, %4, %5) layout=NHWC strides=[2 2] pad_type=SAME_UPPER post_ops=[Mul LeakyRelu RoundSaturate(u8, 0, 255)] : u8[?,2,2,3]  # "conv" TfIntegerConvolution
%7 = Result(%6) : u8[?,2,2,3]  # "y:0" TfResult
%8 = Constant() : i8[2,2,1,3]
%9 = Transpose(%8) : i8[3,1,2,2]  # "reshape" TfTranspose
%10 = Result(%9) : i8[3,1,2,2]  # "r:0" TfResult
%11 = Constant() ["cat" "dog <&>"] : string[2]  # "labels" TfConstant
%12 = Result(%11) : string[2]  # "labels:0" TfResult
%13 = Constant() ["\xff"] : string[1]
%14 = Result(%13) : string[1]  # "raw:0" TfResult
%15 = Result(%1) : dynamic?  # "any:0" TfResult
signature "labels": -> <&>="labels:0"
signature "serving_default": image="x" -> conv="conv:0" scores="y:0"
`
	assert.Equal(t, want, sample(t).Text())
}

func FuzzDecodeJSON(f *testing.F) {
	graph, tensors, err := sample(f).EncodeJSON()
	require.NoError(f, err)
	f.Add(graph)
	f.Add(bytes.Replace(graph, []byte(`"schema":2`), []byte(`"schema":1`), 1))
	f.Add(bytes.Replace(graph, []byte(`"schema":2`), []byte(`"schema":2,"functions":{"body":{}}`), 1))
	f.Add(bytes.Replace(graph, []byte(`"schema":2`), []byte(`"schema":2,"functions":{}`), 1))
	data, err := os.ReadFile("../testdata/ng/schema2/Loop.ng")
	require.NoError(f, err)
	loops, err := ngfile.Read(data)
	require.NoError(f, err)
	calls, constants, err := loops.EncodeJSON()
	require.NoError(f, err)
	for name, t := range constants {
		tensors[name] = t
	}
	f.Add(calls)
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := core.DecodeJSON(data, tensors)
		if err != nil {
			require.ErrorIs(t, err, core.ErrJSON)
			return
		}
		again, constants, err := g.EncodeJSON()
		require.NoError(t, err)
		h, err := core.DecodeJSON(again, constants)
		require.NoError(t, err)
		require.Equal(t, g.Text(), h.Text())
	})
}
