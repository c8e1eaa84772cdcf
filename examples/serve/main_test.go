package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// free returns a local address that nobody listens at.
func free(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func TestRun(t *testing.T) {
	base := t.TempDir()
	model, err := os.ReadFile("../../testdata/graphdefs/digits_mix_lpot16_tf25.pb")
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(base, "1"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(base, "1", "digits.pb"), model, 0o644))
	row := strings.TrimSuffix(strings.Repeat("[0],", 8), ",")
	body := `{"instances": [[` + strings.TrimSuffix(strings.Repeat("["+row+"],", 8), ",") + `]]}`
	ctx, cancel := context.WithCancel(t.Context())
	rest, ended := free(t), make(chan error)
	go func() {
		ended <- run(ctx, []string{"-model", "digits", "-base", base, "-grpc", free(t), "-rest", rest})
	}()
	var text []byte
	require.Eventually(t, func() bool {
		answer, err := http.Post(fmt.Sprintf("http://%s/v1/models/digits:predict", rest), "application/json",
			strings.NewReader(body))
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		text, err = io.ReadAll(answer.Body)
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	var got struct{ Predictions [][]float32 }
	require.NoError(t, json.Unmarshal(text, &got), string(text))
	assert.Len(t, got.Predictions[0], 10)
	cancel()
	require.NoError(t, <-ended)
}
