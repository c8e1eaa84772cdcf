package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf"
)

const root = "../.."

func TestDocsAreCurrent(t *testing.T) {
	want, err := generate(root)
	require.NoError(t, err)
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		assert.True(t, text == string(got), "%s: run make generate; %s", name, difference(text, string(got)))
	}
}

// difference shows the first line that differs.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d is\n%s\nwant\n%s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("it has %d lines, want %d", len(g), len(w))
}

func TestReplaceNeedsItsMarks(t *testing.T) {
	for _, text := range []string{"", begin, end + begin} {
		_, err := replace(text, begin, end, "x")
		assert.Error(t, err, text)
	}
}

// A picture is shown from when its file is there.
func TestPicture(t *testing.T) {
	dir := t.TempDir()
	p := picture{"<\n", ">\n", "a.svg", "About"}
	for _, test := range []struct{ add, want string }{
		{"", "<\n>\n"},
		{"a.svg", "<\n<img alt=\"About\" src=\"a.svg\">\n>\n"},
	} {
		if test.add != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, test.add), nil, 0o600))
		}
		got, err := p.show(dir, "<\n>\n")
		require.NoError(t, err)
		assert.Equal(t, test.want, got)
	}
}

// Each quantized op that TensorFlow runs is compared with what it computed.
func TestEachQuantizedOpHasARecordedGraph(t *testing.T) {
	c, err := collect(root)
	require.NoError(t, err)
	for name, o := range c.ops {
		if o.supported && o.quantized() && o.peer.TensorFlow.Kernel {
			assert.NotEmpty(t, o.groups, name)
			assert.NotEmpty(t, o.became.Core, name)
		}
	}
}

func TestAttributeOfAPort(t *testing.T) {
	for port, want := range map[string]string{
		"input:T": "T", "values:N*T": "T", "out:out_type=qint32": "out_type", "y:dtype": "dtype", "min:float": "",
		"axes:int32": "", "rest:[Tlist]": "",
	} {
		assert.Equal(t, want, attribute(port), port)
	}
}

func TestExpandListsEachCombination(t *testing.T) {
	assert.Equal(t, []map[string]string{
		{"T": "a", "U": "x"}, {"T": "a", "U": "y"}, {"T": "b", "U": "x"}, {"T": "b", "U": "y"},
	}, expand(map[string][]string{"T": {"a", "b"}, "U": {"x", "y"}}))
}

// A graph with other types is translated if the op takes them.
func TestTemplateWithOtherTypes(t *testing.T) {
	const name = "Dequantize"
	data, err := os.ReadFile(filepath.Join(root, "testdata", "goldens", name,
		"dequantize_quint8_MIN_COMBINED_float_r0.pb"))
	require.NoError(t, err)
	list := tf.Supported()
	info := list[slices.IndexFunc(list, func(o tf.OpInfo) bool { return o.Name == name })]
	g := template{data, []string{"op:0"}}
	for typ, want := range map[string]bool{"quint8": true, "qint32": true, "float": false, "string": false} {
		assert.Equal(t, want, g.translates(info, map[string]string{"T": typ, "dtype": "float"}), typ)
	}
}
