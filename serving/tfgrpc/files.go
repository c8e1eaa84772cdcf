package tfgrpc

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/wamuir/graft/tensorflow/serving/config_go_proto"
	"github.com/wamuir/graft/tensorflow/serving/servables/tensorflow_go_proto"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tf2ng/tf2ng/serving"
)

// maxFile bounds the size of a configuration file in bytes.
const maxFile = 16 << 20

// readText reads a protobuf message from a file in text format.
func readText(path string, m proto.Message) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > maxFile {
		return fmt.Errorf("%s: has %d bytes, want at most %d", path, info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := prototext.Unmarshal(data, m); err != nil {
		return fmt.Errorf("%s: Invalid protobuf file: %w", path, err)
	}
	return nil
}

// ReadConfig reads the file that --model_config_file names: a ModelServerConfig in text format.
func ReadConfig(path string) (serving.Config, error) {
	var m config_go_proto.ModelServerConfig
	if err := readText(path, &m); err != nil {
		return serving.Config{}, err
	}
	c, err := configOf(&m)
	if err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ReadBatching reads BatchingParameters in text format: the file that --batching_parameters_file names, or
// batching_params.pbtxt in a version's directory.
func ReadBatching(path string) (*serving.Batching, error) {
	var m tensorflow_go_proto.BatchingParameters
	if err := readText(path, &m); err != nil {
		return nil, err
	}
	b := &serving.Batching{PadVariableLengthInputs: m.GetPadVariableLengthInputs()}
	for _, size := range m.GetAllowedBatchSizes() {
		b.AllowedBatchSizes = append(b.AllowedBatchSizes, int(size))
	}
	for _, f := range []struct {
		name  string
		value *wrapperspb.Int64Value
		set   func(int)
	}{
		{"max_batch_size", m.GetMaxBatchSize(), func(n int) { b.MaxBatchSize = n }},
		{"max_enqueued_batches", m.GetMaxEnqueuedBatches(), func(n int) { b.MaxEnqueuedBatches = n }},
		{"num_batch_threads", m.GetNumBatchThreads(), func(n int) { b.NumBatchThreads = n }},
		{"max_execution_batch_size", m.GetMaxExecutionBatchSize(), func(n int) { b.MaxBatchSize = n }},
	} {
		switch n := f.value.GetValue(); {
		case f.value == nil:
		case n < 1 || n > 1<<20:
			return nil, fmt.Errorf("%s: %s: got %d, want 1 to %d", path, f.name, n, 1<<20)
		default:
			f.set(int(n))
		}
	}
	if t := m.GetBatchTimeoutMicros().GetValue(); t < 0 || t > int64(time.Hour/time.Microsecond) {
		return nil, fmt.Errorf("%s: batch_timeout_micros: got %d, want 0 to an hour", path, t)
	}
	b.BatchTimeout = time.Duration(m.GetBatchTimeoutMicros().GetValue()) * time.Microsecond
	if split := m.GetEnableLargeBatchSplitting(); split != nil {
		b.NoLargeBatchSplitting = !split.GetValue()
	}
	return b, nil
}

// ReadMonitoring reads the file that --monitoring_config_file names, a MonitoringConfig in text format. It
// returns the URL path at which to serve the metrics, or an empty string if they are not enabled.
func ReadMonitoring(path string) (string, error) {
	const usual = "/monitoring/prometheus/metrics"
	var m config_go_proto.MonitoringConfig
	if err := readText(path, &m); err != nil {
		return "", err
	}
	p := m.GetPrometheusConfig()
	switch {
	case !p.GetEnable():
		return "", nil
	case p.GetPath() == "":
		return usual, nil
	}
	return p.GetPath(), nil
}

// ReadTLS reads the file that --ssl_config_file names: an SSLConfig in text format whose keys and
// certificates are in PEM form. If client_verify is set, clients must present a certificate that is signed
// by custom_ca, or, if that is empty, by one of the system's authorities.
func ReadTLS(path string) (*tls.Config, error) {
	var m config_go_proto.SSLConfig
	if err := readText(path, &m); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair([]byte(m.GetServerCert()), []byte(m.GetServerKey()))
	if err != nil {
		return nil, fmt.Errorf("%s: server_cert and server_key: %w", path, err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if m.GetCustomCa() != "" {
		c.ClientCAs = x509.NewCertPool()
		if !c.ClientCAs.AppendCertsFromPEM([]byte(m.GetCustomCa())) {
			return nil, fmt.Errorf("%s: custom_ca: %w", path, errors.New("there is no certificate in PEM form"))
		}
	}
	if m.GetClientVerify() {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, nil
}
