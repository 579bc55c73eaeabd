"""Drawing that the screens share, and the cached wrappers around core."""
