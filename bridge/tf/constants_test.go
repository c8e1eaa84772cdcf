package tf_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
)

// TestConstants gives a placeholder a value, which y then is.
func TestConstants(t *testing.T) {
	const (
		i64, u64 = typespb.DataType_DT_INT64, typespb.DataType_DT_UINT64
		i8       = typespb.DataType_DT_INT8
		text     = typespb.DataType_DT_STRING
		json     = ", want a JSON value: a number, true, false, a string, or a list of them"
	)
	of := func(typ typespb.DataType, shape ...int64) *graphBuilder {
		return newGraph().input("p", typ, shape...).scalar("c", 1).node("y", "Identity", []string{"p"}, "T", typ)
	}
	for name, c := range map[string]struct {
		graph *graphBuilder
		specs []string
		want  any // the elements; a string is an error
	}{
		"boolean":            {of(boolType), []string{"p=true"}, []bool{true}},
		"real":               {of(float32Type), []string{"p=0.1"}, []float32{0.1}},
		"reals":              {of(float32Type, 2, 1), []string{"p=[[1],[-2e3]]"}, []float32{1, -2000}},
		"none":               {of(float32Type, 0), []string{"p=[]"}, []float32{}},
		"the port":           {of(float32Type), []string{"p:0=1"}, []float32{1}},
		"whole as a real":    {of(int32Type), []string{"p=2e3"}, []int32{2000}},
		"least int64":        {of(i64), []string{"p=-9223372036854775808"}, []int64{-1 << 63}},
		"odd int64":          {of(i64), []string{"p=9007199254740993"}, []int64{9007199254740993}},
		"largest uint64":     {of(u64), []string{"p=18446744073709551615"}, []uint64{1<<64 - 1}},
		"no value":           {of(boolType), []string{"p="}, `got "p=", want NAME=VALUE, phase_train=false for example`},
		"no JSON":            {of(boolType), []string{"p=True"}, `constant "p": got "True"` + json},
		"more than a value":  {of(boolType), []string{"p=true true"}, `constant "p": got "true true"` + json},
		"a bracket too many": {of(boolType), []string{"p=true]"}, `constant "p": got "true]"` + json},
		"null":               {of(boolType), []string{"p=null"}, `constant "p": got <nil>, want values of boolean`},
		"an object":          {of(int32Type), []string{"p={}"}, `constant "p": got map[], want values of i32`},
		"number for boolean": {of(boolType), []string{"p=1"}, `constant "p": got 1, want values of boolean`},
		"boolean for number": {of(int32Type), []string{"p=true"}, `constant "p": got true, want values of i32`},
		"number for string":  {of(text), []string{"p=1"}, `constant "p": got 1, want values of string`},
		"fraction":           {of(int32Type), []string{"p=1.5"}, `constant "p": got 1.5, want values of i32`},
		"too large for int8": {of(i8), []string{"p=128"}, `constant "p": got 128, want values of i8`},
		"too large for int64": {
			of(i64), []string{"p=9223372036854775808"}, `constant "p": got 9223372036854775808, want values of i64`,
		},
		"negative uint64":      {of(u64), []string{"p=-1"}, `constant "p": got -1, want values of u64`},
		"too large for float":  {of(float32Type), []string{"p=1e39"}, `constant "p": got 1e39, want values of f32`},
		"too large for double": {of(float32Type), []string{"p=1e400"}, `constant "p": got 1e400, want values of f32`},
		"another shape":        {of(float32Type, 2), []string{"p=[1,2,3]"}, `constant "p": got f32[3], want f32[2]`},
		"lists of other lengths": {
			of(float32Type), []string{"p=[[1],[2,3]]"}, `constant "p": got lists of different lengths, want all of one shape`,
		},
		"twice": {of(float32Type), []string{"p=1", "p=1"}, `constant "p": given twice`},
		"a node that is not there": {
			of(float32Type), []string{"q=1"}, `constant "q": no node "q" in the graph`,
		},
		"a node that is no placeholder": {
			of(float32Type), []string{"c=1"}, `constant "c": the node is Const, want a Placeholder`,
		},
		"another port": {of(float32Type), []string{"p:1=1"}, `constant "p:1": `},
	} {
		t.Run(name, func(t *testing.T) {
			opts := tf.Options{Outputs: []string{"y"}}
			var err error
			for _, s := range c.specs {
				var spec tf.ConstantSpec
				if spec, err = tf.ParseConstantSpec(s); err != nil {
					break
				}
				opts.Constants = append(opts.Constants, spec)
			}
			var f *core.Function
			if err == nil {
				f, err = tf.Translate(c.graph.parse(t), opts)
			}
			if msg, fails := c.want.(string); fails {
				require.ErrorContains(t, err, msg)
				return
			}
			require.NoError(t, err)
			assert.Empty(t, f.Parameters)
			out, err := f.Eval(nil)
			require.NoError(t, err)
			assert.Equal(t, c.want, elementsOf(t, out[f.Results[0].Name]))
		})
	}
}

// A value as a tensor has the placeholder's type and a shape that it can have.
func TestConstantTensors(t *testing.T) {
	g := newGraph().input("p", float32Type, -1).node("y", "Identity", []string{"p"}, "T", float32Type)
	for name, c := range map[string]struct {
		value *core.Tensor
		want  string
	}{
		"type":  {core.Scalar(int32(1)), `constant "p": got i32[], want f32[?]`},
		"shape": {core.Scalar(float32(1)), `constant "p": got f32[], want f32[?]`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tf.Translate(g.parse(t), tf.Options{Constants: []tf.ConstantSpec{{Name: "p", Value: c.value}}})
			require.EqualError(t, err, c.want)
		})
	}
}

// elementsOf returns the elements of a tensor as a slice of their type.
func elementsOf(t *testing.T, x *core.Tensor) any {
	t.Helper()
	switch x.Type() {
	case core.Bool:
		return core.Data[bool](x)
	case core.F32:
		return core.Data[float32](x)
	case core.I32:
		return core.Data[int32](x)
	case core.I64:
		return core.Data[int64](x)
	case core.U64:
		return core.Data[uint64](x)
	}
	require.Fail(t, "no such type", x.Type())
	return nil
}
