package ops

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/parsing"
	"github.com/tf2ng/tf2ng/core/op/text"
)

// Ops on strings, and tables.
var _ = register("text",
	op{name: "HashTable", signature: "-> table_handle:resource", translate: makeTable},
	op{name: "HashTableV2", signature: "-> table_handle:resource", translate: makeTable},
	op{name: "AnonymousHashTable", signature: "-> table_handle:resource", translate: makeTable},
	op{name: "MutableHashTable", signature: "-> table_handle:resource", translate: makeTable},
	op{name: "MutableHashTableV2", signature: "-> table_handle:resource", translate: makeTable},
	op{name: "AnonymousMutableHashTable", signature: "-> table_handle:resource", translate: makeTable},
	op{
		name:      "LookupTableFind",
		signature: "table_handle:resource keys:Tin default_value:Tout -> values:Tout",
		translate: findInTable,
	},
	op{
		name:      "LookupTableFindV2",
		signature: "table_handle:resource keys:Tin default_value:Tout -> values:Tout",
		translate: findInTable,
	},
	op{name: "LookupTableSize", signature: "table_handle:resource -> size:int64", translate: sizeOfTable},
	op{name: "LookupTableSizeV2", signature: "table_handle:resource -> size:int64", translate: sizeOfTable},

	op{name: "StringToHashBucketFast", signature: "input:string -> output:int64", translate: hashBucket},
	op{name: "StringToHashBucketStrong", signature: "input:string -> output:int64", translate: hashBucket},
	op{name: "AsString", signature: "input:T -> output:string", translate: asString},
	op{name: "StringLower", signature: "input:string -> output:string", translate: changeCase(false)},
	op{name: "StringUpper", signature: "input:string -> output:string", translate: changeCase(true)},
	op{name: "StringStrip", signature: "input:string -> output:string", translate: apply(&text.Strip{})},
	op{name: "StringJoin", signature: "inputs:N*string -> output:string", translate: joinStrings},
	op{name: "StringLength", signature: "input:string -> output:int32", translate: stringLength},
	op{
		name:      "StringToNumber",
		signature: "string_tensor:string -> output:out_type=float",
		translate: toNumber,
	},
	op{name: "Substr", signature: "input:string pos:T len:T -> output:string", translate: substring},
	op{name: "DecodeRaw", signature: "bytes:string -> output:out_type", translate: decodeRaw},
	op{
		name:      "StringSplit",
		signature: "input:string delimiter:string " + partsOutputs,
		translate: func(c *call) []core.Value {
			return c.emit(&text.SplitAny{KeepEmpty: !c.boolOr("skip_empty", true)}, c.in...)
		},
	},
	op{
		name:      "StringSplitV2",
		signature: "input:string sep:string " + partsOutputs,
		translate: func(c *call) []core.Value { return c.emit(&text.Split{Most: c.intOr("maxsplit", -1)}, c.in...) },
	},
	op{
		name:      "RegexReplace",
		signature: "input:string pattern:string rewrite:string -> output:string",
		translate: regexReplace,
	},
	op{name: "StaticRegexReplace", signature: "input:string -> output:string", translate: regexReplace},
	op{
		name:      "RegexFullMatch",
		signature: "input:string pattern:string -> output:bool",
		translate: apply(&text.RegexMatch{}),
	},
	op{name: "StaticRegexFullMatch", signature: "input:string -> output:bool", translate: regexMatch},
	op{
		name:      "StringNGrams",
		signature: "data:string data_splits:Tsplits=int64 -> ngrams:string ngrams_splits:Tsplits=int64",
		translate: ngrams,
	},
	op{
		name:      "UnicodeDecode",
		signature: "input:string -> row_splits:Tsplits=int64 char_values:int32",
		translate: func(c *call) []core.Value { return c.decoded()[:2] },
	},
	op{
		name:      "UnicodeDecodeWithOffsets",
		signature: "input:string -> row_splits:Tsplits=int64 char_values:int32 char_to_byte_starts:int64",
		translate: (*call).decoded,
	},
	op{
		name:      "UnicodeEncode",
		signature: "input_values:int32 input_splits:Tsplits=int64 -> output:string",
		translate: func(c *call) []core.Value {
			return c.emit(&text.UnicodeEncode{Encoding: c.str("output_encoding"), Tolerance: c.tolerance()}, c.in...)
		},
	},
	op{name: "UnicodeTranscode", signature: "input:string -> output:string", translate: transcode},
	op{
		name:      "ReduceJoin",
		signature: "inputs:string reduction_indices:int32 -> output:string",
		translate: reduceJoin,
	},
	op{
		name:      "UnsortedSegmentJoin",
		signature: "inputs:string segment_ids:Tindices num_segments:Tnumsegments=int32 -> output:string",
		translate: func(c *call) []core.Value {
			return c.emit(&text.SegmentJoin{Separator: c.strOr("separator", "")}, c.in...)
		},
	},
)

