package tfgrpc

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"github.com/wamuir/graft/tensorflow/serving/apis_go_proto"
	"github.com/wamuir/graft/tensorflow/serving/config_go_proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // so that clients may compress messages
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
	"github.com/tf2ng/tf2ng/serving/tfgrpc/internal/stubs"
)

// MaxMessage is the largest message that ServerOptions accepts: TensorFlow Serving's limit.
const MaxMessage = math.MaxInt32

// ServerOptions returns options for a grpc.Server that accepts and sends messages of up to MaxMessage
// bytes, as TensorFlow Serving does. By default, grpc accepts up to 4 MiB.
func ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxSendMsgSize(MaxMessage)}
}

// Register registers PredictionService, ModelService and the health service on a server. The health is
// SERVING while the Manager's Ready is true; it can be asked for by the name of either service or by an
// empty name.
func Register(s grpc.ServiceRegistrar, m *serving.Manager) {
	stubs.RegisterPredictionServiceServer(s, &predictionService{manager: m})
	stubs.RegisterModelServiceServer(s, &modelService{manager: m})
	grpc_health_v1.RegisterHealthServer(s, &healthService{manager: m})
}

type predictionService struct {
	stubs.UnimplementedPredictionServiceServer
	manager *serving.Manager
}

type modelService struct {
	stubs.UnimplementedModelServiceServer
	manager *serving.Manager
}

// statusOf returns the gRPC status for an error; nil for nil.
func statusOf(err error) error {
	if err == nil {
		return nil
	}
	return status.Error(codes.Code(serving.CodeOf(err)), err.Error())
}

// specOf returns the Spec of a request's ModelSpec.
func specOf(p *apis_go_proto.ModelSpec) (serving.Spec, error) {
	if p == nil {
		return serving.Spec{}, fault.New(fault.NoSpec)
	}
	s := serving.Spec{Model: p.GetName(), Label: p.GetVersionLabel(), Signature: p.GetSignatureName()}
	if v := p.GetVersion(); v != nil {
		s.Version, s.HasVersion = v.GetValue(), true
	}
	return s, nil
}

func specProto(model string, version int64, signature string) *apis_go_proto.ModelSpec {
	return &apis_go_proto.ModelSpec{
		Name: model, SignatureName: signature,
		VersionChoice: &apis_go_proto.ModelSpec_Version{Version: wrapperspb.Int64(version)},
	}
}

// begin counts a request as in flight, and takes the memory of its message from the budget.
func begin(m *serving.Manager, request proto.Message) (*serving.Lease, error) {
	lease, err := m.Begin()
	if err != nil {
		return nil, err
	}
	if err := lease.Take(int64(proto.Size(request))); err != nil {
		lease.End()
		return nil, err
	}
	return lease, nil
}

// Predict computes outputs of a signature.
func (s *predictionService) Predict(ctx context.Context, r *apis_go_proto.PredictRequest) (
	*apis_go_proto.PredictResponse, error,
) {
	lease, err := begin(s.manager, r)
	if err != nil {
		return nil, statusOf(err)
	}
	defer lease.End()
	request, err := requestOf(lease, r)
	if err != nil {
		return nil, statusOf(err)
	}
	p, err := s.manager.Predict(ctx, *request)
	if err != nil {
		return nil, statusOf(err)
	}
	response := &apis_go_proto.PredictResponse{ModelSpec: specProto(p.Model, p.Version, p.Signature)}
	if err := lease.Take(bytesOf(p.Outputs)); err != nil {
		return nil, statusOf(err)
	}
	response.Outputs = protosOf(p.Outputs)
	return response, nil
}

func requestOf(lease *serving.Lease, r *apis_go_proto.PredictRequest) (*serving.Request, error) {
	spec, err := specOf(r.GetModelSpec())
	if err != nil {
		return nil, err
	}
	in := make(map[string]*tf2ng.Tensor, len(r.GetInputs()))
	for alias, p := range r.GetInputs() {
		if in[alias], err = tensorOf(lease, p); err != nil {
			if known := (*serving.Error)(nil); errors.As(err, &known) {
				return nil, known
			}
			return nil, fault.New(fault.InputParse, alias, err)
		}
	}
	return &serving.Request{Spec: spec, Inputs: in, Outputs: r.GetOutputFilter(), Entry: "GRPC"}, nil
}

