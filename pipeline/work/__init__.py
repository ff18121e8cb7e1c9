"""How a stage survives: outputs that appear whole, locks, checkpoints, processes, progress. Decides no byte."""
