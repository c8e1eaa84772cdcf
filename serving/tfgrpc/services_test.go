package tfgrpc_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/wamuir/graft/tensorflow/core/example/example_protos_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"github.com/wamuir/graft/tensorflow/serving/apis_go_proto"
	"github.com/wamuir/graft/tensorflow/serving/config_go_proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/internal/testmodel"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
	"github.com/tf2ng/tf2ng/serving/tfgrpc"
	"github.com/tf2ng/tf2ng/serving/tfgrpc/internal/stubs"
)

type client struct {
	predict stubs.PredictionServiceClient
	model   stubs.ModelServiceClient
	health  grpc_health_v1.HealthClient
}

// dial returns a client of a server for a Manager.
func dial(t testing.TB, m *serving.Manager) *client {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := grpc.NewServer(tfgrpc.ServerOptions()...)
	tfgrpc.Register(s, m)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	c, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return &client{
		stubs.NewPredictionServiceClient(c), stubs.NewModelServiceClient(c), grpc_health_v1.NewHealthClient(c),
	}
}

// start serves half, as the REST tests have it, two and examples.
func start(t *testing.T) *client {
	half, two := t.TempDir(), t.TempDir()
	servingtest.Linear(t, half, 1, tf2ng.Shape{tf2ng.Unknown}, 0.5, 1)
	servingtest.Linear(t, half, 2, tf2ng.Shape{tf2ng.Unknown}, 0.5, 2)
	servingtest.Two(t, two, 7)
	return dial(t, servingtest.Start(t, serving.Options{},
		serving.ModelConfig{
			Name: "half", BasePath: half, Policy: serving.Policy{All: true}, Labels: map[string]int64{"stable": 1},
		},
		serving.ModelConfig{Name: "two", BasePath: two}))
}

func floats(shape []int64, values ...float32) *tensor_go_proto.TensorProto {
	p := &tensor_go_proto.TensorProto{
		Dtype: types_go_proto.DataType_DT_FLOAT, FloatVal: values, TensorShape: &tensor_shape_go_proto.TensorShapeProto{},
	}
	for _, d := range shape {
		p.TensorShape.Dim = append(p.TensorShape.Dim, &tensor_shape_go_proto.TensorShapeProto_Dim{Size: d})
	}
	return p
}

type inputs = map[string]*tensor_go_proto.TensorProto

func spec(name string) *apis_go_proto.ModelSpec { return &apis_go_proto.ModelSpec{Name: name} }

func version(name string, n int64) *apis_go_proto.ModelSpec {
	return &apis_go_proto.ModelSpec{
		Name: name, VersionChoice: &apis_go_proto.ModelSpec_Version{Version: wrapperspb.Int64(n)},
	}
}

func label(name, l string) *apis_go_proto.ModelSpec {
	return &apis_go_proto.ModelSpec{
		Name: name, VersionChoice: &apis_go_proto.ModelSpec_VersionLabel{VersionLabel: l},
	}
}

func TestPredict(t *testing.T) {
	c := start(t)
	content := floats([]int64{2})
	content.TensorContent = []byte{0, 0, 128, 63, 0, 0, 0, 64} // 1 and 2
	for _, test := range []struct {
		name string
		spec *apis_go_proto.ModelSpec
		x    *tensor_go_proto.TensorProto
		want []float32
		ran  int64
	}{
		{"values", spec("half"), floats([]int64{2}, 1, 2), []float32{2.5, 3}, 2},
		{"content", spec("half"), content, []float32{2.5, 3}, 2},
		{"the last value repeated", spec("half"), floats([]int64{4}, 1, 2), []float32{2.5, 3, 3, 3}, 2},
		{"no value", spec("half"), floats([]int64{2}), []float32{2, 2}, 2},
		{"no row", spec("half"), floats([]int64{0}), nil, 2},
		{"a version", version("half", 1), floats([]int64{1}, 1), []float32{1.5}, 1},
		{"a label", label("half", "stable"), floats([]int64{1}, 1), []float32{1.5}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := c.predict.Predict(t.Context(), &apis_go_proto.PredictRequest{
				ModelSpec: test.spec, Inputs: inputs{"x": test.x},
			}, grpc.UseCompressor(gzip.Name))
			require.NoError(t, err)
			assert.Equal(t, test.want, r.GetOutputs()["y"].GetFloatVal())
			assert.Equal(t, types_go_proto.DataType_DT_FLOAT, r.GetOutputs()["y"].GetDtype())
			assert.Equal(t, "half", r.GetModelSpec().GetName())
			assert.Equal(t, "serving_default", r.GetModelSpec().GetSignatureName())
			assert.Equal(t, test.ran, r.GetModelSpec().GetVersion().GetValue())
		})
	}
}