// GetModelMetadata describes the signatures of a version.
func (s *predictionService) GetModelMetadata(_ context.Context, r *apis_go_proto.GetModelMetadataRequest) (
	*apis_go_proto.GetModelMetadataResponse, error,
) {
	const field = "signature_def"
	spec, err := specOf(r.GetModelSpec())
	if err != nil {
		return nil, statusOf(err)
	}
	if len(r.GetMetadataField()) == 0 {
		return nil, statusOf(fault.New(fault.MetadataNone))
	}
	for _, f := range r.GetMetadataField() {
		if f != field {
			return nil, statusOf(fault.New(fault.MetadataField, f))
		}
	}
	d, err := s.manager.Metadata(spec)
	if err != nil {
		return nil, statusOf(err)
	}
	signatures := &apis_go_proto.SignatureDefMap{SignatureDef: map[string]*for_core_protos_go_proto.SignatureDef{}}
	for name, sig := range d.Signatures {
		signatures.SignatureDef[name] = &for_core_protos_go_proto.SignatureDef{
			Inputs: infosOf(sig.Inputs), Outputs: infosOf(sig.Outputs), MethodName: sig.Method,
			Defaults: protosOf(sig.Defaults),
		}
	}
	packed, err := anypb.New(signatures)
	if err != nil {
		return nil, err
	}
	return &apis_go_proto.GetModelMetadataResponse{
		ModelSpec: specProto(d.Model, d.Version, ""), Metadata: map[string]*anypb.Any{field: packed},
	}, nil
}

func infosOf(ports []serving.Port) map[string]*for_core_protos_go_proto.TensorInfo {
	infos := map[string]*for_core_protos_go_proto.TensorInfo{}
	for _, p := range ports {
		infos[p.Alias] = &for_core_protos_go_proto.TensorInfo{
			Encoding: &for_core_protos_go_proto.TensorInfo_Name{Name: p.Name},
			Dtype:    typeOf(p), TensorShape: shapeProto(p.Shape),
		}
	}
	return infos
}

// typeOf returns the element type that metadata reports for a port.
func typeOf(p serving.Port) types_go_proto.DataType {
	if n, ok := types_go_proto.DataType_value["DT_"+strings.ToUpper(p.TFType)]; ok {
		return types_go_proto.DataType(n)
	}
	return enums[p.Type]
}

// Classify classifies examples.
func (s *predictionService) Classify(ctx context.Context, r *apis_go_proto.ClassificationRequest) (
	*apis_go_proto.ClassificationResponse, error,
) {
	which, err := specOf(r.GetModelSpec())
	if err != nil {
		return nil, statusOf(err)
	}
	result, spec, err := s.classify(ctx, r, which, r.GetInput())
	if err != nil {
		return nil, statusOf(err)
	}
	return &apis_go_proto.ClassificationResponse{ModelSpec: spec, Result: result}, nil
}

func (s *predictionService) classify(ctx context.Context, m proto.Message, spec serving.Spec,
	input *apis_go_proto.Input,
) (*apis_go_proto.ClassificationResult, *apis_go_proto.ModelSpec, error) {
	lease, request, err := s.examples(m, spec, input)
	if err != nil {
		return nil, nil, err
	}
	defer lease.End()
	c, err := s.manager.Classify(ctx, *request)
	if err != nil {
		return nil, nil, err
	}
	result := &apis_go_proto.ClassificationResult{}
	for _, classes := range c.Results {
		list := &apis_go_proto.Classifications{}
		for _, class := range classes {
			list.Classes = append(list.Classes, &apis_go_proto.Class{Label: class.Label, Score: class.Score})
		}
		result.Classifications = append(result.Classifications, list)
	}
	return result, specProto(request.Model, c.Version, c.Signature), nil
}

// Regress computes a value for each example.
func (s *predictionService) Regress(ctx context.Context, r *apis_go_proto.RegressionRequest) (
	*apis_go_proto.RegressionResponse, error,
) {
	which, err := specOf(r.GetModelSpec())
	if err != nil {
		return nil, statusOf(err)
	}
	result, spec, err := s.regress(ctx, r, which, r.GetInput())
	if err != nil {
		return nil, statusOf(err)
	}
	return &apis_go_proto.RegressionResponse{ModelSpec: spec, Result: result}, nil
}

func (s *predictionService) regress(ctx context.Context, m proto.Message, spec serving.Spec,
	input *apis_go_proto.Input,
) (*apis_go_proto.RegressionResult, *apis_go_proto.ModelSpec, error) {
	lease, request, err := s.examples(m, spec, input)
	if err != nil {
		return nil, nil, err
	}
	defer lease.End()
	c, err := s.manager.Regress(ctx, *request)
	if err != nil {
		return nil, nil, err
	}
	result := &apis_go_proto.RegressionResult{}
	for _, v := range c.Results {
		result.Regressions = append(result.Regressions, &apis_go_proto.Regression{Value: v})
	}
	return result, specProto(request.Model, c.Version, c.Signature), nil
}

// examples reads the examples of a request and counts the request as in flight.
func (s *predictionService) examples(m proto.Message, spec serving.Spec, input *apis_go_proto.Input) (
	*serving.Lease, *serving.ExamplesRequest, error,
) {
	lease, err := begin(s.manager, m)
	if err != nil {
		return nil, nil, err
	}
	r := &serving.ExamplesRequest{Spec: spec, Entry: "GRPC"}
	list := input.GetExampleList().GetExamples()
	if with := input.GetExampleListWithContext(); with != nil {
		list = with.GetExamples()
		r.Context = exampleOf(with.GetContext())
	}
	for _, e := range list {
		r.Examples = append(r.Examples, exampleOf(e))
	}
	return lease, r, nil
}

