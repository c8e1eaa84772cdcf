package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// loss reports where a quantized model loses accuracy, compared with the float model that it was made from.
func (d *diff) loss(ctx context.Context) error {
	if d.a.graph == nil || d.b.graph == nil {
		return errors.New("--float: want two GraphDefs, whose nodes have names")
	}
	if len(d.many) > 0 {
		return errors.New("--float: want one array for each input, whose first axis may be long")
	}
	quantized, err := compare.PlanParsed(d.a.graph.data, d.a.graph.parsed)
	if err != nil {
		return err
	}
	float, err := compare.PlanParsed(d.b.graph.data, d.b.graph.parsed)
	if err != nil {
		return err
	}
	q := compare.Quantization{
		Quantized: d.a.Side, Float: d.b.Side, QuantizedPlan: quantized, FloatPlan: float, Feeds: d.feeds,
		Progress: d.out.progress(),
	}
	q.Quantized.Name, q.Float.Name = d.command.Model, d.command.Float
	l, err := q.Layers(ctx)
	if err != nil {
		return err
	}
	if d.command.Labels != "" {
		labels, err := loadArray(d.command.Labels)
		if err != nil {
			return fmt.Errorf("--labels: %w", err)
		}
		if l.Answers, _, err = d.answers(ctx, labels); err != nil {
			return err
		}
	}
	if d.command.JSON {
		return printJSON(d.out.out, l)
	}
	return l.WriteText(d.out.out)
}

// answers compares the rows of the first outputs of both sides with each other and with the labels. If there
// are several runs, it uses the first labels for this run and returns the rest for the next ones.
func (d *diff) answers(ctx context.Context, labels *core.Tensor) (a *compare.Answers, rest *core.Tensor, err error) {
	var rows []*core.Tensor
	for _, s := range []compare.Side{d.a.Side, d.b.Side} {
		outputs := s.Runner.Outputs()
		if len(outputs) == 0 {
			return nil, nil, fmt.Errorf("--labels: %s has no output", s.Name)
		}
		first := outputs[0].Name
		got, err := s.Runner.Run(ctx, d.feeds, []string{first})
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		rows = append(rows, got[first])
	}
	if len(d.many) > 0 && len(rows[0].Shape()) > 0 {
		if labels, rest, err = split(labels, rows[0].Shape()[0]); err != nil {
			return nil, nil, err
		}
	}
	if a, err = compare.CompareAnswers(rows[0], rows[1], labels); err != nil {
		return nil, nil, fmt.Errorf("--labels: %w", err)
	}
	return a, rest, nil
}

// split returns the first n labels, and the rest.
func split(labels *core.Tensor, n int) (first, rest *core.Tensor, err error) {
	if len(labels.Shape()) != 1 || labels.Len() < n {
		return nil, nil, fmt.Errorf("--labels: got %v, want one for each row of all runs, of which this one has %d",
			labels, n)
	}
	at := n * labels.Type().Size()
	if first, err = core.TensorOver(labels.Type(), core.Shape{n}, labels.Bytes()[:at]); err != nil {
		return nil, nil, err
	}
	rest, err = core.TensorOver(labels.Type(), core.Shape{labels.Len() - n}, labels.Bytes()[at:])
	return first, rest, err
}
