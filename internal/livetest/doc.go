// Package livetest holds the tests that run real TensorFlow, which have the build tag python:
// make test-tensorflow.
package livetest
