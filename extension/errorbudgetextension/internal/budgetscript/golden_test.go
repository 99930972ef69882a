// SPDX-License-Identifier: Apache-2.0

package budgetscript_test

import (
	"testing"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budgetscript/scripttest"
)

func TestScripts(t *testing.T) { scripttest.Test(t, "testdata/*.budget", nil, nil) }