const partsOutputs = "-> indices:int64 values:string shape:int64"

// handle is what the handle of a table becomes: an op that is never evaluated, since only translators read it.
type handle struct {
	keys, values core.Value
	lookup       *indexing.TableLookup // of all lookups, so that the keys are hashed once
	size         int                   // how many keys differ
}

// Infer gives one output of an unknown type.
func (h *handle) Infer([]core.Operand) ([]core.Fact, error) {
	return []core.Fact{{Shape: core.Shape{}}}, nil
}

// Eval is never called.
func (h *handle) Eval(_, _ []*core.Tensor) error {
	return core.Violation("", -1, "a table has no value")
}

// IsTable reports whether a value is the handle of a table, which only ops on tables can read.
func IsTable(v core.Value) bool {
	if v.Node == nil {
		return false
	}
	_, ok := v.Node.Op().(*handle)
	return ok
}

// TableOf returns the node that makes the table which an input is, perhaps behind nodes that pass it on; false if it is
// none. lookup returns the node of a name.
func TableOf(lookup func(name string) (*graphdef.Node, bool), in graphdef.Input) (*graphdef.Node, bool) {
	const most = 64 // nodes that pass it on: they may be a cycle
	for range most {
		n, ok := lookup(in.Node)
		switch {
		case !ok:
			return nil, false
		case IsTableOp(n.Op):
			return n, true
		case n.Op != "Identity" && n.Op != "IdentityN":
			return nil, false
		}
		data := n.DataInputs()
		if in.Port >= len(data) {
			return nil, false
		}
		in = data[in.Port]
	}
	return nil, false
}

// IsTableOp reports whether an op makes a table.
func IsTableOp(op string) bool {
	switch op {
	case "HashTable", "HashTableV2", "AnonymousHashTable", "MutableHashTable", "MutableHashTableV2",
		"AnonymousMutableHashTable":
		return true
	}
	return false
}

// makeTable translates the ops that make tables.
func makeTable(c *call) []core.Value {
	keys, values, err := c.table(c.node)
	c.keep(err)
	if c.err != nil {
		return nil
	}
	for attr, t := range map[string]*core.Tensor{"key_dtype": keys, "value_dtype": values} {
		if want := c.typ(attr, core.Dynamic); t.Type() != want {
			c.failAttr(attr, "got %v, but the table is initialized with %v", want, t.Fact())
		}
	}
	if len(keys.Shape()) != 1 || !keys.Shape().Equal(values.Shape()) {
		c.fail("is initialized with keys of shape %v and values of shape %v, want one dimension, and as many values as keys",
			keys.Shape(), values.Shape())
	}
	if c.err != nil {
		return nil
	}
	h := &handle{lookup: &indexing.TableLookup{}}
	if h.size, err = h.lookup.Keys(keys, values); err != nil {
		var o *core.OpError
		if errors.As(err, &o) {
			err = fmt.Errorf("its keys: %s (TableLookup-%s)", o.Msg, o.Constraint)
		}
		c.keep(err)
		return nil
	}
	h.keys, h.values = c.literal("keys", keys, nil), c.literal("values", values, nil)
	return c.emit(h)
}

// handle returns the first input, a table.
func (c *call) handle() *handle {
	if IsTable(c.in[0]) {
		return c.in[0].Node.Op().(*handle)
	}
	c.failInput(0, "is no table that this graph makes")
	return &handle{}
}

// findInTable translates lookups.
func findInTable(c *call) []core.Value {
	h := c.handle()
	if c.err != nil {
		return nil
	}
	if got, want := c.in[1].Type(), h.keys.Type(); !got.Compatible(want) {
		c.failInput(1, "got type %v, but the table has keys of %v", got, want)
	}
	if got, want := c.in[2].Fact(), h.values.Type(); !got.Type.Compatible(want) || !got.Shape.Compatible(core.Shape{}) {
		c.failInput(2, "got %v, want %v[] as the values of the table", got, want)
	}
	return c.emit(h.lookup, c.in[1], h.keys, h.values, c.in[2])
}

