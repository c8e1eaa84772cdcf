package core

// IsUnary reports whether an op computes each element of its first output from the same
// element of its first input, as long as its other inputs have one element.
func IsUnary(op Op) bool {
	switch op := op.(type) {
	case *Activate, *Unary, *Clamp, *Convert, *LogicalNot, *FlipSign, *TFRequantize, *TFQuantizedRelu:
		return true
	case *TFDequantize:
		return op.Axis == -1
	case *TFQuantizeV2:
		return op.Axis == -1
	case *TFFakeQuant:
		return !op.PerChannel
	case *TFQuantizeAndDequantize:
		return op.Axis == -1 && op.RangeGiven
	case *Quantize:
		return len(op.Axes) == 0
	case *Dequantize:
		return len(op.Axes) == 0
	}
	return false
}

// IsPointwise reports whether an op computes each element of its output from the same
// element of its inputs, broadcast to one shape.
func IsPointwise(op Op) bool {
	switch op.(type) {
	case *Add, *Subtract, *Multiply, *Divide, *Maximum, *Minimum, *Power, *SquaredDifference, *FloorMod, *FloorDivide,
		*Binary, *Compare, *Logical, *Select:
		return true
	}
	return false
}
