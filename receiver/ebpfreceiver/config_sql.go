// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"fmt"
	"strings"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// SQLConfig says what is told of statements of SQL.
type SQLConfig struct {
	// QueryText is how much of their text spans carry: off, obfuscated, raw.
	QueryText string `mapstructure:"query_text"`
	// prevent unkeyed literal initialization
	_ struct{}
}

func (c *SQLConfig) validate() []error {
	if _, ok := sqltext.ParseQueryText(c.QueryText); !ok {
		return []error{fmt.Errorf("sql::query_text: %q is not one of %s", c.QueryText, strings.Join(sqltext.QueryTexts(), ", "))}
	}
	return nil
}

// cache returns what reads statements of SQL.
func (c *SQLConfig) cache() *sqltext.Cache {
	show, _ := sqltext.ParseQueryText(c.QueryText) // validated
	return sqltext.NewCache(show)
}
