package builders_test

import (
	"github.com/tf2ng/tf2ng/core/ngraphtest"
	"github.com/tf2ng/tf2ng/kernels/enginetest"
)

func init() { ngraphtest.Engines = enginetest.Check }
