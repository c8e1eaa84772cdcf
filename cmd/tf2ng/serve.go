package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path"
	"reflect"
	"strings"
	"syscall"
	"time"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/tfgrpc"
)

// serveCommand has the flags of tensorflow_model_server under their own names, and also with dashes in place
// of underscores.
type serveCommand struct {
	Port       int    `name:"port" help:"Port of the gRPC API; 0 for none." default:"8500"`
	RESTPort   int    `name:"rest_api_port" aliases:"rest-api-port" help:"Port of the REST API; 0 for none." default:"8501"`
	GRPCSocket string `name:"grpc_socket_path" aliases:"grpc-socket-path" help:"A UNIX socket for the gRPC API." placeholder:"PATH"`

	ModelName     string  `name:"model_name" aliases:"model-name" help:"The model's name; without it, MODEL_NAME of the environment, or \"default\"." placeholder:"NAME"`
	ModelBasePath string  `name:"model_base_path" aliases:"model-base-path" help:"The directory with the model's versions; without it, MODEL_BASE_PATH/MODEL_NAME of the environment." placeholder:"DIR"`
	ConfigFile    string  `name:"model_config_file" aliases:"model-config-file" help:"A ModelServerConfig in text format, instead of --model_name and --model_base_path." placeholder:"FILE"`
	ConfigPoll    float64 `name:"model_config_file_poll_wait_seconds" aliases:"model-config-file-poll-wait-seconds" help:"Seconds between checks of --model_config_file; 0 to read it only once." default:"0"`
	Poll          float64 `name:"file_system_poll_wait_seconds" aliases:"file-system-poll-wait-seconds" help:"Seconds between checks for new versions; 0 to look only once." default:"1"`
	Retries       int     `name:"max_num_load_retries" aliases:"max-num-load-retries" help:"How often loading a version is retried after it failed." default:"5"`
	RetryMicros   int64   `name:"load_retry_interval_micros" aliases:"load-retry-interval-micros" help:"Microseconds between two retries." default:"60000000"`
	Tags          string  `name:"saved_model_tags" aliases:"saved-model-tags" help:"Tags of SavedModels, separated by commas." default:"serve"`
	Warmup        bool    `name:"enable_model_warmup" aliases:"enable-model-warmup" help:"Run versions before they serve." default:"true"`
	Methods       bool    `name:"enable_signature_method_name_check" aliases:"enable-signature-method-name-check" help:"Refuse signatures of other methods than the API's."`
	Labels        bool    `name:"allow_version_labels_for_unavailable_models" aliases:"allow-version-labels-for-unavailable-models" help:"Let labels name versions that are not available yet."`

	Batching      bool   `name:"enable_batching" aliases:"enable-batching" help:"Gather requests into batches."`
	BatchingFile  string `name:"batching_parameters_file" aliases:"batching-parameters-file" help:"BatchingParameters in text format." placeholder:"FILE"`
	BatchingModel bool   `name:"enable_per_model_batching_parameters" aliases:"enable-per-model-batching-parameters,enable_per_model_batching_params" help:"Read batching_params.pbtxt from the directory of a version."`

	RESTTimeout int    `name:"rest_api_timeout_in_ms" aliases:"rest-api-timeout-in-ms" help:"Milliseconds that a REST request may take." default:"30000"`
	CORS        bool   `name:"rest_api_enable_cors_support" aliases:"rest-api-enable-cors-support" help:"Allow requests from web pages of other origins (CORS)."`
	Monitoring  string `name:"monitoring_config_file" aliases:"monitoring-config-file" help:"A MonitoringConfig in text format." placeholder:"FILE"`
	SSL         string `name:"ssl_config_file" aliases:"ssl-config-file" help:"An SSLConfig in text format: TLS for the gRPC API." placeholder:"FILE"`

	Threads      int    `help:"Number of threads for one Run." default:"1"`
	Parallel     int    `help:"Runs at the same time; 0 for as many as the CPUs allow." default:"0"`
	Memory       int64  `name:"memory-limit" help:"Most memory that the tensors of one Run may take at once, in MiB; 8192 by default." placeholder:"MIB"`
	MaxRequests  int    `name:"max-requests" help:"Most requests at the same time." default:"10000"`
	MaxMemory    int64  `name:"max-request-memory" help:"Most memory for all requests at the same time, in MiB." default:"4096"`
	MaxMessage   int64  `name:"max-message" help:"Most bytes of a gRPC message or a REST body." default:"2147483647"`
	LogFormat    string `name:"log-format" help:"Format of the log: text or json." enum:"text,json" default:"text"`
	LogLevel     string `name:"log-level" help:"Lowest level to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`
	Pprof        string `help:"A local address for Go's profiles, such as 127.0.0.1:6060." placeholder:"ADDRESS"`
	DrainTimeout int    `name:"drain-timeout" help:"Seconds after SIGTERM in which requests under way may finish." default:"30"`

	ignoredFlags
}

// Help is shown by --help.
func (c *serveCommand) Help() string {
	return "Accepts the flags of tensorflow_model_server.\n\n" +
		"Example: tf2ng serve --model_name=digits --model_base_path=/models/digits"
}

