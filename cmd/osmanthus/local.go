package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"osmanthus/deploy/local"
	"osmanthus/retrieval/lang"
)

// supervisorCommand runs the embedded parts for every process that uses them; deploy/local starts it.
type supervisorCommand struct{}

// Run supervises until the last process that needs the parts is gone.
func (c *supervisorCommand) Run(ctx context.Context, p *program) error {
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program's own file: %w", err)
	}
	return local.RunSupervisor(ctx, local.SupervisorOptions{Home: p.config.Home, Executable: executable, Ready: p.stdout, Log: p.log})
}

// embedWorkerCommand loads the engine; the supervisor starts it.
type embedWorkerCommand struct{}

// Run embeds what comes on standard input until it ends.
func (c *embedWorkerCommand) Run(ctx context.Context, p *program) error {
	return local.RunEmbedWorker(ctx, p.config.Home, p.stdin, p.stdout)
}

// embedderCommand serves the local embedder alone, for a container of its own.
type embedderCommand struct {
	Addr string `default:"127.0.0.1:8091" setting:"OSMANTHUS_EMBEDDER_ADDR" help:"Address to listen on."`
}

// Run serves until it is told to stop. EMBEDDING_API_KEY, where it is set, is asked of every client.
func (c *embedderCommand) Run(ctx context.Context, p *program) error {
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program's own file: %w", err)
	}
	return local.ServeEmbedder(ctx, local.EmbedderOptions{
		Home: p.config.Home, Executable: executable, Addr: c.Addr, Key: string(p.config.EmbeddingAPIKey), Log: p.log,
	})
}

// execCommand runs another program with the parts up: `make test` runs the tests with it.
type execCommand struct {
	Command []string `arg:"" passthrough:"" help:"The command and its arguments."`
}

// Run starts the parts, runs the command with their addresses in its environment and ends with its status.
func (c *execCommand) Run(ctx context.Context, p *program) (err error) {
	a, err := p.open(ctx, needs{database: true, embedder: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	command := c.Command
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	if len(command) == 0 {
		return errors.New("name a command to run after --")
	}
	child := exec.CommandContext(ctx, command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = p.stdin, p.stdout, p.stderr
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	child.Env = append(os.Environ(),
		"OSMANTHUS_HOME="+p.config.Home,
		"TEST_DATABASE_URL="+a.databaseURL,
		"TEST_EMBEDDING_BASE_URL="+a.embedding.BaseURL,
		"TEST_EMBEDDING_API_KEY="+a.embedding.Key,
		"TEST_EMBEDDING_MODEL="+a.embedding.Model,
	)
	err = child.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() > 0 {
		return exitError(ended.ExitCode())
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", command[0], err)
	}
	return nil
}

// installCommand unpacks the fetched parts without running them: container images are built with it.
type installCommand struct{}

// Run unpacks the embedder and builds the dictionary.
func (c *installCommand) Run(ctx context.Context, p *program) error {
	return local.Install(ctx, p.config.Home, lang.BuildSeminarDictionary, p.log)
}
