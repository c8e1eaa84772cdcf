package emit

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dotBF16 is the instruction of AVX512-BF16, which Go's assembler lacks: vector, vector, accumulators.
const dotBF16 = "VDPBF16PS"

// DotBF16 adds to each float32 of acc the products of two pairs of bf16: first that of the upper ones, then that of the
// lower ones, each with one rounding. Subnormal numbers and sums count as zeros. The vectors have 64 bytes.
func (g *Gen) DotBF16(b, a, acc reg.VecPhysical) {
	g.Instruction(&ir.Instruction{Opcode: dotBF16, Operands: []operand.Op{b, a, acc}})
}

// dotBytes is the instruction of AVX-VNNI: vector, vector, accumulators. Go's assembler has only the one of AVX-512.
const dotBytes = "VPDPBUSD_VEX"

// DotBytes adds to each int32 of acc the products of four signed bytes of b and four unsigned ones of a. The vectors
// have 32 bytes or 16 and are among the first 16; b may be memory without an index.
func (g *Gen) DotBytes(b operand.Op, a, acc reg.VecPhysical) {
	i := &ir.Instruction{Opcode: dotBytes, Operands: []operand.Op{b, a, acc}}
	if m, ok := b.(operand.Mem); ok {
		i.Inputs = []operand.Op{m}
	}
	g.Instruction(i)
}

// encode replaces the instructions that Go's assembler lacks by their bytes.
func encode(f *ir.File) error {
	for _, fn := range f.Functions() {
		var nodes []ir.Node
		for _, n := range fn.Nodes {
			i, ok := n.(*ir.Instruction)
			if !ok {
				nodes = append(nodes, n)
				continue
			}
			code, err := encoded(i)
			switch {
			case err != nil:
				return err
			case code == nil:
				nodes = append(nodes, n)
				continue
			}
			nodes = append(nodes, &ir.Comment{Lines: []string{text(i)}})
			for _, b := range code {
				nodes = append(nodes, &ir.Instruction{Opcode: "BYTE", Operands: []operand.Op{operand.U8(b)}})
			}
		}
		fn.Nodes = nodes
	}
	return nil
}

// text returns an instruction as an assembler that knows it would have it.
func text(i *ir.Instruction) string {
	var operands []string
	for _, o := range i.Operands {
		if t, ok := o.(Tile); ok {
			operands = append(operands, fmt.Sprintf("TMM%d", t))
		} else {
			operands = append(operands, o.Asm())
		}
	}
	return strings.TrimSpace(i.Opcode + " " + strings.Join(operands, ", "))
}

// encoded returns the bytes of an instruction that Go's assembler lacks, nil for any other.
func encoded(i *ir.Instruction) ([]byte, error) {
	number := func(n int) byte { return byte(i.Operands[n].(reg.Physical).PhysicalIndex()) }
	switch i.Opcode {
	case dotBF16:
		return encodeVectors(prefixF3, 0x52, number(0), number(1), number(2)), nil
	case dotBytes:
		prefix := byte(prefix66)
		if i.Operands[2].(reg.Physical).Size() == 32 {
			prefix |= wide
		}
		if m, ok := i.Operands[0].(operand.Mem); ok {
			return encodeMemory(prefix, 0x50, number(2), number(1), m, nil)
		}
		return encodeVEX(prefix, 0x50, number(0), number(1), number(2)), nil
	}
	return encodeTile(i)
}

// encodeVEX encodes an instruction of map 0F38 on three registers, with VEX.W0. The last is the destination.
func encodeVEX(prefix, opcode, b, a, dst byte) []byte {
	return []byte{0xc4, (dst>>3<<7 | b>>3<<5) ^ 0xe0 | 2, ^a&15<<3 | prefix, opcode, 0xc0 | dst&7<<3 | b&7}
}

// encodeVectors encodes an instruction of map 0F38 on three vectors of 64 bytes, with EVEX.W0. The last is the
// destination.
func encodeVectors(prefix, opcode, b, a, dst byte) []byte {
	bit := func(v byte, n int) byte { return v >> n & 1 }
	inverted := func(r, x, b, high byte) byte { return (r<<7 | x<<6 | b<<5 | high<<4) ^ 0xf0 }
	return []byte{
		0x62,
		inverted(bit(dst, 3), bit(b, 4), bit(b, 3), bit(dst, 4)) | 2,
		^a&15<<3 | 4 | prefix,
		2<<5 | (bit(a, 4)^1)<<3,
		opcode,
		0xc0 | dst&7<<3 | b&7,
	}
}
