package tfgrpc_test

import (
	"fmt"

	"google.golang.org/grpc"

	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/tfgrpc"
)

// Register TensorFlow Serving's services on a gRPC server of one's own.
func Example() {
	m := serving.NewManager(serving.Options{})
	defer m.Close()
	s := grpc.NewServer(tfgrpc.ServerOptions()...)
	tfgrpc.Register(s, m)
	for _, name := range []string{"tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"} {
		_, there := s.GetServiceInfo()[name]
		fmt.Println(name, there)
	}
	// Output:
	// tensorflow.serving.PredictionService true
	// tensorflow.serving.ModelService true
}
