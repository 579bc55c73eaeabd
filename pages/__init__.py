"""The dashboard's screens, one a file; `app.py` decides which one runs."""
