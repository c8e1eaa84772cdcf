//go:build tensorflow

// Package live runs GraphDefs in the TensorFlow C library, in this process, and converts tensors between
// it and this module: a side of a comparison that needs no Python, and the glue of servers that hold
// TensorFlow's tensors already.
//
// It is built with the tag tensorflow, by cgo, against libtensorflow 2.21, as make test-tensorflow does:
// CGO_CFLAGS names the directory with tensorflow/c/c_api.h, CGO_LDFLAGS that of the libraries. A program may
// link one copy of the library. What TensorFlow aborts on ends the process: package compare/tensorflow
// keeps it in another one.
//
// TensorFlow reads its environment once: set TF_ENABLE_ONEDNN_OPTS=1 before the program starts to have
// the kernels of quantized ops everywhere.
package live
