"""What a person allows: every plan is judged, counted and written down before any of it is sent."""
