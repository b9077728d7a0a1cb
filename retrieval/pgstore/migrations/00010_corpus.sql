-- +goose Up
-- One row that counts the changes of the documents, in the transaction of each: what was answered before one is not
-- given again.
CREATE TABLE corpus (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    version     bigint NOT NULL DEFAULT 0
);
INSERT INTO corpus DEFAULT VALUES;

-- Tokens given to the chat model and written by it, by day in UTC.
CREATE TABLE spend (
    day         date PRIMARY KEY,
    tokens      bigint NOT NULL
);
