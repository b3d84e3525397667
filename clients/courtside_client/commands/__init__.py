"""The client's commands, one a module."""
