//go:build !linux

package local

// An engine cannot be loaded on this system.
type engine struct{}

func loadEngine(string) (*engine, error) { return nil, checkPlatform() }

func (e *engine) embed(string, bool) ([]float32, int, error) { return nil, 0, checkPlatform() }
