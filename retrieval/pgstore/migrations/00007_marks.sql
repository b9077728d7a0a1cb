-- +goose Up
-- What servers gave to ask later whether a page has changed, with the digest of the bytes they gave it for: it is asked by
-- only where the document's current version is of those bytes.
CREATE TABLE marks (
    event       text NOT NULL,
    source      text NOT NULL,               -- the page's address
    mark        text NOT NULL,               -- see fetch.Client.Fetch
    digest      bytea NOT NULL,              -- SHA-256
    PRIMARY KEY (event, source)
);