func TestPredictOutputFilter(t *testing.T) {
	c := start(t)
	b := floats([]int64{1})
	b.Dtype, b.Int64Val = types_go_proto.DataType_DT_INT64, []int64{41}
	r, err := c.predict.Predict(t.Context(), &apis_go_proto.PredictRequest{
		ModelSpec: spec("two"), OutputFilter: []string{"next"}, Inputs: inputs{"a": floats([]int64{1, 2}, 1, 2), "b": b},
	})
	require.NoError(t, err)
	assert.Len(t, r.GetOutputs(), 1)
	assert.Equal(t, []int64{42}, r.GetOutputs()["next"].GetInt64Val())
}

// The codes and phrases of what is wrong with a request are TensorFlow Serving's.
func TestPredictErrors(t *testing.T) {
	c := start(t)
	one := floats([]int64{1}, 1)
	typed := func(d types_go_proto.DataType) *tensor_go_proto.TensorProto {
		p := floats([]int64{1})
		p.Dtype = d
		return p
	}
	short := floats([]int64{2})
	short.TensorContent = []byte{1, 2, 3}
	signature := spec("half")
	signature.SignatureName = "none"
	for _, test := range []struct {
		name string
		r    *apis_go_proto.PredictRequest
		kind fault.Kind
		more string // of the message, beside the kind's phrase
	}{
		{"no spec", &apis_go_proto.PredictRequest{}, fault.NoSpec, ""},
		{
			"no name", &apis_go_proto.PredictRequest{ModelSpec: spec("")}, fault.NoName, "",
		},
		{
			"no model", &apis_go_proto.PredictRequest{ModelSpec: spec("none")}, fault.NoModel, "none)",
		},
		{
			"no version", &apis_go_proto.PredictRequest{ModelSpec: version("half", 9)}, fault.NoVersion, "half, 9)",
		},
		{
			"no label", &apis_go_proto.PredictRequest{ModelSpec: label("half", "none")}, fault.NoLabel, "none",
		},
		{
			"no signature", &apis_go_proto.PredictRequest{ModelSpec: signature}, fault.NoSignature, `"none" not found.`,
		},
		{
			"no input", &apis_go_proto.PredictRequest{ModelSpec: spec("half")}, fault.InputCount,
			"0!=1 len({}) != len({x}). Sent extra: {}. Missing but required: {x}.",
		},
		{
			"an input more", &apis_go_proto.PredictRequest{ModelSpec: spec("half"), Inputs: inputs{"x": one, "z": one}},
			fault.InputCount, "Sent extra: {z}. Missing but required: {}.",
		},
		{
			"an unknown input", &apis_go_proto.PredictRequest{ModelSpec: spec("half"), Inputs: inputs{"z": one}},
			fault.NoInput, "input alias: x(feed name: x:0)",
		},
		{
			"a wrong type", &apis_go_proto.PredictRequest{
				ModelSpec: spec("half"), Inputs: inputs{"x": typed(types_go_proto.DataType_DT_INT32)},
			}, fault.InputType, "arg[0] to be float but int32 is provided",
		},
		{
			"a type that is none", &apis_go_proto.PredictRequest{
				ModelSpec: spec("half"), Inputs: inputs{"x": typed(types_go_proto.DataType_DT_RESOURCE)},
			}, fault.InputParse, "x",
		},
		{
			"a wrong shape", &apis_go_proto.PredictRequest{
				ModelSpec: spec("half"), Inputs: inputs{"x": floats([]int64{1, 1}, 1)},
			}, fault.InputShape, `input "x": got shape [1,1], want [?]`,
		},
		{
			"too little content", &apis_go_proto.PredictRequest{ModelSpec: spec("half"), Inputs: inputs{"x": short}},
			fault.InputParse, "x: tensor_content has 3 bytes, want 8",
		},
		{
			"a negative dimension", &apis_go_proto.PredictRequest{
				ModelSpec: spec("half"), Inputs: inputs{"x": floats([]int64{-1}, 1)},
			}, fault.InputParse, "x: dimension 0 is -1",
		},
		{
			"a huge shape", &apis_go_proto.PredictRequest{
				ModelSpec: spec("half"), Inputs: inputs{"x": floats([]int64{1 << 31, 1 << 31, 1 << 31}, 1)},
			}, fault.InputParse, "the shape has too many elements",
		},
		{
			"a large shape of one value", &apis_go_proto.PredictRequest{
				ModelSpec: spec("half"), Inputs: inputs{"x": floats([]int64{1 << 31}, 1)},
			}, fault.InputParse, "is too large",
		},
		{
			"no output", &apis_go_proto.PredictRequest{
				ModelSpec: spec("half"), Inputs: inputs{"x": one}, OutputFilter: []string{"z"},
			}, fault.NoOutput, "z Outputs expected to be in the set {y}.",
		},
		{
			"an output twice", &apis_go_proto.PredictRequest{
				ModelSpec: spec("half"), Inputs: inputs{"x": one}, OutputFilter: []string{"y", "y"},
			}, fault.OutputTwice, "y",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := c.predict.Predict(t.Context(), test.r)
			wantError(t, test.kind, test.more, err)
		})
	}
}

