// Package tfgrpc provides TensorFlow Serving's gRPC services for a serving.Manager: PredictionService,
// ModelService and the health service of grpc.health.v1. Register adds them to a grpc.Server:
//
//	s := grpc.NewServer(tfgrpc.ServerOptions()...)
//	tfgrpc.Register(s, manager)
//	s.Serve(listener)
//
// It also reads TensorFlow Serving's configuration files. The protobuf messages are those of
// github.com/wamuir/graft. A program that contains another copy of TensorFlow's messages cannot link this
// package, but it can link package serving.
package tfgrpc
