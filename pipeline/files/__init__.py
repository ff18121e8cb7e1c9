"""What lies on the disk between the stages: shards, ids, vocabularies, weights, JSON, CSV and YAML."""