// wantError holds an error against the table of errors.
func wantError(t *testing.T, kind fault.Kind, more string, err error) {
	t.Helper()
	row := fault.Rows()[kind]
	require.Error(t, err)
	assert.Equal(t, codes.Code(row.Code), status.Code(err), err)
	assert.Contains(t, status.Convert(err).Message(), row.Phrase)
	assert.Contains(t, status.Convert(err).Message(), more)
}

func TestMetadata(t *testing.T) {
	c := start(t)
	r, err := c.predict.GetModelMetadata(t.Context(), &apis_go_proto.GetModelMetadataRequest{
		ModelSpec: spec("two"), MetadataField: []string{"signature_def"},
	})
	require.NoError(t, err)
	assert.Equal(t, int64(7), r.GetModelSpec().GetVersion().GetValue())
	var got apis_go_proto.SignatureDefMap
	require.NoError(t, r.GetMetadata()["signature_def"].UnmarshalTo(&got))
	d := got.GetSignatureDef()["serving_default"]
	assert.Equal(t, "tensorflow/serving/predict", d.GetMethodName())
	a := d.GetInputs()["a"]
	assert.Equal(t, "a:0", a.GetName())
	assert.Equal(t, types_go_proto.DataType_DT_FLOAT, a.GetDtype())
	assert.Equal(t, int64(-1), a.GetTensorShape().GetDim()[0].GetSize())
	assert.Equal(t, int64(2), a.GetTensorShape().GetDim()[1].GetSize())
	assert.Equal(t, types_go_proto.DataType_DT_INT64, d.GetOutputs()["next"].GetDtype())

	_, err = c.predict.GetModelMetadata(t.Context(), &apis_go_proto.GetModelMetadataRequest{ModelSpec: spec("two")})
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.ErrorContains(t, err, "must specify at least one metadata_field")
	_, err = c.predict.GetModelMetadata(t.Context(), &apis_go_proto.GetModelMetadataRequest{
		ModelSpec: spec("two"), MetadataField: []string{"x"},
	})
	assert.ErrorContains(t, err, "Metadata field x is not supported")
}

func TestModelStatus(t *testing.T) {
	c := start(t)
	r, err := c.model.GetModelStatus(t.Context(), &apis_go_proto.GetModelStatusRequest{ModelSpec: spec("half")})
	require.NoError(t, err)
	require.Len(t, r.GetModelVersionStatus(), 2)
	for i, s := range r.GetModelVersionStatus() {
		assert.Equal(t, int64(i+1), s.GetVersion())
		assert.Equal(t, apis_go_proto.ModelVersionStatus_AVAILABLE, s.GetState())
		assert.Equal(t, "OK", s.GetStatus().GetErrorCode().String())
	}
	_, err = c.model.GetModelStatus(t.Context(), &apis_go_proto.GetModelStatusRequest{ModelSpec: spec("none")})
	assert.Equal(t, codes.NotFound, status.Code(err))
	assert.ErrorContains(t, err, "Could not find any versions of model none")
	_, err = c.model.GetModelStatus(t.Context(), &apis_go_proto.GetModelStatusRequest{ModelSpec: version("half", 9)})
	assert.ErrorContains(t, err, "Could not find version 9 of model half")
}

