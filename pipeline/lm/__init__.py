"""Language models: the char-CNN, the recurrent stacks and their pretraining."""
