package main

import (
	"context"
	"fmt"
)

// migrateCommand brings the schema up to date.
type migrateCommand struct{}

// Run migrates.
func (c *migrateCommand) Run(ctx context.Context, p *program) error {
	a, err := p.open(ctx, needs{database: true, migrate: true})
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, a.catalog.For(p.language()).T("cli.migrated"))
	return a.Close()
}
