"""One provider each: a channel hands over one message and answers in typed errors only."""
