// Package serving answers requests for models as TensorFlow Serving does: it finds numbered versions
// below base paths, loads new ones beside the old ones, gathers requests into batches, and has an
// http.Handler for the REST API. Package serving/tfgrpc has the gRPC services.
//
//	m := serving.NewManager(serving.Options{})
//	defer m.Close()
//	err := m.Reload(ctx, serving.Config{Models: []serving.ModelConfig{{Name: "digits", BasePath: "models/digits"}}})
//	...
//	http.ListenAndServe(":8501", m.Handler(serving.RESTOptions{}))
//
// It imports none of TensorFlow's protobuf messages, of which a program can link one copy only.
//
// Errors have TensorFlow Serving's codes and the phrases of its texts, see Error. "As Serving" means
// its releases 2.15 to 2.19, where they agree.
package serving
