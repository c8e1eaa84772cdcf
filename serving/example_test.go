package serving_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/tf2ng/tf2ng/serving"
)

// Serve a frozen GraphDef by TensorFlow Serving's REST API.
func Example() {
	base, err := os.MkdirTemp("", "digits")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(base)
	graph, err := os.ReadFile("../testdata/graphdefs/digits_mix_lpot16_tf25.pb")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "1.pb"), graph, 0o600); err != nil {
		log.Fatal(err)
	}
	m := serving.NewManager(serving.Options{})
	defer m.Close()
	config := serving.Config{Models: []serving.ModelConfig{{Name: "digits", BasePath: base}}}
	if err := m.Reload(context.Background(), config); err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(m.Handler(serving.RESTOptions{}))
	defer server.Close()
	answer, err := server.Client().Get(server.URL + "/v1/models/digits")
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.StatusCode, strings.Contains(string(body), "AVAILABLE"))
	// Output:
	// 200 true
}
