-- +goose Up
-- Vectors of the current versions' sentences, as the model gave them: the centroid is taken off when they are read, so
-- that calibrating a space anew leaves them be. A passage without any has not been looked at yet; it is found all the same.
CREATE TABLE sentences (
    space_id    bigint NOT NULL REFERENCES spaces ON DELETE CASCADE,
    passage_id  bigint NOT NULL REFERENCES passages ON DELETE CASCADE,
    start_byte  int NOT NULL,                -- into versions.text
    end_byte    int NOT NULL,
    embedding   halfvec NOT NULL,
    PRIMARY KEY (space_id, passage_id, start_byte)
);
ALTER TABLE sentences ALTER COLUMN embedding SET STORAGE MAIN;
CREATE INDEX sentences_passage_idx ON sentences (passage_id);
