package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"osmanthus/bot/locale"
	"osmanthus/retrieval/lang"
)

// A visit is what is known of one request. It belongs to the request's goroutine.
type visit struct {
	id    string         // unguessable, in X-Request-ID, the log and every error
	words locale.Printer // in the visitor's language; a question changes it to the asker's
	site  string         // the website that the chat is embedded in; empty: none
}

type visitKey struct{}

func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

// begin gives the request its id and language.
func (s *server) begin(r *http.Request) (*http.Request, *visit) {
	var id [8]byte
	rand.Read(id[:])
	v := &visit{id: hex.EncodeToString(id[:]), words: s.Catalog.For(negotiate(r))}
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v)), v
}

const langCookie = "lang"

// negotiate returns the language for the words around the content: the address's, the cookie's, the browser's.
func negotiate(r *http.Request) lang.Lang {
	if l := lang.Lang(r.URL.Query().Get("lang")); l.Valid() {
		return l
	}
	if c, err := r.Cookie(langCookie); err == nil && lang.Lang(c.Value).Valid() {
		return lang.Lang(c.Value)
	}
	return accepted(r.Header.Get("Accept-Language"))
}

// accepted returns the first of the browser's languages that we speak, by its own order of preference.
func accepted(header string) lang.Lang {
	if len(header) > 512 {
		return lang.English
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return lang.English
	}
	for _, tag := range tags {
		if base, _ := tag.Base(); lang.Lang(base.String()).Valid() {
			return lang.Lang(base.String())
		}
	}
	return lang.English
}

// rememberLang keeps a language chosen in the address for the visits to come.
func (s *server) rememberLang(w http.ResponseWriter, r *http.Request) {
	if l := lang.Lang(r.URL.Query().Get("lang")); l.Valid() {
		http.SetCookie(w, &http.Cookie{
			Name: langCookie, Value: string(l), Path: s.base.link("/"), MaxAge: 365 * 24 * 3600,
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.base.secure(r),
		})
	}
}

// tag returns the BCP 47 tag of text in l, which chooses the right glyphs for Han.
func tag(l lang.Lang, text string) string {
	if l != lang.Chinese {
		return string(l)
	}
	han, changed := 0, 0
	simplified := []rune(lang.Simplify(text))
	runes := []rune(text)
	if len(simplified) != len(runes) {
		return "zh-Hans"
	}
	for i, r := range runes {
		if r >= 0x3400 {
			han++
			if simplified[i] != r {
				changed++
			}
		}
	}
	// A few characters of Simplified text are themselves forms of another, in names above all.
	if changed*12 > han {
		return "zh-Hant"
	}
	return "zh-Hans"
}

// client returns the address that limits are kept for. An IPv6 client has a whole /64 to itself, so that counts as one.
func (s *server) client(r *http.Request) netip.Prefix {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	address := at.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !s.trusted(address) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		address = next.Unmap()
	}
	bits := 32
	if address.Is6() {
		bits = 64
	}
	prefix, err := address.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

func (s *server) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(s.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// fromTrusted reports whether a request comes straight from a proxy that is believed.
func (s *server) fromTrusted(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && s.trusted(at.Addr().Unmap())
}