// Run is the command. It returns after SIGTERM or SIGINT, when the requests in flight have been answered.
func (c *serveCommand) Run(o *output) error {
	loads := newLoadings(c, o)
	log := loads.log
	for _, name := range c.given() {
		log.Warn("this flag of tensorflow_model_server means nothing here", "flag", "--"+name)
	}
	options, err := c.managerOptions(log)
	if err != nil {
		return err
	}
	options.Progress = loads.progress
	config, err := c.config(os.Getenv)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	m := serving.NewManager(options)
	defer m.Close()
	s, err := c.listen(m, log)
	if err != nil {
		return err
	}
	defer s.close()
	begin := time.Now()
	if err := m.Reload(ctx, config); err != nil && len(m.Models()) == 0 {
		return err
	} else if err == nil {
		log.Info("ready", "seconds", time.Since(begin).Seconds())
	}
	go c.watchConfig(ctx, m, config, log)
	select {
	case <-ctx.Done():
	case err := <-s.failed:
		return err
	}
	log.Info("draining")
	m.Drain()
	s.drain(time.Duration(c.DrainTimeout) * time.Second)
	log.Info("stopped")
	return nil
}

func (c *serveCommand) logger(o *output) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // the flag allows valid levels only
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(o.err, options))
	}
	return slog.New(slog.NewTextHandler(o.err, options))
}

// seconds returns a polling interval. For 0 it is negative, which means to look only once.
func seconds(s float64) time.Duration {
	if s <= 0 {
		return -1
	}
	return time.Duration(s * float64(time.Second))
}

func (c *serveCommand) managerOptions(log *slog.Logger) (serving.Options, error) {
	loading := engineFlags{Threads: c.Threads, Memory: c.Memory, Engine: "kernels", QDQ: true}
	opts, err := loading.options()
	if err != nil {
		return serving.Options{}, err
	}
	if c.MaxMessage < 1 || c.MaxMessage > tfgrpc.MaxMessage {
		return serving.Options{}, fmt.Errorf("--max-message: got %d, want 1 to %d", c.MaxMessage, tfgrpc.MaxMessage)
	}
	source := &serving.Directories{Options: append(opts, tagOptions(c.Tags)...), Warmup: tfgrpc.ReadWarmup}
	o := serving.Options{
		Source: source, Poll: seconds(c.Poll), Retries: c.Retries,
		RetryInterval: time.Duration(c.RetryMicros) * time.Microsecond, Parallel: c.Parallel,
		MaxRequests: c.MaxRequests, MaxBytes: c.MaxMemory << 20, NoWarmup: !c.Warmup,
		CheckMethods: c.Methods, LabelsAnywhere: c.Labels, Log: log,
	}
	if c.Retries == 0 {
		o.Retries = -1
	}
	switch {
	case c.BatchingFile != "" && !c.Batching:
		return o, errors.New("--batching_parameters_file without --enable_batching")
	case c.BatchingModel && !c.Batching:
		return o, errors.New("--enable_per_model_batching_parameters without --enable_batching")
	case c.BatchingFile != "":
		if o.Batching, err = tfgrpc.ReadBatching(c.BatchingFile); err != nil {
			return o, err
		}
	case c.Batching:
		o.Batching = &serving.Batching{}
	}
	if c.BatchingModel {
		source.Batching = tfgrpc.ReadBatching
	}
	return o, nil
}

// tagOptions returns the options that choose the graph of a SavedModel by tags. "serve" needs none, since it
// is the default of Load.
func tagOptions(tags string) []tf2ng.Option {
	if tags == "" || tags == "serve" {
		return nil
	}
	return []tf2ng.Option{tf2ng.WithTags(strings.Split(tags, ",")...)}
}

// config returns the configuration to serve: that of a file, or one model that is given by flags, or one by
// environment variables, as in TensorFlow Serving's Docker image.
func (c *serveCommand) config(env func(string) string) (serving.Config, error) {
	if c.ConfigFile != "" {
		return tfgrpc.ReadConfig(c.ConfigFile)
	}
	name, base := c.ModelName, c.ModelBasePath
	if name == "" {
		name = env("MODEL_NAME")
	}
	if root := env("MODEL_BASE_PATH"); base == "" && root != "" {
		if name == "" {
			name = "model"
		}
		base = path.Join(root, name)
	}
	if name == "" {
		name = "default"
	}
	if base == "" {
		return serving.Config{}, errors.New("got no model: want --model_base_path, --model_config_file, or MODEL_BASE_PATH")
	}
	return serving.Config{Models: []serving.ModelConfig{{Name: name, BasePath: base}}}, nil
}

// watchConfig reads --model_config_file periodically, and serves the new configuration when it has changed.
func (c *serveCommand) watchConfig(ctx context.Context, m *serving.Manager, last serving.Config, log *slog.Logger) {
	if c.ConfigFile == "" || c.ConfigPoll <= 0 {
		return
	}
	tick := time.NewTicker(seconds(c.ConfigPoll))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		next, err := tfgrpc.ReadConfig(c.ConfigFile)
		if err != nil {
			log.Error("the configuration cannot be read", "error", err)
			continue
		}
		if reflect.DeepEqual(next, last) {
			continue
		}
		if err := m.Reload(ctx, next); err != nil {
			log.Error("the configuration is not served as it is", "file", c.ConfigFile, "error", err)
			continue
		}
		last = next
		log.Info("serving another configuration", "models", strings.Join(m.Models(), ","))
	}
}
