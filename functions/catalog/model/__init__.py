"""The catalog's things and the rules they keep."""
