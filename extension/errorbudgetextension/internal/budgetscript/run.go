// SPDX-License-Identifier: Apache-2.0

package budgetscript

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/maintenance"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Execute runs a script and returns it with the answers that the desk gave.
// Setup, if there is one, prepares the desk; queries come on top of those that
// every script has.
func Execute(script string, setup func(*Desk), queries map[string]Query) (string, error) {
	elements, err := parse(script)
	if err != nil {
		return "", err
	}
	d := NewDesk()
	if setup != nil {
		setup(d)
	}
	all := builtin()
	maps.Copy(all, queries)
	for _, e := range elements {
		if e.command == nil {
			continue
		}
		if err := d.execute(e.command, all); err != nil {
			return "", fmt.Errorf("line %d, %s: %w", e.command.line, e.command.text, err)
		}
	}
	return format(elements), nil
}

func (d *Desk) execute(c *command, queries map[string]Query) error {
	if !slices.Contains([]string{"catalogue", "exclusions", "load", "eval"}, c.name) && len(c.block) > 0 {
		return errors.New("nothing is to be indented below it")
	}
	switch c.name {
	case "catalogue":
		snapshot, err := slo.ParseCatalogue("catalogue", []byte(strings.Join(c.block, "\n")))
		if err != nil {
			return err
		}
		d.Catalogue = snapshot
		return nil
	case "exclusions":
		plan, err := maintenance.Parse("exclusions", []byte("exclusions:\n"+strings.Join(c.block, "\n")))
		if err != nil {
			return err
		}
		d.plan = plan
		d.exclude()
		return nil
	case "load":
		return d.load(c.block)
	case "add":
		return d.add(c.args)
	case "restart":
		d.Restart()
		return nil
	case "eval":
		return d.eval(c, queries)
	}
	return d.simple(c)
}

// simple runs a command that has nothing below it.
func (d *Desk) simple(c *command) error {
	switch {
	case c.name == "start" && len(c.args) == 1:
		at, err := time.Parse(time.RFC3339, c.args[0])
		if err != nil {
			return err
		}
		d.Now = at.UTC()
		d.Restart()
		return nil
	case c.name == "skip" && len(c.args) == 1:
		by, err := ParseDuration(c.args[0])
		if err != nil {
			return err
		}
		d.Skip(d.Now.Add(by))
		return nil
	case c.name == "open" && len(c.args) == 2:
		n, err := strconv.ParseUint(c.args[1], 10, 64)
		if err != nil {
			return err
		}
		service, w := parseService(c.args[0])
		d.Pending.Sight(service, w)
		d.Ledger.Open(service, d.Now, d.Minute(), n, w)
		d.Flush()
		return nil
	}
	return errors.New("no such command, or not with these arguments: there are catalogue, exclusions, start, load, add, open, skip, restart and eval")
}

// eval replaces the lines below an eval by the answer.
func (d *Desk) eval(c *command, queries map[string]Query) error {
	if len(c.args) == 0 || queries[c.args[0]] == nil {
		return fmt.Errorf("eval needs one of %s", strings.Join(slices.Sorted(maps.Keys(queries)), ", "))
	}
	lines, err := queries[c.args[0]](d, c.args[1:])
	if err != nil {
		return err
	}
	c.block = nil
	for _, line := range lines {
		c.block = append(c.block, "    "+line)
	}
	return nil
}
