//go:build tensorflow

// Package live runs GraphDefs in the TensorFlow C library, inside this process, and converts tensors between
// the library and this module. It is for comparisons without Python, and for servers that already hold
// TensorFlow's tensors.
//
// It is built with the tag tensorflow, with cgo, against libtensorflow 2.21, as make test-tensorflow does:
// CGO_CFLAGS names the directory that has tensorflow/c/c_api.h, and CGO_LDFLAGS that of the libraries. A
// program may link only one copy of the library. If TensorFlow aborts, this process ends; package
// compare/tensorflow runs it in a separate process instead.
//
// TensorFlow reads its environment only once. To have the kernels of quantized ops on every CPU, set
// TF_ENABLE_ONEDNN_OPTS=1 before the program starts.
package live
