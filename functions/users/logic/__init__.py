"""What users can be asked to do: keep a profile in step with its account, and what its owner keeps beside it."""
