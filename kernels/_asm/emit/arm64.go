package emit

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

const constraintARM64 = "arm64 && !purego"

// ARM64Routine is one assembly function of the form func(c *call) for arm64. It has no frame and calls nothing.
type ARM64Routine struct {
	Name  string
	Doc   string // its scalar meaning: lines of a comment
	Build func(*ARM64)
}

// ARM64 is one routine being generated: text in the syntax of Go's assembler. Fields of the call are named as in
// go_asm.h, such as call_k(R0).
//
// Routines may use the general registers R0 to R17 and R19 to R26, and all vector registers. R18 belongs to the
// system, R27 to the assembler, R28 to R30 to Go.
type ARM64 struct {
	text   bytes.Buffer
	labels int
}

// Op emits an instruction that Go's assembler knows.
func (g *ARM64) Op(format string, args ...any) { fmt.Fprintf(&g.text, "\t"+format+"\n", args...) }

// Label emits a label.
func (g *ARM64) Label(name string) { fmt.Fprintf(&g.text, "\n%s:\n", name) }

// Fresh returns a label that no other part of the routine uses.
func (g *ARM64) Fresh(name string) string {
	g.labels++
	return fmt.Sprintf("%s_%d", name, g.labels)
}

// When emits body so that it runs only if one of the bits is set in a register of flags.
func (g *ARM64) When(flags string, bits uint32, name string, body func()) {
	skip := g.Fresh("no_" + name)
	g.Op("TST $%#x, %s", bits, flags)
	g.Op("BEQ %s", skip)
	body()
	g.Label(skip)
}

// Broadcast fills a vector with a word of the call, which R0 points to. It uses a general register.
func (g *ARM64) Broadcast(field, by string, v VReg) {
	g.Op("ADD $call_%s, R0, %s", field, by)
	g.Op("VLD1R (%s), [%s]", by, v.S4())
}

// Zero clears a vector.
func (g *ARM64) Zero(v VReg) { g.Op("VEOR %s, %[1]s, %[1]s", v.B16()) }

// VReg is the number of a vector register.
type VReg uint32

// B16 names the register as sixteen bytes. Likewise H8 and S4 are its halfwords and words, B8 and H4 the lower half.
func (v VReg) B16() string { return v.as("B16") }

// B8 names the lower eight bytes.
func (v VReg) B8() string { return v.as("B8") }

// H8 names the register as eight halfwords.
func (v VReg) H8() string { return v.as("H8") }

// H4 names the lower four halfwords.
func (v VReg) H4() string { return v.as("H4") }

// S4 names the register as four words.
func (v VReg) S4() string { return v.as("S4") }

func (v VReg) as(arrangement string) string { return fmt.Sprintf("V%d.%s", v, arrangement) }

// F names the register as loads and stores of one number do: F, as Go calls it.
func (v VReg) F() string { return fmt.Sprintf("F%d", v) }

// word emits an instruction that Go's assembler lacks, as its encoding, with Arm's notation beside it.
func (g *ARM64) word(encoding uint32, format string, args ...any) {
	fmt.Fprintf(&g.text, "\tWORD $0x%08x // "+format+"\n", append([]any{encoding}, args...)...)
}

// SDOT adds to each word of d the products of the four signed bytes of n at its place and the four in word i of m.
func (g *ARM64) SDOT(d, n, m VReg, i uint32) {
	g.word(0x4f80e000|i&1<<21|i>>1<<11|uint32(m<<16|n<<5|d), "sdot v%d.4s, v%d.16b, v%d.4b[%d]", d, n, m, i)
}

// SDOTs adds to each word of d the products of the four signed bytes of n and of m at its place.
func (g *ARM64) SDOTs(d, n, m VReg) {
	g.word(0x4e809400|uint32(m<<16|n<<5|d), "sdot v%d.4s, v%d.16b, v%d.16b", d, n, m)
}

// words3 emits an instruction of three registers of four words: d = n op m.
func (g *ARM64) words3(name string, encoding uint32, d, n, m VReg) {
	g.word(encoding|uint32(m<<16|n<<5|d), "%s v%d.4s, v%d.4s, v%d.4s", name, d, n, m)
}

// FADD makes d the float32 sums n + m.
func (g *ARM64) FADD(d, n, m VReg) { g.words3("fadd", 0x4e20d400, d, n, m) }

// FMUL makes d the float32 products n * m.
func (g *ARM64) FMUL(d, n, m VReg) { g.words3("fmul", 0x6e20dc00, d, n, m) }

// FMAXNM makes d the larger of n and m; where one of them is a quiet NaN, the other. +0 is larger than -0.
func (g *ARM64) FMAXNM(d, n, m VReg) { g.words3("fmaxnm", 0x4e20c400, d, n, m) }

// FMINNM makes d the smaller of n and m, likewise.
func (g *ARM64) FMINNM(d, n, m VReg) { g.words3("fminnm", 0x4ea0c400, d, n, m) }

// one emits an instruction of one operand, of some arrangement.
func (g *ARM64) one(name string, encoding uint32, d, n VReg, to, from string) {
	g.word(encoding|uint32(n<<5|d), "%s v%d.%s, v%d.%s", name, d, to, n, from)
}

// SCVTF converts the int32 in n to float32.
func (g *ARM64) SCVTF(d, n VReg) { g.one("scvtf", 0x4e21d800, d, n, "4s", "4s") }

// FCVTNS rounds the float32 in n half to even, to int32, and saturates; NaN becomes 0.
func (g *ARM64) FCVTNS(d, n VReg) { g.one("fcvtns", 0x4e21a800, d, n, "4s", "4s") }

// Extend are the instructions that widen the lower and the upper half of n: bytes to halfwords, halfwords to words.
type Extend struct{ Low, High, LowWords, HighWords func(d, n VReg) }

// Unsigned returns those that fill with zeros.
func (g *ARM64) Unsigned() Extend {
	return Extend{
		func(d, n VReg) { g.Op("VUXTL %s, %s", n.B8(), d.H8()) },
		func(d, n VReg) { g.Op("VUXTL2 %s, %s", n.B16(), d.H8()) },
		func(d, n VReg) { g.Op("VUXTL %s, %s", n.H4(), d.S4()) },
		func(d, n VReg) { g.Op("VUXTL2 %s, %s", n.H8(), d.S4()) },
	}
}

// Signed returns those that fill with the sign.
func (g *ARM64) Signed() Extend {
	return Extend{
		func(d, n VReg) { g.one("sxtl", 0x0f08a400, d, n, "8h", "8b") },
		func(d, n VReg) { g.one("sxtl2", 0x4f08a400, d, n, "8h", "16b") },
		func(d, n VReg) { g.one("sxtl", 0x0f10a400, d, n, "4s", "4h") },
		func(d, n VReg) { g.one("sxtl2", 0x4f10a400, d, n, "4s", "8h") },
	}
}

func (r *ARM64Routine) write(dir string) error {
	g := &ARM64{}
	r.Build(g)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n//go:build %s\n\n#include \"go_asm.h\"\n#include \"textflag.h\"\n\n", header, constraintARM64)
	fmt.Fprintf(&b, "// func %s(c *call)\nTEXT ·%[1]s(SB), NOSPLIT, $0-8\n", r.Name)
	fmt.Fprintf(&b, "\tMOVD c+0(FP), R0\n%s", g.text.Bytes())
	return os.WriteFile(filepath.Join(dir, r.Name+".s"), b.Bytes(), 0o644)
}
