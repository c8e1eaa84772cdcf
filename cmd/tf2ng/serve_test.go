package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/serving"
)

func TestServeErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bad.config")
	require.NoError(t, os.WriteFile(file, []byte("model_config_list { x: 1 }"), 0o600))
	t.Setenv("MODEL_BASE_PATH", "")
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"nothing to serve", nil, "got no model: want --model_base_path, --model_config_file, or MODEL_BASE_PATH"},
		{"an unknown flag", []string{"--model_bose_path=x"}, "unknown flag --model_bose_path"},
		{"a file that is not there", []string{"--model_config_file=none"}, "no such file"},
		{"a file of something else", []string{"--model_config_file=" + file}, "Invalid protobuf file"},
		{
			"batching parameters alone",
			[]string{"--batching_parameters_file=x"},
			"--batching_parameters_file without --enable_batching",
		},
		{"no threads", []string{"--threads=0"}, "--threads: got 0"},
		{
			"profiles for everybody",
			[]string{"--model_base_path=x", "--port=0", "--rest_api_port=0", "--pprof=0.0.0.0:6060"},
			`--pprof: got "0.0.0.0:6060", want a local address`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, _, stderr := program(append([]string{"serve"}, test.args...)...)
			assert.Equal(t, exitCannot, code)
			assert.Contains(t, stderr, test.want)
		})
	}
}

func TestServeConfig(t *testing.T) {
	for _, test := range []struct {
		name string
		c    serveCommand
		env  map[string]string
		want serving.ModelConfig
	}{
		{"a path", serveCommand{ModelBasePath: "/m"}, nil, serving.ModelConfig{Name: "default", BasePath: "/m"}},
		{
			"a name and a path",
			serveCommand{ModelName: "n", ModelBasePath: "/m"},
			nil,
			serving.ModelConfig{Name: "n", BasePath: "/m"},
		},
		{
			"as the image has it",
			serveCommand{},
			map[string]string{"MODEL_NAME": "n", "MODEL_BASE_PATH": "/models"},
			serving.ModelConfig{Name: "n", BasePath: "/models/n"},
		},
		{
			"the image's own name",
			serveCommand{},
			map[string]string{"MODEL_BASE_PATH": "/models"},
			serving.ModelConfig{Name: "model", BasePath: "/models/model"},
		},
		{
			"flags before the environment",
			serveCommand{ModelName: "x", ModelBasePath: "/m"},
			map[string]string{"MODEL_NAME": "n", "MODEL_BASE_PATH": "/models"},
			serving.ModelConfig{Name: "x", BasePath: "/m"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.c.config(func(name string) string { return test.env[name] })
			require.NoError(t, err)
			assert.Equal(t, []serving.ModelConfig{test.want}, got.Models)
		})
	}
}

// served is a server in a process of its own.
type served struct {
	*exec.Cmd
	log  bytes.Buffer
	rest string
}

// serve builds the program, static, and starts it on digits: in an empty root if this process may
// change roots.
func serve(t *testing.T, flags ...string) *served {
	root := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(root, "tf2ng"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	base := filepath.Join(root, "digits", "1")
	require.NoError(t, os.MkdirAll(base, 0o755))
	data, err := os.ReadFile(model)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(base, "digits.pb"), data, 0o644))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	require.NoError(t, l.Close())

	s := &served{rest: fmt.Sprintf("http://127.0.0.1:%d/v1/models/digits", port)}
	program, path := filepath.Join(root, "tf2ng"), filepath.Join(root, "digits")
	attributes := &syscall.SysProcAttr{}
	if os.Geteuid() == 0 {
		program, path, attributes = "/tf2ng", "/digits", chrooted(root)
	} else {
		t.Log("NOT RUN: the binary in an empty root, which takes root's rights")
	}
	s.Cmd = exec.Command(program, append([]string{
		"serve", "--port=0", fmt.Sprintf("--rest_api_port=%d", port), "--model_name=digits", "--model_base_path=" + path,
	}, flags...)...)
	s.SysProcAttr, s.Stderr, s.Env, s.Dir = attributes, &s.log, []string{}, "/"
	require.NoError(t, s.Start())
	t.Cleanup(func() { _ = s.Process.Kill() })
	require.Eventually(t, func() bool {
		answer, err := http.Get(s.rest)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		return bytes.Contains(text, []byte("AVAILABLE"))
	}, 20*time.Second, 20*time.Millisecond, "it serves")
	return s
}

// The static binary needs nothing else in its root. A request that is under way at SIGTERM is
// answered, and the exit code is 0.
func TestServeInAnEmptyRootUntilSIGTERM(t *testing.T) {
	s := serve(t, "--enable_batching=true", "--flush_filesystem_caches", "--tensorflow_session_parallelism=2")
	row := "[" + strings.TrimSuffix(strings.Repeat("[0],", 8), ",") + "]"
	image := "[" + strings.TrimSuffix(strings.Repeat(row+",", 8), ",") + "]"
	body := `{"instances": [` + strings.TrimSuffix(strings.Repeat(image+",", 5000), ",") + `]}`
	type reply struct {
		status int
		text   []byte
		err    error
	}
	replies := make(chan reply)
	reader, writer := io.Pipe()
	request, err := http.NewRequest(http.MethodPost, s.rest+":predict", reader)
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Expect", "100-continue") // the body is sent when the server reads it: the request is under way
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
	go func() {
		answer, err := client.Do(request)
		if err != nil {
			replies <- reply{err: err}
			return
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		replies <- reply{answer.StatusCode, text, err}
	}()
	_, err = io.WriteString(writer, body[:len(body)/2])
	require.NoError(t, err)
	require.NoError(t, s.Process.Signal(syscall.SIGTERM))
	time.Sleep(50 * time.Millisecond)
	_, err = io.WriteString(writer, body[len(body)/2:])
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	r := <-replies
	require.NoError(t, r.err)
	require.Equal(t, http.StatusOK, r.status, string(r.text))
	var got struct{ Predictions [][]float32 }
	require.NoError(t, json.Unmarshal(r.text, &got))
	assert.Len(t, got.Predictions, 5000)
	require.NoError(t, s.Wait(), s.log.String())
	for _, want := range []string{
		"means nothing here", "flag=--flush_filesystem_caches", "flag=--tensorflow_session_parallelism", "msg=draining",
		"msg=stopped",
	} {
		assert.Contains(t, s.log.String(), want)
	}
}
