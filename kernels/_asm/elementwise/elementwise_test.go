package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func TestFamily(t *testing.T) { emit.Test(t, family) }

// TestRegistersOfAVX2: the allocator does not know that AVX2 has 16 of the 32 registers.
func TestRegistersOfAVX2(t *testing.T) {
	files, err := filepath.Glob("../../internal/elementwise/*_avx2.s")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	others := regexp.MustCompile(`\b[XY](1[6-9]|2\d|3[01])\b|\b[ZK]\d`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := others.Find(source); found != nil {
			t.Errorf("%s uses %s", filepath.Base(file), found)
		}
	}
}
