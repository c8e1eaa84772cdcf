package tf_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testgolden"
)

// mutation is one way to damage a graph around its node under test.
type mutation struct {
	name   string // begins with its row in the matrix, M01 to M24
	apply  func(g *graphpb.GraphDef)
	mustBe outcome
}

type outcome uint8

const (
	anything  outcome = iota // an error or a result
	rejected                 // an error
	unchanged                // the same result as before
)

// Bounds of one mutation: TF's are unbounded.
const (
	mostTime   = time.Minute // a wide margin for a loaded machine; typical are microseconds
	mostMemory = 64 << 20
)

// TestMatrix damages a graph of each op in each way: the product of ops and mutations,
// since one op's missing check was never the only one. The outcome must be an error of a
// known type that names a node, or a result, within bounds.
func TestMatrix(t *testing.T) {
	total, failed := 0, 0
	for _, c := range baselines(t) {
		t.Run(c.ID, func(t *testing.T) {
			want, err := translateAndRun(c.raw, c.outputs())
			require.NoError(t, err, "the undamaged graph")
			for _, m := range mutations(c.proto(t), c.node) {
				g := c.proto(t)
				m.apply(g)
				raw, err := proto.Marshal(g)
				require.NoError(t, err)
				total++
				got, err := bounded(t, m.name, raw, c.outputs())
				checkOutcome(t, m, want, got, err)
				if err != nil {
					failed++
				}
			}
		})
	}
	t.Logf("%d damaged graphs: %d errors, %d results", total, failed, total-failed)
}

// baseline is a recorded case whose node is damaged.
type baseline struct {
	goldenCase
	raw  []byte
	node string
}

// feedsScales reports whether scales are fed, of which none may be zero.
func feedsScales(c goldenCase) bool {
	return slices.ContainsFunc(c.Feeds, func(f testgolden.Edge) bool { return strings.Contains(f.Tensor, "scales") })
}

// refusesZeros reports whether an op takes no zeros: as splits, as a step, as the shape of a sparse tensor.
func refusesZeros(op string) bool {
	return slices.Contains([]string{
		"InvertPermutation", "RaggedRange", "RaggedTensorToSparse", "SparseCross", "SparseCrossV2", "SparseCrossHashed",
		"SparseDenseCwiseAdd", "SparseDenseCwiseMul", "StringNGrams", "UnicodeEncode", "UnravelIndex",
	}, op)
}

// invertsMatrices matches the ops that refuse a matrix of zeros.
var invertsMatrices = regexp.MustCompile(`^(Batch)?Matrix(Inverse|Solve)$|^BandedTriangularSolve$`)

// baselines returns the first case of each group, and of the quantized ops the last, which,
// often, has ranges per channel or other rare attributes.
func baselines(t *testing.T) []baseline {
	t.Helper()
	cases := slices.DeleteFunc(goldens(t), func(c goldenCase) bool { // run on zeros
		divides := slices.Contains([]string{"Div", "FloorDiv", "FloorMod", "TruncateDiv", "TruncateMod", "Mod"}, c.Op)
		return divides && strings.Contains(fmt.Sprint(c.Attrs["T"]), "int") || refusesZeros(c.Op) || feedsScales(c) ||
			invertsMatrices.MatchString(c.Op)
	})
	var list []baseline
	for i, c := range cases {
		first := i == 0 || cases[i-1].Group != c.Group
		last := i == len(cases)-1 || cases[i+1].Group != c.Group
		if c.Group != "chain" && (first || last && strings.Contains(c.Op, "Quant") && !testing.Short()) {
			list = append(list, baseline{c, c.bytes(t), strings.Split(c.Fetches[0].Tensor, ":")[0]})
		}
	}
	require.NotEmpty(t, list)
	return list
}

func (b *baseline) proto(t *testing.T) *graphpb.GraphDef {
	t.Helper()
	g := &graphpb.GraphDef{}
	require.NoError(t, proto.Unmarshal(b.raw, g))
	return g
}

