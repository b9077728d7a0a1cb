package bot

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// fill gives every exported string of a value its field's name, and every list and pointer one element.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				fill(v.Field(i))
				if field.Type.Kind() == reflect.String && field.Name == "URL" {
					v.Field(i).SetString("/d/1")
				}
			}
		}
	}
}

// TestLinked: no address of anything that is shown is forgotten, and what is given is not changed.
func TestLinked(t *testing.T) {
	t.Parallel()
	link := func(path string) string { return "/seminar" + path }
	filled := func(v any) any {
		fill(reflect.ValueOf(v).Elem())
		return reflect.ValueOf(v).Elem().Interface()
	}
	answer := filled(&Answer{}).(Answer)
	for name, tt := range map[string]struct {
		given  any
		linked func() any
	}{
		"answer":           {answer, func() any { return answer.Linked(link) }},
		"event of answer":  {answer, func() any { return Event{EventDone, answer}.Linked(link).Data }},
		"event of sources": {filled(&Sources{}), func() any { return Event{EventSources, filled(&Sources{})}.Linked(link).Data }},
		"event of a citation": {filled(&Citation{}), func() any {
			return Event{EventCitation, filled(&Citation{})}.Linked(link).Data
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := func(v any) string {
				raw, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				return string(raw)
			}
			before := text(tt.given)
			if !strings.Contains(before, `"/d/1"`) {
				t.Fatalf("nothing to link in %s", before)
			}
			if got, want := text(tt.linked()), strings.ReplaceAll(before, `"/d/1"`, `"/seminar/d/1"`); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
			if after := text(tt.given); after != before {
				t.Errorf("what was given is now %s", after)
			}
		})
	}
}
