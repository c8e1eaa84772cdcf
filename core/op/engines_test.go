package op_test

import (
	"github.com/tf2ng/tf2ng/internal/enginetest"
	"github.com/tf2ng/tf2ng/internal/ngraphtest"
)

func init() { ngraphtest.SetEngines(enginetest.Check) }
