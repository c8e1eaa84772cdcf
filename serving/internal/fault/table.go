package fault

// Kind is a kind of error: the index of its row in the table.
type Kind int

// The kinds.
const (
	NoModel Kind = iota
	NoVersion
	NoLabel
	NoSignature
	NoSignatureREST
	NoSpec
	NoName
	InputCount
	NoInput
	InputName
	NoOutput
	OutputTwice
	InputType
	InputShape
	InputParse
	StatusVersion
	StatusModel
	MetadataNone
	MetadataField
	Timeout
	Stopped
	QueueFull
	TaskSize
	Memory
	TooManyRequests
	TensorMemory
	RunFailed
	RunInternal
	ShuttingDown
	ReloadKind
	ModelTwice
	ModelNoName
	ModelNoPath
	LabelUnavailable
	PolicyWrong
	BatchingWrong
	Malformed
	VersionNumber
	StatusNoName
	BodyTooLarge
	BodyUnreadable
	JSONSyntax
	JSONNotObject
	JSONSignature
	JSONBothForms
	JSONNeitherForm
	JSONInstancesNoList
	JSONInstancesEmpty
	JSONInstancesPlain
	JSONInstancesMixed
	JSONInstancesObject
	JSONInstancesKeys
	JSONElement
	JSONNamedElement
	JSONUnknownInput
	JSONInputsPlain
	JSONInputMissing
	JSONType
	JSONLossy
	JSONBase64
	JSONBase64Form
	JSONLevel
	JSONListLevel
	JSONListSize
	JSONSize
	JSONShape
	JSONConversion
	JSONWrite
	JSONNoBatch
	JSONBatchDiffers
	JSONNoExamples
	JSONExamplesNoList
	JSONExamplesEmpty
	JSONExampleNoObject
	JSONFeature
	JSONFeatureMixed
	ExamplesEmpty
	ExampleFeature
	ClassifySignature
	ExampleOneInput
	PredictMethod
	ClassifyMethod
	ClassifyCount
	ClassifyInputs
	ClassifyOutputs
	ClassifyRank
	ClassifyBatch
	ClassifyScores
	ClassifyLabels
	RegressMethod
	RegressCount
	RegressInputs
	RegressOutputs
	RegressShape
	RegressType
	MultiEmpty
	MultiModels
	MultiSignature
	MultiMethod
)

// The files of TensorFlow Serving and TensorFlow that the messages are from.
const (
	basicManager   = "tensorflow_serving/core/basic_manager.cc"
	serverCore     = "tensorflow_serving/model_servers/server_core.cc"
	predictUtil    = "tensorflow_serving/servables/tensorflow/predict_util.cc"
	savedModelUtil = "tensorflow/cc/saved_model/util.cc"
	callFrame      = "tensorflow/core/framework/function.cc"
	restHandler    = "tensorflow_serving/model_servers/http_rest_api_handler.cc"
	restUtil       = "tensorflow_serving/model_servers/http_rest_api_util.cc"
	statusImpl     = "tensorflow_serving/model_servers/get_model_status_impl.cc"
	metadataImpl   = "tensorflow_serving/servables/tensorflow/get_model_metadata_impl.cc"
	modelService   = "tensorflow_serving/model_servers/model_service_impl.cc"
	jsonTensor     = "tensorflow_serving/util/json_tensor.cc"
	classifier     = "tensorflow_serving/servables/tensorflow/classifier.cc"
	regressor      = "tensorflow_serving/servables/tensorflow/regressor.cc"
	inputUtil      = "tensorflow_serving/servables/tensorflow/util.cc"
	multi          = "tensorflow_serving/servables/tensorflow/multi_inference.cc"
	scheduler      = "tensorflow/core/kernels/batching_util/shared_batch_scheduler.h"
	directSession  = "tensorflow/core/common_runtime/direct_session.cc"
	ours           = "ours"
)

