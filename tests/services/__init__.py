"""The real PostgreSQL, Redis and Chromium that the tests run against, as processes of ours."""
