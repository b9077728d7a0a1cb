-- +goose Up
-- Vectors of the current versions' sentences, as the model gave them: the centroid is taken off when they are read, so
-- that a space calibrated anew has them as well. A passage without any has not been looked at yet; it is found all the
-- same.
CREATE TABLE sentences (
    passage_id  bigint NOT NULL REFERENCES passages ON DELETE CASCADE,
    model       text NOT NULL,
    start_byte  int NOT NULL,                -- into versions.text
    end_byte    int NOT NULL,
    embedding   halfvec NOT NULL,
    PRIMARY KEY (passage_id, model, start_byte)
);
ALTER TABLE sentences ALTER COLUMN embedding SET STORAGE MAIN;