// table holds every kind of error.
var table = [...]Row{
	NoModel: {
		NotFound,
		"Servable not found for request: Latest(%s)",
		"Servable not found for request: Latest(", basicManager,
	},
	NoVersion: {
		NotFound, "Servable not found for request: Specific(%s, %d)", "Servable not found for request: Specific(",
		basicManager,
	},
	NoLabel: {
		InvalidArgument, "Unrecognized servable version label: %s", "Unrecognized servable version label: ", serverCore,
	},
	NoSignature: {
		FailedPrecondition,
		"Serving signature key \"%s\" not found.",
		"Serving signature key ", predictUtil,
	},
	NoSignatureREST: {
		InvalidArgument, "Serving signature name: \"%s\" not found in signature def", "not found in signature def",
		restHandler,
	},
	NoSpec: {InvalidArgument, "Missing ModelSpec", "Missing ModelSpec", predictUtil},
	NoName: {InvalidArgument, "ModelSpec has no name specified.", "ModelSpec has no name specified.", serverCore},
	InputCount: {
		InvalidArgument, "input size does not match signature: %d!=%d len({%s}) != len({%s}). " +
			"Sent extra: {%s}. Missing but required: {%s}.",
		"input size does not match signature: ", predictUtil,
	},
	NoInput: {
		InvalidArgument,
		"Signature input alias: %s(feed name: %s) not found in request and no default value provided. " +
			"Inputs expected to be in the request {%s}, or default input alias set: %s",
		"not found in request and no default value provided", savedModelUtil,
	},
	InputName: {
		InvalidArgument, "Inputs contains invalid name. Used request inputs: %s, request input: %s",
		"Inputs contains invalid name", savedModelUtil,
	},
	NoOutput: {
		InvalidArgument, "output tensor alias not found in signature: %s Outputs expected to be in the set {%s}.",
		"output tensor alias not found in signature: ", predictUtil,
	},
	OutputTwice: {
		InvalidArgument,
		"duplicate output tensor alias: %s",
		"duplicate output tensor alias: ", predictUtil,
	},
	InputType: {
		InvalidArgument, "input %q: Expects arg[%d] to be %s but %s is provided", "Expects arg[", callFrame,
	},
	InputShape: {InvalidArgument, "input %q: got shape %v, want %v", "got shape", ours},
	InputParse: {InvalidArgument, "tensor parsing error: %s: %v", "tensor parsing error: ", savedModelUtil},
	StatusVersion: {
		NotFound, "Could not find version %d of model %s", "Could not find version ", statusImpl,
	},
	StatusModel: {
		NotFound, "Could not find any versions of model %s", "Could not find any versions of model ", statusImpl,
	},
	MetadataNone: {
		InvalidArgument, "GetModelMetadataRequest must specify at least one metadata_field",
		"must specify at least one metadata_field", metadataImpl,
	},
	MetadataField: {InvalidArgument, "Metadata field %s is not supported", "is not supported", metadataImpl},
	Timeout:       {DeadlineExceeded, "Timed out waiting for notification", "Timed out", directSession},
	Stopped:       {Cancelled, "the request was cancelled", "cancelled", ours},
	QueueFull: {
		Unavailable,
		"The batch scheduling queue to which this task was submitted is full; currently %d batches " +
			"are enqueued and max_enqueued_batches is %d",
		"The batch scheduling queue to which this task was submitted is full", scheduler,
	},
	TaskSize: {
		InvalidArgument,
		"Task size %d is larger than maximum input batch size %d",
		"is larger than maximum input batch size", scheduler,
	},
	Memory: {
		ResourceExhausted,
		"the requests under way take %d bytes of %d: this one of %d bytes does not fit; send it again later",
		"does not fit", ours,
	},
	TooManyRequests: {
		ResourceExhausted,
		"%d requests are under way, which is the limit: send it again later",
		"requests are under way", ours,
	},
	TensorMemory: {ResourceExhausted, "%v", "", ours},
	RunFailed:    {InvalidArgument, "%v", "", ours},
	RunInternal:  {Internal, "%v", "", ours},
	ShuttingDown: {Unavailable, "the server is shutting down", "shutting down", ours},
	ReloadKind: {
		InvalidArgument, "ServerModelConfig type not supported by HandleReloadConfigRequest. " +
			"Only ModelConfigList is currently supported",
		"Only ModelConfigList is currently supported", modelService,
	},
	ModelTwice: {
		InvalidArgument, "Illegal to list model %s multiple times in config list", "multiple times in config list",
		serverCore,
	},
	ModelNoName: {InvalidArgument, "a model of the configuration has no name", "has no name", ours},
	ModelNoPath: {
		InvalidArgument,
		"Expected model %s to have an absolute path or URI; got base_path()=%s",
		"base_path()=", serverCore,
	},
	LabelUnavailable: {
		FailedPrecondition, "Request to assign label %s to version %d of model %s, " +
			"which is not currently available for inference",
		"which is not currently available for inference", serverCore,
	},
	PolicyWrong:   {InvalidArgument, "model %s: version policy: %s", "version policy: ", ours},
	BatchingWrong: {InvalidArgument, "batching parameters: %s", "batching parameters: ", ours},
	Malformed:     {InvalidArgument, "Malformed request: %s %s", "Malformed request: ", restHandler},
	VersionNumber: {
		InvalidArgument,
		"Failed to convert version: %s to numeric.",
		"Failed to convert version: ", restUtil,
	},
	StatusNoName: {
		InvalidArgument,
		"Missing model name in request.",
		"Missing model name in request.", restHandler,
	},
	BodyTooLarge:   {ResourceExhausted, "the body has more than %d bytes", "the body has more than", ours},
	BodyUnreadable: {InvalidArgument, "the body cannot be read: %v", "the body cannot be read", ours},

	JSONSyntax:    {InvalidArgument, "JSON Parse error: %s at offset: %d", "JSON Parse error: ", jsonTensor},
	JSONNotObject: {InvalidArgument, "JSON Value: %s Is not object", "Is not object", jsonTensor},
	JSONSignature: {
		InvalidArgument,
		"JSON Value: %s not formatted correctly. 'signature_name' key must be a string value.",
		"'signature_name' key must be a string value.", jsonTensor,
	},
	JSONBothForms: {
		InvalidArgument,
		"JSON Value: %s Not formatted correctly expecting only one of 'inputs' or 'instances' keys " +
			"to exist ",
		"expecting only one of 'inputs' or 'instances' keys", jsonTensor,
	},
	JSONNeitherForm: {
		InvalidArgument,
		"Missing 'inputs' or 'instances' key",
		"Missing 'inputs' or 'instances' key", jsonTensor,
	},
	JSONInstancesNoList: {
		InvalidArgument,
		"JSON Value: %s Excepting 'instances' to be an list/array",
		"to be an list/array", jsonTensor,
	},
	JSONInstancesEmpty: {
		InvalidArgument,
		"JSON Value: %s No values in 'instances' array",
		"No values in 'instances' array", jsonTensor,
	},
	JSONInstancesPlain: {
		InvalidArgument,
		"instances is a plain list, but expecting list of objects as multiple input tensors " +
			"required as per tensorinfo_map",
		"instances is a plain list", jsonTensor,
	},
	JSONInstancesMixed: {
		InvalidArgument,
		"Expecting object but got list at item %d of input list",
		"Expecting object but got list", jsonTensor,
	},
	JSONInstancesObject: {
		InvalidArgument,
		"Expecting value/list but got object at item %d of input list",
		"Expecting value/list but got object", jsonTensor,
	},
	JSONInstancesKeys: {
		InvalidArgument,
		"Failed to process element: %d of 'instances' list. JSON object: %s keys must be equal to: %s",
		"keys must be equal to: ", jsonTensor,
	},
	JSONElement: {
		InvalidArgument,
		"Failed to process element: %d of 'instances' list. Error: INVALID_ARGUMENT: %v",
		"of 'instances' list. Error: ", jsonTensor,
	},
	JSONNamedElement: {
		InvalidArgument,
		"Failed to process element: %d key: %s of 'instances' list. Error: INVALID_ARGUMENT: %v",
		"of 'instances' list. Error: ", jsonTensor,
	},
	JSONUnknownInput: {
		InvalidArgument,
		"JSON object: does not have named input: %s",
		"does not have named input: ", jsonTensor,
	},
	JSONInputsPlain: {
		InvalidArgument,
		"inputs is a plain value/list, but expecting an object as multiple input tensors required " +
			"as per tensorinfo_map",
		"inputs is a plain value/list", jsonTensor,
	},
	JSONInputMissing: {
		InvalidArgument,
		"Missing named input: %s in 'inputs' object.",
		"Missing named input: ", jsonTensor,
	},
	JSONType: {
		InvalidArgument,
		"JSON Value: %s Type: %s is not of expected type: %s",
		"is not of expected type: ", jsonTensor,
	},
	JSONLossy: {
		InvalidArgument,
		"Cannot convert JSON value: %s to %s without loss of precision.",
		"without loss of precision.", jsonTensor,
	},
	JSONBase64: {InvalidArgument, "Unable to base64 decode", "Unable to base64 decode", jsonTensor},
	JSONBase64Form: {
		InvalidArgument,
		"JSON Value: %s not formatted correctly for base64 data",
		"not formatted correctly for base64 data", jsonTensor,
	},
	JSONLevel: {
		InvalidArgument,
		"JSON Value: %s found at incorrect level: %d in the JSON DOM. Expected at level: %d",
		"found at incorrect level: ", jsonTensor,
	},
	JSONListLevel: {
		InvalidArgument,
		"Encountered list at unexpected level: %d expected < %d",
		"Encountered list at unexpected level: ", jsonTensor,
	},
	JSONListSize: {
		InvalidArgument,
		"Encountered list at unexpected size: %d at level: %d expected size: %d",
		"Encountered list at unexpected size: ", jsonTensor,
	},
	JSONSize: {
		InvalidArgument,
		"Expecting tensor size: %d but got: %d",
		"Expecting tensor size: ", jsonTensor,
	},
	JSONShape: {InvalidArgument, "Expecting shape %s but got: %s", "Expecting shape ", jsonTensor},
	JSONConversion: {
		Unimplemented,
		"Conversion of JSON Value: %s to type: %s",
		"Conversion of JSON Value: ", jsonTensor,
	},
	JSONWrite: {
		InvalidArgument,
		"Failed to write JSON value for tensor type: %s",
		"Failed to write JSON value", jsonTensor,
	},
	JSONNoBatch: {
		InvalidArgument,
		"Tensor name: %s has no shape information ",
		"has no shape information", jsonTensor,
	},
	JSONBatchDiffers: {
		InvalidArgument,
		"Tensor name: %s has inconsistent batch size: %d expecting: %d",
		"has inconsistent batch size: ", jsonTensor,
	},
	JSONNoExamples: {
		InvalidArgument,
		"JSON Value: %s When method is classify, key 'examples' is expected and was not found",
		"key 'examples' is expected", jsonTensor,
	},
	JSONExamplesNoList: {
		InvalidArgument,
		"JSON Value: %s Expecting 'examples' value to be an list/array",
		"Expecting 'examples' value", jsonTensor,
	},
	JSONExamplesEmpty: {
		InvalidArgument,
		"JSON Value: %s 'examples' value is an empty array",
		"'examples' value is an empty array", jsonTensor,
	},
	JSONExampleNoObject: {
		InvalidArgument,
		"Example must be JSON object but got JSON %s",
		"Example must be JSON object", jsonTensor,
	},
	JSONFeature: {
		InvalidArgument,
		"Feature: %s has element with unexpected JSON type: %s",
		"has element with unexpected JSON type: ", jsonTensor,
	},
	JSONFeatureMixed: {
		InvalidArgument,
		"Unexpected element type in feature: %s expecting type: %s",
		"Unexpected element type in feature: ", jsonTensor,
	},

	ExamplesEmpty:  {InvalidArgument, "Input is empty.", "Input is empty.", inputUtil},
	ExampleFeature: {InvalidArgument, "example %d: feature %q: %s", "feature ", ours},
	ClassifySignature: {
		InvalidArgument,
		"No signature was found with the name: %s",
		"No signature was found with the name: ", classifier,
	},
	ClassifyMethod: {
		InvalidArgument,
		"Expected classification signature method_name to be tensorflow/serving/classify. Was: %s",
		"Expected classification signature method_name to be ", classifier,
	},
	ExampleOneInput: {InvalidArgument, "Expected one input Tensor.", "Expected one input Tensor.", classifier},
	PredictMethod: {
		Internal,
		"Expected prediction signature method_name to be one of {%s}. Was: %s",
		"Expected prediction signature method_name to be one of ", predictUtil,
	},
	ClassifyCount: {
		InvalidArgument,
		"Expected one or two output Tensors, found %d",
		"Expected one or two output Tensors", classifier,
	},
	ClassifyInputs: {
		FailedPrecondition,
		"No classification inputs found in SignatureDef: %s",
		"No classification inputs found in SignatureDef: ", classifier,
	},
	ClassifyOutputs: {
		FailedPrecondition,
		"Expected classification signature outputs to contain at least one of \"classes\" or " +
			"\"scores\". Signature was: %s",
		"Expected classification signature outputs to contain at least one of", classifier,
	},
	ClassifyRank: {
		InvalidArgument,
		"Expected Tensor shape: [batch_size num_classes] but got %v",
		"Expected Tensor shape: [batch_size num_classes]", classifier,
	},
	ClassifyBatch: {
		InvalidArgument,
		"Expected %s output batch size of %d. Got: %d",
		"output batch size of ", classifier,
	},
	ClassifyScores: {
		InvalidArgument,
		"Expected scores Tensor of DT_FLOAT. Got: %s",
		"Expected scores Tensor of DT_FLOAT.", classifier,
	},
	ClassifyLabels: {
		InvalidArgument,
		"Expected classes Tensor of DT_STRING. Got: %s",
		"Expected classes Tensor of DT_STRING.", classifier,
	},
	RegressMethod: {
		InvalidArgument,
		"Expected regression signature method_name to be tensorflow/serving/regress. Was: %s",
		"Expected regression signature method_name to be ", regressor,
	},
	RegressCount: {InvalidArgument, "Expected one output Tensor.", "Expected one output Tensor.", regressor},
	RegressInputs: {
		FailedPrecondition,
		"No regression inputs found in SignatureDef: %s",
		"No regression inputs found in SignatureDef: ", regressor,
	},
	RegressOutputs: {
		FailedPrecondition,
		"No regression outputs found in SignatureDef: %s",
		"No regression outputs found in SignatureDef: ", regressor,
	},
	RegressShape: {
		InvalidArgument,
		"Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got %v",
		"Expected output Tensor shape to be either [batch_size] or ", regressor,
	},
	RegressType: {
		InvalidArgument,
		"Expected output Tensor of DT_FLOAT. Got: %s",
		"Expected output Tensor of DT_FLOAT.", regressor,
	},
	MultiEmpty: {
		InvalidArgument,
		"Inference request must have at least one task",
		"at least one task", ours,
	},
	MultiModels: {
		InvalidArgument,
		"All ModelSpecs in a MultiInferenceRequest must access the same model name.",
		"must access the same model name.", multi,
	},
	MultiSignature: {
		InvalidArgument,
		"Duplicate evaluation of signature: %s",
		"Duplicate evaluation of signature: ", multi,
	},
	MultiMethod: {Unimplemented, "Unsupported signature method_name: %s", "Unsupported signature", multi},
}
