-- +goose Up
-- A current version's passages' terms with their frequencies, in the form of retrieval's own, as large as their text or
-- twice that; kept out of the row, which the words' arms read many of. Passages without are cut when they are asked.
ALTER TABLE passages ADD COLUMN bags bytea;
ALTER TABLE passages ALTER COLUMN bags SET STORAGE EXTERNAL;
