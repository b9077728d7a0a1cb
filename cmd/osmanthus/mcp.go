package main

import (
	"context"
	"io"
	"time"

	"osmanthus/bot/mcp"
	"osmanthus/bot/web"
	"osmanthus/retrieval"
)

// mcpCommand serves another assistant over standard input and output.
type mcpCommand struct {
	Audience retrieval.Audience `help:"What the assistant that connects may see: public, or staff for all (whoever runs this can read the database anyway)." enum:"public,staff" default:"public"`
}

// Run serves until its input ends.
func (c *mcpCommand) Run(ctx context.Context, p *program) error {
	a, searcher, err := p.openSearch(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	assistant, err := a.assistant(searcher, nil)
	if err != nil {
		return err
	}
	audiences := publicOnly()
	if c.Audience == retrieval.Staff {
		audiences = everyone()
	}
	server, err := mcp.New(a.tools(assistant, searcher, audiences))
	if err != nil {
		return err
	}
	return server.Run(ctx, closable{p.stdin}, unclosed{p.stdout})
}

// tools is what an MCP server is made of.
func (a *app) tools(assistant mcp.Assistant, searcher mcp.Searcher, audiences []retrieval.Audience) mcp.Config {
	return mcp.Config{
		Assistant: assistant, Searcher: searcher, Rows: a.store, Catalog: a.catalog, Audiences: audiences, Address: a.config.BaseURL,
		Version: version(), Log: a.log, Now: time.Now,
	}
}

// mcpFlags open /mcp.
type mcpFlags struct {
	MCPToken      Secret `name:"mcp-token" setting:"OSMANTHUS_MCP_TOKEN" secret:"" help:"Tokens, with commas, that open the Model Context Protocol at /mcp, with what is public; none of these and of the staff's: there is no /mcp."`
	MCPStaffToken Secret `name:"mcp-staff-token" setting:"OSMANTHUS_MCP_STAFF_TOKEN" secret:"" help:"Tokens that open it with what is for staff too."`
}

// doors are the ways in at /mcp. A token that stands in both lists opens what is public.
func (f mcpFlags) doors(a *app, assistant mcp.Assistant, searcher mcp.Searcher) ([]web.Door, error) {
	var doors []web.Door
	for _, d := range []struct {
		keys      []string
		audiences []retrieval.Audience
	}{{f.MCPToken.list(), publicOnly()}, {f.MCPStaffToken.list(), everyone()}} {
		if len(d.keys) == 0 {
			continue
		}
		config := a.tools(assistant, searcher, d.audiences)
		config.Client = "mcp"
		server, err := mcp.New(config)
		if err != nil {
			return nil, err
		}
		doors = append(doors, web.Door{Keys: d.keys, Handler: server.Handler()})
	}
	return doors, nil
}

// A closable is an input that ends what waits for it, where it can.
type closable struct{ io.Reader }

// Close closes the reader, if that is to be closed at all.
func (c closable) Close() error {
	if closer, ok := c.Reader.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// An unclosed output stays open.
type unclosed struct{ io.Writer }

// Close does nothing.
func (unclosed) Close() error { return nil }
