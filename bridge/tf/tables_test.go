package tf_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
)

const (
	stringOf = typespb.DataType_DT_STRING
	int64Of  = typespb.DataType_DT_INT64
)

// words is a vector of strings.
func words(list ...string) *tensorpb.TensorProto {
	x := &tensorpb.TensorProto{Dtype: stringOf, TensorShape: shapeProto(int64(len(list)))}
	for _, s := range list {
		x.StringVal = append(x.StringVal, []byte(s))
	}
	return x
}

// word is a string.
func word(s string) *tensorpb.TensorProto {
	x := words(s)
	x.TensorShape = shapeProto()
	return x
}

// table is a graph that looks up words in a table, y, and counts them, n. initializer makes what initializes the table
// "t" from the constants "k" and "v" and the name of a file, "f"; other attributes are those of the table.
func table(make, initializer string, inputs []string, attrs ...any) *graphBuilder {
	b := newGraph().input("x", stringOf, -1)
	b.node("t", make, nil, "key_dtype", stringOf, "value_dtype", int64Of)
	b.constant("k", words("cat", "dog", "dog")).constant("v", wholes(7, -8, -8)).constant("f", word("words.txt"))
	b.constant("d", &tensorpb.TensorProto{Dtype: int64Of, TensorShape: shapeProto(), Int64Val: []int64{-1}})
	if initializer != "" {
		b.node("init", initializer, slices.Clone(inputs), attrs...)
	}
	b.node("same", "Identity", []string{"t"}, "T", typespb.DataType_DT_RESOURCE)
	b.node("y", "LookupTableFindV2", []string{"same", "x", "d"}, "Tin", stringOf, "Tout", int64Of)
	return b.node("n", "LookupTableSizeV2", []string{"t"})
}

// Tables of a GraphDef have what the nodes that initialize them say.
func TestTables(t *testing.T) {
	tensors := []string{"t", "k", "v"}
	pairs := []any{"Tkey", stringOf, "Tval", int64Of}
	shared := table("HashTableV2", "", nil)
	shared.proto.Node[1].Attr["shared_name"] = attrValue("of two")
	shared.node("u", "HashTableV2", nil, "key_dtype", stringOf, "value_dtype", int64Of, "shared_name", "of two")
	shared.node("init", "InitializeTableV2", []string{"u", "k", "v"}, pairs...)
	computed := table("HashTableV2", "InitializeTableV2", []string{"t", "k", "sum"}, pairs...)
	computed.node("sum", "AddV2", []string{"v", "zero"}, "T", int64Of).constant("zero", wholes(0, 0, 0))
	for name, b := range map[string]*graphBuilder{
		"HashTable":                 table("HashTable", "InitializeTable", tensors, pairs...),
		"HashTableV2":               table("HashTableV2", "InitializeTableV2", tensors, pairs...),
		"AnonymousHashTable":        table("AnonymousHashTable", "LookupTableImportV2", tensors, pairs...),
		"MutableHashTableV2":        table("MutableHashTableV2", "LookupTableImportV2", tensors, pairs...),
		"AnonymousMutableHashTable": table("AnonymousMutableHashTable", "LookupTableImportV2", tensors, pairs...),
		"shared name":               shared,
		"computed values":           computed,
	} {
		t.Run(name, func(t *testing.T) {
			f, err := tf.Translate(b.parse(t), tf.Options{})
			require.NoError(t, err)
			got := runWords(t, f)
			assert.Equal(t, []int64{-8, -1, 7}, got["y:0"].Int64s())
			assert.Equal(t, []int64{2}, got["n:0"].Int64s())
			assert.NotContains(t, f.Names, "t:0", "a table has no value")
		})
	}
}

// runWords evaluates a function of the words dog, bird and cat.
func runWords(t *testing.T, f *core.Function) map[string]*core.Tensor {
	x, err := core.StringTensor(core.Shape{3}, []string{"dog", "bird", "cat"})
	require.NoError(t, err)
	got, err := f.Eval(map[string]*core.Tensor{"x": x})
	require.NoError(t, err)
	return got
}