func TestReloadConfig(t *testing.T) {
	c := start(t)
	other := t.TempDir()
	servingtest.Linear(t, other, 4, tf2ng.Shape{tf2ng.Unknown}, 10, 0)
	reload := func(models ...*config_go_proto.ModelConfig) error {
		_, err := c.model.HandleReloadConfigRequest(t.Context(), &apis_go_proto.ReloadConfigRequest{
			Config: &config_go_proto.ModelServerConfig{Config: &config_go_proto.ModelServerConfig_ModelConfigList{
				ModelConfigList: &config_go_proto.ModelConfigList{Config: models},
			}},
		})
		return err
	}
	require.NoError(t, reload(&config_go_proto.ModelConfig{Name: "other", BasePath: other, ModelPlatform: "tensorflow"}))
	r, err := c.predict.Predict(t.Context(), &apis_go_proto.PredictRequest{
		ModelSpec: spec("other"), Inputs: inputs{"x": floats([]int64{1}, 4)},
	})
	require.NoError(t, err)
	assert.Equal(t, []float32{40}, r.GetOutputs()["y"].GetFloatVal())
	_, err = c.predict.Predict(t.Context(), &apis_go_proto.PredictRequest{ModelSpec: spec("half")})
	assert.Equal(t, codes.NotFound, status.Code(err))

	m := &config_go_proto.ModelConfig{Name: "other", BasePath: other}
	assert.ErrorContains(t, reload(m, m), "Illegal to list model other multiple times in config list")
	labelled := &config_go_proto.ModelConfig{Name: "other", BasePath: other, VersionLabels: map[string]int64{"next": 5}}
	err = reload(labelled)
	assert.Equal(t, codes.FailedPrecondition, status.Code(err))
	assert.ErrorContains(t, err, "which is not currently available for inference")
	_, err = c.model.HandleReloadConfigRequest(t.Context(), &apis_go_proto.ReloadConfigRequest{})
	assert.ErrorContains(t, err, "Only ModelConfigList is currently supported")
}

func example(name string, values ...float32) *example_protos_go_proto.Example {
	return &example_protos_go_proto.Example{Features: &example_protos_go_proto.Features{
		Feature: map[string]*example_protos_go_proto.Feature{name: {
			Kind: &example_protos_go_proto.Feature_FloatList{
				FloatList: &example_protos_go_proto.FloatList{Value: values},
			},
		}},
	}}
}

func TestExamples(t *testing.T) {
	c := dial(t, servingtest.Start(t,
		serving.Options{Source: servingtest.Servables{"examples": servingtest.Examples()}},
		serving.ModelConfig{Name: "examples", BasePath: "examples"}))
	in := &apis_go_proto.Input{Kind: &apis_go_proto.Input_ExampleList{ExampleList: &apis_go_proto.ExampleList{
		Examples: []*example_protos_go_proto.Example{example("inputs", 1, 2.5)},
	}}}
	regress := spec("examples")
	regress.SignatureName = "regress"

	classes, err := c.predict.Classify(t.Context(), &apis_go_proto.ClassificationRequest{
		ModelSpec: spec("examples"), Input: in,
	})
	require.NoError(t, err)
	list := classes.GetResult().GetClassifications()[0].GetClasses()
	assert.Equal(t, "b", list[1].GetLabel())
	assert.InDelta(t, 2.5, list[1].GetScore(), 0)

	values, err := c.predict.Regress(t.Context(), &apis_go_proto.RegressionRequest{ModelSpec: regress, Input: in})
	require.NoError(t, err)
	assert.InDelta(t, 3.5, values.GetResult().GetRegressions()[0].GetValue(), 0)

	both, err := c.predict.MultiInference(t.Context(), &apis_go_proto.MultiInferenceRequest{
		Tasks: []*apis_go_proto.InferenceTask{
			{ModelSpec: spec("examples"), MethodName: serving.ClassifyMethod},
			{ModelSpec: regress, MethodName: serving.RegressMethod},
		},
		Input: in,
	})
	require.NoError(t, err)
	require.Len(t, both.GetResults(), 2)
	assert.Len(t, both.GetResults()[0].GetClassificationResult().GetClassifications(), 1)
	assert.InDelta(t, 3.5, both.GetResults()[1].GetRegressionResult().GetRegressions()[0].GetValue(), 0)

	_, err = c.predict.Classify(t.Context(), &apis_go_proto.ClassificationRequest{ModelSpec: spec("examples")})
	assert.ErrorContains(t, err, "Input is empty.")
	_, err = c.predict.MultiInference(t.Context(), &apis_go_proto.MultiInferenceRequest{Input: in})
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
}

