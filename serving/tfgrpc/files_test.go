package tfgrpc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
	"github.com/tf2ng/tf2ng/serving/tfgrpc"
)

// file writes a configuration file.
func file(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "file.config")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// The text is that of TensorFlow Serving's guide.
func TestReadConfig(t *testing.T) {
	c, err := tfgrpc.ReadConfig(file(t, `
		model_config_list {
		  config {
		    name: 'my_first_model'
		    base_path: '/models/my_first_model/'
		    model_platform: 'tensorflow'
		    model_version_policy { specific { versions: 42 versions: 43 } }
		    version_labels { key: 'stable' value: 42 }
		    version_labels { key: 'canary' value: 43 }
		  }
		  config { name: 'all' base_path: '/a' model_version_policy { all {} } }
		  config { name: 'two' base_path: '/b' model_version_policy { latest { num_versions: 2 } } }
		}`))
	require.NoError(t, err)
	assert.Equal(t, []serving.ModelConfig{
		{
			Name: "my_first_model", BasePath: "/models/my_first_model/",
			Policy: serving.Policy{Specific: []int64{42, 43}}, Labels: map[string]int64{"stable": 42, "canary": 43},
		},
		{Name: "all", BasePath: "/a", Policy: serving.Policy{All: true}},
		{Name: "two", BasePath: "/b", Policy: serving.Policy{Latest: 2}},
	}, c.Models)
	_, err = tfgrpc.ReadConfig(file(t, `custom_model_config {}`))
	assert.ErrorContains(t, err, "Only ModelConfigList is currently supported")
	_, err = tfgrpc.ReadConfig(file(t, `model`))
	assert.ErrorContains(t, err, "Invalid protobuf file")
}

func TestReadBatching(t *testing.T) {
	b, err := tfgrpc.ReadBatching(file(t, `
		max_batch_size { value: 128 } batch_timeout_micros { value: 500 } max_enqueued_batches { value: 7 }
		num_batch_threads { value: 3 } allowed_batch_sizes: 1 allowed_batch_sizes: 128
		pad_variable_length_inputs: true enable_large_batch_splitting { value: false }`))
	require.NoError(t, err)
	assert.Equal(t, &serving.Batching{
		MaxBatchSize: 128, BatchTimeout: 500 * time.Microsecond, MaxEnqueuedBatches: 7, NumBatchThreads: 3,
		AllowedBatchSizes: []int{1, 128}, PadVariableLengthInputs: true, NoLargeBatchSplitting: true,
	}, b)
	for text, want := range map[string]string{
		`max_batch_size { value: 0 }`:        "max_batch_size: got 0",
		`num_batch_threads { value: -1 }`:    "num_batch_threads: got -1",
		`batch_timeout_micros { value: -1 }`: "batch_timeout_micros: got -1",
	} {
		_, err := tfgrpc.ReadBatching(file(t, text))
		assert.ErrorContains(t, err, want)
	}
}

func TestReadMonitoring(t *testing.T) {
	for text, want := range map[string]string{
		`prometheus_config { enable: true path: "/metrics" }`: "/metrics",
		`prometheus_config { enable: true }`:                  "/monitoring/prometheus/metrics",
		`prometheus_config { path: "/metrics" }`:              "",
		``:                                                    "",
	} {
		got, err := tfgrpc.ReadMonitoring(file(t, text))
		require.NoError(t, err)
		assert.Equal(t, want, got, text)
	}
}

// pair returns a certificate for 127.0.0.1 that signs itself, and its key, in PEM form.
func pair(t *testing.T) (certificate, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	pkcs, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs}))
}

// A client with the certificate that the file asks for is answered, and one without is not.
func TestTLS(t *testing.T) {
	certificate, key := pair(t)
	config, err := tfgrpc.ReadTLS(file(t, fmt.Sprintf(
		"server_key: %q server_cert: %q custom_ca: %q client_verify: true", key, certificate, certificate)))
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := grpc.NewServer(append(tfgrpc.ServerOptions(), grpc.Creds(credentials.NewTLS(config)))...)
	tfgrpc.Register(s, servingtest.Start(t, serving.Options{}))
	go func() { _ = s.Serve(l) }()
	defer s.Stop()
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM([]byte(certificate)))
	shown, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	require.NoError(t, err)
	for _, test := range []struct {
		name string
		list []tls.Certificate
		ok   bool
	}{{"with", []tls.Certificate{shown}, true}, {"without", nil, false}} {
		t.Run(test.name, func(t *testing.T) {
			c, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(credentials.NewTLS(
				&tls.Config{RootCAs: roots, Certificates: test.list})))
			require.NoError(t, err)
			defer c.Close()
			_, err = grpc_health_v1.NewHealthClient(c).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
			assert.Equal(t, test.ok, err == nil, err)
		})
	}
	_, err = tfgrpc.ReadTLS(file(t, `server_key: "x"`))
	assert.ErrorContains(t, err, "server_cert and server_key")
}
