-- +goose Up
-- What the processes of one installation must agree on and nobody else may know. Each is made when it is first needed;
-- deleting a row makes a new one at the next start.
CREATE TABLE secrets (
    name        text PRIMARY KEY,
    value       bytea NOT NULL CHECK (length(value) >= 32),
    created_at  timestamptz NOT NULL DEFAULT now()
);
