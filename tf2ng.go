// Package tf2ng runs TensorFlow graphs with INT8 ops without TensorFlow.
//
// It reads a frozen GraphDef or a SavedModel whose convolutions and matrix products are quantized (the
// min/max family: QuantizeV2, QuantizedConv2DWithBiasAndReluAndRequantize, ...), translates it to nGraph's
// scale-and-zero-point ops, and runs these on its own CPU kernels. Quantized ops give TensorFlow's results
// bit for bit, and all results are the same on every CPU and with any number of threads. WithTFVersion and
// WithoutQDQFusion describe the two places where the default departs from TensorFlow 2.21.
//
//	m, err := tf2ng.Load("model.pb", tf2ng.WithThreads(2))
//	...
//	defer m.Close()
//	out, err := m.Run(ctx, map[string]*tf2ng.Tensor{"input": image})
//
// A program that loads and runs models needs only this package: it has names for tensors, types, engines
// and every error that a caller may want to tell apart. Package core is for building graphs;
// FromFunction turns such a graph into a Model.
package tf2ng
