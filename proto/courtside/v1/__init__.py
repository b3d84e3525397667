"""``courtside.v1``: generated from the .proto files in this folder by ``make proto``; never edited by hand."""
