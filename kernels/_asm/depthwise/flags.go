package main

// The bits of call.flags: the steps of an epilogue as the assembly sees them.
const (
	stepPre = 1 << iota
	stepScale
	stepBias
	stepRelu
	stepPost
	stepClamp
	outF32
	outS32
	outI8
)