// What files give are the tables that TensorFlow 2.21 makes of them; an error is one that it has, too.
func TestTablesOfFiles(t *testing.T) {
	const whole, number = -2, -1
	for _, test := range []struct {
		content    string
		key, value int
		attrs      []any
		want       []int64 // of dog, bird and cat
		err        string
	}{
		{"cat\ndog\r\nbird", whole, number, nil, []int64{1, 2, 0}, ""},
		{"cat\r\rdog\ndog\r\r\ncat", whole, number, nil, []int64{-1, -1, 2}, ""},
		{"1 dog 5 6\n 7 8", 1, 2, []any{"delimiter", " "}, []int64{5, -1, -1}, ""},
		{"dog\t 9 \ncat\t-3", 0, 1, nil, []int64{9, -1, -3}, ""},
		{"dog\ncat\nbird\n", whole, number, []any{"vocab_size", 2}, []int64{0, -1, 1}, ""},
		{"dog\ncat", whole, number, []any{"offset", 10}, []int64{10, -1, 11}, ""},
		{"", whole, number, nil, nil, "words.txt: the file is empty, want at least a line"},
		{"dog\n\ncat", whole, number, nil, nil, "words.txt: line 1 is empty, want none that is"},
		{
			"dog\n", whole, number,
			[]any{"vocab_size", 2},
			nil,
			`words.txt: got 1 lines, want 2 as attribute "vocab_size" says`,
		},
		{"dog\t1\ncat", 0, 1, nil, nil, "words.txt: line 1 has too few columns, want 2"},
		{
			"dog\t1.5", 0, 1, nil, nil,
			`words.txt: StringToNumber: input 0: got "1.5" at 0, want a number of i64 (StringToNumber-C3)`,
		},
		{"dog\t1", number, 1, nil, nil, "got -1, the number of a line, for string, want i64"},
		{"dog\t1", 0, 1, []any{"delimiter", ""}, nil, `got "", want one byte`},
		{"dog\t1", 0, 1, []any{"vocab_size", 0}, nil, "got 0, want -1 or at least 1"},
	} {
		t.Run(fmt.Sprintf("%q/%d/%d/%v", test.content, test.key, test.value, test.attrs), func(t *testing.T) {
			attrs := slices.Concat([]any{"key_index", test.key, "value_index", test.value}, test.attrs)
			b := table("HashTableV2", "InitializeTableFromTextFileV2", []string{"t", "f"}, attrs...)
			f, err := tf.Translate(b.parse(t), tf.Options{Files: func(name string) ([]byte, error) {
				assert.Equal(t, "words.txt", name)
				return []byte(test.content), nil
			}})
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				assert.ErrorContains(t, err, `node "init" (InitializeTableFromTextFileV2): `)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, runWords(t, f)["y:0"].Int64s())
		})
	}
}

func TestTableErrors(t *testing.T) {
	tensors := []string{"t", "k", "v"}
	pairs := []any{"Tkey", stringOf, "Tval", int64Of}
	init := func(change func(*graphBuilder)) *graphBuilder {
		b := table("HashTableV2", "InitializeTableV2", tensors, pairs...)
		change(b)
		return b
	}
	file := []any{"key_index", -2, "value_index", -1}
	for _, test := range []struct {
		name string
		b    *graphBuilder
		want string
	}{
		{
			"not initialized", table("HashTableV2", "", nil),
			`node "t" (HashTableV2): nothing in the graph initializes the table: convert the SavedModel, whose initializer ` +
				`does, or keep the table's initializer when the graph is frozen`,
		},
		{
			"a file", table("HashTableV2", "InitializeTableFromTextFileV2", []string{"t", "f"}, file...),
			`node "init" (InitializeTableFromTextFileV2): it reads the file ` +
				`"words.txt", which a GraphDef does not hold: convert the SavedModel`,
		},
		{
			"inserts",
			init(func(b *graphBuilder) {
				b.node("more", "LookupTableInsertV2", tensors, "Tin", stringOf, "Tout", int64Of)
			}),
			`node "t" (HashTableV2): node "more" (LookupTableInsertV2) changes the table: results would depend on earlier runs`,
		},
		{
			"different values",
			init(func(b *graphBuilder) { b.proto.Node[3] = newGraph().constant("v", wholes(1, 2, 3)).proto.Node[0] }),
			`node "t" (HashTableV2): its keys: got the same key at 1 and 2 with different ` +
				`values, want equal ones (TableLookup-C5)`,
		},
		{
			"too few values",
			init(func(b *graphBuilder) { b.proto.Node[3] = newGraph().constant("v", wholes(1, 2)).proto.Node[0] }),
			`node "t" (HashTableV2): is initialized with keys of shape [3] and values of shape [2], want one dimension, and ` +
				`as many values as keys`,
		},
		{
			"other types",
			init(func(b *graphBuilder) {
				b.proto.Node[3] = newGraph().constant("v", truth(true, true, true)).proto.Node[0]
			}),
			`node "t" (HashTableV2): attribute "value_dtype": got i64, but the table is initialized with boolean[3]`,
		},
		{
			"computed from an input",
			init(func(b *graphBuilder) { b.proto.Node[6].Input[1] = "x" }),
			`node "init" (InitializeTableV2): it depends on input "x", ` +
				`want constants`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tf.Translate(test.b.parse(t), tf.Options{Outputs: []string{"y"}})
			require.Error(t, err)
			var e *tf.Error
			require.ErrorAs(t, err, &e)
			assert.EqualError(t, err, test.want)
		})
	}
	_, err := tf.Translate(init(func(*graphBuilder) {}).parse(t), tf.Options{Outputs: []string{"same"}})
	assert.EqualError(t, err, `output "same:0": is a table, which has no value`)
}

