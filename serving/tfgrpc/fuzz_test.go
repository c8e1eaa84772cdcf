package tfgrpc

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/wamuir/graft/tensorflow/serving/apis_go_proto"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
)

// requests are Predict requests in text format.
var requests = []string{
	request(`dtype: DT_FLOAT tensor_shape { dim { size: 1 } } float_val: 1`),
	request(`dtype: DT_FLOAT tensor_shape { dim { size: 99 } } float_val: 1`),
	request(`dtype: DT_FLOAT tensor_shape { dim { size: 1 } } tensor_content: "abcd"`) + ` output_filter: "y"`,
	request(`dtype: DT_STRING tensor_shape { dim { size: 2 } } string_val: "a"`),
	request(`dtype: DT_HALF tensor_shape { dim { size: 2 } } half_val: 1`),
	request(`dtype: DT_INT8 tensor_shape { unknown_rank: true } int_val: 300`),
}

func request(tensor string) string {
	return `model_spec { name: "half" } inputs { key: "x" value { ` + tensor + ` } }`
}

func messages(t testing.TB) [][]byte {
	var list [][]byte
	for _, text := range requests {
		var r apis_go_proto.PredictRequest
		require.NoError(t, prototext.Unmarshal([]byte(text), &r))
		data, err := proto.Marshal(&r)
		require.NoError(t, err)
		list = append(list, data)
	}
	return list
}

// Whatever a request is, it is answered or refused for what it is, and takes no more memory than the
// requests under way may have.
func FuzzPredict(f *testing.F) {
	base := f.TempDir()
	servingtest.Linear(f, base, 1, tf2ng.Shape{tf2ng.Unknown}, 0.5, 2)
	m := servingtest.Start(f, serving.Options{MaxBytes: 1 << 20}, serving.ModelConfig{Name: "half", BasePath: base})
	s := &predictionService{manager: m}
	for _, data := range messages(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r apis_go_proto.PredictRequest
		if err := proto.Unmarshal(data, &r); err != nil {
			return
		}
		_, err := s.Predict(t.Context(), &r)
		switch code := status.Code(err); code {
		case codes.OK, codes.InvalidArgument, codes.NotFound, codes.FailedPrecondition, codes.ResourceExhausted:
		default:
			t.Errorf("%v: %v", code, err)
		}
	})
}

// records returns a TFRecord file.
func records(t testing.TB, messages ...[]byte) []byte {
	var out []byte
	for _, m := range messages {
		var r apis_go_proto.PredictRequest
		require.NoError(t, proto.Unmarshal(m, &r))
		data, err := proto.Marshal(&apis_go_proto.PredictionLog{LogType: &apis_go_proto.PredictionLog_PredictLog{
			PredictLog: &apis_go_proto.PredictLog{Request: &r},
		}})
		require.NoError(t, err)
		head := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
		out = append(out, binary.LittleEndian.AppendUint32(head, masked(head))...)
		out = binary.LittleEndian.AppendUint32(append(out, data...), masked(data))
	}
	return out
}

func FuzzWarmup(f *testing.F) {
	f.Add(records(f, messages(f)[0], messages(f)[2]))
	f.Add([]byte("no records"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = readWarmup(bytes.NewReader(data)) })
}

func TestReadWarmup(t *testing.T) {
	good := records(t, messages(t)[0], messages(t)[2])
	list, err := readWarmup(bytes.NewReader(good))
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, "half", list[0].Model)
	assert.Equal(t, []float32{1}, list[0].Inputs["x"].Float32s())
	assert.Equal(t, []string{"y"}, list[1].Outputs)
	damaged := bytes.Clone(good)
	damaged[20]++
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"damaged", damaged, "record 0: the checksum is wrong"},
		{"cut off", good[:len(good)-1], "record 1: unexpected EOF"},
		{"something else", []byte("something else"), "record 0: the length's checksum is wrong"},
	} {
		_, err := readWarmup(bytes.NewReader(test.data))
		assert.EqualError(t, err, test.want, test.name)
	}
}
