package pgstore_test

import (
	"bytes"
	"sync"
	"testing"

	"osmanthus/retrieval/pgstore/pgstoretest"
)

// TestSecret: processes that ask at once agree, and each name has its own.
func TestSecret(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	got := make([][]byte, 8)
	var asking sync.WaitGroup
	for i := range got {
		asking.Go(func() {
			secret, err := s.Secret(t.Context(), "embed")
			if err != nil {
				t.Error(err)
			}
			got[i] = secret
		})
	}
	asking.Wait()
	for _, secret := range got {
		if !bytes.Equal(secret, got[0]) || len(secret) != 32 {
			t.Errorf("got %x and %x", secret, got[0])
		}
	}
	other, err := s.Secret(t.Context(), "other")
	if err != nil || bytes.Equal(other, got[0]) {
		t.Errorf("another name has %x, %v", other, err)
	}
}