// translateAndRun runs a graph on zeros. Shapes that are not known, or large, are not run.
func translateAndRun(raw []byte, outputs []string) (map[string]*core.Tensor, error) {
	g, err := graphdef.Parse(raw, graphdef.Limits{})
	if err != nil {
		return nil, err
	}
	f, err := tf.Translate(g, tf.Options{Outputs: outputs})
	if err != nil {
		return nil, err
	}
	inputs := map[string]*core.Tensor{}
	for _, p := range f.Parameters {
		fact := p.Outputs()[0]
		n, err := fact.Shape.Elements()
		if err != nil || n > 1<<16 {
			return nil, nil
		}
		if inputs[p.Name], err = core.NewTensor(fact.Type, fact.Shape); err != nil {
			return nil, err
		}
	}
	for _, n := range f.Nodes() {
		for _, out := range n.Outputs() {
			if elements, err := out.Shape.Elements(); err == nil && elements > 1<<17 {
				return nil, nil
			}
		}
	}
	return f.Eval(inputs)
}

func bounded(t *testing.T, name string, raw []byte, outputs []string) (map[string]*core.Tensor, error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	got, err := func() (got map[string]*core.Tensor, err error) {
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%s: panic: %v\n%s", name, p, stack())
			}
		}()
		return translateAndRun(raw, outputs)
	}()
	assert.Less(t, time.Since(start), mostTime, name)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(mostMemory), "%s: bytes allocated", name)
	return got, err
}

// stack is the part of the stack that is this module's.
func stack() string {
	buf := make([]byte, 1<<14)
	var lines []string
	for _, l := range strings.Split(string(buf[:runtime.Stack(buf, false)]), "\n") {
		if strings.Contains(l, ".go:") && len(lines) < 8 && !strings.Contains(l, "_test.go") {
			lines = append(lines, strings.TrimSpace(l))
		}
	}
	return strings.Join(lines, "\n")
}

func checkOutcome(t *testing.T, m mutation, want, got map[string]*core.Tensor, err error) {
	t.Helper()
	if err != nil {
		var (
			inNode      *tf.Error
			inFile      *graphdef.Error
			inOp        *core.OpError
			unsupported *tf.UnsupportedError
		)
		known := errors.As(err, &inNode) || errors.As(err, &inFile) || errors.As(err, &inOp) ||
			errors.As(err, &unsupported)
		if inFile == nil && unsupported == nil {
			assert.Contains(t, err.Error(), `node "`, m.name)
		}
		assert.True(t, known, "%s: error of type %T: %v", m.name, err, err)
		first := []rune(err.Error())[0]
		assert.False(t, unicode.IsUpper(first), "%s: %v", m.name, err)
	}
	switch m.mustBe {
	case rejected:
		assert.Error(t, err, m.name)
	case unchanged:
		if assert.NoError(t, err, m.name) {
			for name, w := range want {
				assert.Equal(t, w.Bytes(), got[name].Bytes(), "%s: %s", m.name, name)
			}
		}
	}
}

// mutations lists the damages to a node: each to each input and attribute in turn.
func mutations(g *graphpb.GraphDef, name string) []mutation {
	list := nodeMutations(g, name)
	node := nodeOf(g, name)
	for i, in := range node.Input {
		producer := nodeOf(g, strings.Split(in, ":")[0])
		switch {
		case producer.Op == "Placeholder":
			list = append(list, dataMutations(i, producer)...)
		case producer.Op == "Const" && isRange(producer) && !strings.HasPrefix(node.Op, "Uniform"):
			list = append(list, rangeMutations(i, producer, node)...)
		case producer.Op == "Const":
			list = append(list, constantMutations(i, producer)...)
		}
	}
	for _, attr := range slices.Sorted(maps.Keys(node.Attr)) {
		list = append(list, attributeMutations(name, attr, node.Attr[attr])...)
	}
	return append(list, absentAttributes(name)...)
}

