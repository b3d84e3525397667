"""Side-by-side measurements; each script prints a table and a ratio from one run."""
