package main

import (
	"context"
	"errors"
	"fmt"

	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore"
)

// spacesCommand changes the embedding model: the new model's space is built beside the old one, switched to in one step,
// and the old one is kept until it is dropped. The settings name the new model.
type spacesCommand struct {
	List   spacesListCommand   `cmd:"" default:"1" help:"List the spaces."`
	Build  spacesBuildCommand  `cmd:"" help:"Embed with the configured model what has no vector of it yet; may be broken off and run again."`
	Switch spacesSwitchCommand `cmd:"" help:"Make the configured model's space the one that is searched and written to."`
	Drop   spacesDropCommand   `cmd:"" help:"Remove a space that is not active."`
}

type spacesListCommand struct{}

// Run lists.
func (c *spacesListCommand) Run(ctx context.Context, p *program) (err error) {
	a, err := p.open(ctx, needs{database: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	states, err := a.store.Spaces(ctx)
	if err != nil {
		return err
	}
	words := p.catalog.For(p.language())
	if len(states) == 0 {
		fmt.Fprintln(p.stdout, words.T("spaces.none"))
	}
	said := map[string]string{
		"active": words.T("spaces.state.active"), "building": words.T("spaces.state.building"),
		"kept": words.T("spaces.state.kept"), "gone": words.T("spaces.state.gone"),
	}
	for _, s := range states {
		fmt.Fprintln(p.stdout, words.T("spaces.line", "id", s.ID, "model", s.Model, "state", said[s.State],
			"vectors", s.Vectors, "missing", s.Missing))
	}
	return nil
}

type spacesBuildCommand struct{}

// Run builds.
func (c *spacesBuildCommand) Run(ctx context.Context, p *program) error {
	return p.withNewSpace(ctx, func(a *app, space retrieval.Space) error {
		made, err := a.embedMissing(ctx, space)
		if err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, p.catalog.For(p.language()).T("spaces.built", "model", space.Model, "vectors", made))
		return nil
	})
}

type spacesSwitchCommand struct{}

// Run embeds what is still missing and switches.
func (c *spacesSwitchCommand) Run(ctx context.Context, p *program) error {
	return p.withNewSpace(ctx, func(a *app, space retrieval.Space) error {
		for {
			if _, err := a.embedMissing(ctx, space); err != nil {
				return err
			}
			err := a.store.Switch(ctx, space, nil)
			if errors.Is(err, pgstore.ErrIncomplete) {
				continue // a document was saved meanwhile
			}
			if err == nil {
				fmt.Fprintln(p.stdout, p.catalog.For(p.language()).T("spaces.switched", "model", space.Model))
			}
			return err
		}
	})
}

type spacesDropCommand struct {
	ID int64 `arg:"" help:"Its number, as the list shows it."`
}

// Run drops.
func (c *spacesDropCommand) Run(ctx context.Context, p *program) (err error) {
	a, err := p.open(ctx, needs{database: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	words := p.catalog.For(p.language())
	err = a.store.DropSpace(ctx, c.ID)
	switch {
	case errors.Is(err, pgstore.ErrActive):
		return errors.New(words.T("spaces.drop.active"))
	case errors.Is(err, retrieval.ErrNoSpace):
		return errors.New(words.T("spaces.drop.unknown", "id", c.ID))
	case err == nil:
		fmt.Fprintln(p.stdout, words.T("spaces.dropped", "id", c.ID))
	}
	return err
}

// withNewSpace opens the configured model's space that is not active: the one before, or the one being built, started
// where there is none.
func (p *program) withNewSpace(ctx context.Context, use func(*app, retrieval.Space) error) (err error) {
	a, err := p.open(ctx, needs{database: true, embedder: true, batch: true, anySpace: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	states, err := a.store.Spaces(ctx)
	if err != nil {
		return err
	}
	for _, s := range states {
		if s.State == "active" && s.Model == a.embedder.Model() {
			fmt.Fprintln(p.stdout, p.catalog.For(p.language()).T("spaces.already", "model", s.Model))
			return nil
		}
	}
	space, err := a.store.Space(ctx, a.embedder.Model())
	if errors.Is(err, retrieval.ErrNoSpace) {
		if space, err = retrieval.Calibrate(ctx, a.embedder); err != nil {
			return err
		}
	}
	if errors.Is(err, retrieval.ErrOtherModel) || space.ID == 0 {
		space, err = a.store.BuildSpace(ctx, space)
	}
	if err != nil {
		return err
	}
	return use(a, space)
}

// embeddedAtOnce is how many passages are embedded between two writes: what a broken-off run loses.
const embeddedAtOnce = 64

// embedMissing gives every passage without a vector in the space one and returns how many.
func (a *app) embedMissing(ctx context.Context, space retrieval.Space) (made int, err error) {
	indexer, err := retrieval.NewIndexer(space, a.store, a.embedder, a.dictionary)
	if err != nil {
		return 0, err
	}
	for after := int64(0); ; {
		drafts, err := a.store.Unembedded(ctx, space.ID, after, embeddedAtOnce)
		if err != nil || len(drafts) == 0 {
			return made, err
		}
		passages, err := indexer.Index(ctx, drafts)
		if err != nil {
			return made, err
		}
		vectors := make([]pgstore.Vector, len(passages))
		for i, p := range passages {
			vectors[i] = pgstore.Vector{Passage: p.ID, Document: p.Document, Lang: p.Lang, Han: p.Han, Norm: p.Norm, Unit: p.Vector}
		}
		if err := a.store.AddVectors(ctx, space.ID, vectors); err != nil {
			return made, err
		}
		made, after = made+len(vectors), drafts[len(drafts)-1].ID
		a.log.Info("embedded anew", "model", space.Model, "passages", made)
	}
}
