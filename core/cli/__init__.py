"""The pipeline without a screen: verbs, results as sentences or as one JSON object, exit codes."""