// The values are those that TensorFlow 2.21 computes.
func TestStringOps(t *testing.T) {
	one := func(op string, attrs ...any) *graphBuilder {
		return newGraph().input("x", stringOf, -1).node("y", op, []string{"x"}, attrs...)
	}
	part := newGraph().input("x", stringOf, -1).constant("at", integers(dims{}, -2)).constant("n", integers(dims{}, 5)).
		node("y", "Substr", []string{"x", "at", "n"}, "T", int32Type)
	letters := newGraph().input("x", stringOf, -1).constant("at", integers(dims{}, 0)).constant("n", integers(dims{}, 1)).
		node("y", "Substr", []string{"x", "at", "n"}, "T", int32Type, "unit", "UTF8_CHAR")
	join := newGraph().input("x", stringOf, -1).constant("w", word("+")).
		node("y", "StringJoin", []string{"x", "w", "x"}, "N", 3, "separator", "-")
	equal := newGraph().input("x", stringOf, -1).constant("w", word("12")).
		node("y", "NotEqual", []string{"x", "w"}, "T", stringOf)
	text := newGraph().input("x", stringOf, -1).node("v", "StringToNumber", []string{"x"}, "out_type", int64Of).
		node("y", "AsString", []string{"v"}, "T", int64Of, "width", 4, "fill", "0")
	unique := newGraph().input("x", stringOf, -1).
		node("y", "Unique", []string{"x"}, "T", stringOf, "out_idx", int32Type)
	for _, test := range []struct {
		name string
		b    *graphBuilder
		x    []string
		want string
	}{
		{"fast", one("StringToHashBucketFast", "num_buckets", 1000), []string{"cat", ""}, "[96 263]"},
		{
			"strong", one("StringToHashBucketStrong", "num_buckets", 1000, "key", []int64{1, -2}),
			[]string{"cat", ""},
			"[374 606]",
		},
		{"lower", one("StringLower"), []string{"ABc"}, `["abc"]`},
		{"upper", one("StringUpper"), []string{"ABc"}, `["ABC"]`},
		{"strip", one("StringStrip"), []string{" a b\n"}, `["a b"]`},
		{"bytes", one("StringLength"), []string{"Ä", ""}, "[2 0]"},
		{"characters", one("StringLength", "unit", "UTF8_CHAR"), []string{"Ä", ""}, "[1 0]"},
		{"number", one("StringToNumber"), []string{"1.5", "-2"}, "[1.5 -2]"},
		{"raw", one("DecodeRaw", "out_type", int32Type), []string{"\x01\x02\x00\x00"}, "[513]"},
		{
			"raw, big-endian", one("DecodeRaw", "out_type", int32Type, "little_endian", false),
			[]string{"\x00\x00\x02\x01"},
			"[513]",
		},
		{"part", part, []string{"abc"}, `["bc"]`},
		{"characters of a part", letters, []string{"Äbc"}, `["Ä"]`},
		{"join", join, []string{"a", "b"}, `["a-+-a" "b-+-b"]`},
		{"not equal", equal, []string{"12", "1"}, "[0 1]"},
		{"text", text, []string{"12", "-3"}, `["0012" "-003"]`},
		{"unique", unique, []string{"b", "a", "b"}, `["b" "a"]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := tf.Translate(test.b.parse(t), tf.Options{Outputs: []string{"y"}})
			require.NoError(t, err)
			x, err := core.StringTensor(core.Shape{len(test.x)}, test.x)
			require.NoError(t, err)
			got, err := f.Eval(map[string]*core.Tensor{"x": x})
			require.NoError(t, err)
			y := got["y:0"]
			switch {
			case y.Type() == core.String:
				assert.Equal(t, test.want, fmt.Sprintf("%q", y.Strings()))
			case y.Type().IsFloat():
				assert.Equal(t, test.want, fmt.Sprint(y.Float32s()))
			default:
				assert.Equal(t, test.want, fmt.Sprint(y.Int64s()))
			}
		})
	}
	_, err := tf.Translate(one("StringLower", "encoding", "utf-8").parse(t), tf.Options{})
	assert.ErrorContains(t, err, `attribute "encoding": got "utf-8", want none: letters beyond ASCII are not supported`)
}
