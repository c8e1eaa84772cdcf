package main

import (
	"reflect"
	"strings"
)

// ignoredFlags are flags of tensorflow_model_server that have no meaning here. They are accepted, with a
// warning.
type ignoredFlags struct {
	A01 *string `hidden:"" name:"tensorflow_session_parallelism" aliases:"tensorflow-session-parallelism"`
	A02 *string `hidden:"" name:"tensorflow_intra_op_parallelism" aliases:"tensorflow-intra-op-parallelism"`
	A03 *string `hidden:"" name:"tensorflow_inter_op_parallelism" aliases:"tensorflow-inter-op-parallelism"`
	A04 *string `hidden:"" name:"per_process_gpu_memory_fraction" aliases:"per-process-gpu-memory-fraction"`
	A05 *string `hidden:"" name:"rest_api_num_threads" aliases:"rest-api-num-threads"`
	A06 *string `hidden:"" name:"num_load_threads" aliases:"num-load-threads"`
	A07 *string `hidden:"" name:"num_unload_threads" aliases:"num-unload-threads"`
	A08 *string `hidden:"" name:"grpc_channel_arguments" aliases:"grpc-channel-arguments"`
	A09 *string `hidden:"" name:"grpc_max_threads" aliases:"grpc-max-threads"`
	A10 *string `hidden:"" name:"platform_config_file" aliases:"platform-config-file"`
	A11 *string `hidden:"" name:"num_tflite_interpreters_per_pool" aliases:"num-tflite-interpreters-per-pool"`
	A12 *string `hidden:"" name:"num_tflite_pools" aliases:"num-tflite-pools"`
	A13 *string `hidden:"" name:"thread_pool_factory_config_file" aliases:"thread-pool-factory-config-file"`
	A14 *string `hidden:"" name:"mixed_precision" aliases:"mixed-precision"`
	A15 *string `hidden:"" name:"tensorflow_config_file" aliases:"tensorflow-config-file"`
	A16 *string `hidden:"" name:"num_request_iterations_for_warmup" aliases:"num-request-iterations-for-warmup"`

	B01 *bool `hidden:"" name:"flush_filesystem_caches" aliases:"flush-filesystem-caches"`
	B02 *bool `hidden:"" name:"remove_unused_fields_from_bundle_metagraph" aliases:"remove-unused-fields-from-bundle-metagraph"`
	B03 *bool `hidden:"" name:"prefer_tflite_model" aliases:"prefer-tflite-model"`
	B04 *bool `hidden:"" name:"use_tflite_model" aliases:"use-tflite-model"`
	B06 *bool `hidden:"" name:"xla_cpu_compilation_enabled" aliases:"xla-cpu-compilation-enabled"`
	B07 *bool `hidden:"" name:"enable_profiler" aliases:"enable-profiler"`
	B08 *bool `hidden:"" name:"enforce_session_run_timeout" aliases:"enforce-session-run-timeout"`
	B09 *bool `hidden:"" name:"skip_initialize_tpu" aliases:"skip-initialize-tpu"`
	B10 *bool `hidden:"" name:"enable_grpc_healthcheck_service" aliases:"enable-grpc-healthcheck-service"`
	B11 *bool `hidden:"" name:"enable_serialization_as_tensor_content" aliases:"enable-serialization-as-tensor-content"`
}

// given lists the flags that were given.
func (f ignoredFlags) given() (names []string) {
	v := reflect.ValueOf(f)
	for i := range v.NumField() {
		if !v.Field(i).IsNil() {
			names = append(names, strings.TrimSpace(v.Type().Field(i).Tag.Get("name")))
		}
	}
	return names
}
