"""A published ELMo (Peters et al. 2018), options.json and model.hdf5, read exactly."""
