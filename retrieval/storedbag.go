package retrieval

import (
	"encoding/binary"
	"math"
)

// A stored bag is a field's terms with their frequencies as they were cut at ingest, so that a search need not cut the
// text of each candidate again, which was most of its own processor time. Of a passage: the bag of its terms and, of a
// Chinese one, that of its glosses. A bag is its length in terms (float32, little-endian), the number of its terms
// (uvarint), and of each term, by its hash, the difference to the hash before (uvarint) and its weight in weightUnits
// (uvarint).

// weightUnit is the precision of a weight: no more is kept of it, so that a stored bag and one cut anew are the same.
const weightUnit = 1.0 / 256

// encodeBags writes bags one after the other.
func encodeBags(bags ...termBag) []byte {
	var b []byte
	for _, bag := range bags {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(bag.length)))
		b = binary.AppendUvarint(b, uint64(len(bag.hashes)))
		last := uint32(0)
		for i, h := range bag.hashes {
			b = binary.AppendUvarint(b, uint64(h-last))
			b = binary.AppendUvarint(b, uint64(math.Round(float64(bag.weights[i])/weightUnit)))
			last = h
		}
	}
	return b
}

// decodeBag reads the n-th bag, from 0; false where there is none, or where what is stored is not understood.
func decodeBag(b []byte, n int) (termBag, bool) {
	for ; ; n-- {
		if len(b) < 4 {
			return termBag{}, false
		}
		bag := termBag{length: float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))}
		b = b[4:]
		terms, ok := uvarint(&b)
		if !ok || terms > uint64(len(b)) {
			return termBag{}, false
		}
		bag.hashes, bag.weights = make([]uint32, terms), make([]float32, terms)
		last := uint32(0)
		for i := range bag.hashes {
			step, stepped := uvarint(&b)
			weight, weighed := uvarint(&b)
			if !stepped || !weighed {
				return termBag{}, false
			}
			last += uint32(step)
			bag.hashes[i], bag.weights[i] = last, float32(float64(weight)*weightUnit)
		}
		if n == 0 {
			return bag, true
		}
	}
}

func uvarint(b *[]byte) (uint64, bool) {
	v, n := binary.Uvarint(*b)
	if n <= 0 {
		return 0, false
	}
	*b = (*b)[n:]
	return v, true
}

// storedBag is which of a passage's stored bags is a field's.
func storedBag(field Field) int {
	if field == FieldGloss {
		return 1
	}
	return 0
}
