"""All architectures side by side, beside the paper's tables."""