// A SavedModel that reads tf.Examples itself classifies as TensorFlow recorded it.
func TestExamplesOfSavedModel(t *testing.T) {
	const recorded = "../../testdata/savedmodels/int8_examples/"
	base := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(base, "1"), os.DirFS(recorded+"model")))
	c := dial(t, servingtest.Start(t, serving.Options{}, serving.ModelConfig{Name: "kinds", BasePath: base}))
	var list []*example_protos_go_proto.Example
	for _, text := range testmodel.Array(t, recorded+"recorded.npz", "serving_default.in.inputs").Strings() {
		e := &example_protos_go_proto.Example{}
		require.NoError(t, proto.Unmarshal([]byte(text), e))
		list = append(list, e)
	}
	request := &apis_go_proto.ClassificationRequest{
		ModelSpec: spec("kinds"),
		Input: &apis_go_proto.Input{Kind: &apis_go_proto.Input_ExampleList{
			ExampleList: &apis_go_proto.ExampleList{Examples: list},
		}},
	}
	got, err := c.predict.Classify(t.Context(), request)
	require.NoError(t, err)
	scores := testmodel.Array(t, recorded+"recorded.npz", "serving_default.out.scores")
	require.Len(t, got.Result.Classifications, len(list))
	for i, row := range got.Result.Classifications {
		require.Len(t, row.Classes, scores.Shape()[1])
		for k, class := range row.Classes {
			assert.Equal(t, fmt.Sprintf("class %d", k), class.Label)
			assert.InDelta(t, scores.Float32s()[i*scores.Shape()[1]+k], class.Score, 1e-6)
		}
	}

	delete(list[2].Features.Feature, "image")
	_, err = c.predict.Classify(t.Context(), request)
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.ErrorContains(t, err, `example 2: feature "image" (f32) is not there, and has no default`)
}

// The classes are those of a file of labels, which tables in the SavedModel read.
func TestClassesOfATable(t *testing.T) {
	const recorded = "../../testdata/savedmodels/int8_vocabulary/"
	base := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(base, "1"), os.DirFS(recorded+"model")))
	c := dial(t, servingtest.Start(t, serving.Options{}, serving.ModelConfig{Name: "animals", BasePath: base}))
	var list []*example_protos_go_proto.Example
	for _, text := range testmodel.Array(t, recorded+"recorded.npz", "serving_default.in.inputs").Strings() {
		e := &example_protos_go_proto.Example{}
		require.NoError(t, proto.Unmarshal([]byte(text), e))
		list = append(list, e)
	}
	got, err := c.predict.Classify(t.Context(), &apis_go_proto.ClassificationRequest{
		ModelSpec: spec("animals"),
		Input: &apis_go_proto.Input{Kind: &apis_go_proto.Input_ExampleList{
			ExampleList: &apis_go_proto.ExampleList{Examples: list},
		}},
	})
	require.NoError(t, err)
	classes := testmodel.Array(t, recorded+"recorded.npz", "serving_default.out.classes").Strings()
	scores := testmodel.Array(t, recorded+"recorded.npz", "serving_default.out.scores").Float32s()
	require.Len(t, got.Result.Classifications, len(list))
	for i, row := range got.Result.Classifications {
		require.Len(t, row.Classes, 3)
		for k, class := range row.Classes {
			assert.Equal(t, classes[3*i+k], class.Label)
			assert.InDelta(t, scores[3*i+k], class.Score, 1e-6)
		}
	}
}

func TestHealth(t *testing.T) {
	base := t.TempDir()
	m := serving.NewManager(serving.Options{Poll: 10 * time.Millisecond, Log: servingtest.Quiet()})
	c := dial(t, m)
	check := func(service string) string {
		r, err := c.health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		if err != nil {
			return status.Code(err).String()
		}
		return r.GetStatus().String()
	}
	assert.Equal(t, "NOT_SERVING", check(""))
	assert.Equal(t, "NotFound", check("none"))
	watch, err := c.health.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	servingtest.Linear(t, base, 1, tf2ng.Shape{tf2ng.Unknown}, 1, 0)
	require.NoError(t, m.Reload(context.Background(), serving.Config{
		Models: []serving.ModelConfig{{Name: "m", BasePath: base}},
	}))
	assert.Equal(t, "SERVING", check("tensorflow.serving.PredictionService"))
	m.Close()
	assert.Equal(t, "NOT_SERVING", check(""))
	r, err := watch.Recv()
	require.NoError(t, err)
	assert.Contains(t, []string{"NOT_SERVING", "SERVING"}, r.GetStatus().String())
}
