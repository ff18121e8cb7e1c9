"""The formats of the files between the stages: shards, ids, vocabularies, weights, JSON, CSV and YAML."""
