"""Words misspelt as people misspell them."""
