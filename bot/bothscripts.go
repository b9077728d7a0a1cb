package bot

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// mostSpeakers is up to how many speakers have their names given in both scripts; a longer list is read for who is in it.
const mostSpeakers = 12

// bothScripts returns the names of a session's speakers, each with the name in the other script where a document gives it,
// and the places of all. One that several names would fit is left alone.
func (r *request) bothScripts(ctx context.Context, s retrieval.Session) ([]string, []retrieval.Place, error) {
	names := speakerNames(s)
	var places []retrieval.Place
	for _, sp := range s.Speakers {
		places = append(places, sp.Place)
	}
	var alone []string
	for _, sp := range s.Speakers {
		if han, latin := scriptsOf(sp.Text); han != latin && !sp.Played {
			alone = append(alone, sp.Text)
		}
	}
	if len(alone) == 0 || len(names) > mostSpeakers {
		return names, places, nil
	}
	rows, err := r.everything(ctx, alone)
	if err != nil {
		return nil, nil, err
	}
	for i, name := range names {
		if !slices.Contains(alone, name) {
			continue
		}
		if other, place, ok := inOtherScript(name, rows); ok {
			names[i] = name + " (" + other + ")"
			places = append(places, place)
		}
	}
	return names, places, nil
}

// inOtherScript finds the one name in the other script that the rows of somebody of this name give.
func inOtherScript(name string, rows []retrieval.Person) (string, retrieval.Place, bool) {
	han, _ := scriptsOf(name)
	found, place := "", retrieval.Place{}
	for _, p := range rows {
		if inHan, inLatin := scriptsOf(p.Name.Text); inHan == inLatin || inHan == han || lang.MatchNames(name, p.Name.Text) < lang.SameName {
			continue
		}
		if found != "" && retrieval.Key(found) != retrieval.Key(p.Name.Text) {
			return "", place, false
		}
		if found == "" {
			found, place = p.Name.Text, p.Name.Place
		}
	}
	return found, place, found != ""
}

// scriptsOf reports whether a name has Han in it, and whether it has letters of another script.
func scriptsOf(name string) (han, other bool) {
	han = strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	other = strings.ContainsFunc(name, func(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Han, r) })
	return han, other
}
