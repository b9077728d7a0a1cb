package retrieval

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"osmanthus/retrieval/lang"
)

// The bilingual text that a space is calibrated on when it is first used: general passages, questions and questions of several
// sentences, the same in both languages, of our own writing.
var (
	//go:embed calibration/passages.jsonl
	calibrationPassages []byte
	//go:embed calibration/questions.jsonl
	calibrationQuestions []byte
	//go:embed calibration/speeches.jsonl
	calibrationSpeeches []byte
)

// OpenSpace returns the space of the embedder's model, calibrating and storing it when the model is new.
func OpenSpace(ctx context.Context, store SpaceStore, embedder Embedder) (Space, error) {
	space, err := store.Space(ctx, embedder.Model())
	if err == nil || !errors.Is(err, ErrNoSpace) {
		return space, err
	}
	space, err = Calibrate(ctx, embedder)
	if err != nil {
		return Space{}, fmt.Errorf("calibrate model %s: %w", embedder.Model(), err)
	}
	return store.CreateSpace(ctx, space)
}

// Calibrate makes a space for the embedder's model from the calibration text.
func Calibrate(ctx context.Context, embedder Embedder) (Space, error) {
	languages := []lang.Lang{lang.English, lang.Chinese}
	space := Space{Model: embedder.Model(), Calibration: Calibration{
		PassageMean: make(map[lang.Lang][]float32),
		QueryMean:   make(map[lang.Lang][]float32),
		SpeechMean:  make(map[lang.Lang][]float32),
		Spread:      make(map[lang.Lang]PairSpread),
	}}
	passages, err := bilingual(calibrationPassages)
	if err != nil {
		return Space{}, err
	}
	questions, err := bilingual(calibrationQuestions)
	if err != nil {
		return Space{}, err
	}
	speeches, err := bilingual(calibrationSpeeches)
	if err != nil {
		return Space{}, err
	}
	passageVectors, questionVectors := make(map[lang.Lang][][]float32), make(map[lang.Lang][][]float32)
	for _, l := range languages {
		if passageVectors[l], err = embedder.EmbedPassages(ctx, passages[l]); err != nil {
			return Space{}, err
		}
		if questionVectors[l], err = embedder.EmbedQueries(ctx, questions[l]); err != nil {
			return Space{}, err
		}
		speechVectors, err := embedder.EmbedQueries(ctx, speeches[l])
		if err != nil {
			return Space{}, err
		}
		space.SpeechMean[l] = mean(speechVectors)
		space.PassageMean[l] = mean(passageVectors[l])
		space.QueryMean[l] = mean(questionVectors[l])
		space.Dim = len(space.PassageMean[l])
	}
	space.Prior = Means{Passage: space.PassageMean, Query: space.QueryMean, Speech: space.SpeechMean, Count: len(passages[lang.English])}
	// The means of text in one language only, so that the share of Han plays no part here.
	centred := func(vectors [][]float32, l lang.Lang, query bool) [][]float32 {
		han := 0.0
		if l == lang.Chinese {
			han = 1
		}
		units := make([][]float32, len(vectors))
		for i, v := range vectors {
			units[i], _ = space.Centre(v, han, query)
		}
		return units
	}
	for _, ql := range languages {
		space.Spread[ql] = make(PairSpread)
		qs := centred(questionVectors[ql], ql, true)
		for _, pl := range languages {
			space.Spread[ql][pl] = spread(qs, centred(passageVectors[pl], pl, false))
		}
	}
	return space, nil
}

// bilingual reads lines of {"en": …, "zh": …}.
func bilingual(data []byte) (map[lang.Lang][]string, error) {
	texts := make(map[lang.Lang][]string)
	scanner := bufio.NewScanner(bytes.NewReader(data))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var row struct{ EN, ZH string }
		if err := json.Unmarshal(scanner.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("read calibration text: %w", err)
		}
		texts[lang.English] = append(texts[lang.English], row.EN)
		texts[lang.Chinese] = append(texts[lang.Chinese], row.ZH)
	}
	return texts, scanner.Err()
}

func mean(vectors [][]float32) []float32 {
	sum := make([]float64, len(vectors[0]))
	for _, v := range vectors {
		for i, x := range v {
			sum[i] += float64(x)
		}
	}
	m := make([]float32, len(sum))
	for i := range sum {
		m[i] = float32(sum[i] / float64(len(vectors)))
	}
	return m
}

// spread is the standard deviation of the dot products of all pairs.
func spread(as, bs [][]float32) float64 {
	var n, sum, squares float64
	for _, a := range as {
		for _, b := range bs {
			var dot float64
			for i := range a {
				dot += float64(a[i]) * float64(b[i])
			}
			n++
			sum += dot
			squares += dot * dot
		}
	}
	return math.Sqrt(max(0, squares/n-sum/n*sum/n))
}
