package ops

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/parsing"
)

// The outputs of all ops that parse examples.
const (
	sparseOutputs = "sparse_indices:num_sparse*int64 sparse_values:[sparse_types] sparse_shapes:num_sparse*int64 "
	raggedOutputs = "ragged_values:[ragged_value_types] ragged_row_splits:[ragged_split_types]"
)

var _ = register("parsing",
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
