"""What ops can see: metrics and structured logs."""
