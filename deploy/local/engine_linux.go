package local

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/ebitengine/purego"
)

// An engine is the C engine with its model, loaded into this process. It must be used from one locked thread: its own
// threads belong to the thread that calls it.
type engine struct {
	handle uintptr
	size   int

	embedText   func(handle uintptr, text string, isQuery int32, out *float32) int32
	countTokens func(handle uintptr, text string, isQuery int32) int32
}

// loadEngine loads the engine from the unpacked part.
func loadEngine(folder string) (*engine, error) {
	if err := checkProcessor(); err != nil {
		return nil, err
	}
	found, err := filepath.Glob(filepath.Join(globLiteral(folder), filepath.FromSlash(enginePattern)))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("load the engine: no library in %s", folder)
	}
	library, err := purego.Dlopen(found[0], purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load the engine: %w", err)
	}
	var (
		e    engine
		load func(path string) uintptr
		dim  func(handle uintptr) int32
	)
	for name, function := range map[string]any{
		"e5_load": &load, "e5_dim": &dim, "e5_embed": &e.embedText, "e5_token_count": &e.countTokens,
	} {
		symbol, err := purego.Dlsym(library, name)
		if err != nil {
			return nil, fmt.Errorf("load the engine: %w", err)
		}
		purego.RegisterFunc(function, symbol)
	}
	model := filepath.Join(folder, filepath.FromSlash(modelFile))
	if _, err := os.Stat(model); err != nil {
		return nil, fmt.Errorf("load the model: %w", err)
	}
	if e.handle = load(model); e.handle == 0 {
		return nil, errors.New("load the model: the engine refused it")
	}
	if e.size = int(dim(e.handle)); e.size != Dimensions {
		return nil, fmt.Errorf("load the model: it has %d dimensions, not %d", e.size, Dimensions)
	}
	return &e, nil
}

// embed gives the vector of a text, of length 1, and the number of its tokens, prefix and marks included.
func (e *engine) embed(text string, query bool) ([]float32, int, error) {
	isQuery := int32(0)
	if query {
		isQuery = 1
	}
	vector := make([]float32, e.size)
	// What the engine leaves unwritten must not pass for a value.
	for i := range vector {
		vector[i] = float32(math.NaN())
	}
	if rc := e.embedText(e.handle, text, isQuery, &vector[0]); rc != 0 {
		return nil, 0, fmt.Errorf("embed: the engine failed with %d", rc)
	}
	return vector, int(e.countTokens(e.handle, text, isQuery)), nil
}
