package builders

func (e *emitter) tensorFlowDot(Dot) (Output, error) {
	e.fail("", "not implemented")
	return Output{}, e.err
}
