"""Every query of the stores, named, one module a subject."""
