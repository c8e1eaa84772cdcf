package kernels

// lowerings is the table of the core ops that have kernels.
var lowerings = map[string]lowering{
	"IntegerConvolution": lowerConvolution,
	"IntegerDot":         lowerDot,
}
