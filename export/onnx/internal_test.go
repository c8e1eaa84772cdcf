package onnx

import "github.com/tf2ng/tf2ng/core"

// WriteFileWithin is WriteFile with another bound on what one message holds.
func WriteFileWithin(m *Model, path string, limit int64) (int64, error) {
	return m.writeFile(path, limit)
}

// Decided reports whether an op has a row, or a reason why it has none.
func Decided(name string) (bool, error) {
	op, err := core.NewOp(name)
	return err == nil && decided(op), err
}
