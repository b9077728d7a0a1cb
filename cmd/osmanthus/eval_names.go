package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"osmanthus/retrieval"
)

// evalNamesCommand looks names up by other writings of them; it needs neither database nor embedder.
type evalNamesCommand struct {
	File string `required:"" help:"Names, JSON lines: either query, person and class, or speakers, a list of names or of objects with a name (a text, or zh and en), who are looked up by other writings of their names."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

// Run measures and prints.
func (c *evalNamesCommand) Run(p *program) error {
	rows, err := readRows[retrieval.NameRow](c.File)
	if err != nil {
		return err
	}
	e := retrieval.EvaluateNames(rows)
	e.Set = setName(c.File)
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(e)
	}
	return printNames(p.stdout, e)
}

func printNames(w io.Writer, e retrieval.NameEvaluation) error {
	fmt.Fprintf(w, "%s, %d people\n", e.Set, e.People)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "class\tqueries\tright person first\tsame name\tbeside one that reads the same\t")
	for _, r := range e.Results {
		fmt.Fprintf(table, "%s\t%d\t%.3f\t%.3f\t%.3f\t\n", r.Class, r.Queries, r.First, r.SameName, r.Homophone)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, m := range e.Missed {
		fmt.Fprintf(w, "missed: %q for %q, found %q\n", m.Query, m.Want, m.Got)
	}
	return nil
}
