"""One camera from frames to events: frontend (decode thread), backend (worker thread), event publisher."""
