package web

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"osmanthus/bot"
)

// A proxy is a running nginx.
type proxy struct {
	address string // of its TLS port
	roots   *x509.CertPool
}

// client speaks HTTP/1.1 or HTTP/2 to the proxy, whatever name it is asked for.
func (p proxy) client(http2 bool) *http.Client {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(!http2)
	protocols.SetHTTP2(http2)
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: p.roots}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, p.address)
		},
	}}
}

// certify writes a certificate for example.org into a folder.
func certify(t *testing.T, folder string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "example.org"}, DNSNames: []string{"example.org"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, content := range map[string][]byte{"site.pem": certificate, "site.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	return roots
}

// nginx runs deploy/nginx.conf in front of a server, with other addresses and files and what the pairs of texts replace.
// An nginx that is missing fails the test.
func nginx(t *testing.T, server *httptest.Server, pairs ...string) proxy {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // not on the path of everybody
	}
	folder := t.TempDir()
	p := proxy{roots: certify(t, folder)}
	sample, err := os.ReadFile("../../deploy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // another process may take the port in between
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p.address = free.Addr().String()
		free.Close()
		site := string(sample)
		for i := 0; i+1 < len(pairs); i += 2 {
			site = replaced(t, site, pairs[i], pairs[i+1])
		}
		site = replaced(t, site, "listen 443 ", "listen "+p.address+" ")
		site = replaced(t, site, "http://127.0.0.1:8080", server.URL)
		site = replaced(t, site, "/etc/ssl/certs/example.org.pem", filepath.Join(folder, "site.pem"))
		site = replaced(t, site, "/etc/ssl/private/example.org.key", filepath.Join(folder, "site.key"))
		// What stands in Debian's nginx.conf, but for the places of files.
		whole := fmt.Sprintf("daemon off;\n%spid %[2]s/nginx.pid;\nerror_log %[2]s/error.log;\nevents { worker_connections 768; }\nhttp {\n"+
			"sendfile on;\ntcp_nopush on;\ntypes_hash_max_size 2048;\ndefault_type application/octet-stream;\ngzip on;\naccess_log off;\n", asRoot(), folder)
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			whole += fmt.Sprintf("%s_temp_path %s/%[1]s;\n", kind, folder)
		}
		path := filepath.Join(folder, "nginx.conf")
		if err := os.WriteFile(path, []byte(whole+site+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		command := exec.Command(program, "-p", folder, "-e", filepath.Join(folder, "error.log"), "-c", path)
		var said bytes.Buffer
		command.Stdout, command.Stderr = &said, &said
		if err := command.Start(); err != nil {
			t.Fatalf("start nginx (make test installs it): %v", err)
		}
		ended := make(chan struct{})
		go func() {
			_ = command.Wait()
			close(ended)
		}()
		if listens(p.address, ended) {
			t.Cleanup(func() {
				_ = command.Process.Signal(syscall.SIGTERM)
				<-ended
			})
			return p
		}
		_ = command.Process.Kill()
		<-ended
		if !strings.Contains(said.String(), "Address already in use") {
			t.Fatalf("nginx does not start: %s", said.String())
		}
	}
	t.Fatal("nginx finds no free port")
	return p
}

// asRoot keeps the worker what the test is, so that it can read the test's files.
func asRoot() string {
	if os.Geteuid() == 0 {
		return "user root;\n"
	}
	return ""
}

func replaced(t *testing.T, text, from, to string) string {
	t.Helper()
	if strings.Count(text, from) == 0 {
		t.Fatalf("no %q in deploy/nginx.conf", from)
	}
	return strings.ReplaceAll(text, from, to)
}

// listens waits until an address takes connections; false: the process has ended before, or never did in half a minute.
func listens(address string, ended <-chan struct{}) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for {
		select {
		case <-ended:
			return false
		case <-late:
			return false
		case <-tick.C:
			if conn, err := net.Dial("tcp", address); err == nil {
				conn.Close()
				return true
			}
		}
	}
}

// behind is a configuration for a server behind deploy/nginx.conf.
func behind(t *testing.T) Config {
	t.Helper()
	c := config(t)
	c.BaseURL = "https://example.org/seminar"
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	return c
}

// askThrough asks through the proxy for a stream.
func askThrough(t *testing.T, client *http.Client) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://example.org/seminar/api/ask", strings.NewReader(`{"question":"Who moderated?"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Origin", "https://example.org")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// until reads lines up to one that begins so; false: the stream ended before.
func untilLine(lines *bufio.Reader, begins string) bool {
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return false
		}
		if strings.HasPrefix(line, begins) {
			return true
		}
	}
}

