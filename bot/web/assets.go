package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"osmanthus/retrieval"
)

//go:embed static
var static embed.FS

// An assetFile is served under a name that holds its hash, so that it may be kept for ever.
type assetFile struct {
	contentType string
	content     []byte
}

// assets are the built files, by hashed name, and their addresses by plain name.
type assets struct {
	files     map[string]assetFile
	addresses map[string]string
	loader    []byte // embed.js, which has an address of its own
}

// contentTypes does not ask the system, whose tables differ.
func contentTypes() map[string]string {
	return map[string]string{
		".css": "text/css; charset=utf-8",
		".js":  "text/javascript; charset=utf-8",
		".svg": "image/svg+xml",
	}
}

func newAssets(b base) (*assets, error) {
	a := &assets{files: map[string]assetFile{}, addresses: map[string]string{}}
	entries, err := fs.ReadDir(static, "static")
	if err != nil {
		return nil, fmt.Errorf("read assets: %w", err)
	}
	for _, e := range entries {
		content, err := static.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read assets: %w", err)
		}
		if e.Name() == "embed.js" {
			a.loader = content
			continue
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(e.Name())
		hashed := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		contentType, ok := contentTypes()[ext]
		if !ok {
			return nil, fmt.Errorf("asset %s: no content type for %s", e.Name(), ext)
		}
		a.files[hashed] = assetFile{contentType, content}
		a.addresses[e.Name()] = b.link("/assets/" + hashed)
	}
	return a, nil
}

// address returns where a built file is served. It is called by templates: an error stops the rendering.
func (a *assets) address(name string) (string, error) {
	address, ok := a.addresses[name]
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	return address, nil
}

func (s *server) asset(w http.ResponseWriter, r *http.Request) error {
	file, ok := s.pages.assets.files[r.PathValue("name")]
	if !ok {
		return retrieval.ErrNotFound
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return writeBody(w, http.StatusOK, file.contentType, file.content)
}
