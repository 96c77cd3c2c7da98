"""What the product can do: one verb per file, each a function from a frozen command to a result."""