// sizeOfTable counts the keys of a table.
func sizeOfTable(c *call) []core.Value {
	h := c.handle()
	if c.err != nil {
		return nil
	}
	return []core.Value{c.literal("size", core.Scalar(int64(h.size)), nil)}
}

func hashBucket(c *call) []core.Value {
	op := &text.HashBucket{Buckets: c.intOr("num_buckets", 0)}
	if c.node.Op == "StringToHashBucketStrong" {
		key, err := c.node.IntsOf("key", 2)
		c.keep(err)
		op.Key = key
	}
	return c.emit(op, c.in...)
}

func asString(c *call) []core.Value {
	return c.emit(&text.AsString{
		Precision:  int(c.intOr("precision", -1)),
		Scientific: c.boolOr("scientific", false),
		Shortest:   c.boolOr("shortest", false),
		Width:      int(c.intOr("width", -1)),
		Fill:       c.strOr("fill", ""),
	}, c.in...)
}

// changeCase translates StringLower and StringUpper for ASCII alone.
func changeCase(upper bool) func(*call) []core.Value {
	return func(c *call) []core.Value {
		if e := c.strOr("encoding", ""); e != "" {
			c.failAttr("encoding", "got %q, want none: letters beyond ASCII are not supported", e)
		}
		return c.emit(&text.ChangeCase{Upper: upper}, c.in...)
	}
}

func joinStrings(c *call) []core.Value {
	return c.emit(&text.Join{Separator: c.strOr("separator", "")}, c.in...)
}

// characters reports whether attribute unit says characters of UTF-8.
func (c *call) characters() bool {
	return choice(c, "unit", []string{"BYTE", "UTF8_CHAR"}, []bool{false, true})
}

func stringLength(c *call) []core.Value {
	return c.emit(&text.Length{Characters: c.characters()}, c.in...)
}

func toNumber(c *call) []core.Value {
	return c.emit(&text.ToNumber{Type: c.typ("out_type", core.F32)}, c.in...)
}

func substring(c *call) []core.Value {
	return c.emit(&text.Substring{Characters: c.characters()}, c.in...)
}

func decodeRaw(c *call) []core.Value {
	op := &text.DecodeRaw{Type: c.typ("out_type", core.Dynamic), BigEndian: !c.boolOr("little_endian", true)}
	return c.emit(op, c.in...)
}

// attrString is a string attribute as a constant.
func (c *call) attrString(attr string) core.Value {
	t, err := core.StringTensor(core.Shape{}, []string{c.str(attr)})
	return c.literal(attr, t, err)
}

func regexReplace(c *call) []core.Value {
	op := &text.RegexReplace{First: !c.boolOr("replace_global", true)}
	if len(c.in) == 3 {
		return c.emit(op, c.in...)
	}
	return c.emit(op, c.in[0], c.attrString("pattern"), c.attrString("rewrite"))
}

func regexMatch(c *call) []core.Value {
	return c.emit(&text.RegexMatch{}, c.in[0], c.attrString("pattern"))
}

func ngrams(c *call) []core.Value {
	widths, err := c.node.Ints("ngram_widths")
	c.keep(err)
	return c.emit(&text.NGrams{
		Widths: widths, Separator: c.str("separator"), Left: c.str("left_pad"), Right: c.str("right_pad"),
		Pad: c.intOr("pad_width", 0), KeepShort: c.boolOr("preserve_short_sequences", false),
	}, c.in...)
}

// tolerance reads what the ops on Unicode do with what is no character.
func (c *call) tolerance() text.Tolerance {
	return text.Tolerance{
		Errors: choice(c, "errors", []string{"replace", "ignore", "strict"},
			[]text.OnError{text.ErrorReplaced, text.ErrorIgnored, text.ErrorRefused}),
		Replacement:     c.intOr("replacement_char", 0xfffd),
		ReplaceControls: c.boolOr("replace_control_characters", false),
	}
}

// decoded are the splits, characters and places of the ops that decode.
func (c *call) decoded() []core.Value {
	op := &text.UnicodeDecode{
		Encoding: c.str("input_encoding"), Splits: c.typ("Tsplits", core.I64), Tolerance: c.tolerance(),
	}
	if out := c.emit(op, c.in...); out != nil {
		return out
	}
	return make([]core.Value, 3)
}

func transcode(c *call) []core.Value {
	return c.emit(&text.UnicodeTranscode{
		From: c.str("input_encoding"), To: c.str("output_encoding"), Tolerance: c.tolerance(),
	}, c.in...)
}

