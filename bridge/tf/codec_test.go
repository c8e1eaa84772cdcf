package tf_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
)

// The nodes are those that TensorFlow 2.21 ran (scripts/goldens/images.py), and so are the outputs.
func TestCodecs(t *testing.T) {
	b, err := os.ReadFile("../../testdata/images/images.json")
	require.NoError(t, err)
	var recorded struct {
		Files map[string][]byte
		Cases []struct {
			File, Op string
			Attrs    map[string]any
			Window   []int32
			Shape    core.Shape
			SHA256   string
			Refused  bool
		}
	}
	require.NoError(t, json.Unmarshal(b, &recorded))
	require.NotEmpty(t, recorded.Cases)
	for _, r := range recorded.Cases {
		t.Run(fmt.Sprint(r.File, r.Op, r.Attrs, r.Window), func(t *testing.T) {
			g, inputs := newGraph().input("file", stringOf), []string{"file"}
			if r.Window != nil {
				g.input("window", int32Type, 4)
				inputs = append(inputs, "window")
			}
			in := map[string]*core.Tensor{}
			in["file"], err = core.StringTensor(core.Shape{}, []string{string(recorded.Files[r.File])})
			require.NoError(t, err)
			if r.Window != nil {
				in["window"], err = core.TensorOf(core.Shape{4}, r.Window)
				require.NoError(t, err)
			}
			var attrs []any
			for name, v := range r.Attrs {
				attrs = append(attrs, name, attrOf(name, v))
			}
			f, err := tf.Translate(g.node("y", r.Op, inputs, attrs...).parse(t), tf.Options{Outputs: []string{"y"}})
			require.NoError(t, err)
			got, err := f.Eval(in)
			if r.Refused {
				require.ErrorContains(t, err, `node "y"`)
				return
			}
			require.NoError(t, err)
			y := got["y:0"]
			assert.Equal(t, r.Shape, core.Shape(y.Shape()))
			sum := sha256.Sum256(y.Bytes())
			assert.Equal(t, r.SHA256, hex.EncodeToString(sum[:]))
		})
	}
}

// attrOf returns an attribute as graphs have it.
func attrOf(name string, v any) any {
	switch v := v.(type) {
	case float64:
		return int(v)
	case string:
		if name == "dtype" {
			return map[string]typespb.DataType{
				"uint8": typespb.DataType_DT_UINT8, "uint16": typespb.DataType_DT_UINT16, "float32": typespb.DataType_DT_FLOAT,
			}[v]
		}
	}
	return v
}

func TestBase64IsTranslated(t *testing.T) {
	g := newGraph().input("x", stringOf).node("bytes", "DecodeBase64", []string{"x"}).
		node("y", "EncodeBase64", []string{"bytes"}, "pad", true).parse(t)
	f, err := tf.Translate(g, tf.Options{})
	require.NoError(t, err)
	x, err := core.StringTensor(core.Shape{}, []string{"_-8"})
	require.NoError(t, err)
	got, err := f.Eval(map[string]*core.Tensor{"x": x})
	require.NoError(t, err)
	assert.Equal(t, []string{"_-8="}, got["y:0"].Strings())
}
