// Package serving serves models as TensorFlow Serving does: it finds numbered versions in the base path
// of each model, loads new versions while the old ones keep serving, gathers requests into batches, and
// provides an http.Handler for the REST API. Package serving/tfgrpc provides the gRPC services.
//
//	m := serving.NewManager(serving.Options{})
//	defer m.Close()
//	err := m.Reload(ctx, serving.Config{Models: []serving.ModelConfig{{Name: "digits", BasePath: "models/digits"}}})
//	...
//	http.ListenAndServe(":8501", m.Handler(serving.RESTOptions{}))
//
// The package imports none of TensorFlow's protobuf messages, because a program can link only one copy
// of them.
//
// Errors have TensorFlow Serving's status codes and contain the key phrases of its messages; see Error.
// "As TensorFlow Serving does" refers to its releases 2.15 to 2.19, where they agree.
package serving