func reduceJoin(c *call) []core.Value {
	op := &text.ReduceJoin{
		Axes: c.integers(1), KeepDims: c.boolOr("keep_dims", false), Separator: c.strOr("separator", ""),
	}
	return c.emit(op, c.in[0])
}

// The outputs of all ops that parse examples.
const (
	sparseOutputs = "sparse_indices:num_sparse*int64 sparse_values:[sparse_types] sparse_shapes:num_sparse*int64 "
	raggedOutputs = "ragged_values:[ragged_value_types] ragged_row_splits:[ragged_split_types]"
)

var _ = register("text",
	op{
		name: "ParseExample",
		signature: "serialized:string names:string sparse_keys:Nsparse*string dense_keys:Ndense*string " +
			"dense_defaults:[Tdense] -> " + strings.ReplaceAll(sparseOutputs, "num_sparse", "Nsparse") + "dense_values:[Tdense]",
		translate: func(c *call) []core.Value {
			return c.parseExample(c.keysOf("sparse_keys"), c.keysOf("dense_keys"), nil)
		},
	},
	op{
		name: "ParseExampleV2",
		signature: "serialized:string names:string sparse_keys:string dense_keys:string ragged_keys:string " +
			"dense_defaults:[Tdense] -> " + sparseOutputs + "dense_values:[Tdense] " + raggedOutputs,
		translate: func(c *call) []core.Value {
			return c.parseExample(c.keysOf("sparse_keys"), c.keysOf("dense_keys"), c.keysOf("ragged_keys"))
		},
	},
	op{
		name:      "ParseSingleExample",
		signature: "serialized:string dense_defaults:[Tdense] -> " + sparseOutputs + "dense_values:[Tdense]",
		translate: func(c *call) []core.Value {
			if s := c.value("serialized").Shape(); !s.Compatible(core.Shape{}) {
				c.failInput(0, "got shape %v, want []", s)
			}
			return c.parseExample(c.strs("sparse_keys"), c.strs("dense_keys"), nil)
		},
	},
)

// keysOf returns the strings of the constants in an input, which may be a list.
func (c *call) keysOf(name string) []string {
	var keys []string
	first := c.index(name)
	for i := range c.list(name) {
		t := c.constant(first + i)
		if t == nil {
			return nil
		}
		keys = append(keys, t.Strings()...)
	}
	return keys
}

// parseExample translates the ops that parse examples, for the keys of the features.
func (c *call) parseExample(sparse, dense, ragged []string) []core.Value {
	op := &parsing.ParseExample{}
	types := map[string][]core.Type{}
	for _, p := range slices.Concat(c.op.in, c.op.out) {
		if _, known := types[p.Name]; known {
			continue
		}
		list, err := p.Types(c.node, opdef.MaxValues)
		c.keep(err)
		types[p.Name] = list
	}
	shapes := c.shapes("dense_shapes")
	for _, list := range []struct {
		what string
		keys []string
		want []int
	}{
		{"sparse", sparse, []int{len(types["sparse_values"]), len(types["sparse_indices"])}},
		{"dense", dense, []int{len(types["dense_values"]), len(shapes)}},
		{"ragged", ragged, []int{len(types["ragged_values"]), len(types["ragged_row_splits"])}},
	} {
		for _, n := range list.want {
			if n != len(list.keys) {
				c.fail("got %d keys of %s features, but %d as the attributes say", len(list.keys), list.what, n)
			}
		}
		for _, k := range list.keys {
			if !utf8.ValidString(k) {
				c.fail("got the key %q of a feature, want UTF-8", k)
			}
		}
	}
	if c.err != nil {
		return nil
	}
	for i, k := range sparse {
		op.Sparse = append(op.Sparse, parsing.SparseFeature{Key: k, Type: types["sparse_values"][i]})
	}
	for i, k := range dense {
		op.Dense = append(op.Dense, parsing.DenseFeature{Key: k, Type: types["dense_values"][i], Shape: shapes[i]})
	}
	for i, k := range ragged {
		f := parsing.RaggedFeature{Key: k, Type: types["ragged_values"][i], SplitType: types["ragged_row_splits"][i]}
		op.Ragged = append(op.Ragged, f)
	}
	return c.emit(op, append([]core.Value{c.value("serialized")}, c.list("dense_defaults")...)...)
}

// shapes returns an attribute that is a list of shapes.
func (c *call) shapes(attr string) []core.Shape {
	list, err := c.node.Shapes(attr)
	c.keep(err)
	shapes := make([]core.Shape, len(list))
	for i, s := range list {
		shapes[i] = opdef.ShapeOf(s)
	}
	return shapes
}
