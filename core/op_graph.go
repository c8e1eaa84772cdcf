package core

var (
	_ = Register[Parameter]("Parameter")
	_ = Register[Constant]("Constant")
	_ = Register[Result]("Result")
)

// Parameter is an input of a Function; its value is given at run time.
//
//	Inputs:  none
//	Outputs: value: Type, Shape (either may be unknown until compile time)
type Parameter struct {
	Type  Type  `json:"type"`
	Shape Shape `json:"shape"`
}

// Infer returns the declared fact.
func (p *Parameter) Infer(in []Operand) ([]Fact, error) {
	return []Fact{{p.Type, p.Shape}}, WantInputs(in, 0)
}

// Eval is never called: a parameter's value is given.
func (p *Parameter) Eval(_, _ []*Tensor) error { return Violation("", -1, "has no value") }

// Constant is a tensor that is part of the graph.
//
//	Inputs:  none
//	Outputs: value: the tensor's type and shape
type Constant struct {
	Value *Tensor `json:"-"`
}

// Infer returns the tensor's fact.
func (c *Constant) Infer(in []Operand) ([]Fact, error) {
	if c.Value == nil {
		return nil, Violation("", -1, "has no value")
	}
	return []Fact{c.Value.Fact()}, WantInputs(in, 0)
}

// Eval returns the tensor itself.
func (c *Constant) Eval(_, out []*Tensor) error {
	out[0] = c.Value
	return nil
}

// Result is an output of a Function.
//
//	Inputs:  value: any type and shape
//	Outputs: value: the same
type Result struct{}

// Infer passes the input on.
func (r *Result) Infer(in []Operand) ([]Fact, error) {
	if err := WantInputs(in, 1); err != nil {
		return nil, err
	}
	return []Fact{in[0].Fact}, nil
}

// Eval passes the input on.
func (r *Result) Eval(in, out []*Tensor) error {
	out[0] = in[0]
	return nil
}
