"""All architectures side by side, compared with the paper's tables."""
