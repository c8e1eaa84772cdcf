package builders

func (e *emitter) ngraphConvolution(Convolution, wants) (Output, error) {
	e.fail("", "not implemented")
	return Output{}, e.err
}

func (e *emitter) ngraphDot(Dot) (Output, error) {
	e.fail("", "not implemented")
	return Output{}, e.err
}
