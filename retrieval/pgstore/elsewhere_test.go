package pgstore_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/ingest"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// goesRound does with a store what the program does: both languages in, searched by every arm under filters, indexed,
// recalibrated, replaced, removed.
func goesRound(t *testing.T, address string) {
	t.Helper()
	if err := pgstore.Migrate(t.Context(), address, "", quiet()); err != nil {
		t.Fatal(err)
	}
	store, err := pgstore.Open(t.Context(), address, pgstore.Options{MaxConns: 6, ExactUpTo: 50, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	if err := store.CheckSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := pgstoretest.Instance{Store: store, URL: address}
	space, r := newSpace(t, s), rand.New(rand.NewPCG(21, 22))
	var versions []ingest.Version
	for i := range 40 {
		versions = append(versions, mixed(space, fmt.Sprintf("%d.md", i), "1", r, 5))
	}
	if err := store.Load(t.Context(), versions); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 6 { // more clients than a pooler has sessions
		group.Go(func() {
			r := rand.New(rand.NewPCG(23, uint64(i)))
			v := mixed(space, fmt.Sprintf("%d.md", i), "2", r, 2)
			v.Passages[0].Lang, v.Passages[0].Terms = lang.Chinese, []string{"桂花", "ＲＡＧ", "o'neil"}
			v.Passages[1].Lang, v.Passages[1].Terms = lang.English, []string{"桂花", "zürich"}
			if err := store.Save(t.Context(), v); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for range 2 {
		if err := store.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := store.IndexVectors(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, changed, err := retrieval.Adapt(t.Context(), store, space); err != nil || !changed {
		t.Fatalf("adapted: %t, %v", changed, err)
	}
	if space, err = store.Space(t.Context(), space.Model); err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		group.Go(func() {
			q := retrieval.CandidateQuery{
				Space: space.ID, Revision: space.Revision, Vector: unit(rand.New(rand.NewPCG(24, uint64(i)))), Filter: everything(),
				DenseLimit: 20, LexicalLimit: 50,
				Lexical: []retrieval.LexicalQuery{{Field: retrieval.FieldTerms, Lang: lang.Chinese, Terms: []retrieval.WeightedTerm{{Term: "桂花", Weight: 1}}}},
			}
			got, err := store.Candidates(t.Context(), q)
			if err != nil {
				t.Error(err)
				return
			}
			english, chinese, osmanthus := 0, 0, 0
			for _, c := range got {
				switch {
				case c.Lang == lang.English:
					english++
				default:
					chinese++
				}
				if c.Version > 40 && c.Lang == lang.Chinese && c.Ordinal == 0 {
					osmanthus++
				}
			}
			if english < 20 || chinese < 20 || osmanthus != 6 {
				t.Errorf("%d English, %d Chinese, %d of 6 with the word", english, chinese, osmanthus)
			}
		})
	}
	group.Wait()
	stats, err := store.Stats(t.Context(), []string{"桂花", "ＲＡＧ", "zürich"})
	if err != nil {
		t.Fatal(err)
	}
	for term, want := range map[retrieval.TermKey]int{
		{FieldKey: retrieval.FieldKey{Field: retrieval.FieldTerms, Lang: lang.Chinese}, Term: "桂花"}:     6,
		{FieldKey: retrieval.FieldKey{Field: retrieval.FieldTerms, Lang: lang.Chinese}, Term: "ＲＡＧ"}:    6,
		{FieldKey: retrieval.FieldKey{Field: retrieval.FieldTerms, Lang: lang.English}, Term: "zürich"}: 6,
	} {
		if stats.Documents[term] != want {
			t.Errorf("%s is in %d passages, want %d", term.Term, stats.Documents[term], want)
		}
	}
	if n, err := store.Remove(t.Context(), "", []string{"0.md", "1.md"}); err != nil || n != 2 {
		t.Errorf("removed %d, %v", n, err)
	}
	if counts, err := store.Counts(t.Context()); err != nil || counts.Documents != 38 {
		t.Errorf("%+v, %v", counts, err)
	}
}

// TestEveryLocale: what is found must not depend on the locale that somebody chose for the database.
func TestEveryLocale(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]string{
		"C":       "LOCALE_PROVIDER libc LOCALE 'C'",
		"C.UTF-8": "LOCALE_PROVIDER libc LOCALE 'C.UTF-8'",
		"builtin": "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'",
		"ICU zh":  "LOCALE_PROVIDER icu ICU_LOCALE 'zh-Hans' LOCALE 'C'",
		"ICU en":  "LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, err := pgstoretest.DatabaseWith(t, "TEMPLATE template0 ENCODING 'UTF8' "+options)
			if err != nil {
				if strings.Contains(err.Error(), "ICU is not supported in this build") || strings.Contains(err.Error(), "builtin_locale") {
					t.Skipf("this server has no such locales: %v", err)
				}
				t.Fatal(err)
			}
			goesRound(t, address)
		})
	}
}

// TestThroughAPooler: PgBouncer in transaction mode, with fewer sessions than the store has connections.
func TestThroughAPooler(t *testing.T) {
	t.Parallel()
	address := pooled(t, pgstoretest.Database(t))
	goesRound(t, address)
	if _, err := pgstore.Open(t.Context(), address, pgstore.Options{Schema: "apart", Log: quiet()}); err == nil || !strings.Contains(err.Error(), "a pooler") {
		t.Errorf("a schema of its own through a pooler: %v", err)
	}
	if err := pgstore.Migrate(t.Context(), address, "apart", quiet()); err == nil || !strings.Contains(err.Error(), "a pooler") {
		t.Errorf("a schema of its own migrated through a pooler: %v", err)
	}
}

// pooled starts a PgBouncer before a database and returns its address.
func pooled(t *testing.T, address string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
		if _, err := os.Stat(program); err != nil {
			t.Fatal("pgbouncer is not installed: run `make test`, which installs it")
		}
	}
	server, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := server.User.Password()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	users := write("users.txt", fmt.Sprintf("%q %q\n", server.User.Username(), password))
	config := write("pgbouncer.ini", fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s
pool_mode = transaction
default_pool_size = 4
ignore_startup_parameters = extra_float_digits
`, server.Hostname(), server.Port(), port, users))
	args := []string{config}
	if os.Getuid() == 0 { // it refuses to run as root
		args = append([]string{"-u", "nobody"}, args...)
		for _, path := range []string{folder, filepath.Dir(folder)} {
			if err := os.Chmod(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	command := exec.Command(program, args...)
	command.Stdout, command.Stderr = io.Discard, io.Discard
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	through := *server
	through.Host = fmt.Sprintf("127.0.0.1:%d", port)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, through.String())
		if err == nil {
			conn.Close(ctx)
			return through.String()
		}
		if ctx.Err() != nil {
			t.Fatalf("pgbouncer does not answer: %v", err)
		}
	}
}
