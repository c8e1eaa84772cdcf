package emit

import (
	"fmt"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Tile is the number of a tile register of AMX. avo knows no such registers, but constants.
type Tile = operand.U8

// The instructions on tiles. Go's assembler has none of them, so they are written as bytes (encode).
const (
	loadConfig = "LDTILECFG"   // m512
	release    = "TILERELEASE" //
	zeroTile   = "TILEZERO"    // tile
	loadTile   = "TILELOADD"   // memory, stride, tile
	storeTile  = "TILESTORED"  // tile, memory, stride
	dotTiles   = "TDPBUSD"     // signed tile, unsigned tile, accumulators
)

func (g *Gen) tiles(opcode string, inputs []operand.Op, operands ...operand.Op) {
	g.Instruction(&ir.Instruction{Opcode: opcode, Operands: operands, Inputs: inputs})
}

// ConfigureTiles gives the tiles their shapes, which are in 64 bytes of memory, and clears them.
func (g *Gen) ConfigureTiles(shapes operand.Mem) { g.tiles(loadConfig, []operand.Op{shapes}, shapes) }

// ReleaseTiles returns the tiles to their initial state, in which the system need not save them.
func (g *Gen) ReleaseTiles() { g.tiles(release, nil) }

// ZeroTile clears a tile.
func (g *Gen) ZeroTile(t Tile) { g.tiles(zeroTile, nil, t) }

// LoadTile loads rows that lie stride bytes apart.
func (g *Gen) LoadTile(from operand.Mem, stride reg.GPPhysical, t Tile) {
	g.tiles(loadTile, []operand.Op{from, stride}, from, stride, t)
}

// StoreTile stores rows stride bytes apart.
func (g *Gen) StoreTile(t Tile, to operand.Mem, stride reg.GPPhysical) {
	g.tiles(storeTile, []operand.Op{to, stride}, t, to, stride)
}

// DotTiles adds to acc the products of a, rows of unsigned bytes, and b, whose rows have four signed bytes
// for each column.
func (g *Gen) DotTiles(b, a, acc Tile) { g.tiles(dotTiles, nil, b, a, acc) }

// The prefixes that VEX and EVEX imply.
const (
	prefixNone = iota
	prefix66
	prefixF3
	prefixF2

	wide = 4 // beside a prefix in VEX: the vectors have 32 bytes
)

// encodeTile returns the bytes of an instruction on tiles, nil for any other.
func encodeTile(i *ir.Instruction) ([]byte, error) {
	tile := func(n int) byte { return byte(i.Operands[n].(Tile)) }
	switch i.Opcode {
	case release:
		return encodeVEX(prefixNone, 0x49, 0, 0, 0), nil
	case zeroTile:
		return encodeVEX(prefixF2, 0x49, 0, 0, tile(0)), nil
	case dotTiles:
		return encodeVEX(prefix66, 0x5e, tile(1), tile(0), tile(2)), nil
	case loadConfig:
		return encodeMemory(prefixNone, 0x49, 0, 0, i.Operands[0].(operand.Mem), nil)
	case loadTile:
		return encodeMemory(prefixF2, 0x4b, tile(2), 0, i.Operands[0].(operand.Mem), i.Operands[1].(reg.Physical))
	case storeTile:
		return encodeMemory(prefixF3, 0x4b, tile(0), 0, i.Operands[1].(operand.Mem), i.Operands[2].(reg.Physical))
	}
	return nil, nil
}

// encodeMemory encodes an instruction of map 0F38, with VEX.W0, on base+disp, with an index of scale 1 or none, and on
// registers: of tiles one, of vectors the destination and another source.
func encodeMemory(prefix, opcode, dst, a byte, m operand.Mem, index reg.Physical) ([]byte, error) {
	if m.Index != nil || m.Symbol.Name != "" {
		return nil, fmt.Errorf("%s has more than a base", m.Asm())
	}
	const none = 4 // the index that means there is none
	base, at := byte(m.Base.(reg.Physical).PhysicalIndex()), byte(none)
	if index != nil {
		at = byte(index.PhysicalIndex())
	}
	vex := ^dst>>3&1<<7 | ^at>>3&1<<6 | ^base>>3&1<<5 | 2
	code := []byte{0xc4, vex, ^a&15<<3 | prefix, opcode, 0x84 | dst&7<<3, at&7<<3 | base&7}
	d := uint32(m.Disp)
	return append(code, byte(d), byte(d>>8), byte(d>>16), byte(d>>24)), nil
}
