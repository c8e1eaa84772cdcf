// Package tfgrpc has TensorFlow Serving's gRPC services for a serving.Manager: PredictionService,
// ModelService and the health of grpc.health.v1. They register on a caller's grpc.Server:
//
//	s := grpc.NewServer(tfgrpc.ServerOptions()...)
//	tfgrpc.Register(s, manager)
//	s.Serve(listener)
//
// It also reads TensorFlow Serving's configuration files. The messages are those of
// github.com/wamuir/graft: a program that has another copy of TensorFlow's messages cannot link this
// package, and can link package serving.
package tfgrpc
