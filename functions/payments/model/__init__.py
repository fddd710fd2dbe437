"""The things of payments and the rules of their money.

A ``Stored…`` model is the whole thing; the model it extends is what may be shown.
"""
