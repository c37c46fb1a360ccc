-- What people say to a change of the contract, whether or not they decide.
CREATE TABLE change_comment (
    id UUID PRIMARY KEY,
    request_id UUID NOT NULL REFERENCES change_request (id),
    author TEXT NOT NULL,
    at BIGINT NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX change_comment_by_request ON change_comment (request_id, at);
