package core_test

import (
	"encoding"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	_ "github.com/tf2ng/tf2ng/core/op" // registers all ops
	"github.com/tf2ng/tf2ng/core/op/linear"
)

// update lets the tests add what is missing to testdata/ng: words of new ops. What is there already is never written
// again: it stands for the files that
// users have.
var update = flag.Bool("update", false, "add what testdata/ng lacks")

// converted is where the files of older programs are.
const converted = "../testdata/ng"

func TestRegistration(t *testing.T) {
	type fresh struct{}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"new", core.CheckRegistration[fresh]("Fresh2"), ""},
		{
			"no name", core.CheckRegistration[fresh](""),
			`op of type core_test.fresh: got the name "", want letters and digits that start with a capital letter`,
		},
		{
			"small letter", core.CheckRegistration[fresh]("fresh"),
			`op of type core_test.fresh: got the name "fresh", want letters and digits that start with a capital letter`,
		},
		{
			"digit first", core.CheckRegistration[fresh]("2Fresh"),
			`op of type core_test.fresh: got the name "2Fresh", want letters and digits that start with a capital letter`,
		},
		{
			"dot", core.CheckRegistration[fresh]("core.Fresh"),
			`op of type core_test.fresh: got the name "core.Fresh", want letters and digits that start with a capital letter`,
		},
		{
			"name taken", core.CheckRegistration[fresh]("Dot"),
			`op of type core_test.fresh: the name "Dot" is that of linear.Dot: want one of its own`,
		},
		{
			"second name", core.CheckRegistration[linear.Dot]("InnerProduct"),
			`op of type linear.Dot: got the name "InnerProduct", but it has the name "Dot" already`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.want == "" {
				assert.NoError(t, test.err)
			} else {
				assert.EqualError(t, test.err, test.want)
			}
		})
	}
}

// unregistered is an op with the Go name of a registered one.
type unregistered = Transpose

// Transpose is not core's.
type Transpose struct{ core.Result }

// A name belongs to one Go type: another type of the same Go name does not pass for it.
func TestUnregisteredOpsAreNotWritten(t *testing.T) {
	c := core.NewConstant(core.Scalar(float32(1)))
	x, err := core.NewNamedNode("x", &unregistered{}, c)
	require.NoError(t, err)
	assert.Equal(t, "Transpose", x.OpName())
	r, err := core.NewNamedNode("y", &core.Result{}, x.Out(0))
	require.NoError(t, err)
	_, _, err = (&core.Function{Results: []*core.Node{r}}).EncodeJSON()
	assert.EqualError(t, err, `node "x" (Transpose): the op is not registered`)
}

// Files hold the names of ops, of their attributes and of the values of these. This test
// fails when one of those that are in use is gone or has another spelling.
func TestFrozenNames(t *testing.T) {
	var words []string
	for _, name := range core.OpNames() {
		op, err := core.NewOp(name)
		require.NoError(t, err)
		assert.Equal(t, name, core.OpName(op))
		words = appendWords(append(words, name), name, reflect.TypeOf(op).Elem())
	}
	path := filepath.Join(converted, "names.txt")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	frozen := strings.Split(strings.TrimSpace(string(data)), "\n")
	require.Empty(t, without(frozen, words), "users' files hold these names, which must stay as they are")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(words, "\n")+"\n"), 0o644))
		return
	}
	assert.Empty(t, without(words, frozen), "new names: go test ./core ./core/op -update adds them to %s, where they stay",
		path)
}

// without returns the words that are not among others.
func without(words, others []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(others, w) })
}

// appendWords appends a line for each field of a struct, and for each word that is the
// value of one.
func appendWords(words []string, path string, t reflect.Type) []string {
	for _, f := range core.JSONFields(t) {
		words = appendType(words, path+"."+f.Name, f.Type)
	}
	return words
}

func appendType(words []string, path string, t reflect.Type) []string {
	switch {
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		words = append(words, path)
		for _, w := range values(t) {
			words = append(words, path+" = "+w)
		}
		return words
	case t.Kind() == reflect.Struct:
		return appendWords(words, path, t)
	case t.Kind() == reflect.Slice:
		return appendType(words, path+"[]", t.Elem())
	}
	return append(words, fmt.Sprintf("%s: %v", path, t.Kind()))
}

// values lists the words of an enumeration: those that it reads as it writes them.
func values(t reflect.Type) []string {
	var words []string
	for i := range 256 {
		v, again := reflect.New(t), reflect.New(t)
		v.Elem().SetUint(uint64(i))
		text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		if err == nil && again.Interface().(encoding.TextUnmarshaler).UnmarshalText(text) == nil {
			words = append(words, string(text))
		}
	}
	return words
}
