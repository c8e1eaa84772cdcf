// Package tf2ng runs TensorFlow graphs with INT8 ops without TensorFlow.
//
// It reads a frozen GraphDef whose convolutions and matrix products are quantized
// (the min/max family: QuantizeV2, QuantizedConv2DWithBiasAndReluAndRequantize, ...),
// translates it to nGraph's scale-and-zero-point ops, and runs those on its own CPU
// kernels. The results of quantized ops are TensorFlow's, bit for bit; all results are the
// same on every CPU and with any number of threads. See WithTFVersion and
// WithoutQDQFusion for the two places where the default departs from TensorFlow 2.21.
//
//	m, err := tf2ng.Load("model.pb", tf2ng.WithThreads(2))
//	...
//	defer m.Close()
//	out, err := m.Run(ctx, map[string]*tf2ng.Tensor{"input": image})
//
// A program that loads and runs models needs this package only: it has names for tensors,
// types, engines and every error that a caller may want to tell apart. Package core is for
// graphs themselves, which FromFunction makes into a Model.
package tf2ng