// TestBehindNginx: each event arrives before the next is made, by both protocols, whether the proxy cuts the path off or not.
func TestBehindNginx(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		http2 bool
		pairs []string
	}{
		{"HTTP/1.1", false, nil},
		{"HTTP/2", true, nil},
		{"HTTP/1.1, path cut off", false, []string{"proxy_pass http://127.0.0.1:8080;", "proxy_pass http://127.0.0.1:8080/;"}},
		{"HTTP/2, with HTTP/1.1 to serve", true, []string{"proxy_set_header Host $host;", "proxy_http_version 1.1; proxy_set_header Connection ''; "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := behind(t)
			arrived := make(chan struct{})
			c.Assistant = askFunc(func(ctx context.Context, _ bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
				for range 20 {
					if err := emit(bot.Event{Type: bot.EventDelta, Data: bot.Delta{Text: "字"}}); err != nil {
						return bot.Answer{}, err
					}
					select {
					case <-arrived:
					case <-ctx.Done():
						return bot.Answer{}, ctx.Err()
					}
				}
				return bot.Answer{}, emit(bot.Event{Type: bot.EventDone, Data: bot.Answer{}})
			})
			p := nginx(t, start(t, c), tt.pairs...)
			res := askThrough(t, p.client(tt.http2))
			if want := map[bool]int{false: 1, true: 2}[tt.http2]; res.ProtoMajor != want || res.Header.Get("Content-Encoding") != "" {
				t.Errorf("HTTP/%d, encoding %q", res.ProtoMajor, res.Header.Get("Content-Encoding"))
			}
			lines := bufio.NewReader(res.Body)
			for i := range 20 {
				if !untilLine(lines, "event: delta") {
					t.Fatalf("the stream ended before event %d", i+1)
				}
				arrived <- struct{}{}
			}
			if !untilLine(lines, "event: done") {
				t.Error("the stream ended before the answer")
			}
		})
	}

	t.Run("what else stands there", func(t *testing.T) {
		t.Parallel()
		c := behind(t)
		c.Limits = Limits{PerMinute: 1, Burst: 1}
		client := nginx(t, start(t, c)).client(true)
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		got := map[string]string{}
		for _, path := range []string{"/seminar/", "/seminar", "/seminar/metrics", "/seminar/readyz", "/other", "/seminar/api/search?q=hall", "/seminar/api/search?q=wall"} {
			res, err := client.Get("https://example.org" + path)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			got[path] = res.Status[:3]
		}
		want := map[string]string{
			"/seminar/": "200", "/seminar": "301", "/seminar/metrics": "404", "/seminar/readyz": "200", "/other": "404",
			"/seminar/api/search?q=hall": "200", "/seminar/api/search?q=wall": "429",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("in a browser", func(t *testing.T) {
		t.Parallel()
		p := nginx(t, start(t, behind(t)))
		ctx := tab(t, browser(t), 390, 844, "en")
		run(t, ctx, call(security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true}),
			chromedp.Navigate("https://"+p.address+"/seminar/"), chromedp.Click(".suggestions button"), until(settled))
		if got := evaluate[string](t, ctx, `performance.getEntriesByType("navigation")[0].nextHopProtocol`); got != "h2" {
			t.Errorf("by %s", got)
		}
		run(t, ctx, chromedp.Click(".cite"), chromedp.WaitVisible("mark#s"))
	})
}

// TestSilenceBehindNginx: what nginx cuts off when nothing is sent for long, it lets live when something is. Its minute is
// two seconds here, and the beats come as much sooner.
func TestSilenceBehindNginx(t *testing.T) {
	t.Parallel()
	const minute = 2 * time.Second
	for _, tt := range []struct {
		name  string
		ticks func(time.Duration) (<-chan time.Time, func())
		lives bool
	}{
		{"with beats", func(d time.Duration) (<-chan time.Time, func()) {
			tick := time.NewTicker(d / (time.Minute / minute))
			return tick.C, tick.Stop
		}, true},
		{"without", func(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := behind(t)
			goOn := make(chan struct{})
			c.Assistant = askFunc(func(ctx context.Context, _ bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
				if err := emit(bot.Event{Type: bot.EventMeta, Data: bot.Meta{ID: "a1"}}); err != nil {
					return bot.Answer{}, err
				}
				select {
				case <-goOn:
				case <-ctx.Done():
					return bot.Answer{}, ctx.Err()
				}
				return bot.Answer{}, emit(bot.Event{Type: bot.EventDone, Data: bot.Answer{}})
			})
			s, err := newServer(c)
			if err != nil {
				t.Fatal(err)
			}
			s.ticks = tt.ticks
			served := httptest.NewServer(s)
			t.Cleanup(served.Close)
			p := nginx(t, served, "proxy_set_header Host $host;", fmt.Sprintf("proxy_set_header Host $host; proxy_read_timeout %ds;", int(minute/time.Second)))
			lines := bufio.NewReader(askThrough(t, p.client(false)).Body)
			for beat := range 10 { // two and a half of its minutes
				if !untilLine(lines, ": still here") {
					if tt.lives {
						t.Fatalf("cut off after %d beats", beat)
					}
					return
				}
			}
			if !tt.lives {
				t.Fatal("there were beats")
			}
			close(goOn)
			if !untilLine(lines, "event: done") {
				t.Error("cut off before the answer")
			}
		})
	}
}
