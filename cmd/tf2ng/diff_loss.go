package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// loss tells where a quantized model loses accuracy, beside the float model that it was made of.
func (d *diff) loss(ctx context.Context) error {
	if d.a.graph == nil || d.b.graph == nil {
		return errors.New("--float: want two GraphDefs, whose nodes have names")
	}
	quantized, err := compare.PlanGraph(d.a.graph, noLimits())
	if err != nil {
		return err
	}
	float, err := compare.PlanGraph(d.b.graph, noLimits())
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
		if l.Answers, err = d.answers(ctx); err != nil {
			return err
		}
	}
	if d.command.JSON {
		return printJSON(d.out.out, l)
	}
	return l.WriteText(d.out.out)
}

// answers compares the rows of both sides' first outputs with each other and with the labels.
func (d *diff) answers(ctx context.Context) (*compare.Answers, error) {
	labels, err := loadArray(d.command.Labels)
	if err != nil {
		return nil, fmt.Errorf("--labels: %w", err)
	}
	var rows []*core.Tensor
	for _, s := range []compare.Side{d.a.Side, d.b.Side} {
		outputs := s.Runner.Outputs()
		if len(outputs) == 0 {
			return nil, fmt.Errorf("--labels: %s has no output", s.Name)
		}
		first := outputs[0].Name
		got, err := s.Runner.Run(ctx, d.feeds, []string{first})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		rows = append(rows, got[first])
	}
	a, err := compare.CompareAnswers(rows[0], rows[1], labels)
	if err != nil {
		return nil, fmt.Errorf("--labels: %w", err)
	}
	return a, nil
}
