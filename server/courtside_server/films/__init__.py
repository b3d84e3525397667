"""Films that people send: uploads that can be resumed, and a queue that analyzes one film at a time."""
