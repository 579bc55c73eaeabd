"""CourseLift's core: everything but the screens. Nothing in here imports Streamlit."""
