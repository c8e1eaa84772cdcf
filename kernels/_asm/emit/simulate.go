package emit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Simulate writes an overlay (of go test -overlay) into out, in which Go functions
// stand for the routines of the package in dir: each instruction is a call of the
// machine in sim. The overlay sets the package's test variable simulated, which makes
// tests run variants that the CPU lacks. dir and sim are absolute.
func (f *Family) Simulate(out, dir, sim string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	pkg := "package " + f.Name + "\n"
	sources := map[string][]byte{
		"zsim_test.go":      []byte(pkg + "\nfunc init() { simulated = true }\n"),
		"routines_amd64.go": []byte(pkg + f.table()),
	}
	machine, err := filepath.Glob(filepath.Join(sim, "*.go"))
	if err != nil {
		return err
	}
	for _, file := range machine {
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		sources["zsim_"+filepath.Base(file)] = bytes.Replace(src, []byte("package sim\n"), []byte(pkg), 1)
	}
	replace := map[string]string{}
	for _, r := range f.Routines {
		replace[filepath.Join(dir, r.file()+".s")] = ""
		if sources["zsim_"+r.Name+".go"], err = r.simulated(f.Name); err != nil {
			return err
		}
	}
	for name, src := range sources {
		src, err := format.Source(src)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		file := filepath.Join(out, name)
		replace[filepath.Join(dir, name)] = file
		if err := os.WriteFile(file, src, 0o644); err != nil {
			return err
		}
	}
	overlay, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "overlay.json"), overlay, 0o644)
}

// simulated returns a routine as a Go function.
func (r *Routine) simulated(pkg string) ([]byte, error) {
	f, err := compile([]Routine{*r})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "package %s\n\nimport \"unsafe\"\n\n", pkg)
	fmt.Fprintf(&b, "func %s(c *call) {\n\tm := New(unsafe.Pointer(c))\n", r.Name)
	nodes := f.Functions()[0].Nodes
	used := map[string]bool{}
	for _, n := range nodes {
		if i, ok := n.(*ir.Instruction); ok {
			if target := i.TargetLabel(); target != nil {
				used[string(*target)] = true
			}
		}
	}
	for _, n := range nodes {
		switch n := n.(type) {
		case ir.Label:
			if used[string(n)] {
				fmt.Fprintf(&b, "%s:\n", n)
			}
		case *ir.Instruction:
			if err := simulateInstruction(&b, n); err != nil {
				return nil, fmt.Errorf("%s: %w", r.Name, err)
			}
		}
	}
	fmt.Fprintf(&b, "}\n")
	return b.Bytes(), nil
}

func simulateInstruction(b *bytes.Buffer, i *ir.Instruction) error {
	if i.Opcode == "RET" {
		fmt.Fprintf(b, "\treturn\n")
		return nil
	}
	if target := i.TargetLabel(); target != nil {
		fmt.Fprintf(b, "\tif m.%s() {\n\t\tgoto %s\n\t}\n", i.Opcode, *target)
		return nil
	}
	var operands []string
	for _, o := range i.Operands {
		s, err := simulateOperand(o)
		if err != nil {
			return fmt.Errorf("%s: %w", i.Opcode, err)
		}
		operands = append(operands, s)
	}
	name := i.Opcode
	for _, s := range i.Suffixes {
		name += "_" + s
	}
	fmt.Fprintf(b, "\tm.%s(%s)\n", name, strings.Join(operands, ", "))
	return nil
}

func simulateOperand(o operand.Op) (string, error) {
	switch o := o.(type) {
	case reg.Physical:
		switch o.Kind() {
		case reg.KindVector:
			return fmt.Sprintf("V(%d, %d)", o.PhysicalIndex(), o.Size()), nil
		case reg.KindGP:
			return fmt.Sprintf("R(%d, %d)", o.PhysicalIndex(), o.Size()), nil
		case reg.KindOpmask:
			return fmt.Sprintf("K(%d)", o.PhysicalIndex()), nil
		}
	case operand.Mem:
		if o.Symbol.Name != "" {
			return "m.Param()", nil
		}
		index := -1
		if o.Index != nil {
			index = int(o.Index.(reg.Physical).PhysicalIndex())
		}
		base := 4 // the stack pointer
		if o.Base != reg.StackPointer {
			base = int(o.Base.(reg.Physical).PhysicalIndex())
		}
		return fmt.Sprintf("m.At(%d, %d, %d, %d)", base, o.Disp, index, o.Scale), nil
	case operand.U8, operand.U16, operand.U32, operand.U64, operand.I8, operand.I16, operand.I32, operand.I64:
		return fmt.Sprintf("I(%d)", o), nil
	}
	return "", fmt.Errorf("operand %s (%T) cannot be simulated", o.Asm(), o)
}
