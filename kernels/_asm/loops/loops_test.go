package main

import (
	"testing"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func TestFamily(t *testing.T) { emit.Test(t, family) }
