-- +goose Up
-- Keys of the names of people in a passage; see lang.NameKeys. Null until the passage is taken in anew.
ALTER TABLE passages ADD COLUMN names tsvector;
CREATE INDEX passages_names_idx ON passages USING gin (names);
ALTER TABLE term_stats DROP CONSTRAINT term_stats_field_check;
ALTER TABLE term_stats ADD CONSTRAINT term_stats_field_check CHECK (field IN ('terms', 'gloss', 'names'));
