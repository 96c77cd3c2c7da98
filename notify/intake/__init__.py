"""What comes in as files: the race (YAML), its registrants (CSV) and how to read them (mapping)."""