// MultiInference runs several signatures of one version of a model on the same examples.
func (s *predictionService) MultiInference(ctx context.Context, r *apis_go_proto.MultiInferenceRequest) (
	*apis_go_proto.MultiInferenceResponse, error,
) {
	response, err := s.multi(ctx, r)
	return response, statusOf(err)
}

func (s *predictionService) multi(ctx context.Context, r *apis_go_proto.MultiInferenceRequest) (
	*apis_go_proto.MultiInferenceResponse, error,
) {
	if len(r.GetTasks()) == 0 {
		return nil, fault.New(fault.MultiEmpty)
	}
	first := r.GetTasks()[0].GetModelSpec()
	pinned, err := specOf(first)
	if err != nil {
		return nil, err
	}
	pinned, release, err := s.manager.Pin(pinned)
	if err != nil {
		return nil, err
	}
	defer release()
	seen := map[string]bool{}
	response := &apis_go_proto.MultiInferenceResponse{}
	for _, task := range r.GetTasks() {
		spec := task.GetModelSpec()
		name := spec.GetSignatureName()
		switch {
		case spec.GetName() != first.GetName():
			return nil, fault.New(fault.MultiModels)
		case seen[name]:
			return nil, fault.New(fault.MultiSignature, name)
		}
		seen[name] = true
		pinned.Signature = name
		result := &apis_go_proto.InferenceResult{}
		switch task.GetMethodName() {
		case serving.ClassifyMethod:
			c, of, err := s.classify(ctx, r, pinned, r.GetInput())
			if err != nil {
				return nil, err
			}
			result.ModelSpec = of
			result.Result = &apis_go_proto.InferenceResult_ClassificationResult{ClassificationResult: c}
		case serving.RegressMethod:
			c, of, err := s.regress(ctx, r, pinned, r.GetInput())
			if err != nil {
				return nil, err
			}
			result.ModelSpec = of
			result.Result = &apis_go_proto.InferenceResult_RegressionResult{RegressionResult: c}
		default:
			return nil, fault.New(fault.MultiMethod, task.GetMethodName())
		}
		response.Results = append(response.Results, result)
	}
	return response, nil
}

// GetModelStatus returns the states of a model's versions.
func (s *modelService) GetModelStatus(_ context.Context, r *apis_go_proto.GetModelStatusRequest) (
	*apis_go_proto.GetModelStatusResponse, error,
) {
	spec, err := specOf(r.GetModelSpec())
	if err != nil {
		return nil, statusOf(err)
	}
	list, err := s.manager.Status(spec)
	if err != nil {
		return nil, statusOf(err)
	}
	response := &apis_go_proto.GetModelStatusResponse{}
	for _, v := range list {
		response.ModelVersionStatus = append(response.ModelVersionStatus, &apis_go_proto.ModelVersionStatus{
			Version: v.Version, State: apis_go_proto.ModelVersionStatus_State(v.State), Status: statusProto(v.Err),
		})
	}
	return response, nil
}

func statusProto(err error) *apis_go_proto.StatusProto {
	p := &apis_go_proto.StatusProto{ErrorCode: for_core_protos_go_proto.Code(serving.CodeOf(err))}
	if err != nil {
		p.ErrorMessage = err.Error()
	}
	return p
}

// HandleReloadConfigRequest replaces the configuration of the server.
func (s *modelService) HandleReloadConfigRequest(ctx context.Context, r *apis_go_proto.ReloadConfigRequest) (
	*apis_go_proto.ReloadConfigResponse, error,
) {
	c, err := configOf(r.GetConfig())
	if err == nil {
		err = s.manager.Reload(ctx, c)
	}
	if err != nil {
		return nil, statusOf(err)
	}
	return &apis_go_proto.ReloadConfigResponse{Status: statusProto(nil)}, nil
}

// configOf converts a configuration message.
func configOf(p *config_go_proto.ModelServerConfig) (serving.Config, error) {
	var c serving.Config
	list, ok := p.GetConfig().(*config_go_proto.ModelServerConfig_ModelConfigList)
	if !ok {
		return c, fault.New(fault.ReloadKind)
	}
	for _, m := range list.ModelConfigList.GetConfig() {
		mc := serving.ModelConfig{Name: m.GetName(), BasePath: m.GetBasePath(), Labels: maps.Clone(m.GetVersionLabels())}
		if policy := m.GetModelVersionPolicy(); policy != nil {
			mc.Policy.Latest = int(policy.GetLatest().GetNumVersions())
			mc.Policy.All = policy.GetAll() != nil
			mc.Policy.Specific = slices.Clone(policy.GetSpecific().GetVersions())
		}
		c.Models = append(c.Models, mc)
	}
	return c, nil
}
