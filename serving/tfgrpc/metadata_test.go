package tfgrpc_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"github.com/wamuir/graft/tensorflow/serving/apis_go_proto"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
)

const savedModels = "../../testdata/savedmodels"

// serveSaved serves a SavedModel of testdata as version 1.
func serveSaved(t *testing.T, name string) *client {
	t.Helper()
	base := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(base, "1"), os.DirFS(filepath.Join(savedModels, name, "model"))))
	return dial(t, servingtest.Start(t, serving.Options{}, serving.ModelConfig{Name: name, BasePath: base}))
}

// The metadata of a SavedModel is what is in its file, as TensorFlow's own messages read it.
func TestMetadataOfSavedModels(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(savedModels, "*", "model", "saved_model.pb"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(dirs), 20)
	for _, path := range dirs {
		name := filepath.Base(filepath.Dir(filepath.Dir(path)))
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			var file for_core_protos_go_proto.SavedModel
			require.NoError(t, proto.Unmarshal(data, &file))
			want := file.GetMetaGraphs()[0].GetSignatureDef() // that of the tag "serve", in all of them

			r, err := serveSaved(t, name).predict.GetModelMetadata(t.Context(), &apis_go_proto.GetModelMetadataRequest{
				ModelSpec: spec(name), MetadataField: []string{"signature_def"},
			})
			require.NoError(t, err)
			var got apis_go_proto.SignatureDefMap
			require.NoError(t, r.GetMetadata()["signature_def"].UnmarshalTo(&got))
			require.Len(t, got.GetSignatureDef(), len(want))
			for key, d := range want {
				sameForm(d, got.GetSignatureDef()[key])
				assert.Equal(t, prototext.Format(d), prototext.Format(got.GetSignatureDef()[key]), key)
			}
		})
	}
}

// sameForm gives the defaults of two signatures one form: their elements may stand in two fields.
func sameForm(want, got *for_core_protos_go_proto.SignatureDef) {
	for key, p := range want.GetDefaults() {
		if q := got.GetDefaults()[key]; q.GetDtype() == p.GetDtype() {
			p.TensorContent, q.FloatVal, q.IntVal, p.IntVal, p.FloatVal = nil, nil, nil, nil, nil
			p.VersionNumber, p.TensorShape, q.TensorShape = 0, nil, nil
		}
	}
}

// Inputs that have a default may be left out.
func TestPredictDefaults(t *testing.T) {
	c := serveSaved(t, "module_defaults")
	x := floats([]int64{1, 3}, 1, 1, 1)
	for _, test := range []struct {
		name string
		in   inputs
		want []float32
	}{
		{"both", inputs{"x": x}, []float32{8, 9, 7.5}},
		{"one", inputs{"x": x, "scale": floats([]int64{3}, 0, 0, 1)}, []float32{7, 7, 8}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := c.predict.Predict(t.Context(), &apis_go_proto.PredictRequest{
				ModelSpec: spec("module_defaults"), Inputs: test.in,
			})
			require.NoError(t, err)
			assert.Equal(t, test.want, r.GetOutputs()["y"].GetFloatVal())
		})
	}
	for _, test := range []struct {
		name string
		in   inputs
		kind fault.Kind
		more string
	}{
		{"an input without a default", inputs{}, fault.NoInput, "default input alias set: scale,shift"},
		{"an unknown input", inputs{"x": x, "z": x}, fault.InputName, "Used request inputs: x, request input: x,z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := c.predict.Predict(t.Context(), &apis_go_proto.PredictRequest{
				ModelSpec: spec("module_defaults"), Inputs: test.in,
			})
			wantError(t, test.kind, test.more, err)
		})
	}
}
