"""Redis and RQ: the bell that wakes workers, and the embedded server it hangs on by default."""
