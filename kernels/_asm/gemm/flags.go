package main

// The bits of call.flags: the steps of an epilogue as the assembly sees them.
const (
	stepPre = 1 << iota
	stepScale
	stepBias
	stepSumU8
	stepSumI8
	stepSumI32
	stepSumF32
	stepRelu
	stepPost
	outF32
	outU8
	outI8
	flipped
	stepLo // saturation alone would not apply Lo
	stepHi // saturation alone would not apply Hi
	outI32
	partial // not all columns of the panel exist
	words   // the panel of B has words, not bytes
	fast    // all columns exist, results are bytes, and no step but scale, bias, a summand of bytes and post is there

	outS32 = 0
)
