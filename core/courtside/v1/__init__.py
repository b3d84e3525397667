"""``courtside.v1``: generated from ``proto/courtside/v1/*.proto`` by ``make proto``; never edited by hand."""