func nodeOf(g *graphpb.GraphDef, name string) *nodepb.NodeDef {
	for _, n := range g.Node {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// isRange reports whether a Const is the min or max of something: a float scalar, or
// floats called so.
func isRange(n *nodepb.NodeDef) bool {
	v := n.Attr["value"].GetTensor()
	return v.Dtype == typespb.DataType_DT_FLOAT &&
		(len(v.TensorShape.Dim) == 0 || strings.HasPrefix(n.Name, "mn") || strings.HasPrefix(n.Name, "mx"))
}

// setConst replaces a Const's tensor, and its dtype.
func setConst(name string, v *tensorpb.TensorProto) func(*graphpb.GraphDef) {
	return func(g *graphpb.GraphDef) {
		n := nodeOf(g, name)
		n.Attr["value"] = &attrpb.AttrValue{Value: &attrpb.AttrValue_Tensor{Tensor: v}}
		n.Attr["dtype"] = &attrpb.AttrValue{Value: &attrpb.AttrValue_Type{Type: v.Dtype}}
	}
}

func floats(v float32, dims ...int64) *tensorpb.TensorProto {
	return &tensorpb.TensorProto{
		Dtype:       typespb.DataType_DT_FLOAT,
		TensorShape: shapeProto(dims...),
		FloatVal:    []float32{v},
	}
}

func shapeProto(dims ...int64) *shapepb.TensorShapeProto {
	s := &shapepb.TensorShapeProto{}
	for _, d := range dims {
		s.Dim = append(s.Dim, &shapepb.TensorShapeProto_Dim{Size: d})
	}
	return s
}

// scalarOf returns the first element of a float tensor.
func scalarOf(v *tensorpb.TensorProto) float32 {
	if len(v.FloatVal) > 0 {
		return v.FloatVal[0]
	}
	if c := v.TensorContent; len(c) >= 4 {
		return math.Float32frombits(uint32(c[0]) | uint32(c[1])<<8 | uint32(c[2])<<16 | uint32(c[3])<<24)
	}
	return 0
}

func rangeMutations(i int, n, node *nodepb.NodeDef) []mutation {
	v := n.Attr["value"].GetTensor()
	x := scalarOf(v)
	in := fmt.Sprintf(" input %d (%s)", i, n.Name)
	list := []mutation{
		{
			"M01 range of shape [0]:" + in,
			setConst(n.Name, &tensorpb.TensorProto{Dtype: v.Dtype, TensorShape: shapeProto(0)}),
			rejected,
		},
		{"M04 range of shape [1,1,2]:" + in, setConst(n.Name, floats(x, 1, 1, 2)), rejected},
		{"M05 range NaN:" + in, setConst(n.Name, floats(float32(math.NaN()))), anything},
		{"M05 range Inf:" + in, setConst(n.Name, floats(float32(math.Inf(1)))), anything},
		{"M05 range -Inf:" + in, setConst(n.Name, floats(float32(math.Inf(-1)))), anything},
		{"M05 range huge:" + in, setConst(n.Name, floats(math.MaxFloat32)), anything},
		{"M05 range tiny:" + in, setConst(n.Name, floats(math.SmallestNonzeroFloat32)), anything},
		{"M05 range zero:" + in, setConst(n.Name, floats(0)), anything},
		{"M05 range negated:" + in, setConst(n.Name, floats(-x)), anything},
		{
			"M06 range int32:" + in,
			setConst(n.Name, &tensorpb.TensorProto{
				Dtype:       typespb.DataType_DT_INT32,
				TensorShape: shapeProto(),
				IntVal:      []int32{1},
			}),
			rejected,
		},
		{
			"M06 range double:" + in,
			setConst(n.Name, &tensorpb.TensorProto{
				Dtype:       typespb.DataType_DT_DOUBLE,
				TensorShape: shapeProto(),
				DoubleVal:   []float64{1},
			}),
			rejected,
		},
		{
			"M06 range string:" + in,
			setConst(n.Name, &tensorpb.TensorProto{
				Dtype:       typespb.DataType_DT_STRING,
				TensorShape: shapeProto(),
				StringVal:   [][]byte{[]byte("1")},
			}),
			rejected,
		},
	}
	if len(v.TensorShape.Dim) == 0 && strings.Contains(node.Op, "Quant") && !strings.HasPrefix(node.Op, "Uniform") {
		list = append(list, mutation{"M02 range of shape [1]:" + in, setConst(n.Name, floats(x, 1)), unchanged})
	}
	return append(list,
		mutation{"M03 range of shape [2]:" + in, setConst(n.Name, floats(x, 2)), anything},
		mutation{"M13 range of shape [4096]:" + in, setConst(n.Name, floats(x, 4096)), anything},
	)
}

// constantMutations damages weights, biases, shapes and axes.
func constantMutations(i int, n *nodepb.NodeDef) []mutation {
	v := n.Attr["value"].GetTensor()
	in := fmt.Sprintf(" input %d (%s)", i, n.Name)
	dims := make([]int64, len(v.TensorShape.Dim))
	for k, d := range v.TensorShape.Dim {
		dims[k] = d.Size
	}
	zeros := func(dims ...int64) *tensorpb.TensorProto {
		return &tensorpb.TensorProto{Dtype: v.Dtype, TensorShape: shapeProto(dims...)}
	}
	list := []mutation{
		{"M07 constant of rank 0:" + in, setConst(n.Name, zeros()), anything},
		{"M08 constant of rank 3:" + in, setConst(n.Name, zeros(1, 2, 3)), anything},
		{"M08 constant of rank 5:" + in, setConst(n.Name, zeros(1, 2, 1, 2, 1)), anything},
		{"M12 constant of shape [0]:" + in, setConst(n.Name, zeros(0)), anything},
		{"M12 constant of shape [1,1]:" + in, setConst(n.Name, zeros(1, 1)), anything},
		{"M21 splat of 2^30 elements:" + in, setConst(n.Name, zeros(1<<30)), anything},
		{"M21 content too short:" + in, func(g *graphpb.GraphDef) {
			v := nodeOf(g, n.Name).Attr["value"].GetTensor()
			v.TensorShape, v.TensorContent = shapeProto(append(dims, 3)...), []byte{1}
		}, rejected},
		{"M21 dtype differs:" + in, func(g *graphpb.GraphDef) {
			nodeOf(g, n.Name).Attr["dtype"] = &attrpb.AttrValue{
				Value: &attrpb.AttrValue_Type{Type: typespb.DataType_DT_BOOL},
			}
		}, rejected},
		{"M21 no value:" + in, func(g *graphpb.GraphDef) { delete(nodeOf(g, n.Name).Attr, "value") }, rejected},
		{
			"M06 constant bool:" + in,
			setConst(n.Name, &tensorpb.TensorProto{Dtype: typespb.DataType_DT_BOOL, TensorShape: v.TensorShape}),
			rejected,
		},
	}
	for k := range dims {
		for _, d := range []int64{0, dims[k] + 1, dims[k] - 1, 64} {
			if d < 0 || d == dims[k] {
				continue
			}
			changed := slices.Clone(dims)
			changed[k] = d
			list = append(list,
				mutation{
					fmt.Sprintf("M11 constant of shape %v:%s", changed, in),
					setConst(n.Name, zeros(changed...)),
					anything,
				})
		}
	}
	if v.Dtype == typespb.DataType_DT_INT32 || v.Dtype == typespb.DataType_DT_INT64 {
		for _, x := range []int32{-100, -2, -1, 99, math.MaxInt32, math.MinInt32} {
			filled := zeros(dims...)
			if v.Dtype == typespb.DataType_DT_INT32 {
				filled.IntVal = []int32{x}
			} else {
				filled.Int64Val = []int64{int64(x)}
			}
			list = append(list, mutation{fmt.Sprintf("M19 all %d:%s", x, in), setConst(n.Name, filled), anything})
		}
	}
	return list
}

// dataMutations changes the declared shape and type of a Placeholder.
func dataMutations(i int, n *nodepb.NodeDef) []mutation {
	dims := make([]int64, len(n.Attr["shape"].GetShape().Dim))
	for k, d := range n.Attr["shape"].GetShape().Dim {
		dims[k] = d.Size
	}
	in := fmt.Sprintf(" input %d (%s)", i, n.Name)
	shaped := func(s *shapepb.TensorShapeProto) func(*graphpb.GraphDef) {
		return func(g *graphpb.GraphDef) {
			nodeOf(g, n.Name).Attr["shape"] = &attrpb.AttrValue{Value: &attrpb.AttrValue_Shape{Shape: s}}
		}
	}
	list := []mutation{
		{"M07 data of rank 0:" + in, shaped(shapeProto()), anything},
		{"M07 data of unknown rank:" + in, shaped(&shapepb.TensorShapeProto{UnknownRank: true}), anything},
		{"M08 data of rank 1:" + in, shaped(shapeProto(3)), anything},
		{"M08 data of rank 3:" + in, shaped(shapeProto(2, 3, 4)), anything},
		{"M08 data of rank 5:" + in, shaped(shapeProto(1, 2, 2, 2, 3)), anything},
		{"M08 data of rank 254:" + in, shaped(shapeProto(slices.Repeat([]int64{1}, 254)...)), anything},
		{"M08 data of rank 255:" + in, shaped(shapeProto(slices.Repeat([]int64{1}, 255)...)), rejected},
		{"M10 product overflows:" + in, shaped(shapeProto(1<<32, 1<<32, 1<<32, 3)), rejected},
	}
	for k := range dims {
		for _, d := range []int64{0, -1, -2, 1, dims[k] + 1, 1 << 31, 1 << 62} {
			changed := slices.Clone(dims)
			changed[k] = d
			want := anything
			if d == -2 {
				want = rejected
			}
			list = append(list,
				mutation{fmt.Sprintf("M10 data of shape %v:%s", changed, in), shaped(shapeProto(changed...)), want})
		}
	}
	for _, typ := range []typespb.DataType{
		typespb.DataType_DT_BOOL, typespb.DataType_DT_STRING, typespb.DataType_DT_DOUBLE, typespb.DataType_DT_QINT16,
		typespb.DataType_DT_COMPLEX64,
		typespb.DataType_DT_INVALID, 99, 101, 10000,
	} {
		declared := n.Attr["dtype"].GetType()
		if typ == declared || typ == typespb.DataType_DT_QINT16 && declared == typespb.DataType_DT_INT16 {
			continue
		}
		list = append(list, mutation{fmt.Sprintf("M24 data of type %v:%s", typ, in), func(g *graphpb.GraphDef) {
			nodeOf(g, n.Name).Attr["dtype"] = &attrpb.AttrValue{Value: &attrpb.AttrValue_Type{Type: typ}}
		}, rejected})
	}
	return list
}

// nodeMutations damages the edges.
func nodeMutations(g *graphpb.GraphDef, name string) []mutation {
	node := nodeOf(g, name)
	inputs := func(f func(in []string) []string) func(*graphpb.GraphDef) {
		return func(g *graphpb.GraphDef) {
			n := nodeOf(g, name)
			n.Input = f(n.Input)
		}
	}
	list := []mutation{
		{"M20 extra input", inputs(func(in []string) []string { return append(in, in[0]) }), rejected},
		{"M20 no inputs", inputs(func([]string) []string { return nil }), rejected},
		{"M20 control input", inputs(func(in []string) []string { return append(in, "^"+in[0]) }), unchanged},
		{
			"M20 control input first",
			inputs(func(in []string) []string { return append([]string{"^" + in[0]}, in...) }),
			rejected,
		},
		{"M20 duplicate name", func(g *graphpb.GraphDef) { g.Node = append(g.Node, node) }, rejected},
		{"M20 empty name", func(g *graphpb.GraphDef) { nodeOf(g, name).Name = "" }, rejected},
		{"M20 empty op", func(g *graphpb.GraphDef) { nodeOf(g, name).Op = "" }, rejected},
		{"M20 unknown op", func(g *graphpb.GraphDef) { nodeOf(g, name).Op = "Fantasy" }, rejected},
		{"M20 self edge", inputs(func(in []string) []string { return append([]string{name}, in[1:]...) }), rejected},
		{"M20 cycle", func(g *graphpb.GraphDef) {
			n := nodeOf(g, name)
			g.Node = append(g.Node, &nodepb.NodeDef{Name: "loop", Op: "Identity", Input: []string{name}, Attr: n.Attr})
			n.Input = append([]string{"loop"}, n.Input[1:]...)
		}, rejected},
	}
	for i := range node.Input {
		list = append(list,
			mutation{fmt.Sprintf("M20 without input %d", i), inputs(func(in []string) []string {
				return slices.Delete(in, i, i+1)
			}), rejected},
			mutation{fmt.Sprintf("M20 input %d from port 9", i), inputs(func(in []string) []string {
				in[i] = strings.Split(in[i], ":")[0] + ":9"
				return in
			}), rejected},
			mutation{fmt.Sprintf("M20 input %d from no node", i), inputs(func(in []string) []string {
				in[i] = "nowhere"
				return in
			}), rejected},
		)
		for k := range node.Input {
			if k != i && len(node.Input) < 16 {
				list = append(list,
					mutation{fmt.Sprintf("M20 input %d in place of %d", k, i), inputs(func(in []string) []string {
						in[i] = in[k]
						return in
					}), anything})
			}
		}
	}
	return list
}

// attributeMutations damages an attribute in the ways of its kind.
func attributeMutations(node, attr string, v *attrpb.AttrValue) []mutation {
	set := func(v *attrpb.AttrValue) func(*graphpb.GraphDef) {
		return func(g *graphpb.GraphDef) { nodeOf(g, node).Attr[attr] = v }
	}
	what := " attribute " + attr
	list := []mutation{
		{"M17 missing" + what, func(g *graphpb.GraphDef) { delete(nodeOf(g, node).Attr, attr) }, anything},
		{"M17 empty" + what, set(&attrpb.AttrValue{}), anything},
		{
			"M17 func" + what,
			set(&attrpb.AttrValue{Value: &attrpb.AttrValue_Func{Func: &attrpb.NameAttrList{Name: "f"}}}),
			anything,
		},
		{"M17 float" + what, set(&attrpb.AttrValue{Value: &attrpb.AttrValue_F{F: 1}}), anything},
	}
	switch v.Value.(type) {
	case *attrpb.AttrValue_Type:
		for _, typ := range slices.Sorted(maps.Keys(typespb.DataType_name)) {
			list = append(list,
				mutation{
					fmt.Sprintf("M24 type %d%s", typ, what),
					set(&attrpb.AttrValue{Value: &attrpb.AttrValue_Type{Type: typespb.DataType(typ)}}),
					anything,
				})
		}
		list = append(list,
			mutation{"M17 type 10000" +
				what, set(&attrpb.AttrValue{Value: &attrpb.AttrValue_Type{Type: 10000}}), anything})
	case *attrpb.AttrValue_S:
		for _, s := range []string{
			"", "SAME", "VALID", "EXPLICIT", "NCHW", "NHWC", "MIN_FIRST", "SCALED", "garbage\x00\xff",
		} {
			list = append(list,
				mutation{
					fmt.Sprintf("M16 %q%s", s, what),
					set(&attrpb.AttrValue{Value: &attrpb.AttrValue_S{S: []byte(s)}}),
					anything,
				})
		}
	case *attrpb.AttrValue_I:
		for _, x := range []int64{-100, -2, -1, 0, 1, 4, 9, 1 << 31, math.MaxInt64, math.MinInt64} {
			list = append(list,
				mutation{
					fmt.Sprintf("M19 %d%s", x, what),
					set(&attrpb.AttrValue{Value: &attrpb.AttrValue_I{I: x}}),
					anything,
				})
		}
	case *attrpb.AttrValue_F:
		for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, math.MaxFloat32} {
			list = append(list,
				mutation{
					fmt.Sprintf("M05 %v%s", x, what),
					set(&attrpb.AttrValue{Value: &attrpb.AttrValue_F{F: float32(x)}}),
					anything,
				})
		}
	case *attrpb.AttrValue_B:
		list = append(list,
			mutation{"M17 other bool" +
				what, set(&attrpb.AttrValue{Value: &attrpb.AttrValue_B{B: !v.GetB()}}), anything})
	case *attrpb.AttrValue_List:
		list = append(list, listMutations(what, v.GetList(), set)...)
	}
	return list
}

func listMutations(
	what string, v *attrpb.AttrValue_ListValue, set func(*attrpb.AttrValue) func(*graphpb.GraphDef),
) []mutation {
	ints := func(x ...int64) func(*graphpb.GraphDef) {
		return set(&attrpb.AttrValue{Value: &attrpb.AttrValue_List{List: &attrpb.AttrValue_ListValue{I: x}}})
	}
	list := []mutation{{"M14 empty list" + what, ints(), anything}}
	for k := range v.I {
		for _, x := range []int64{0, -1, 2, 3, 1000, 1 << 31, math.MaxInt64} {
			changed := slices.Clone(v.I)
			changed[k] = x
			list = append(list, mutation{fmt.Sprintf("M14 %v%s", changed, what), ints(changed...), anything})
		}
	}
	for _, n := range []int{1, 3, 5, 6} {
		list = append(list,
			mutation{fmt.Sprintf("M14 %d ones%s", n, what), ints(slices.Repeat([]int64{1}, n)...), anything})
	}
	for k := range v.S {
		for _, s := range []string{"Sum", "Relu", "Requantize", "garbage"} {
			changed := slices.Clone(v.S)
			changed[k] = []byte(s)
			list = append(list,
				mutation{fmt.Sprintf("M17 %q at %d%s", s, k, what), set(&attrpb.AttrValue{Value: &attrpb.AttrValue_List{
					List: &attrpb.AttrValue_ListValue{S: changed},
				}}), anything})
		}
	}
	if len(v.Type) > 0 {
		list = append(list, mutation{"M24 one type more" + what, set(&attrpb.AttrValue{Value: &attrpb.AttrValue_List{
			List: &attrpb.AttrValue_ListValue{Type: append(slices.Clone(v.Type), typespb.DataType_DT_FLOAT)},
		}}), rejected})
	}
	return list
}

// absentAttributes gives the node attributes that it does not have.
func absentAttributes(node string) []mutation {
	var list []mutation
	add := func(attr string, v *attrpb.AttrValue) {
		list = append(list, mutation{"M17 added attribute " + attr, func(g *graphpb.GraphDef) {
			n := nodeOf(g, node)
			if n.Attr == nil {
				n.Attr = map[string]*attrpb.AttrValue{}
			}
			if _, ok := n.Attr[attr]; !ok {
				n.Attr[attr] = v
			}
		}, anything})
	}
	for _, attr := range []string{"padding_list", "explicit_paddings", "dilations", "strides", "ksize"} {
		for _, x := range [][]int64{
			{1, 1, 2, 2, 3, 3, 4, 4},
			{0, 0, 1 << 40, 1, 1, 1, 0, 0},
			{0, 0, 1, 1, 1, 1, 0, 0},
			{-1},
			{0, 0, 0, 0},
		} {
			add(attr, &attrpb.AttrValue{Value: &attrpb.AttrValue_List{List: &attrpb.AttrValue_ListValue{I: x}}})
		}
	}
	for _, s := range []string{"NCHW", "garbage"} {
		add("data_format", &attrpb.AttrValue{Value: &attrpb.AttrValue_S{S: []byte(s)}})
	}
	for _, x := range []int64{-100, 99, math.MaxInt64} {
		add("axis", &attrpb.AttrValue{Value: &attrpb.AttrValue_I{I: x}})
	}
	return list
}
