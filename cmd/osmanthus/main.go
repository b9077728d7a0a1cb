// Command osmanthus is the whole program: it takes documents in, answers questions about them on the terminal and in a
// web chat, and measures itself. This package owns the commands and the configuration; it wires the other packages
// together and is the only one that reads the environment.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/deploy/local"
	"osmanthus/retrieval"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr); err != nil {
		var exit exitError
		if errors.As(err, &exit) {
			os.Exit(int(exit))
		}
		fmt.Fprintln(os.Stderr, "osmanthus:", err)
		os.Exit(1)
	}
}

// An exitError ends the program with a status and no further word: what there is to say has been said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// commands is the command line.
type commands struct {
	Config  `embed:""`
	Version kong.VersionFlag `help:"Print the version and leave."`

	Serve      serveCommand      `cmd:"" help:"Serve the web chat and the HTTP API."`
	Ingest     ingestCommand     `cmd:"" help:"Take documents in."`
	Ask        askCommand        `cmd:"" help:"Ask one question and print the answer with its sources."`
	Search     searchCommand     `cmd:"" help:"Print the passages behind an answer, with their scores."`
	MCP        mcpCommand        `cmd:"" name:"mcp" help:"Serve another assistant over standard input and output by the Model Context Protocol."`
	Unanswered unansweredCommand `cmd:"" help:"List the questions that were refused, answered without a source or thought badly of."`
	Curate     curateCommand     `cmd:"" help:"Write the answer to a question yourself; list and remove such answers."`
	Eval       evalCommand       `cmd:"" help:"Measure retrieval and answers on files."`
	Spaces     spacesCommand     `cmd:"" help:"List the embedding models' spaces, change the model."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the database's schema up to date."`
	Doctor     doctorCommand     `cmd:"" help:"Check everything the program depends on; each failure comes with its fix."`

	ReadFile         readFileCommand    `cmd:"" hidden:"" help:"Read documents from standard input."`
	LocalSupervisor  supervisorCommand  `cmd:"" hidden:"" help:"Run the private Postgres and the local embedder for other processes."`
	LocalEmbedWorker embedWorkerCommand `cmd:"" hidden:"" help:"Embed texts from standard input."`
	LocalEmbedder    embedderCommand    `cmd:"" hidden:"" help:"Serve the local embedder alone."`
	LocalExec        execCommand        `cmd:"" hidden:"" help:"Run a command with the embedded parts up and their addresses in its environment."`
	LocalInstall     installCommand     `cmd:"" hidden:"" help:"Unpack the fetched parts without running them."`
}

// A program is what every command is given.
type program struct {
	config Config
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	log    *slog.Logger
	// catalog has every word that is shown to people.
	catalog *locale.Catalog
}

// run is the program: it ends when the command has ended or ctx is cancelled, and returns an error whose text is a
// sentence for the person at the terminal.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("osmanthus"),
		kong.Description("A bilingual (Chinese and English) assistant for seminars: answers from your documents, with sources."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.Resolvers(settings(getenv)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, ValueFormatter: withSetting}),
		kong.Vars{"version": version()},
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return fmt.Errorf("read the command line: %w", err)
	}
	command, err := parser.Parse(args[1:])
	if exited >= 0 { // --help or --version
		if exited > 0 {
			return exitError(exited)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w (osmanthus --help lists the commands)", err)
	}
	p := &program{config: cli.Config, getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr}
	p.log = newLogger(stderr, cli.LogLevel, cli.LogFormat)
	if p.catalog, err = locale.New(); err != nil {
		return err
	}
	return p.explain(command.Run(p))
}

// explain puts what a person can mend into the terminal's language.
func (p *program) explain(err error) error {
	words := p.catalog.For(p.language())
	var fault *local.Fault
	if errors.As(err, &fault) {
		args := []any{}
		for name, value := range fault.Values {
			args = append(args, name, value)
		}
		return errors.New(words.T("local."+fault.Code, args...))
	}
	if errors.Is(err, retrieval.ErrOtherModel) {
		return errors.New(words.T("spaces.other_model"))
	}
	var asked *bot.Error
	if errors.As(err, &asked) {
		return errors.New(asked.Sentence(words))
	}
	return err
}

// withSetting shows a flag's environment variable beside its help.
func withSetting(value *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(value)
	if name := value.Tag.Get("setting"); name != "" {
		help += " (" + name + ")"
	}
	return help
}

func newLogger(w io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // one of the flag's enum
	options := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// version names the revision the binary was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := info.Main.Version, ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = " with changes"
		}
	}
	return fmt.Sprintf("osmanthus %s%s, %s", revision, dirty, info.GoVersion)
}
